"""The reserve: what the processor holds back of a captured payment, and until when (S2-29)."""

from datetime import timedelta

from gateways import clock, money
from gateways.days import day_of
from payments.models import Payment, ReserveTranche

WHOLE = 10_000  # rates are in hundredths of a percent


def reserve_of(captured: int, rate: int, currency: str) -> int:
    """`rate` × `captured`, rounded half up to the currency's smallest step; never more than was captured."""
    step = money.step(currency)
    return min(captured, (2 * captured * rate + WHOLE * step) // (2 * WHOLE * step) * step)


def hold_back(payment: Payment, captured: int) -> None:
    """Write the tranche by the gateway's terms of this moment. Call it in the transaction that captures the payment."""
    gateway = payment.gateway
    amount = reserve_of(captured, gateway.reserve_rate, payment.currency)
    if not amount:
        return
    today = day_of(gateway, clock.now())
    ReserveTranche.objects.create(
        payment=payment,
        gateway=gateway,
        campaign_id=payment.order.campaign_id if payment.order else None,
        mode=payment.mode,
        currency=payment.currency,
        captured=captured,
        rate=gateway.reserve_rate,
        amount=amount,
        held_on=today,
        release_on=today + timedelta(days=gateway.reserve_days),
    )
