class CannotStart(Exception):
    """What is in the way of starting, and what to do about it, in words for a person."""


class Stopped(Exception):
    """Somebody asked us to stop: with Ctrl-C, with a signal, or by ending the process that we belong to."""


class ProcessDied(Exception):
    """One of our processes ended by itself; carries its name and the end of its log."""
