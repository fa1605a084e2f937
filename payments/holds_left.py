"""How long a hold still lasts, and how urgent that makes it."""

from datetime import datetime, timedelta

from gateways import clock

ALARM, WARN = timedelta(hours=24), timedelta(hours=72)


def time_left(ends_at: datetime | None) -> tuple[str, str]:
    """In words, and the tone of its badge: error within a day or too late, warning within three."""
    if ends_at is None:
        return "end not known", "warning"
    left = ends_at - clock.now()
    if left <= timedelta(0):
        return f"ended {_length(-left)} ago", "error"
    tone = "error" if left < ALARM else "warning" if left < WARN else "ok"
    return f"{_length(left)} left", tone


def _length(length: timedelta) -> str:
    hours, days = length.seconds // 3600, length.days
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h" if hours else f"{length.seconds // 60} min"
