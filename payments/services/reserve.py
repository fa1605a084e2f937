"""The first phase of a charge: the Payment with its own key, and room under the cap, in one transaction."""

from dataclasses import dataclass

from django.db import transaction

from gateways import clock, money, volume
from gateways.models import Gateway
from gateways.processors.base import GatewayMisconfigured
from gateways.processors.test_cards import is_test_card
from gateways.services import processor_for
from orders.models import Order, ShipDoc
from orders.services.vault import can_charge
from payments.models import Payment, Purpose
from payments.services.balances import balance_of, lock_order, refresh_order
from payments.services.gate import why_held
from payments.services.history import record
from payments.services.ship_doc_balances import ship_doc_balance
from payments.services.wishes import Wish, charge_request

__all__ = ["PaymentRefused", "Reservation", "Wish", "check_terms", "misfit", "reserve"]


class PaymentRefused(Exception):
    """Nothing was written or charged. `field` is the form's field; `message` says what is wrong and the remedy."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field
        self.message = message


@dataclass(frozen=True)
class Reservation:
    """`repeated`: the same form was sent before, and this is the payment that it made then."""

    payment: Payment
    repeated: bool = False


@transaction.atomic
def reserve(wish: Wish) -> Reservation:
    """Write the payment and take its room. Raises PaymentRefused, and then nothing is written."""
    order = _lock(wish)
    if wish.form_token and (earlier := Payment.objects.filter(form_token=wish.form_token).first()):
        return _repeated(earlier, order)
    gateway = Gateway.objects.get(pk=wish.gateway.pk)
    check_terms(gateway, order, wish.amount)
    _check_means(gateway, order, wish)
    if wish.ship_doc:
        _check_ship_doc(wish.ship_doc, order, wish.amount)
    payment = _payment(order, gateway, wish)
    try:
        volume.take_room(gateway, payment.cap_month, payment.amount)
    except volume.CapReached as full:
        left = money.plain(full.left, gateway.currency)
        raise PaymentRefused(
            "gateway", f"{gateway} has {left} left under its monthly cap: choose another gateway or a smaller amount."
        ) from full
    payment.save()
    record(payment, "reserved", wish.actor, amount=payment.amount)
    if order:
        refresh_order(order)
    return Reservation(payment)


def _lock(wish: Wish) -> Order | None:
    """Where there is no order, the gateway's row is what makes one form, sent twice, one payment."""
    if wish.order is None:
        Gateway.objects.select_for_update(no_key=True).get(pk=wish.gateway.pk)
        return None
    return lock_order(wish.order.pk)


def _repeated(earlier: Payment, order: Order | None) -> Reservation:
    if earlier.order_id != (order.pk if order else None):
        raise PaymentRefused("form_token", "This form belongs to another order: reload the page.")
    return Reservation(earlier, repeated=True)


def check_terms(gateway: Gateway, order: Order | None, amount: int) -> None:
    """Raises PaymentRefused when this gateway cannot take this amount for this order, however it is paid."""
    _check_gateway(gateway, order)
    _check_amount(gateway, order, amount)


def _check_gateway(gateway: Gateway, order: Order | None) -> None:
    if not gateway.active:
        raise PaymentRefused("gateway", f"{gateway} is not active: choose another gateway, or activate it.")
    if gateway.paused_at:
        raise PaymentRefused(
            "gateway", f"{gateway} is paused ({gateway.pause_reason}): choose another gateway, or mend its key."
        )
    if order and (why := misfit(gateway, order)):
        raise PaymentRefused("gateway", why)
    if held := why_held(gateway, order.campaign_id if order else None):
        raise PaymentRefused("gateway", held)


def misfit(gateway: Gateway, order: Order) -> str:
    """Why this gateway can never take this order's money; empty when it can."""
    if gateway.mode != order.campaign.mode:
        it, campaign = f"{gateway} is a {gateway.mode} gateway", f"{order.campaign} a {order.campaign.mode} campaign"
        return f"{it} and {campaign}: choose a {order.campaign.mode} gateway."
    if gateway.kind.takes_cards and not order.campaign.card_payments:
        return f"{order.campaign} takes no cards: switch card payments on in the campaign, or choose another gateway."
    if gateway.currency != order.currency:
        return f"{gateway} takes {gateway.currency}, the order is in {order.currency}: choose another gateway."
    return ""


def _check_means(gateway: Gateway, order: Order | None, wish: Wish) -> None:
    if not wish.capture and not gateway.kind.can_hold:
        raise PaymentRefused("capture", f"{gateway} cannot hold money: choose Charge now.")
    if gateway.kind.takes_cards:
        _check_card(gateway, order, wish)
    else:
        _check_receipt(gateway, wish)


def _check_card(gateway: Gateway, order: Order | None, wish: Wish) -> None:
    if not (wish.card or wish.test_card or wish.new_card or wish.confirmation_token):
        raise PaymentRefused("method", "Choose a card.")
    if wish.card and order and wish.card.customer_id != order.customer_id:
        raise PaymentRefused("method", "This card belongs to another customer: choose one of this customer's cards.")
    if wish.card and wish.card.blocked_at and wish.off_session:
        why = f"This card is never charged again while its holder is away: {wish.card.block_reason}"
        raise PaymentRefused("method", f"{why} Ask the customer for another card.")
    if wish.card and not can_charge(gateway, wish.card):
        raise PaymentRefused(
            "method", f"This card is kept on another Stripe account than {gateway}'s: choose another card or gateway."
        )
    if wish.test_card and (gateway.is_live or not is_test_card(wish.test_card)):
        raise PaymentRefused("method", "Test cards work on test gateways only: choose a saved card.")
    if wish.confirmation_token and not gateway.kind.takes_tokens:
        raise PaymentRefused("method", f"{gateway} takes no cards from Stripe's form: choose another gateway or card.")
    if wish.new_card and not (gateway.kind.takes_card_numbers or gateway.kind.takes_tokens):
        raise PaymentRefused("method", f"{gateway} takes no card numbers: choose a saved card.")


def _check_receipt(gateway: Gateway, wish: Wish) -> None:
    ways = " or ".join(label.lower() for label in gateway.kind.receipts.values())
    if wish.means not in gateway.kind.receipts:
        raise PaymentRefused("method", f"{gateway} takes no cards: choose {ways}.")
    known = Payment.objects.filter(account_id=gateway.account_id, mode=gateway.mode, reference=wish.receipt).first()
    if wish.receipt and known:
        raise PaymentRefused("receipt", f"Receipt {wish.receipt} is {known} already: check the number.")


def _check_amount(gateway: Gateway, order: Order | None, amount: int) -> None:
    currency = gateway.currency
    try:
        money.check_chargeable(amount, currency, least=gateway.kind.least(currency))
    except money.MoneyError as error:
        raise PaymentRefused("amount", str(error)) from error
    least, most = gateway.amount_bounds()
    if not least <= amount <= most:
        bounds = f"{money.plain(least, currency)} to {money.plain(most, currency)}"
        raise PaymentRefused("amount", f"{gateway} takes {bounds} in one payment.")
    if order:
        _check_due(order, amount)


def _check_due(order: Order, amount: int) -> None:
    if order.cancelled_at and not order.cancellation_fee:
        raise PaymentRefused("amount", "The order is cancelled: nothing can be charged on it.")
    due = balance_of(order).due
    if amount > due:
        left = money.plain(due, order.currency)
        raise PaymentRefused(
            "amount",
            f"Only {left} of this order is open" + (": enter that or less." if due else ": nothing to charge."),
        )
    if order.subscription_id and amount != due:
        whole = money.plain(due, order.currency)
        raise PaymentRefused("amount", f"A rebill is paid whole, so that it is billed once: enter {whole}.")


def _check_ship_doc(known: ShipDoc, order: Order | None, amount: int) -> None:
    doc = ShipDoc.objects.select_related("order").get(pk=known.pk)
    if order is None or doc.order_id != order.pk:
        raise PaymentRefused("ship_doc", f"{doc} belongs to another order: reload the page.")
    if doc.status == ShipDoc.Status.CANCELLED:
        raise PaymentRefused("ship_doc", f"{doc} is cancelled: take the payment on {order} itself.")
    due = ship_doc_balance(doc).due
    if amount > due:
        left = money.plain(due, order.currency)
        rest = ": enter that or less." if due else ": nothing to charge."
        raise PaymentRefused("amount", f"Only {left} of {doc} is open{rest}")


def _payment(order: Order | None, gateway: Gateway, wish: Wish) -> Payment:
    now = clock.now()
    payment = Payment(
        order=order,
        ordinal=Payment.objects.filter(order=order).count() + 1 if order else 1,
        gateway=gateway,
        account_id=gateway.account_id,
        mode=gateway.mode,
        card=wish.card,
        subscription_id=order.subscription_id if order else None,
        cycle=order.cycle if order else None,
        ship_doc=wish.ship_doc,
        pay_link=wish.pay_link,
        upsell_line=wish.upsell_line,
        purpose=Purpose.REBILL if order and order.subscription_id else wish.purpose,
        route=list(wish.route),
        capture_now=wish.capture,
        currency=gateway.currency,
        amount=wish.amount,
        cap_month=volume.month_of(gateway, now),
        form_token=wish.form_token,
        created_at=now,
        actor=wish.actor.name,
        user=wish.actor.user,
    )
    try:
        processor = processor_for(gateway)
    except GatewayMisconfigured as unreadable:
        raise PaymentRefused("gateway", unreadable.message) from unreadable
    payment.draft = dict(processor.prepare(charge_request(payment, order, wish)))
    return payment
