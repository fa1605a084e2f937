"""What happened to a payment, one row a thing; and the log line that goes with it."""

import logging

from gateways import clock
from payments.actors import Actor
from payments.models import Payment, PaymentEvent

log = logging.getLogger("midway.payments")


def record(
    payment: Payment,
    kind: str,
    actor: Actor,
    *,
    before: str = "",
    amount: int | None = None,
    detail: str = "",
    request_id: str = "",
) -> None:
    """`before` is the status that the payment had; what it has now is read from it."""
    PaymentEvent.objects.create(
        payment=payment,
        at=clock.now(),
        kind=kind,
        from_status=before,
        to_status=payment.status,
        source=actor.source,
        actor=actor.name,
        amount=amount,
        detail=detail[:500],
        request_id=request_id,
    )
    log.info(
        "payment %s %s: %s -> %s",
        payment.pk,
        kind,
        before or "-",
        payment.status,
        extra={"payment": payment.pk, "source": actor.source, "stripe_request": request_id},
    )
