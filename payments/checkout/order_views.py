"""An order's own pages, by its address or by a pay link: pay it, confirm with the bank, wait for an answer, thanks."""

from functools import partial
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from gateways import local, stripe_js
from gateways.models import Gateway
from payments.checkout.doors import Door, link_door, order_door
from payments.checkout.forms import PayForm, sign_gateway
from payments.checkout.limits import TooMany
from payments.checkout.pages import closed_page, customers_page, seller_of, speak_to
from payments.checkout.paying import (
    card_form,
    context_of,
    count,
    is_settled,
    kept_card,
    next_url,
    open_payment,
    pay,
    refused,
    takes_cards,
    told,
)
from payments.checkout.words import told_of, trouble_words, waiting_words
from payments.models import Payment
from payments.new_card import BankQuestion, go_on
from payments.routing import route_order
from payments.services.bank_question import finish_authentication
from payments.services.online import OnlineCard, OnlineRefused, keeps_card
from payments.services.pay_links import note_opening
from payments.states import Status


def open_door(request: HttpRequest, name: str, slug: str) -> Door:
    """Raises Http404."""
    door = link_door(slug) if name == "link" else order_door(slug)
    speak_to(request, door.order.customer)
    return door


@customers_page
def _page(request: HttpRequest, slug: str, *, name: str) -> HttpResponse:
    try:
        door = open_door(request, name, slug)
    except Http404:
        return closed_page(request)
    if "payment_intent" in request.GET:
        return _back_from_the_bank(door, request.GET["payment_intent"])
    if request.method == "POST":
        return _take(request, door)
    if _is_over(door):
        return HttpResponseRedirect(next_url(request, door))
    return _show(request, door)


def _is_over(door: Door) -> bool:
    """Everything is paid: thanks are on another page. A link says itself that it is paid, or why it has ended."""
    return door.link is None and is_settled(door) and not door.order.cancelled_at


def _back_from_the_bank(door: Door, reference: str) -> HttpResponse:
    """Stripe sends people back with a client secret in the address: look how it went, and forget the address."""
    payment = door.order.payments.select_related("gateway").filter(reference=reference).first()
    if payment is not None:
        finish_authentication(payment)
    return HttpResponseRedirect(door.url)


# --- the page -------------------------------------------------------------------------------------------------------


def _show(request: HttpRequest, door: Door, *, form: PayForm | None = None, status: int = 200) -> HttpResponse:
    payment = open_payment(door)
    last = payment or door.order.payments.select_related("gateway").order_by("-pk").first()
    context = _paying(request, door, payment, form) | _news(request, door, payment, last)
    context |= seller_of(door.order.campaign, context["gateway"] or (last.gateway if last else None))
    return render(request, "checkout/order.html", context | context_of(door), status=status)


def _news(request: HttpRequest, door: Door, payment: Payment | None, last: Payment | None) -> dict[str, Any]:
    headline, explanation = waiting_words(payment) if payment else ("", "")
    return {
        "payment": payment,
        "headline": headline,
        "explanation": explanation,
        "problem": trouble_words(request.GET.get("told", "")) or (told_of(last) if last else ""),
        "link_state": door.link_state,
        "waits": bool(headline),
        "state_url": door.part("state"),
        "again_url": door.part("again"),
    }


def _paying(request: HttpRequest, door: Door, payment: Payment | None, form: PayForm | None) -> dict[str, Any]:
    """The card form, where the customer may pay now; beside a question of the bank it stands behind a fold."""
    amount = _payable(door, payment)
    gateway = route_order(door.order, amount).gateway if amount else None
    return {
        "gateway": gateway,
        "amount": amount,
        "form": form or PayForm(),
        "card_form": card_form(gateway, amount, door.order.currency, keeps=keeps_card(door.order)),
        "gateway_key": sign_gateway(gateway),
        "kept_card": kept_card(door),
        "no_gateway": bool(amount) and not takes_cards(gateway),
        "button": _("Pay %(amount)s") % {"amount": local.amount(amount, door.order.currency)},
        "question": _question(door, payment),
        "asks_now": bool(payment and not payment.authentication_failed) and "told" not in request.GET,
        "radar": bool(gateway and gateway.send_radar_sessions),
    }


def _payable(door: Door, payment: Payment | None) -> int:
    """What a new try would pay. What waits for its cardholder gives way to it, and so is open again."""
    if not door.may_pay or (payment and payment.is_in_flight):
        return 0
    return int(payment.amount) if payment else door.amount


def _question(door: Door, payment: Payment | None) -> BankQuestion | None:
    if payment is None or payment.status != Status.REQUIRES_ACTION:
        return None
    if payment.action_url or not stripe_js.works_for(payment.gateway):
        return None
    return BankQuestion(payment.gateway, door.part("secret"), door.part("confirmed"))


# --- the form -------------------------------------------------------------------------------------------------------


def _take(request: HttpRequest, door: Door) -> HttpResponse:
    if not door.may_pay:
        return go_on(request, door.url)
    form = PayForm(request.POST)
    if not form.is_valid():
        return _show(request, door, form=form, status=400)
    given = form.cleaned_data
    gateway: Gateway | None = given["gateway"]
    card = _card(door, form, gateway)
    try:
        count(request, gateway, card)
        pay(door, card, given["form_token"], given["shown"])
    except (OnlineRefused, TooMany) as problem:
        return go_on(request, told(door.url, refused(problem)))
    return go_on(request, next_url(request, door))


def _card(door: Door, form: PayForm, gateway: Gateway | None) -> OnlineCard:
    if form.wants_kept_card and (kept := kept_card(door)):
        return OnlineCard(kept=kept)
    return OnlineCard(new=form.new_card, gateway=gateway, radar_session=form.cleaned_data["radar_session"])


# --- what the page's script asks ------------------------------------------------------------------------------------


@customers_page
def _state(request: HttpRequest, slug: str, *, name: str) -> HttpResponse:
    """How the order stands, for a page that waits: when it changes the page is loaded anew."""
    door = open_door(request, name, slug)
    payment = open_payment(door)
    return JsonResponse({"state": payment.status if payment else "over"})


@customers_page
def link_opened(request: HttpRequest, slug: str) -> HttpResponse:
    """A person has the page open: the scanners of mails run no scripts."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    door = open_door(request, "link", slug)
    if door.link:
        note_opening(door.link)
    return HttpResponse(status=204)


order, link = partial(_page, name="order"), partial(_page, name="link")
order_state, link_state = partial(_state, name="order"), partial(_state, name="link")
