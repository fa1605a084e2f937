"""Who did it: a user, or one of Midway's own processes."""

from dataclasses import dataclass

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.core.exceptions import PermissionDenied


@dataclass(frozen=True)
class Actor:
    """`source` is where the news came from; `name` is who a person would hold responsible."""

    source: str
    name: str
    user: User | None = None


BY_A_PERSON = frozenset({"operator", "command"})
"""The sources of what somebody did who also sees how it went."""

WORKER = Actor("task", "Celery worker")
BEAT = Actor("reconcile", "Celery beat")
WEBHOOK = Actor("webhook", "Stripe webhook")
CUSTOMER = Actor("customer", "Customer")


def operator(user: AbstractBaseUser | AnonymousUser) -> Actor:
    """Raises PermissionDenied for a visitor who is not signed in."""
    if not isinstance(user, User):
        raise PermissionDenied("sign in first")
    return Actor("operator", user.get_username(), user)


def command(name: str) -> Actor:
    return Actor("command", f"manage.py {name}")
