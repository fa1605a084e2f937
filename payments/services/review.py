"""What a person must look at: said once on the payment, until somebody says that they have looked."""

from django.db import transaction

from payments.actors import Actor
from payments.models import Payment
from payments.services.history import record


def ask_a_person(payment: Payment, problem: str, actor: Actor, request_id: str = "") -> None:
    """The caller holds the payment's lock."""
    if payment.review_reason == problem[:255]:
        return
    payment.review_reason = problem[:255]
    payment.save(update_fields=["review_reason"])
    record(payment, "review", actor, before=payment.status, detail=problem, request_id=request_id)


@transaction.atomic
def looked_at(payment_id: int, actor: Actor) -> bool:
    """Somebody has looked, and dealt with it. False when somebody else was quicker."""
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if not payment.review_reason:
        return False
    reason, payment.review_reason = payment.review_reason, ""
    payment.save(update_fields=["review_reason"])
    record(payment, "looked at", actor, before=payment.status, detail=reason)
    return True
