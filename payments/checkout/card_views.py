"""A customer's page by a signed link: another card for a subscription."""

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from gateways import stripe_js
from gateways.processors.base import ProcessorError, Saving
from gateways.services import processor_for
from orders.models import Card, Subscription
from orders.services.subscriptions import SubscriptionProblem, change_card
from orders.services.vault import KeptCard, finish_keeping, keep_new_card, save_card
from payments.checkout.limits import TooMany, address_of, count_attempt
from payments.checkout.pages import closed_page, customers_page, seller_of, speak_to
from payments.checkout.visits import session_key
from payments.links import subscription_in
from payments.new_card import BankQuestion, CardForm, NewCardFields, go_on, problem_answer, secret_answer

ACTOR = "customer"
WAITING = "card-waits-"


class CardUpdateForm(NewCardFields):
    form_token = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def clean(self) -> dict[str, Any]:
        self.need_new_card()
        return self.cleaned_data


@customers_page
def card(request: HttpRequest, token: str) -> HttpResponse:
    subscription = _subscription(request, token)
    if subscription is None:
        return closed_page(request)
    if "setup_intent" in request.GET:
        return go_on(request, _after(request, subscription, token))
    if request.method == "POST" and subscription.ended_at is None:
        return _take(request, subscription, token)
    return _show(request, subscription, token, CardUpdateForm())


def _subscription(request: HttpRequest, token: str) -> Subscription | None:
    found = subscription_in(token)
    if found is None:
        return None
    known = Subscription.objects.select_related("customer", "gateway", "offer__campaign", "card")
    subscription = known.get(pk=found.pk)
    speak_to(request, subscription.customer)
    return subscription


def _url(token: str, part: str = "card") -> str:
    return reverse(f"checkout:{part}", args=[token])


def _show(
    request: HttpRequest, subscription: Subscription, token: str, form: CardUpdateForm, problem: str = ""
) -> HttpResponse:
    gateway, told = subscription.gateway, request.GET.get("told", "")
    works = stripe_js.uses_local_stripe() or stripe_js.works_for(gateway)
    waits = WAITING + str(subscription.pk) in request.session and stripe_js.works_for(gateway)
    context = seller_of(subscription.offer.campaign, gateway) | {
        "subscription": subscription,
        "form": form,
        "card_form": CardForm(gateway, currency=subscription.offer.campaign.currency, keeps=True) if works else None,
        "no_gateway": not works,
        "question": BankQuestion(gateway, _url(token, "card-secret"), _url(token, "card-confirmed")) if waits else None,
        "problem": problem or (_words(told) if told != "done" else ""),
        "done": told == "done",
        "page_url": _url(token),
    }
    return render(request, "checkout/card_update.html", context, status=400 if problem or form.errors else 200)


def _words(told: str) -> str:
    return {
        "refused": _("This card was refused, and nothing was changed. Please try another one."),
        "open": _("Your bank has not confirmed the card yet. Please try again."),
    }.get(told, "")


def _take(request: HttpRequest, subscription: Subscription, token: str) -> HttpResponse:
    form = CardUpdateForm(request.POST)
    if not form.is_valid():
        return _show(request, subscription, token, form)
    try:
        count_attempt(address=address_of(request), session=session_key(request), card="")
        kept = _keep(subscription, form, token)
    except TooMany:
        return _show(request, subscription, token, form, _("That were too many tries. Please wait a while."))
    except ProcessorError:
        return go_on(request, f"{_url(token)}?told=refused")
    return go_on(request, _went(request, subscription, token, kept))


def _keep(subscription: Subscription, form: CardUpdateForm, token: str) -> KeptCard | Card:
    customer, gateway = subscription.customer, subscription.gateway
    if stripe_js.uses_local_stripe():
        return save_card(customer, gateway, form.new_card)
    return keep_new_card(
        customer,
        gateway,
        form.new_card,
        key=f"midway-card-{form.cleaned_data['form_token']}",
        return_url=f"{settings.PUBLIC_URL}{_url(token)}",
    )


def _went(request: HttpRequest, subscription: Subscription, token: str, kept: KeptCard | Card) -> str:
    """Where the customer goes from here."""
    waiting = WAITING + str(subscription.pk)
    found = kept if isinstance(kept, Card) else kept.card
    if found is None and isinstance(kept, KeptCard) and kept.result.outcome == Saving.REQUIRES_ACTION:
        request.session[waiting] = kept.result.reference
        return kept.result.action_url or _url(token)
    request.session.pop(waiting, None)
    try:
        if found is None:
            return f"{_url(token)}?told=refused"
        change_card(subscription, found, ACTOR)
    except SubscriptionProblem:
        return f"{_url(token)}?told=refused"
    return f"{_url(token)}?told=done"


def _after(request: HttpRequest, subscription: Subscription, token: str) -> str:
    """The cardholder has answered the bank: look what came of it."""
    reference = request.session.get(WAITING + str(subscription.pk))
    if not reference:
        return _url(token)
    try:
        kept = finish_keeping(subscription.customer, subscription.gateway, reference)
    except ProcessorError:
        return f"{_url(token)}?told=open"
    return _went(request, subscription, token, kept)


@customers_page
def card_secret(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    subscription = _subscription(request, token)
    reference = request.session.get(WAITING + str(subscription.pk)) if subscription else None
    if subscription is None or not reference:
        return problem_answer(_("There is nothing left to confirm: reload the page."), 409)
    try:
        return secret_answer(processor_for(subscription.gateway).client_secret(reference))
    except ProcessorError:
        return problem_answer(_("Your bank could not be reached. Please try again in a moment."), 502)


@customers_page
def card_confirmed(request: HttpRequest, token: str) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    subscription = _subscription(request, token)
    location = _after(request, subscription, token) if subscription else _url(token)
    return JsonResponse({"location": location})
