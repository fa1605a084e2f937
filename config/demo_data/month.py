"""A month of orders in every state, each made at its own moment through the services that operators use."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random
from uuid import uuid4

from config.demo_data.catalog import goods_of
from config.demo_data.parcels import pack_and_ship
from config.demo_data.shop import WELCOME
from gateways import clock
from gateways.models import Gateway
from gateways.services import processor_for
from orders.models import Campaign, Card, Customer, Order
from orders.services.orders import create_order
from orders.services.vault import save_card
from payments.actors import command
from payments.models import Dispute, Payment, Purpose
from payments.models.refund import Reason
from payments.routing import chosen_by_operator, route_order
from payments.services import holds
from payments.services.cancellation import Cancellation, cancel_order
from payments.services.cancellation_plan import plan_cancellation
from payments.services.dispute_answers import accept_dispute, answer_dispute
from payments.services.disputes import look_for_disputes
from payments.services.evidence_draft import known_evidence
from payments.services.refunds.submit import refund_payment
from payments.services.refunds.sync import sync_refunds
from payments.services.reserve import Wish, reserve
from payments.services.settle import settle
from payments.services.submit import submit

ACTOR = command("seed_demo")
DAYS = 30
VISA, MASTERCARD, AMEX = "pm_card_visa", "pm_card_mastercard", "pm_card_amex"
NO_MONEY, LOST = "pm_card_visa_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedLostCard"
CHALLENGED = "pm_card_threeDSecure2Required"
DISPUTED, INQUIRY = "pm_card_createDispute", "pm_card_createDisputeInquiry"
WINS, LOSES = "winning_evidence", "losing_evidence"  # docs.stripe.com/testing#disputes
EXPLANATION = "The customer ordered with this card before, and the parcel was signed for."

STORIES = (
    ["paid"] * 65
    + ["paid with a saved card"] * 16
    + ["declined, then paid"] * 7
    + ["declined"] * 6
    + ["refunded"] * 5
    + ["partly refunded"] * 3
    + ["refunded at Stripe"]
    + ["voided"] * 2
    + ["hold that ended"] * 2
    + ["deposit"] * 3
    + ["cancelled"] * 3
    + ["dispute under review", "dispute won"]
    + ["dispute lost"] * 2
    + ["dispute accepted"]
)
RECENT = [
    "disputed",
    "inquiry",
    *"held, needs authentication, paid, held, unpaid, paid, needs authentication, held, paid, unpaid".split(", "),
]


PACKED = {"paid", "paid with a saved card", "held"}


@dataclass(frozen=True)
class Side:
    """One of the merchant's two markets: who buys what there, and through which gateways."""

    campaign: Campaign
    customers: list[Customer]
    gateways: list[Gateway]


@dataclass(frozen=True)
class Chapter:
    """One order of the plan."""

    story: str
    at: datetime
    side: Side
    customer: Customer
    gateway: Gateway
    quantity: int
    number: int


def plan(sides: list[Side], now: datetime) -> list[Chapter]:
    """The same orders for every newcomer, oldest first; the last ones are today's."""
    dice = Random(2026)  # noqa: S311 - a plan that everybody gets, not a secret
    stories = list(STORIES)
    dice.shuffle(stories)
    stories += RECENT
    start = now - timedelta(days=DAYS)
    gap = timedelta(days=DAYS) / len(stories)
    chapters = []
    for number, story in enumerate(stories):
        side = sides[0] if dice.random() < 0.65 else sides[-1]
        at = start + gap * (number + dice.random() * 0.8)
        if number >= len(STORIES):
            at = now - timedelta(minutes=25 * (len(stories) - number))
        if story == "hold that ended":
            at = min(at, now - timedelta(days=9))
        if number == len(stories) - 2:  # a sale of this hour: on the first of a month, too, the last gateway has sold
            side = Side(sides[0].campaign, sides[0].customers, sides[0].gateways[-1:])
        customer, gateway = dice.choice(side.customers), dice.choice(side.gateways)
        chapters.append(Chapter(story, at, side, customer, gateway, dice.choice([1, 1, 1, 2, 3]), number))
    return sorted(chapters, key=lambda chapter: chapter.at)


def tell(chapters: list[Chapter]) -> Iterator[Order]:
    """Make the orders, one at a time, so that the caller can show how far it is."""
    for chapter in chapters:
        with clock.travel_to(chapter.at):
            order = _order(chapter)
            _tell_story(chapter, order)
        if chapter.story == "hold that ended":
            _look_again(order)
        if chapter.story in PACKED:
            pack_and_ship(order, chapter.at)
        yield order


def _order(chapter: Chapter) -> Order:
    offers = list(goods_of(chapter.side.campaign))
    lines = [(offers[chapter.number % len(offers)], chapter.quantity)]
    shipping = 595 if chapter.number % 3 == 0 else 0
    address = chapter.customer.addresses.first()
    campaign = chapter.side.campaign
    coupon = campaign.coupons.filter(code=WELCOME, active=True).first() if chapter.number % 9 == 0 else None
    return create_order(chapter.customer, campaign, lines, address=address, shipping=shipping, coupon=coupon)


def _tell_story(chapter: Chapter, order: Order) -> None:
    TELLERS[chapter.story](chapter, order, [VISA, MASTERCARD, AMEX][chapter.number % 3])


def _pay(
    chapter: Chapter,
    order: Order,
    test_card: str = "",
    *,
    saved: Card | None = None,
    capture: bool = True,
    amount: int = 0,
) -> Payment:
    wish = Wish(
        order=order,
        gateway=chapter.gateway,
        amount=amount or order.total,
        actor=ACTOR,
        card=saved,
        test_card="" if saved else test_card,
        capture=capture,
        purpose=Purpose.SALE,
    )
    payment = reserve(_routed(wish)).payment
    submit(payment.pk, ACTOR)
    payment.refresh_from_db()
    return payment


def _routed(wish: Wish) -> Wish:
    """With the trace that tells why this gateway: routing's own where the plan agrees with it."""
    if wish.order is None:
        return wish
    route = route_order(wish.order, wish.amount, card=wish.card)
    return replace(wish, route=route.trace) if route.gateway == wish.gateway else chosen_by_operator(wish)


def _saved_card(chapter: Chapter, test_card: str) -> Card:
    gateway = chapter.gateway
    known = chapter.customer.cards.filter(account_id=gateway.account_id, mode=gateway.mode).first()
    return known or save_card(chapter.customer, gateway, test_card)


def _refund(payment: Payment, *, part: bool) -> None:
    if part:
        amount, note = _third(payment), "Arrived damaged: a third back, the goods are kept."
        refund_payment(payment.pk, amount, ACTOR, reason=Reason.REQUESTED, note=note)
    else:
        refund_payment(payment.pk, payment.amount, ACTOR, reason=Reason.REQUESTED, note="Sent back unopened.")


def _refund_at_stripe(payment: Payment) -> None:
    """As a merchant does it in Stripe's own dashboard; Midway learns of it by looking."""
    processor_for(payment.gateway).refund(payment.reference, _third(payment), key=f"{payment.key}-dashboard")
    sync_refunds(payment.pk, ACTOR)


def _third(payment: Payment) -> int:
    return int(payment.amount // 300 * 100)


def _look_again(order: Order) -> None:
    for payment in order.payments.select_related("gateway"):
        _look_again_at(payment)


def _look_again_at(payment: Payment) -> None:
    settle(payment.pk, processor_for(payment.gateway).fetch(payment.reference), ACTOR)


def _declined(chapter: Chapter, order: Order, _card: str) -> None:
    _pay(chapter, order, LOST if chapter.number % 2 else NO_MONEY)


def _declined_then_paid(chapter: Chapter, order: Order, card: str) -> None:
    _declined(chapter, order, card)
    _pay(chapter, order, card)


def _cancelled(_chapter: Chapter, order: Order, _card: str) -> None:
    seen = plan_cancellation(order, 0).seen
    cancel_order(order.pk, Cancellation(0, "The customer changed their mind.", seen), ACTOR)


def _disputed(chapter: Chapter, order: Order, card: str = DISPUTED) -> Dispute:
    """Found by looking, as each night: most of the month's webhooks have nowhere to go yet."""
    payment = _pay(chapter, order, card)
    look_for_disputes(chapter.gateway, ACTOR, since=clock.now() - timedelta(minutes=5))
    return payment.disputes.get()


def _answered(dispute: Dispute, text: str) -> None:
    evidence = {**known_evidence(dispute), "uncategorized_text": text}
    answer_dispute(dispute.pk, evidence, ACTOR, form_token=uuid4())


TELLERS: dict[str, Callable[[Chapter, Order, str], object]] = {
    "paid": _pay,
    "paid with a saved card": lambda chapter, order, card: _pay(chapter, order, saved=_saved_card(chapter, card)),
    "declined, then paid": _declined_then_paid,
    "declined": _declined,
    "refunded": lambda chapter, order, card: _refund(_pay(chapter, order, card), part=False),
    "partly refunded": lambda chapter, order, card: _refund(_pay(chapter, order, card), part=True),
    "refunded at Stripe": lambda chapter, order, card: _refund_at_stripe(_pay(chapter, order, card)),
    "voided": lambda chapter, order, card: holds.void(_pay(chapter, order, card, capture=False).pk, ACTOR),
    "held": lambda chapter, order, card: _pay(chapter, order, card, capture=False),
    "hold that ended": lambda chapter, order, card: _pay(chapter, order, card, capture=False),
    "needs authentication": lambda chapter, order, _: _pay(chapter, order, CHALLENGED),
    "deposit": lambda chapter, order, card: _pay(chapter, order, card, amount=order.total // 200 * 100),
    "cancelled": _cancelled,
    "disputed": lambda chapter, order, _: _disputed(chapter, order),
    "inquiry": lambda chapter, order, _: _disputed(chapter, order, INQUIRY),
    "dispute under review": lambda chapter, order, _: _answered(_disputed(chapter, order), EXPLANATION),
    "dispute won": lambda chapter, order, _: _answered(_disputed(chapter, order), WINS),
    "dispute lost": lambda chapter, order, _: _answered(_disputed(chapter, order), LOSES),
    "dispute accepted": lambda chapter, order, _: accept_dispute(
        _disputed(chapter, order).pk, ACTOR, form_token=uuid4()
    ),
    "unpaid": lambda *_: None,
}
