"""The page after a sale: something more for one click, in the browser that bought, for as long as the sale is fresh."""

import uuid

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _

from orders.models import Offer
from payments.checkout import limits
from payments.checkout.doors import Door, order_door
from payments.checkout.pages import closed_page, customers_page, seller_of, speak_to
from payments.checkout.paying import is_settled
from payments.checkout.plans import billing_words
from payments.checkout.visits import made
from payments.checkout.words import TOO_MANY, told_of
from payments.models import Payment
from payments.services.one_click import accept_upsell, close_upsells, sale_of, upsells_for
from payments.services.reserve import PaymentRefused


class UpsellForm(forms.Form):
    form_token = forms.UUIDField()
    offer = forms.IntegerField()


@customers_page
def more(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        door = order_door(slug)
    except Http404:
        return closed_page(request)
    speak_to(request, door.order.customer)
    if not made(request, door.order) or not is_settled(door):
        return HttpResponseRedirect(door.thanks_url)
    offers = upsells_for(door.order)
    if not offers:
        return HttpResponseRedirect(door.thanks_url)
    if request.method != "POST":
        return _show(request, door, offers)
    if request.POST.get("do") == "decline":
        close_upsells(door.order)
        return HttpResponseRedirect(door.thanks_url)
    return _accept(request, door, offers)


def _accept(request: HttpRequest, door: Door, offers: list[Offer]) -> HttpResponse:
    form = UpsellForm(request.POST)
    if not form.is_valid():
        return _show(request, door, offers, problem=_("Please choose again."), status=400)
    offer = next((one for one in offers if one.pk == form.cleaned_data["offer"]), None)
    if offer is None:  # added by an earlier press, or not on sale any longer
        return HttpResponseRedirect(door.thanks_url)
    try:
        limits.check_order(door.order)
        payment = accept_upsell(door.order, offer, form.cleaned_data["form_token"])
    except PaymentRefused:
        return _show(request, door, offers, problem=_("This could not be added. Nothing was charged."), status=400)
    except limits.TooMany:
        return _show(request, door, offers, problem=_(TOO_MANY), status=429)
    return _after(request, door, payment)


def _after(request: HttpRequest, door: Door, payment: Payment) -> HttpResponse:
    problem = told_of(payment)
    if problem:
        return _show(request, door, upsells_for(door.order), problem=problem, status=402)
    if upsells_for(door.order):
        return HttpResponseRedirect(door.upsell_url)
    return HttpResponseRedirect(door.thanks_url)


def _show(
    request: HttpRequest, door: Door, offers: list[Offer], *, problem: str = "", status: int = 200
) -> HttpResponse:
    sale = sale_of(door.order)
    context = seller_of(door.order.campaign, sale.gateway if sale else None) | {
        "door": door,
        "order": door.order,
        "sale": sale,
        "offers": [(offer, billing_words(offer), uuid.uuid4()) for offer in offers],
        "problem": problem,
    }
    return render(request, "checkout/more.html", context, status=status)
