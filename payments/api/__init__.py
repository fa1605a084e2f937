"""The order API for checkouts that are built elsewhere."""
