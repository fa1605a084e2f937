"""Stripe's objects, one a file: what each takes, how it is made, and what happens to it."""
