"""Mails to operators when a gateway comes near its monthly cap: once for each gateway, month and threshold."""

import logging

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from gateways import clock, money
from gateways.caps import THRESHOLDS, NearCap, near_cap
from gateways.models import CapCheck, CapWarning, Gateway

log = logging.getLogger("midway.mail")


def warn_of_cap(check: CapCheck) -> list[int]:
    """Mail what is due by this check; the thresholds that were passed since the last mail. Empty when mail is off.

    One mail tells the highest. A mail that nobody would take is tried again at the next check.
    """
    near = near_cap(check.gateway, check.used)
    if near is None or not (settings.SENDS_MAIL and settings.OPERATORS_EMAIL):
        return []
    due = _claim(check, near.percent)
    if not due:
        return []
    try:
        _mail(check, near).send()
    except OSError as error:  # every refusal of smtplib is one
        CapWarning.objects.filter(gateway=check.gateway, month=check.month, threshold__in=due).delete()
        log.warning("a cap warning was not sent: %s", type(error).__name__, extra={"gateway": check.gateway_id})
        return []
    return due


@transaction.atomic
def _claim(check: CapCheck, percent: int) -> list[int]:
    """The thresholds that nobody has mailed yet are ours from here on; two workers never both have one."""
    Gateway.objects.select_for_update(no_key=True, of=("self",)).get(pk=check.gateway_id)
    told = CapWarning.objects.filter(gateway=check.gateway_id, month=check.month)
    known = set(told.values_list("threshold", flat=True))
    due = [threshold for threshold in THRESHOLDS if threshold <= percent and threshold not in known]
    now = clock.now()
    CapWarning.objects.bulk_create(
        CapWarning(gateway_id=check.gateway_id, month=check.month, threshold=threshold, sent_at=now)
        for threshold in due
    )
    return due


def _mail(check: CapCheck, near: NearCap) -> EmailMessage:
    gateway = check.gateway
    test = "[Test] " if gateway.mode == "test" else ""
    context = {
        "gateway": gateway,
        "near": near,
        "month": check.month,
        "cap": money.plain(check.cap or 0, gateway.currency),
        "captured": money.plain(check.captured, gateway.currency),
        "reserved": money.plain(check.reserved, gateway.currency),
        "left": money.plain(check.left or 0, gateway.currency),
        "url": settings.PUBLIC_URL + reverse("admin:gateways_gateway_change", args=[gateway.pk]),
    }
    return EmailMessage(
        subject=f"{test}{gateway.name}: {near.percent} % of the monthly cap is used",
        body=render_to_string("mail/cap.txt", context),
        to=list(settings.OPERATORS_EMAIL),
    )
