"""A payment that waits and that nobody wants any longer: it fails before it is sent, and its amount is due again."""

from collections.abc import Iterable

from gateways.processors.base import InvalidRequest
from payments.actors import Actor
from payments.models import Payment, Status
from payments.services.reserve import PaymentRefused
from payments.services.settle import mark_failed


def withdraw(payment_id: int, actor: Actor) -> Payment:
    """Raises PaymentRefused when a worker has taken it up already: then only its answer can tell."""
    payment = _fail(payment_id, actor)
    if payment.status != Status.FAILED:
        state = payment.get_status_display().lower()
        raise PaymentRefused("payment", f"{payment} is {state}: only a payment that waits can be withdrawn.")
    return payment


def withdraw_all(payment_ids: Iterable[int], actor: Actor) -> int:
    """How many were withdrawn; those that were taken up meanwhile are left as they are."""
    return sum(_fail(payment_id, actor).status == Status.FAILED for payment_id in payment_ids)


def _fail(payment_id: int, actor: Actor) -> Payment:
    gone = InvalidRequest(f"Withdrawn by {actor.name} before it was sent: nothing was charged.", code="withdrawn")
    return mark_failed(payment_id, gone, actor, only={Status.PENDING})
