"""A month of subscriptions in seconds, with the local Stripe: sales, rebills, declines, caps."""
