"""A new card on a page: typed into Stripe's own form, or chosen from the local Stripe's test cards.

For every page that takes one. The page's form inherits `NewCardFields`; its view is wrapped in `allow_stripe_js`, puts
a `CardForm` into the context and ends with `go_on`; its template includes `cards/new_card.html` inside the form and
loads `midway/js/card-element.js`. Errors of fields stand in elements with `data-errors`, so that the script can show
them without taking the page, and the card in it, away.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _

from gateways import money, stripe_js
from gateways.models import Gateway
from gateways.processors.test_cards import TEST_CARDS, TestCard

TOKEN = RegexValidator(r"^ctoken_[A-Za-z0-9_]{4,200}\Z", _("The card did not arrive whole: type it again."))
NO_CARD = _("The card did not arrive. Type it into the card form and send again; the form needs JavaScript.")


@dataclass(frozen=True)
class CardForm:
    """What the include shows for one gateway.

    `amount` is in minor units of `currency`; 0 keeps a card without charging it. `keeps`: the card is kept for later.
    `holds`: the money is held, and taken later. `for_customers`: the page tells nothing of the office.
    """

    gateway: Gateway
    amount: int = 0
    currency: str = ""
    keeps: bool = False
    holds: bool = False
    for_customers: bool = False

    @property
    def is_local(self) -> bool:
        return stripe_js.uses_local_stripe()

    @property
    def test_cards(self) -> list[TestCard]:
        return TEST_CARDS

    @property
    def attributes(self) -> dict[str, str]:
        """For the script, as data-…"""
        told = {
            "script": settings.STRIPE_JS,
            "mode": "payment" if self.amount else "setup",
            "amount": str(self.amount),
            "currency": (self.currency or self.gateway.currency).lower(),
            "decimals": str(money.exponent(self.currency or self.gateway.currency)),
            "holds": _yes(self.holds),
        }
        told |= gateway_attributes(self.gateway) | {"keeps": _yes(self.keeps or self.gateway.send_upsell_token)}
        return {name: told[name] for name in told if not (self.for_customers and name in OFFICE)}


OFFICE = {"remedy", "remedy-page"}


def gateway_attributes(gateway: Gateway) -> dict[str, str]:
    """What the script must know of a gateway: the keys of its card form, or why it has none."""
    return {
        "public-key": gateway.public_key,
        "account": stripe_js.account_of(gateway),
        "remedy": stripe_js.why_not(gateway),
        "remedy-page": _page_of(gateway),
        "keeps": _yes(gateway.send_upsell_token),
    }


def _page_of(gateway: Gateway) -> str:
    try:
        return reverse("admin:gateways_gateway_change", args=[gateway.pk])
    except NoReverseMatch:
        return ""


def _yes(value: bool) -> str:
    return "yes" if value else ""


class NewCardFields(forms.Form):
    """Brings a new card as `new_card`: a confirmation token, or where Stripe is local the name of a test card."""

    confirmation_token = forms.CharField(required=False, max_length=255, validators=[TOKEN], widget=forms.HiddenInput)
    test_card = forms.ChoiceField(
        required=False,
        choices=[(card.reference, card.label) for card in TEST_CARDS],
        error_messages={"invalid_choice": _("There is no such test card: choose one from the list.")},
    )

    @property
    def new_card(self) -> str:
        field = "test_card" if stripe_js.uses_local_stripe() else "confirmation_token"
        return str(self.cleaned_data.get(field, ""))

    def need_new_card(self) -> None:
        """For `clean`, where a new card is the only way, or the way that was chosen."""
        field = "test_card" if stripe_js.uses_local_stripe() else "confirmation_token"
        if not self.cleaned_data.get(field) and field not in self.errors:
            self.add_error(field, _("Choose a test card.") if field == "test_card" else NO_CARD)


def go_on(request: HttpRequest, url: str) -> HttpResponse:
    """Where to go once the form is taken: the card form's script is told, everybody else is sent there."""
    if "application/json" in request.headers.get("Accept", ""):
        return JsonResponse({"location": url})
    return HttpResponseRedirect(url)


@dataclass(frozen=True)
class BankQuestion:
    """What `cards/bank_question.html` needs so that the page can show the bank's question.

    Both addresses take a POST: `secret_url` answers with the client secret, `after_url` with what became of it (a
    fragment in place of the nearest [data-answer], or the address of a page as JSON).
    """

    gateway: Gateway
    secret_url: str
    after_url: str

    @property
    def attributes(self) -> dict[str, str]:
        return {
            "script": settings.STRIPE_JS,
            "public-key": self.gateway.public_key,
            "account": stripe_js.account_of(self.gateway),
            "secret-url": self.secret_url,
            "after-url": self.after_url,
        }


def secret_answer(client_secret: str) -> HttpResponse:
    """The only kind of answer that holds a client secret; no cache keeps it."""
    return JsonResponse({"client_secret": client_secret}, headers={"Cache-Control": "no-store"})


def problem_answer(message: str, status: int) -> HttpResponse:
    told: dict[str, Any] = {"problem": message}
    return JsonResponse(told, status=status, headers={"Cache-Control": "no-store"})
