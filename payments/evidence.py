"""Go-live checks that only payments and their news can answer: S2-33, S2-37, S2-38, S3-30."""

from django.db.models import QuerySet
from django.utils.timezone import localtime

from gateways import money
from gateways.fields import DecryptionError
from gateways.golive.facts import Facts
from gateways.golive.findings import Finding, failed, ok, warning
from gateways.models import Gateway
from payments.models import Payment, Purpose
from payments.states import Status

RECENT = 50
COMMAND = "manage.py test_transaction --gateway"


def signing_secret_proven(gateway: Gateway, _facts: Facts) -> Finding:
    try:
        has_secret = bool(gateway.signing_secret)
    except DecryptionError as error:
        return failed(str(error), "Or press Register webhook, which makes a new signing secret.")
    if not has_secret:
        return failed(
            "There is no signing secret, so no news from Stripe can be trusted.",
            "Press Register webhook, or copy the secret from the webhook endpoint at Stripe.",
        )
    if gateway.signing_secret_proven_at is None:
        return failed(
            "No event has come yet that was signed with this signing secret.",
            "Make a test transaction. If nothing comes within a minute, look at the endpoint's deliveries at Stripe: "
            "a 400 there means that this is another endpoint's secret.",
        )
    return ok(f"An event that was signed with it came on {localtime(gateway.signing_secret_proven_at):%-d %b %Y}.")


def tested(gateway: Gateway, _facts: Facts) -> Finding:
    tests = _tests(gateway)
    done = tests.filter(status=Status.CAPTURED).first()
    if done:
        return ok(f"{done} took {_amount(done)} on {localtime(done.created_at):%-d %b %Y}.")
    how = "with a live card of your own" if gateway.is_live else "with a test card"
    last = tests.first()
    found = f"The last one, {last}, was not captured. {last.explanation}" if last else "None was made yet."
    return failed(found, f"Make a test transaction {how}, here or with “{COMMAND} '{gateway.name}'”.")


def rebill_simulated(gateway: Gateway, _facts: Facts) -> Finding:
    """A second charge of a kept card, while its holder is away, at another amount."""
    tests = list(_tests(gateway).exclude(card=None)[:RECENT])
    rebills = [payment for payment in tests if payment.draft.get("off_session")]
    done = [payment for payment in rebills if payment.status == Status.CAPTURED]
    remedy = f"Simulate one with “{COMMAND} '{gateway.name}' --rebill”."
    if any(_differs(rebill, sale) for rebill in done for sale in tests if sale.status == Status.CAPTURED):
        return ok(f"{done[0]} charged a kept card again, while its holder was away.")
    if done:
        half = money.plain(money.half_unit(gateway.currency), gateway.currency)
        return warning(f"The rebill differed by less than {half} from the sale: banks may take it for a copy.", remedy)
    if rebills:
        return failed(f"The last simulated rebill, {rebills[0]}, was not captured. {rebills[0].explanation}", remedy)
    return warning("No rebill was simulated yet: matters if this gateway is to charge subscriptions.", remedy)


def _differs(rebill: Payment, sale: Payment) -> bool:
    """S2-37 and D7."""
    earlier = sale.card_id == rebill.card_id and sale.pk < rebill.pk
    return earlier and abs(rebill.amount - sale.amount) >= money.half_unit(rebill.currency)


def moto_allowed(gateway: Gateway, _facts: Facts) -> Finding:
    """Stripe tells nobody beforehand whether it has allowed MOTO: only a payment marked so proves it."""
    if not gateway.moto:
        return ok("Mail and telephone orders are not marked as such: nothing has to be allowed.")
    marked = next((payment for payment in _tests(gateway)[:RECENT] if _is_moto(payment)), None)
    if marked is None or marked.status not in {Status.CAPTURED, Status.AUTHORIZED, Status.DECLINED, Status.FAILED}:
        return warning("No payment that is marked as MOTO was answered yet.", "Make a test transaction: it is marked.")
    if marked.status == Status.FAILED and "moto" in marked.message:
        return failed(
            "Stripe has not allowed this account to take mail and telephone orders.",
            "Ask Stripe's support for MOTO, with your proof of PCI compliance, or switch it off here.",
        )
    if marked.status == Status.FAILED:
        return warning(f"{marked} was marked as MOTO and failed. {marked.message}", "Make another test transaction.")
    return ok(f"Stripe took {marked}, which was marked as MOTO.")


def _is_moto(payment: Payment) -> bool:
    options = payment.draft.get("payment_method_options", {})
    return bool(options.get("card", {}).get("moto"))


def _tests(gateway: Gateway) -> QuerySet[Payment]:
    """Newest first; few of them have no order, and those are found by its index."""
    return Payment.objects.filter(order=None, gateway=gateway, purpose=Purpose.TEST).order_by("-pk")


def _amount(payment: Payment) -> str:
    return money.plain(payment.amount_captured, payment.currency)
