"""Offline: money that comes without a processor."""

from gateways.processors.kinds.base import ACCOUNT, AMOUNTS, SERVICE, ProcessorType

OFFLINE = ProcessorType(
    key="offline",
    label="Offline (cash, cheque, wire)",
    # There is no key to read the mode from, and a live campaign refuses a test gateway (D6): so it is chosen once.
    about="Records money that you received without a processor. Cash is real money, so it is live unless you make it a "
    "test gateway, for test campaigns: those stay out of reports.",
    path="gateways.processors.offline.Offline",
    fields={"account": ACCOUNT, "limits": AMOUNTS, "service": SERVICE},
    helps={"maximum_amount": "Of one payment. Empty: the most that Midway can write down."},
    not_needed={"API keys": "None: nothing is sent to anybody.", "Webhook": "None: there is nobody to send news."},
    receipts={"cash": "Cash", "cheque": "Cheque", "wire": "Wire transfer"},
    needs_keys=False,
    has_account=False,
    has_webhooks=False,
    takes_cards=False,
    can_hold=False,
    has_minimum=False,
)
