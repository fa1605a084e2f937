"""The days of a simulated month, each lived through the services that beat and workers use."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from random import Random

from config.simulation.cast import GOOD, Sale, campaign_for, sales
from gateways import clock
from gateways.models import Gateway
from gateways.processors.base import ProcessorError
from orders.models import Subscription
from orders.services.orders import create_order
from orders.services.subscriptions import SubscriptionProblem, change_card
from orders.services.vault import save_card
from payments.actors import command
from payments.models import Payment, Purpose
from payments.services.rebills import bill_due
from payments.services.reconcile import reconcile, stuck_payments
from payments.services.reserve import PaymentRefused, Wish, reserve
from payments.services.submit import submit
from payments.states import Status

ACTOR = command("simulate")
HOURS = 6
"""How often a simulated day is looked at: retries come at other hours of the day than what was declined."""


@dataclass
class Tally:
    sold: int = 0
    refused: int = 0
    rebilled: int = 0
    declined: int = 0
    waiting: int = 0

    def count(self, payment: Payment) -> None:
        if payment.status == Status.CAPTURED:
            self.rebilled += 1
        elif payment.status == Status.DECLINED:
            self.declined += 1
        else:
            self.waiting += 1


@dataclass(frozen=True)
class Setting:
    """`a_day`: how many subscriptions are sold each day."""

    gateway: Gateway
    start: datetime
    days: int
    a_day: int
    dice: Random


def live_through(setting: Setting, tally: Tally) -> Iterator[int]:
    """One day after the other; the number of each, so that the caller can show how far it is."""
    buyers = sales(campaign_for(setting.gateway), setting.dice)
    for day in range(setting.days):
        morning = setting.start + timedelta(days=day)
        with clock.travel_to(morning):
            for sale in islice(buyers, setting.a_day):
                _sell(setting.gateway, sale, tally)
        for hour in range(0, 24, HOURS):
            with clock.travel_to(morning + timedelta(hours=hour)):
                _bill(tally)
        yield day + 1


def _sell(gateway: Gateway, sale: Sale, tally: Tally) -> None:
    try:
        card = save_card(sale.customer, gateway, GOOD)
        order = create_order(sale.customer, sale.offer.campaign, [(sale.offer, 1)])
        wish = Wish(order, gateway, int(order.total), ACTOR, card=card, purpose=Purpose.SALE)
        payment = reserve(wish).payment
        submit(payment.pk, ACTOR)
        tally.sold += 1
        if sale.later_card != GOOD:
            _change_card(gateway, sale, order.pk)
    except (PaymentRefused, ProcessorError):
        tally.refused += 1  # the month is full, most likely: that is what it is for


def _change_card(gateway: Gateway, sale: Sale, order_pk: int) -> None:
    """The customer enters another card after the sale, and it turns out to be a worse one."""
    subscription = Subscription.objects.filter(order_line__order=order_pk).first()
    if subscription is None:
        return
    try:
        change_card(subscription, save_card(sale.customer, gateway, sale.later_card), ACTOR.name)
    except SubscriptionProblem:
        return


def _bill(tally: Tally) -> None:
    """As beat and its workers do it, one after the other."""
    for payment_id in bill_due(actor=ACTOR).payments:
        submit(payment_id, ACTOR)
        tally.count(Payment.objects.get(pk=payment_id))
    for payment_id in stuck_payments():
        reconcile(payment_id)
