"""Customers whose bank was not answered: told once by mail, with a link to try again (S4-14)."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import CharField, Exists, OuterRef, Value
from django.db.models.functions import Cast, Concat

from gateways import clock
from orders.models import Mail
from orders.services.mails import write_mail
from payments.models import PayLink, Payment
from payments.services.balances import lock_order
from payments.services.pay_links import link_url, pay_link_for
from payments.states import Status

GRACE = timedelta(minutes=10)
"""Whoever is still at the page tries again there, and needs no mail."""
LINK_DAYS = 7
BATCH = 100
KEY = "unconfirmed-"


def due_reminders() -> list[int]:
    """Payments that wait for their cardholder, of whom nobody has heard for a while and who was not written to yet.

    Customers of a rebill are not at a page: they were told at once, and dunning reminds them.
    """
    if not settings.SENDS_MAIL:
        return []
    about = Concat(Value(KEY), Cast(OuterRef("pk"), CharField()), output_field=CharField())
    waiting = Payment.objects.filter(
        status=Status.REQUIRES_ACTION,
        order__isnull=False,
        subscription=None,
        submitted_at__lte=clock.now() - GRACE,
        void_asked_at=None,
    )
    return list(
        waiting.exclude(Exists(Mail.objects.filter(key=about))).order_by("pk").values_list("pk", flat=True)[:BATCH]
    )


@transaction.atomic
def remind(payment_id: int) -> bool:
    """Write the mail of one payment. False when it needs none any longer, or has one."""
    order = lock_order(Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = Payment.objects.select_for_update(of=("self",)).select_related("gateway").get(pk=payment_id)
    if order is None or payment.status != Status.REQUIRES_ACTION:
        return False
    link = pay_link_for(order, days=LINK_DAYS, reason=PayLink.Reason.AUTHENTICATION)
    context = {"order": order, "payment": payment, "url": link_url(link), "link": link, "campaign": order.campaign}
    return write_mail("unconfirmed", f"{KEY}{payment.pk}", order.customer, context, gateway=payment.gateway) is not None
