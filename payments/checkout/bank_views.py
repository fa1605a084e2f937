"""The bank's question on a customer's page: shown by Stripe's script, or at the bank; asked again; looked up after."""

from functools import partial

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.utils.translation import gettext as _

from gateways.processors.base import ProcessorError
from payments.actors import CUSTOMER
from payments.checkout.limits import TooMany
from payments.checkout.order_views import open_door
from payments.checkout.pages import customers_page
from payments.checkout.paying import count, next_url, open_payment, refused, told
from payments.checkout.words import trouble_words
from payments.new_card import go_on, problem_answer, secret_answer
from payments.services.bank_question import ask_again, client_secret_of, finish_authentication
from payments.services.online import OnlineCard, Trouble
from payments.services.reserve import PaymentRefused


@customers_page
def _secret(request: HttpRequest, slug: str, *, name: str) -> HttpResponse:
    """What lets the page show the bank's question. By POST, so that no address or history leads to it."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    payment = open_payment(open_door(request, name, slug))
    try:
        if payment is None:
            return problem_answer(_("There is nothing left to confirm: reload the page."), 409)
        if payment.authentication_failed:
            count(request, None, OnlineCard())
        return secret_answer(client_secret_of(payment, CUSTOMER))
    except PaymentRefused:
        return problem_answer(_("There is nothing left to confirm: reload the page."), 409)
    except TooMany:
        return problem_answer(trouble_words("too_many"), 429)
    except ProcessorError:
        return problem_answer(_("Your bank could not be reached. Please try again in a moment."), 502)


@customers_page
def _again(request: HttpRequest, slug: str, *, name: str) -> HttpResponse:
    """Whoever did not pass is asked again about the same card, at the bank, where the page cannot show its question."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    door = open_door(request, name, slug)
    payment = open_payment(door)
    if payment is not None and payment.authentication_failed:
        try:
            count(request, None, OnlineCard())
            ask_again(payment, CUSTOMER, return_url=settings.PUBLIC_URL + door.url)
        except (PaymentRefused, TooMany) as problem:
            return go_on(request, told(door.url, refused(problem)))
        except ProcessorError:
            return go_on(request, told(door.url, Trouble.UNHEARD))
    return go_on(request, door.url)


@customers_page
def _confirmed(request: HttpRequest, slug: str, *, name: str) -> HttpResponse:
    """The cardholder has answered the bank: look what came of it, and say where to go."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    door = open_door(request, name, slug)
    payment = open_payment(door)
    if payment is not None:
        finish_authentication(payment)
    return JsonResponse({"location": next_url(request, door)})


order_secret, link_secret = partial(_secret, name="order"), partial(_secret, name="link")
order_again, link_again = partial(_again, name="order"), partial(_again, name="link")
order_confirmed, link_confirmed = partial(_confirmed, name="order"), partial(_confirmed, name="link")
