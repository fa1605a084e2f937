"""Giving money back: reserve, submit and settle as for a charge, and looking up what was given back elsewhere."""
