"""A merchant's month, made through the same services that operators use."""
