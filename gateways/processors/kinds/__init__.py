"""What each gateway type needs, as data: one file a type."""
