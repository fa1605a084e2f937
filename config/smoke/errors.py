class SmokeFailed(Exception):
    """Which step of the run did not do what it should."""
