"""The test drive of a gateway: campaign, order, charge, Force Bill NOW, refunds, and everything put away again."""
