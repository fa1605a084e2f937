"""The page after the payment: it opens when everything is settled, and until then says how far things are (S4-12)."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from payments.checkout.order_views import open_door
from payments.checkout.pages import closed_page, customers_page, seller_of
from payments.checkout.paying import context_of, is_settled, open_payment
from payments.checkout.visits import made
from payments.checkout.words import waiting_words
from payments.services.one_click import upsells_for


@customers_page
def thanks(request: HttpRequest, slug: str) -> HttpResponse:
    try:
        door = open_door(request, "order", slug)
    except Http404:
        return closed_page(request)
    order, payment, settled = door.order, open_payment(door), is_settled(door)
    if settled and made(request, order) and upsells_for(order):
        return HttpResponseRedirect(door.upsell_url)
    last = order.payments.select_related("gateway").order_by("-pk").first()
    headline, explanation = waiting_words(payment) if payment else ("", "")
    seller = seller_of(order.campaign, last.gateway if last else None)
    if last and last.statement_text:
        seller["descriptor"] = last.statement_text  # what it is, not what it usually is
    context = {
        "settled": settled and not order.cancelled_at,
        "waits": bool(headline),
        "headline": headline,
        "explanation": explanation,
        "payment": payment,
        "paid": last,
        "later": max(0, order.amount_due - door.amount),
        "email": hidden_email(order.customer.email),
    }
    return render(request, "checkout/thanks.html", seller | context_of(door) | context)


def hidden_email(address: str) -> str:
    """`a•••@example.com`: its owner knows it again, nobody else learns it."""
    name, _at, host = address.partition("@")
    return f"{name[:1]}•••@{host}"
