"""A page outside the admin that keeps a card: the pieces that pages with a new card share, and nothing else.

It is the root of addresses for one browser test; `kept` is what came of it.
"""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import include, path

from gateways.models import Gateway
from gateways.processors.base import Saving
from gateways.services import processor_for
from gateways.stripe_js import allow_stripe_js
from orders.models import Customer
from orders.services.vault import KeptCard, finish_keeping, keep_new_card
from payments.new_card import BankQuestion, CardForm, NewCardFields, go_on, secret_answer

kept: list[KeptCard] = []
radar: list[str] = []

PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A card</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{tokens}"><link rel="stylesheet" href="{payment}"><script src="{script}" defer></script>
</head><body><main>{inside}</main></body></html>"""


class CardFields(NewCardFields):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.need_new_card()
        return cleaned


def _page(inside: str, status: int = 200) -> HttpResponse:
    assets = {
        "tokens": static("midway/css/tokens.css"),
        "payment": static("midway/css/payment.css"),
        "script": static("midway/js/card-element.js"),
    }
    return HttpResponse(PAGE.format(inside=inside, **assets), status=status)


@allow_stripe_js
def card_page(request: HttpRequest) -> HttpResponse:
    gateway, customer = Gateway.objects.get(), Customer.objects.get()
    form = CardFields(request.POST or None)
    if request.method == "POST" and form.is_valid():
        radar.append(request.POST["radar_session"])
        kept.append(keep_new_card(customer, gateway, form.new_card, key=f"form-{form.new_card}"))
        return go_on(request, "/done/")
    fields = render_to_string("cards/new_card.html", {"card_form": CardForm(gateway), "form": form})
    token = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">'
    more = '<input type="hidden" name="radar_session"><button type="submit">Keep the card</button>'
    return _page(f'<form id="card" method="post">{token}{fields}{more}</form>', 400 if form.errors else 200)


@allow_stripe_js
def done_page(request: HttpRequest) -> HttpResponse:
    result = kept[-1].result
    if result.outcome is not Saving.REQUIRES_ACTION:
        return _page(f"<p>{result.outcome}</p>")
    question = BankQuestion(Gateway.objects.get(), "/secret/", "/after/")
    inside = render_to_string("cards/bank_question.html", {"bank_question": question, "ask_now": True}, request)
    return _page(f"<div data-answer><p>Waiting</p>{inside}</div>")


def secret(request: HttpRequest) -> HttpResponse:
    return secret_answer(processor_for(Gateway.objects.get()).client_secret(kept[-1].result.reference))


def after(request: HttpRequest) -> HttpResponse:
    kept.append(finish_keeping(Customer.objects.get(), Gateway.objects.get(), kept[-1].result.reference))
    return go_on(request, "/done/?again")


urlpatterns = [
    path("card/", card_page),
    path("done/", done_page),
    path("secret/", secret),
    path("after/", after),
    path("", include("config.urls")),
]
