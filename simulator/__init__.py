"""The local Stripe: Stripe's HTTP API as far as a merchant back office uses it, with no account and no network.

One core (`core.LocalStripe`) and two doors: `adapter` mounts it inside this process for the real SDK,
`server` puts it behind a socket. No money moves; a live key is never taken.
"""
