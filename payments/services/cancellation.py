"""Cancelling an order with the money that is on it. All is stored at once; the processor is asked after that.

A crash in the middle loses nothing: refunds and voids are rows by then, and the sweeps that look after every refund
and every hold go on with them.
"""

import uuid
from dataclasses import dataclass, field

from django.db import transaction

from gateways.models import Gateway
from orders.models import Card
from orders.services.cancelling import close_order
from orders.services.problems import OrderProblem
from payments.actors import Actor
from payments.models import Payment, Purpose, Refund
from payments.models.refund import Reason
from payments.services import holds
from payments.services.balances import lock_order, refresh_order
from payments.services.cancellation_plan import Plan, plan_cancellation
from payments.services.refunds.reserve import reserve_refund
from payments.services.refunds.submit import submit_refund
from payments.services.reserve import PaymentRefused, Wish, reserve


class PlanChanged(Exception):
    """What would happen is not what the operator saw: they have to look at it again."""


@dataclass(frozen=True)
class Cancellation:
    """What an operator wants: `seen` is that of the plan they looked at.

    Where less was paid than the fee, the rest is captured of `hold` (a payment's primary key), charged to `card`
    through `gateway`, or left due.
    """

    fee: int
    reason: str
    seen: str
    hold: int | None = None
    card: Card | None = None
    gateway: Gateway | None = None
    form_token: uuid.UUID | None = None


@dataclass
class Steps:
    """What is left to do once it is stored. `charge` is a payment that waits to be sent: the caller enqueues it."""

    refunds: list[Refund] = field(default_factory=list)
    holds: list[Payment] = field(default_factory=list)
    charge: Payment | None = None


def cancel_order(order_pk: int, wish: Cancellation, actor: Actor) -> Steps:
    """Cancel it, then give back and release what there is. Call it outside a transaction.

    Raises PlanChanged, OrderProblem or PaymentRefused, and then nothing has happened.
    """
    steps = store_cancellation(order_pk, wish, actor)
    for refund in steps.refunds:
        submit_refund(refund.pk, actor)
    for payment in steps.holds:
        holds.resume_hold(payment, actor)
    return steps


@transaction.atomic
def store_cancellation(order_pk: int, wish: Cancellation, actor: Actor) -> Steps:
    order = lock_order(order_pk)
    if order is None or order.cancelled_at:
        raise OrderProblem("order", f"{order} is cancelled already.")
    plan = plan_cancellation(order, wish.fee)
    if plan.waiting:
        raise PaymentRefused("order", f"{plan.waiting[0]} is being settled: cancel once its answer is known.")
    if wish.seen != plan.seen:
        raise PlanChanged
    if wish.fee > plan.most:
        raise OrderProblem("fee", "The fee is more than the offers of this order allow: make it smaller.")
    close_order(order, fee=wish.fee, reason=wish.reason)
    steps = Steps(_write_refunds(plan, wish, actor), _ask_holds(plan, wish, actor))
    refresh_order(order)
    steps.charge = _charge(plan, wish, actor)
    return steps


def _write_refunds(plan: Plan, wish: Cancellation, actor: Actor) -> list[Refund]:
    note = f"Cancelled: {wish.reason}"
    return [
        reserve_refund(payment.pk, amount, actor, reason=Reason.REQUESTED, note=note).refund
        for payment, amount in plan.refunds
    ]


def _ask_holds(plan: Plan, wish: Cancellation, actor: Actor) -> list[Payment]:
    """All are released, but for the fee of the one that pays it."""
    if wish.hold and wish.hold not in {one.pk for one in plan.holds}:
        raise PaymentRefused("pay", "This hold cannot pay the fee: choose another way.")
    why = f"{plan.order} is cancelled"
    return [
        holds.ask_for(one.pk, actor, capture=plan.charge if one.pk == wish.hold and plan.charge else None, why=why)
        for one in plan.voids
    ]


def _charge(plan: Plan, wish: Cancellation, actor: Actor) -> Payment | None:
    if not (plan.charge and wish.card and wish.gateway):
        return None
    fee = Wish(
        order=plan.order,
        gateway=wish.gateway,
        amount=plan.charge,
        actor=actor,
        card=wish.card,
        off_session=True,
        purpose=Purpose.CANCELLATION_FEE,
        form_token=wish.form_token,
    )
    return reserve(fee).payment
