"""StripeV2 through the real SDK: what is sent, and what is made of the answers."""

import json
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from django.db import transaction
from pytest_django import Settings

from gateways import clock
from gateways.processors.base import BadSignature, InvalidRequest, Outcome, Recipient, RefundOutcome
from gateways.processors.stripe_client import PatientClient, TransactionOpenError, _http_client, stripe_client
from gateways.processors.stripe_events import WEBHOOK_EVENTS
from gateways.processors.stripe_results import refund_result
from gateways.processors.stripe_v2 import StripeV2
from simulator.adapter import LocalStripeAdapter
from simulator.core import LocalStripe
from simulator.faults import Fault
from tests.gateways.processors.conftest import Sent, Shop

CHALLENGED = "pm_card_threeDSecure2Required"
SEEDS_EVENTS = """
    charge.captured charge.expired charge.failed charge.pending charge.refunded charge.succeeded charge.updated
    charge.dispute.closed charge.dispute.created charge.dispute.funds_reinstated charge.dispute.funds_withdrawn
    charge.dispute.updated charge.refund.updated
""".split()
VERBS: list[Callable[[StripeV2], object]] = [
    lambda shop: shop.charge({"amount": 1}, key="k"),
    lambda shop: shop.authorize({"amount": 1}, key="k"),
    lambda shop: shop.capture("pi_1", 1, key="k"),
    lambda shop: shop.void("pi_1", key="k"),
    lambda shop: shop.refund("pi_1", 1, key="k"),
    lambda shop: shop.refunds_of("pi_1"),
    lambda shop: shop.verify("pm_card_visa", "cus_1", key="k"),
    lambda shop: shop.save_from_token("ctoken_1", "cus_1", key="k"),
    lambda shop: shop.fetch_saving("seti_1"),
    lambda shop: shop.ask_again("pi_1", key="k", in_page=True),
    lambda shop: shop.client_secret("pi_1"),
    lambda shop: shop.fetch("pi_1"),
    lambda shop: shop.find("key", around=datetime.now(UTC)),
    lambda shop: shop.account(),
    lambda shop: shop.create_customer(Recipient("Ada"), label="1", key="k"),
    lambda shop: shop.register_webhook("https://midway.test/"),
]


def saved(shop: Shop, method: str = "pm_card_visa") -> tuple[str, str]:
    """A customer with a saved card; both references."""
    customer = shop.create_customer(Recipient("Ada", "ada@mail.test"), label="7", key=f"{shop.secret_key}-customer")
    return customer, shop.verify(method, customer, key=f"{shop.secret_key}-card").reference


def hold(shop: Shop, **wish: Any) -> str:
    request = shop.wish(capture=False, **wish)
    return shop.authorize(shop.prepare(request), key=f"{request.our_key}-charge").reference


def sale(shop: Shop, **wish: Any) -> str:
    request = shop.wish(**wish)
    return shop.charge(shop.prepare(request), key=f"{request.our_key}-charge").reference


def intents(shop: Shop) -> list[stripe.PaymentIntent]:
    return stripe_client(shop.secret_key).v1.payment_intents.list({"limit": 100}).data


# --- charge and authorize ---------------------------------------------------------------------------------------


def test_a_charge_asks_for_this_and_nothing_else(shop: Shop, sent: Sent) -> None:
    wish = shop.wish(our_key="key-1", return_url="https://midway.test/back", labels={"order": "SO-1001"})
    shop.charge(shop.prepare(wish), key="key-1-charge")
    assert sent.params() == {
        "amount": "5000",
        "currency": "usd",
        "payment_method": "pm_card_visa",
        "confirm": "true",
        "capture_method": "automatic",
        "automatic_payment_methods[enabled]": "true",
        "automatic_payment_methods[allow_redirects]": "never",
        "description": "Summer Glow, SO-1001",
        "metadata[order]": "SO-1001",
        "metadata[midway_payment]": "key-1",
        "return_url": "https://midway.test/back",
        "expand[0]": "latest_charge.balance_transaction",
        "expand[1]": "payment_method",
    }
    assert [(one.method, one.path) for one in sent] == [("POST", "/v1/payment_intents")]
    assert sent.keys() == ["key-1-charge"]


def test_a_request_names_its_api_version_and_sends_no_telemetry(shop: Shop, sent: Sent) -> None:
    shop.account()
    shop.account()
    assert {request.header("stripe-version") for request in sent} == {stripe.api_version}
    assert {request.header("authorization") for request in sent} == {f"Bearer {shop.secret_key}"}
    assert not any("telemetry" in name for request in sent for name in request.headers)
    assert stripe.enable_telemetry is False


def test_authorize_holds_and_asks_for_manual_capture(shop: Shop, sent: Sent) -> None:
    result = shop.authorize(shop.prepare(shop.wish(capture=False)), key=f"{shop.secret_key}-a")
    assert sent.params()["capture_method"] == "manual"
    assert (result.outcome, result.amount, result.amount_captured) == (Outcome.AUTHORIZED, 5000, 0)
    assert result.capture_before is not None
    assert timedelta(days=1) < result.capture_before - datetime.now(UTC) <= timedelta(days=31)
    assert (result.fee, result.net) == (None, None)


def test_a_saved_card_is_charged_with_its_customer(shop: Shop, sent: Sent) -> None:
    customer, card = saved(shop)
    wish = shop.wish(payment_method=card, customer_reference=customer)
    assert shop.charge(shop.prepare(wish), key=wish.our_key).outcome is Outcome.CAPTURED
    assert (sent.params()["customer"], sent.params()["payment_method"]) == (customer, card)


def test_off_session_says_so_and_sends_no_address_to_come_back_to(shop: Shop, sent: Sent) -> None:
    customer, card = saved(shop)
    wish = shop.wish(payment_method=card, customer_reference=customer, off_session=True, return_url="https://x.test")
    assert shop.charge(shop.prepare(wish), key=wish.our_key).outcome is Outcome.CAPTURED
    assert sent.params()["off_session"] == "true"
    assert "return_url" not in sent.params()


def test_off_session_authentication_is_a_soft_decline_with_a_remedy(shop: Shop) -> None:
    wish = shop.wish(payment_method=CHALLENGED, off_session=True)
    result = shop.charge(shop.prepare(wish), key=wish.our_key)
    assert (result.outcome, result.action_url) == (Outcome.DECLINED, "")
    assert result.decline is not None
    assert (result.decline.code, result.decline.hard) == ("authentication_required", False)


def test_on_session_authentication_waits_at_the_banks_page(shop: Shop) -> None:
    wish = shop.wish(payment_method=CHALLENGED, return_url="https://midway.test/back")
    result = shop.charge(shop.prepare(wish), key=wish.our_key)
    assert (result.outcome, result.decline, result.amount_captured) == (Outcome.REQUIRES_ACTION, None, 0)
    assert result.action_url.startswith("http")


def test_a_captured_charge_tells_everything_that_the_books_need(shop: Shop) -> None:
    wish = shop.wish(our_key="books")
    result = shop.charge(shop.prepare(wish), key="books-charge")
    assert (result.outcome, result.amount, result.amount_captured, result.currency) == ("captured", 5000, 5000, "USD")
    assert (result.fee, result.net, result.settled_currency) == (175, 4825, "USD")  # 2.9 % and 30 cents
    assert (result.card_brand, result.card_last4) == ("visa", "4242")
    assert (result.reference[:3], result.charge_reference[:3], result.livemode) == ("pi_", "ch_", False)
    assert (result.our_key, result.amount_refunded, result.decline) == ("books", 0, None)


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("USD", 1999), ("RSD", 15_025), ("JPY", 500), ("KRW", 1000), ("KWD", 1230), ("ISK", 50_000), ("UGX", 370_000)],
)
def test_an_amount_arrives_and_comes_back_to_the_unit(shop: Shop, sent: Sent, currency: str, amount: int) -> None:
    wish = shop.wish(amount=amount, currency=currency)
    result = shop.charge(shop.prepare(wish), key=wish.our_key)
    assert (sent.params()["amount"], sent.params()["currency"]) == (str(amount), currency.lower())
    assert (result.amount, result.amount_captured, result.currency) == (amount, amount, currency)


def test_the_same_draft_with_the_same_key_charges_once(shop: Shop, sent: Sent) -> None:
    draft = shop.prepare(shop.wish())
    stored = json.loads(json.dumps(draft))  # as the database keeps it
    first, second = (shop.charge(one, key=f"{shop.secret_key}-once") for one in (draft, stored))
    assert first == second
    assert len(intents(shop)) == 1
    assert sent[0].body == sent[1].body


def test_a_decline_is_replayed_under_its_key_too(shop: Shop) -> None:
    draft = shop.prepare(shop.wish(payment_method="pm_card_visa_chargeDeclined"))
    first, second = (shop.charge(draft, key=f"{shop.secret_key}-once") for _ in range(2))
    assert (first.outcome, first) == (Outcome.DECLINED, second)
    assert len(intents(shop)) == 1


def test_preparing_makes_no_call_and_depends_on_no_clock(shop: Shop, sent: Sent) -> None:
    wish = shop.wish()
    today = shop.prepare(wish)
    with clock.travel_to(datetime(2031, 1, 1, tzinfo=UTC)):
        assert shop.prepare(wish) == today
    assert sent == []


# --- capture, void, refund --------------------------------------------------------------------------------------


def test_a_hold_is_captured_whole(shop: Shop, sent: Sent) -> None:
    result = shop.capture(hold(shop), 5000, key=f"{shop.secret_key}-capture")
    assert (result.outcome, result.amount, result.amount_captured, result.fee) == (Outcome.CAPTURED, 5000, 5000, 175)
    assert sent.params() == {
        "amount_to_capture": "5000",
        "expand[0]": "latest_charge.balance_transaction",
        "expand[1]": "payment_method",
    }
    assert sent.keys()[-1] == f"{shop.secret_key}-capture"


def test_of_a_hold_a_part_is_captured_and_the_rest_released(shop: Shop) -> None:
    reference = hold(shop)
    result = shop.capture(reference, 1999, key=f"{shop.secret_key}-capture")
    assert (result.outcome, result.amount, result.amount_captured) == (Outcome.CAPTURED, 5000, 1999)
    assert shop.fetch(reference) == result
    with pytest.raises(InvalidRequest):
        shop.capture(reference, 1, key=f"{shop.secret_key}-capture-2")


def test_more_than_is_held_cannot_be_captured(shop: Shop) -> None:
    reference = hold(shop)
    with pytest.raises(InvalidRequest) as refusal:
        shop.capture(reference, 5001, key=f"{shop.secret_key}-capture")
    assert refusal.value.code == "amount_too_large"
    assert shop.fetch(reference).outcome is Outcome.AUTHORIZED


def test_a_hold_is_voided_once_however_often_it_is_asked(shop: Shop, sent: Sent) -> None:
    reference = hold(shop)
    first, second = (shop.void(reference, key=f"{shop.secret_key}-void") for _ in range(2))
    assert (first.outcome, first.amount_captured, first) == (Outcome.VOIDED, 0, second)
    assert sent[-1].path == f"/v1/payment_intents/{reference}/cancel"
    with pytest.raises(InvalidRequest):
        shop.capture(reference, 5000, key=f"{shop.secret_key}-late")


def test_a_hold_that_stripe_let_go_has_expired_and_was_not_voided(local_stripe: LocalStripe, shop: Shop) -> None:
    with clock.travel_to(datetime.now(UTC) - timedelta(days=40)):
        reference = hold(shop)
    local_stripe.run_timers()
    assert shop.fetch(reference).outcome is Outcome.EXPIRED


def test_refunds_in_parts_come_to_the_whole_and_no_further(shop: Shop, sent: Sent) -> None:
    reference = sale(shop)
    first = shop.refund(reference, 2000, key=f"{shop.secret_key}-r1", reason="requested_by_customer")
    assert sent.params() == {"payment_intent": reference, "amount": "2000", "reason": "requested_by_customer"}
    shop.refund(reference, 3000, key=f"{shop.secret_key}-r2")
    assert sent.params() == {"payment_intent": reference, "amount": "3000"}
    assert (first.amount, first.currency, first.status, first.reference[:3]) == (2000, "USD", "succeeded", "re_")
    assert shop.fetch(reference).amount_refunded == 5000
    with pytest.raises(InvalidRequest):
        shop.refund(reference, 1, key=f"{shop.secret_key}-r3")


def test_the_same_refund_with_the_same_key_is_made_once(shop: Shop) -> None:
    reference = sale(shop)
    first, second = (shop.refund(reference, 2000, key=f"{shop.secret_key}-r1") for _ in range(2))
    assert first == second
    assert shop.fetch(reference).amount_refunded == 2000


def test_a_refund_carries_our_key_and_is_listed_with_what_others_gave_back(shop: Shop, sent: Sent) -> None:
    reference = sale(shop)
    elsewhere = shop.refund(reference, 500, key=f"{shop.secret_key}-r1", reason="duplicate")
    ours = shop.refund(reference, 2000, key=f"{shop.secret_key}-r2", our_key="k2", number="SO-1-P1-R2")
    labels = {"metadata[midway_refund]": "k2", "metadata[refund]": "SO-1-P1-R2"}
    assert sent.params() == {"payment_intent": reference, "amount": "2000", **labels}
    assert shop.refunds_of(reference) == [elsewhere, ours]
    assert (elsewhere.our_key, elsewhere.reason, ours.our_key, ours.reason) == ("", "duplicate", "k2", "")
    assert ours.created_at is not None
    assert abs(ours.created_at - clock.now()) < timedelta(minutes=5)


def test_more_refunds_than_one_page_are_all_listed(shop: Shop) -> None:
    reference = sale(shop)
    made = [shop.refund(reference, 10, key=f"{shop.secret_key}-r{number}").reference for number in range(103)]
    assert [refund.reference for refund in shop.refunds_of(reference)] == made


@pytest.mark.parametrize(
    ("card", "now", "later", "reason"),
    [
        ("pm_card_pendingRefund", "processing", "succeeded", ""),
        ("pm_card_refundFail", "succeeded", "failed", "expired_or_canceled_card"),
    ],
)
def test_a_refund_that_is_not_done_at_once_says_how_it_stands(
    shop: Shop, local_stripe: LocalStripe, card: str, now: str, later: str, reason: str
) -> None:
    reference = sale(shop, payment_method=card)
    assert shop.refund(reference, 100, key=f"{shop.secret_key}-r1").status == now
    local_stripe.clock.advance(61)
    (after,) = shop.refunds_of(reference)
    local_stripe.clock.advance(-61)
    assert (after.status, after.failure_reason) == (later, reason)


@pytest.mark.parametrize("status", ["requires_action", "pending", "something_new", ""])
def test_what_is_neither_done_nor_given_up_is_on_its_way(status: str) -> None:
    body = {
        "id": "re_1",
        "amount": 5,
        "currency": "usd",
        "status": status,
        "metadata": {},
        "reason": None,
        "created": 1,
    }
    refund = stripe.Refund.construct_from(body, "sk_test_a_1")
    assert refund_result(refund).status is RefundOutcome.PROCESSING


# --- cards and customers ----------------------------------------------------------------------------------------


def test_a_card_is_verified_and_kept_and_nothing_is_charged(shop: Shop, sent: Sent) -> None:
    customer = shop.create_customer(Recipient("Ada", "ada@mail.test"), label="7", key=f"{shop.secret_key}-customer")
    card = shop.verify("pm_card_visa", customer, key=f"{shop.secret_key}-card")
    assert sent[-1].path == "/v1/setup_intents"
    assert (sent.params()["usage"], sent.params()["customer"]) == ("off_session", customer)
    assert (card.customer_reference, card.brand, card.last4) == (customer, "visa", "4242")
    assert (card.reference[:3], 1 <= card.exp_month <= 12, card.exp_year >= datetime.now(UTC).year) == (
        "pm_",
        True,
        True,
    )
    assert card.fingerprint
    assert intents(shop) == []


@pytest.mark.parametrize("method", ["pm_card_visa_chargeDeclined", "pm_card_chargeDeclinedExpiredCard"])
def test_a_declining_card_is_not_kept(shop: Shop, method: str) -> None:
    with pytest.raises(InvalidRequest, match=r"declined|expired"):
        saved(shop, method)


@pytest.mark.parametrize("method", ["pm_card_authenticationRequired", CHALLENGED])
def test_a_card_that_its_bank_wants_confirmed_first_is_not_kept(shop: Shop, method: str) -> None:
    with pytest.raises(InvalidRequest, match="The bank wants the cardholder to confirm") as refusal:
        saved(shop, method)
    assert refusal.value.code == "authentication_required"


def test_a_customer_is_told_with_our_label_once_per_key(shop: Shop, sent: Sent) -> None:
    ada = Recipient("Ada Lovelace", "ada@mail.test", "+1 503 555 1000")
    first, second = (shop.create_customer(ada, label="7", key=f"{shop.secret_key}-customer") for _ in range(2))
    assert (first, first[:4]) == (second, "cus_")
    assert sent.params() == {
        "name": "Ada Lovelace",
        "email": "ada@mail.test",
        "phone": "+1 503 555 1000",
        "metadata[midway_customer]": "7",
    }


# --- looking things up ------------------------------------------------------------------------------------------


def test_fetching_tells_what_the_charge_told(shop: Shop) -> None:
    wish = shop.wish()
    result = shop.charge(shop.prepare(wish), key=wish.our_key)
    assert shop.fetch(result.reference) == result


def test_a_payment_is_found_by_our_key(shop: Shop) -> None:
    sale(shop)
    reference = sale(shop, our_key="the-lost-one", amount=4242)
    sale(shop)
    found = shop.find("the-lost-one", around=datetime.now(UTC))
    assert found is not None
    assert (found.reference, found.amount, found.our_key, found.fee) == (reference, 4242, "the-lost-one", 153)


def test_what_was_never_charged_is_not_found(shop: Shop) -> None:
    assert shop.find("nothing", around=datetime.now(UTC)) is None
    sale(shop)
    assert shop.find("nothing", around=datetime.now(UTC)) is None


def test_a_payment_is_found_on_the_second_page(shop: Shop, sent: Sent) -> None:
    reference = sale(shop, our_key="the-first-of-many")
    for _ in range(100):
        sale(shop)
    sent.clear()
    found = shop.find("the-first-of-many", around=datetime.now(UTC))
    assert found is not None
    assert (found.reference, len(sent)) == (reference, 2)


@pytest.mark.parametrize(("shift", "found"), [(-2, False), (-0.9, True), (0.03, True), (0.1, False)])
def test_a_payment_is_looked_for_from_an_hour_before_to_a_day_after(shop: Shop, shift: float, found: bool) -> None:
    sale(shop, our_key="here")
    around = datetime.now(UTC) + timedelta(days=shift)
    assert (shop.find("here", around=around) is not None) == found


def test_other_accounts_payments_are_not_found(shop: Shop) -> None:
    sale(shop, our_key="mine")
    other = Shop(secret_key=f"{shop.secret_key}x_1")
    assert other.find("mine", around=datetime.now(UTC)) is None


def test_the_account_is_told_in_our_words(shop: Shop) -> None:
    account = Shop(secret_key="sk_test_corner_shop_1").account()
    assert (account.name, account.currency, account.country) == ("Corner Shop", "USD", "US")
    assert (account.reference[:5], account.charges_enabled, account.payouts_enabled) == ("acct_", True, True)
    assert account.descriptor_prefix == "CORNER SHO"
    assert account.reference == Shop(secret_key="sk_test_corner_shop_2").account().reference
    assert account.reference != shop.account().reference


def test_a_connected_account_is_named_in_every_call(shop: Shop, sent: Sent) -> None:
    connected = Shop(secret_key=shop.secret_key, stripe_account="acct_connected1")
    reference = sale(connected)
    assert connected.account().reference == "acct_connected1"
    assert {request.header("stripe-account") for request in sent} == {"acct_connected1"}
    with pytest.raises(InvalidRequest):
        shop.fetch(reference)


# --- webhooks ---------------------------------------------------------------------------------------------------


def test_a_webhook_is_registered_for_every_event_at_the_version_of_the_sdk(shop: Shop, sent: Sent) -> None:
    registration = shop.register_webhook("https://midway.test/webhooks/stripe/abc/")
    params = sent.params()
    asked = [value for name, value in params.items() if name.startswith("enabled_events[")]
    assert (asked, len(set(asked))) == (WEBHOOK_EVENTS, 22)
    assert set(SEEDS_EVENTS) <= set(asked)
    assert (params["url"], params["api_version"]) == ("https://midway.test/webhooks/stripe/abc/", stripe.api_version)
    assert (registration.reference[:3], registration.signing_secret[:6]) == ("we_", "whsec_")


def body_of(thing: dict[str, Any] | None = None, **fields: Any) -> bytes:
    thing = {"id": "pi_1", "object": "payment_intent", "metadata": {}} if thing is None else thing
    event = {"id": "evt_1", "type": "payment_intent.succeeded", "created": 1_795_305_600, "livemode": False}
    return json.dumps({**event, "data": {"object": thing}, **fields}).encode()


def sign(body: bytes, secret: str, age: int = 0) -> str:
    stamp = int(time.time()) - age
    return str(stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp=stamp))


@pytest.mark.parametrize("secret", ["whsec_new", "whsec_old"])
def test_either_signing_secret_opens_an_event(secret: str) -> None:
    body = body_of()
    event = StripeV2("sk_test_a_1", ("whsec_new", "whsec_old")).parse_event(body, sign(body, secret))
    assert (event.reference, event.type, event.livemode) == ("evt_1", "payment_intent.succeeded", False)
    assert (event.payment_reference, event.object_type, event.object_reference) == ("pi_1", "payment_intent", "pi_1")
    assert event.created_at == datetime(2026, 11, 22, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("thing", "payment", "our_key"),
    [
        ({"id": "pi_1", "object": "payment_intent", "metadata": {"midway_payment": "k"}}, "pi_1", "k"),
        ({"id": "ch_1", "object": "charge", "payment_intent": "pi_2", "metadata": {}}, "pi_2", ""),
        ({"id": "ch_1", "object": "charge", "payment_intent": {"id": "pi_3"}}, "pi_3", ""),
        ({"id": "dp_1", "object": "dispute", "payment_intent": "pi_4", "metadata": None}, "pi_4", ""),
        ({"id": "re_1", "object": "refund", "payment_intent": None}, "", ""),
        ({"object": "balance"}, "", ""),
    ],
)
def test_an_event_says_which_payment_it_is_about(thing: dict[str, Any], payment: str, our_key: str) -> None:
    body = body_of(thing, account="acct_1")
    event = StripeV2("sk_test_a_1", ("whsec_a",)).parse_event(body, sign(body, "whsec_a"))
    assert (event.payment_reference, event.our_key, event.account) == (payment, our_key, "acct_1")


@pytest.mark.parametrize("secrets", [(), ("",), ("whsec_other",)])
def test_an_event_that_none_of_our_secrets_signed_is_refused(secrets: tuple[str, ...]) -> None:
    body = body_of()
    for signature in (sign(body, "whsec_a"), "", "t=1", "v1=0", "t=x,v1=y"):
        with pytest.raises(BadSignature):
            StripeV2("sk_test_a_1", secrets).parse_event(body, signature)


def test_a_signature_of_the_empty_secret_is_refused() -> None:
    body = body_of()
    with pytest.raises(BadSignature):
        StripeV2("sk_test_a_1", ("", "whsec_a")).parse_event(body, sign(body, ""))


def test_a_body_changed_by_one_byte_is_refused() -> None:
    body = body_of()
    with pytest.raises(BadSignature):
        StripeV2("sk_test_a_1", ("whsec_a",)).parse_event(body.replace(b"pi_1", b"pi_2"), sign(body, "whsec_a"))


@pytest.mark.parametrize(("age", "taken"), [(0, True), (290, True), (310, False)])
def test_a_signature_is_good_for_five_minutes(age: int, taken: bool) -> None:
    body, shop = body_of(), StripeV2("sk_test_a_1", ("whsec_a",))
    if taken:
        assert shop.parse_event(body, sign(body, "whsec_a", age)).reference == "evt_1"
        return
    with pytest.raises(BadSignature):
        shop.parse_event(body, sign(body, "whsec_a", age))


@pytest.mark.parametrize("body", [b"", b"no json", b"[]", b"null", b"{}", b'{"id": 1}', b'{"data": {"object": []}}'])
def test_a_signed_body_that_is_no_event_is_refused(body: bytes) -> None:
    with pytest.raises(BadSignature, match="no Stripe event"):
        StripeV2("sk_test_a_1", ("whsec_a",)).parse_event(body, sign(body, "whsec_a"))


def test_a_body_that_is_no_text_is_refused() -> None:
    with pytest.raises(BadSignature, match="UTF-8"):
        StripeV2("sk_test_a_1", ("whsec_a",)).parse_event(b"\xff\xfe", "t=1,v1=0")


# --- the line to Stripe -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("verb", range(len(VERBS)))
def test_no_verb_calls_while_a_transaction_is_open(shop: Shop, sent: Sent, verb: int) -> None:
    with pytest.raises(TransactionOpenError), transaction.atomic():
        VERBS[verb](shop)
    assert sent == []


def test_all_keys_of_a_process_share_one_http_client() -> None:
    one, other = (stripe_client(f"sk_test_{name}_1")._requestor._client for name in ("one", "other"))
    assert one is other
    assert isinstance(one, PatientClient)


def test_another_process_has_an_http_client_of_its_own(settings: Settings) -> None:
    factory = settings.STRIPE_SESSION_FACTORY
    assert _http_client(os.getpid(), factory) is _http_client(os.getpid(), factory)
    assert _http_client(os.getpid(), factory) is not _http_client(os.getpid() + 1, factory)


def test_every_call_has_our_time_outs(shop: Shop, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, send = [], LocalStripeAdapter.send

    def listen(self: LocalStripeAdapter, request: Any, *args: Any, **options: Any) -> Any:
        waits.append(options["timeout"])
        return send(self, request, *args, **options)

    monkeypatch.setattr(LocalStripeAdapter, "send", listen)
    sale(shop)
    shop.account()
    assert waits == [(settings.STRIPE_CONNECT_TIMEOUT, settings.STRIPE_READ_TIMEOUT)] * 2 == [(5, 20)] * 2


def test_the_sdk_retries_as_often_as_we_say_under_one_key(
    shop: Shop, sent: Sent, settings: Settings, local_stripe: LocalStripe
) -> None:
    settings.STRIPE_NETWORK_RETRIES = 1
    local_stripe.faults.add(Fault("reset", "after", path="/v1/payment_intents"))
    result = shop.charge(shop.prepare(shop.wish()), key=f"{shop.secret_key}-once")
    assert result.outcome is Outcome.CAPTURED
    assert sent.keys() == [f"{shop.secret_key}-once"] * 2
    assert len(intents(shop)) == 1


def test_no_representation_shows_a_secret() -> None:
    text = repr(StripeV2("sk_test_MUSTNEVERBESHOWN", ("whsec_MUSTNEVERBESHOWN",)))
    assert "MUSTNEVER" not in text


def test_a_moved_clock_is_told_to_the_local_stripe_alone_and_only_then(shop: Shop, sent: Sent) -> None:
    shop.account()
    moment = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)
    with clock.travel_to(moment):
        shop.account()
    told = [request.header("local-clock") for request in sent]
    assert told[0] == ""
    assert 0 <= int(told[1]) - int(moment.timestamp()) <= 5
