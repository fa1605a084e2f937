"""Mails to customers: written with what they tell, in the transaction that makes it true, and sent later, each once."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import translation

from gateways import clock
from gateways.customer_service import service_lines, tokens_of
from gateways.installation import is_confirmed
from gateways.models import Gateway, Mode
from orders.models import Customer, Mail

log = logging.getLogger("midway.mail")

BATCH = 100
PAUSES = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=8)]


def write_mail(
    kind: str, key: str, customer: Customer, context: Mapping[str, Any], *, gateway: Gateway | None = None
) -> Mail | None:
    """Write the mail that `templates/mail/<kind>.txt` makes of `context`; its first line is the subject.

    In the customer's language, with the gateway's customer-service details (S2-25). None when there is one under this
    `key` already, or Midway sends no mail. Call it in the transaction that makes its news true.
    """
    if not settings.SENDS_MAIL or Mail.objects.filter(key=key).exists():
        return None
    with translation.override(customer.language or settings.LANGUAGE_CODE):
        text = render_to_string(f"mail/{kind}.txt", {**_surroundings(customer, gateway), **context})
    subject, _, body = text.strip().partition("\n")
    mark = "[Test] " if gateway and gateway.mode == Mode.TEST else ""
    mail, is_new = Mail.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "to": customer.email,
            "reply_to": gateway.service_email if gateway else "",
            "subject": f"{mark}{subject.strip()}"[:200],
            "body": body.strip() + "\n",
            "created_at": clock.now(),
            "next_try_at": clock.now(),
        },
    )
    return mail if is_new else None


def _surroundings(customer: Customer, gateway: Gateway | None) -> dict[str, Any]:
    tokens = tokens_of(gateway) if gateway else {}
    lines = service_lines(gateway) if gateway else []
    return {"customer": customer, "service_lines": lines, "seller": tokens.get("service_company", ""), **tokens}


def due_mails() -> list[int]:
    """None on a copy that nobody confirmed: its customers are another installation's."""
    if not is_confirmed():
        return []
    due = Mail.objects.filter(next_try_at__lte=clock.now()).order_by("next_try_at")
    return list(due.values_list("pk", flat=True)[:BATCH])


def send_mail(mail_pk: int) -> bool:
    """Send one mail. False when another worker has it, or the mail server would not take it: then it stays due."""
    mail = _claim(mail_pk)
    if mail is None:
        return False
    reply_to = [mail.reply_to] if mail.reply_to else None
    try:
        EmailMessage(subject=mail.subject, body=mail.body, to=[mail.to], reply_to=reply_to).send()
    except OSError as error:  # every refusal of smtplib is one
        log.warning("a mail was not sent: %s", type(error).__name__, extra={"mail": mail_pk})
        return False
    Mail.objects.filter(pk=mail_pk).update(sent_at=clock.now(), next_try_at=None)
    return True


def _claim(mail_pk: int) -> Mail | None:
    """Whoever moves its next try has the mail; after the last pause nobody tries again by themselves."""
    now = clock.now()
    mail = Mail.objects.filter(pk=mail_pk, next_try_at__lte=now).first()
    if mail is None:
        return None
    later = now + PAUSES[mail.tries] if mail.tries < len(PAUSES) else None
    mine = Mail.objects.filter(pk=mail_pk, next_try_at=mail.next_try_at)
    return mail if mine.update(tries=F("tries") + 1, next_try_at=later) else None


def send_again(mail: Mail) -> None:
    """A person wants it to go out once more: it is due at once."""
    Mail.objects.filter(pk=mail.pk).update(sent_at=None, tries=0, next_try_at=clock.now())
