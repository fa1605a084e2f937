"""A campaign's checkout page: choose, say who you are, pay. One form makes one order, however often it is sent."""

from dataclasses import dataclass, replace

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _

from gateways import local
from gateways.models import Gateway
from orders.models import Campaign, Order
from orders.services.coupons import FIELD as COUPON
from orders.services.orders import OrderProblem
from payments.checkout import visits
from payments.checkout.doors import Door
from payments.checkout.forms import CheckoutForm, sign_gateway
from payments.checkout.limits import TooMany
from payments.checkout.pages import closed_page, customers_page, seller_of
from payments.checkout.paying import card_form, count, is_settled, next_url, pay, refused, takes_cards, told
from payments.checkout.plans import billing_words
from payments.checkout.words import TOO_MANY
from payments.new_card import CardForm, go_on
from payments.routing import route_offers
from payments.services.checkout import Quote, order_of, place_order, quote, why_closed
from payments.services.online import OnlineCard, OnlineRefused


@dataclass(frozen=True)
class Counter:
    """What the page shows of a basket: what it comes to, and the gateway that would take it."""

    form: CheckoutForm
    quote: Quote | None
    gateway: Gateway | None
    seller: Gateway | None


@customers_page
def page(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = _campaign(slug)
    if campaign is None:
        return closed_page(request)
    if request.method == "POST":
        return _take(request, campaign)
    token = visits.token_of(request)
    known = order_of(token) if token else None
    if known and "new" not in request.GET and not is_settled(_door(known)):
        return HttpResponseRedirect(_door(known).url)
    token = token if token and known is None else visits.fresh_token()
    form = CheckoutForm(campaign, initial={"token": token})
    response = _show(request, campaign, _counter(form, token), earlier=known)
    visits.give_token(response, campaign, token)
    return response


@customers_page
def quote_view(request: HttpRequest, slug: str) -> HttpResponse:
    """What the page's script asks whenever something else is chosen: the summary, and what the card form must know."""
    campaign = _campaign(slug)
    if campaign is None:
        return JsonResponse({"closed": True}, status=404)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    form = CheckoutForm(campaign, request.POST)
    form.is_valid()
    counter = _counter(form, request.POST.get("token", ""))
    context = _context(request, campaign, counter)
    told_so = {
        "summary": render_to_string("checkout/summary.html", context, request),
        "button": context["button"],
        "shown": context["shown"],
        "gateway": context["gateway_key"],
        "ships": form.ships,
        "pays": bool(counter.quote and counter.quote.now),
        "buyable": bool(counter.quote) and not context["no_gateway"],
        "keeps": context["keeps"],
        "coupon": list(form.errors.get("coupon_code", [])),
        "card": shown.attributes if isinstance(shown := context["card_form"], CardForm) else {},
    }
    return JsonResponse(told_so)


def _campaign(slug: str) -> Campaign | None:
    campaign = Campaign.objects.filter(slug=slug).first()
    return campaign if campaign and not why_closed(campaign) else None


def _door(order: Order) -> Door:
    return Door("order", order.slug, order)


# --- the basket -----------------------------------------------------------------------------------------------------


def _counter(form: CheckoutForm, token: str) -> Counter:
    """The same token is routed the same way, so that the card form is the one of the gateway that will be charged."""
    basket = form.basket
    total = _quote(form)
    offers = [line.offer for line in basket.lines] or form.offers[:1]
    amount = total.now if total else 0
    gateway = route_offers(form.campaign, offers, amount, seed=token).gateway if amount else None
    return Counter(form, total, gateway, gateway)


def _quote(form: CheckoutForm) -> Quote | None:
    """What the basket comes to; a coupon that does not count is said at its field, and left out."""
    basket = form.basket
    if not basket.lines:
        return None
    try:
        return quote(basket)
    except OrderProblem as problem:
        if problem.field == COUPON and form.is_bound:
            _refuse_coupon(form)
            return quote(replace(basket, coupon_code=""))
        return None


def _refuse_coupon(form: CheckoutForm) -> None:
    if "coupon_code" not in form.errors:
        form.add_error("coupon_code", _("This code does not count here. Check it, or leave it empty."))


# --- the page -------------------------------------------------------------------------------------------------------


def _show(
    request: HttpRequest, campaign: Campaign, counter: Counter, *, earlier: Order | None = None, status: int = 200
) -> HttpResponse:
    context = _context(request, campaign, counter) | {"earlier": _door(earlier) if earlier else None}
    return render(request, "checkout/page.html", context, status=status)


def _context(request: HttpRequest, campaign: Campaign, counter: Counter) -> dict[str, object]:
    total, gateway, form = counter.quote, counter.gateway, counter.form
    amount = total.now if total else 0
    keeps = any(line.offer.is_recurring for line in total.lines) if total else False
    return seller_of(campaign, gateway) | {
        "form": form,
        "quote": total,
        "quote_lines": [(line, billing_words(line.offer, line.quantity)) for line in total.lines] if total else [],
        "keeps": keeps,
        "card_form": card_form(gateway, amount, campaign.currency, keeps=keeps) if amount else None,
        "shown": amount,
        "gateway_key": sign_gateway(gateway),
        "no_gateway": bool(amount) and not takes_cards(gateway),
        "button": _button(total, campaign.currency),
        "radar": bool(gateway and gateway.send_radar_sessions),
    }


def _button(total: Quote | None, currency: str) -> str:
    if total is None or not total.now:
        return _("Place the order")
    return _("Pay %(amount)s") % {"amount": local.amount(total.now, currency)}


# --- the form -------------------------------------------------------------------------------------------------------


def _take(request: HttpRequest, campaign: Campaign) -> HttpResponse:
    form = CheckoutForm(campaign, request.POST)
    valid = form.is_valid()
    token = form.cleaned_data.get("token", "")
    if token and (known := order_of(token)):
        visits.remember(request, known)
        return go_on(request, next_url(request, _door(known)))
    counter = _counter(form, token)
    if request.POST.get("do") == "update":
        form.errors.clear()
        return _show(request, campaign, counter)
    if valid and counter.quote:
        _check(form, counter.quote)
    if not form.errors and counter.quote:
        try:
            return _sell(request, form, counter.quote)
        except OrderProblem as problem:
            _tell(form, problem)
        except TooMany:
            form.add_error(None, _(TOO_MANY))
            return _show(request, campaign, counter, status=429)
    elif not counter.quote and not form.errors:
        form.add_error(None, _("Choose at least one offer."))
    return _show(request, campaign, counter, status=400)


def _check(form: CheckoutForm, total: Quote) -> None:
    if form.cleaned_data["shown"] != total.now:
        form.add_error(None, _("The amount has changed. Please look at it again before you pay. Nothing was charged."))
    if total.now:
        form.need_new_card()


def _tell(form: CheckoutForm, problem: OrderProblem) -> None:
    """The services' words are for the merchant; a customer is told what to do."""
    if problem.field == COUPON:
        _refuse_coupon(form)
    else:
        form.add_error(None, _("Something that you chose is not on sale any longer. Please look at your choice again."))


def _sell(request: HttpRequest, form: CheckoutForm, total: Quote) -> HttpResponse:
    """The order is made first; what goes wrong with its payment is told on its own page, where it can be paid anew."""
    given = form.cleaned_data
    card = OnlineCard(new=form.new_card, gateway=given["gateway"], radar_session=given["radar_session"])
    if total.now:
        count(request, given["gateway"], card)
    order = place_order(form.basket, form.buyer, form.place, given["token"])
    visits.remember(request, order)
    door = _door(order)
    if total.now:
        try:
            pay(door, card, given["form_token"], given["shown"])
        except (OnlineRefused, TooMany) as problem:
            return go_on(request, told(door.url, refused(problem)))
    return go_on(request, next_url(request, door))


def page_url(campaign: Campaign) -> str:
    return reverse("checkout:page", args=[campaign.slug])
