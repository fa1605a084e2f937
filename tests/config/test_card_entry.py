"""The guard lets one field of one form through, and takes it out of the request on the way."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config.middleware import CardNumberGuard
from gateways.models import Gateway
from gateways.processors.raw_cards import TypedCard
from tests.factories import make_gateway, make_operator
from tests.legacy import VISA, make_offline_gateway, make_v1_gateway

pytestmark = pytest.mark.django_db

ENTRY = "/admin/orders/order/1/payment/"
TYPED = {"method": "number", "card_number": VISA, "card_expiry": "04/39", "card_cvc": "737", "amount": "10.00"}


@pytest.fixture
def legacy() -> Gateway:
    return make_v1_gateway()


def send(path: str, data: dict[str, Any], *, user: Any = None) -> tuple[HttpResponse, HttpRequest | None]:
    """The guard's answer, and the request as a view behind it would see it."""
    seen: list[HttpRequest] = []

    def view(request: HttpRequest) -> HttpResponse:
        seen.append(request)
        return HttpResponse("let through")

    request = RequestFactory().post(path, data)
    request.user = user or make_operator()
    return CardNumberGuard(view)(request), seen[0] if seen else None


def test_on_payment_entry_for_a_v1_gateway_the_card_is_lifted_out(legacy: Gateway) -> None:
    _, request = send(ENTRY, {**TYPED, "gateway": legacy.pk})
    assert request is not None
    assert set(request.POST) == {"method", "amount", "gateway"}
    typed = request.typed_card  # type: ignore[attr-defined]
    assert isinstance(typed, TypedCard)
    assert (typed.number, typed.expiry, typed.cvc) == (VISA, "04/39", "737")
    with pytest.raises(AttributeError):
        request.POST.update({"card_number": VISA})


@pytest.mark.parametrize("field", ["amount", "receipt", "card_expiry", "card_cvc", "note", "form_token"])
def test_a_number_in_any_other_field_of_that_form_is_refused(legacy: Gateway, field: str) -> None:
    answer, request = send(ENTRY, {**TYPED, "gateway": legacy.pk, field: VISA})
    assert (answer.status_code, request) == (400, None)
    assert VISA not in answer.content.decode()


@pytest.mark.parametrize(
    "path",
    ["/admin/orders/order/add/", "/admin/orders/order/1/change/", "/admin/gateways/gateway/add/", "/nowhere/", "/"],
)
def test_that_field_on_any_other_address_is_refused(legacy: Gateway, path: str) -> None:
    answer, request = send(path, {**TYPED, "gateway": legacy.pk})
    assert (answer.status_code, request) == (400, None)


@pytest.mark.parametrize("make", [make_gateway, make_offline_gateway])
def test_for_a_gateway_of_another_type_it_is_refused(make: Any) -> None:
    assert send(ENTRY, {**TYPED, "gateway": make().pk})[0].status_code == 400


@pytest.mark.parametrize("gateway", ["", "0", "999999", "x", "٣", "1 or 1"])
def test_for_a_gateway_that_is_none_it_is_refused(legacy: Gateway, gateway: str) -> None:
    assert send(ENTRY, {**TYPED, "gateway": gateway})[0].status_code == 400


def test_when_another_method_was_chosen_it_is_refused(legacy: Gateway) -> None:
    assert send(ENTRY, {**TYPED, "gateway": legacy.pk, "method": "test:pm_card_visa"})[0].status_code == 400


def test_a_visitor_brings_no_number(legacy: Gateway) -> None:
    answer = Client().post(ENTRY, {**TYPED, "gateway": legacy.pk})
    assert answer.status_code == 400


def test_what_is_no_card_number_is_taken_out_of_the_form_all_the_same() -> None:
    _, request = send(ENTRY, {**TYPED, "card_number": "4242 4242 4242 4241", "gateway": make_gateway().pk})
    assert request is not None
    assert not set(request.POST) & {"card_number", "card_expiry", "card_cvc"}
    assert not hasattr(request, "typed_card")
