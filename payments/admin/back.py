"""Where an operator goes after a deed on a payment: back to where they came from."""

from django.http import HttpRequest
from django.urls import reverse

from payments.models import Payment


def back_url(request: HttpRequest, payment: Payment) -> str:
    """The page of the document that they came from, as its link says in `?from=`; else the payment's own.

    Nothing of the address itself is followed.
    """
    documents = {"orders_order": payment.order_id, "orders_shipdoc": payment.ship_doc_id}
    name = request.GET.get("from", "")
    if pk := documents.get(name):
        return reverse(f"admin:{name}_change", args=[pk])
    return reverse("admin:payments_payment_change", args=[payment.pk])
