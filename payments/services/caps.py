"""The monthly-cap check: the ledger is recomputed from payments, compared with the processor, mended, reported."""

import logging
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gateways import clock
from gateways.models import CapCheck, Gateway
from gateways.volume import month_of
from payments.services.cap_compare import Compared, compare
from payments.services.cap_ledger import Books, mend_ledger

log = logging.getLogger("midway.gateways")


def check_cap(
    gateway: Gateway, month: date | None = None, *, ask_processor: bool = True, patience: int | None = None
) -> CapCheck:
    """Call it outside a transaction. `month` is a first day; none is the present one, where the gateway is.

    A processor that does not answer hinders nothing but the comparison: the row's `note` says so.
    """
    gateway = Gateway.objects.get(pk=gateway.pk)
    month = month or month_of(gateway, clock.now())
    compared = compare(gateway, month, patience=patience) if ask_processor else None
    books, drift = mend_ledger(gateway, month)
    check = _keep(gateway, month, books, drift, compared)
    if check.drift:
        log.warning(
            "the cap ledger of gateway %s for %s had drifted by %s", gateway.pk, month, check.drift, extra=_extra(check)
        )
    return check


def months_to_compare(gateway: Gateway) -> list[date]:
    """The present month, and for its first week the last one too: what was held or unheard then is settled by now."""
    today = clock.now().astimezone(ZoneInfo(gateway.time_zone)).date()
    months = {(today - timedelta(days=7)).replace(day=1), today.replace(day=1)}
    return sorted(months)


def _keep(gateway: Gateway, month: date, books: Books, drift: int, compared: Compared | None) -> CapCheck:
    now, cap = clock.now(), gateway.monthly_cap
    answered = compared is not None and not compared.problem
    total = drift + (compared.drift if compared else 0)
    facts: dict[str, Any] = {
        "cap": cap,
        "captured": books.captured,
        "reserved": books.reserved,
        "left": None if cap is None else max(0, cap - books.captured - books.reserved),
        "drift": total,
        "checked_at": now,
    }
    if compared is not None:
        facts["note"] = compared.problem[:500]
    if compared is not None and answered:
        facts |= {
            "processor_captured": compared.captured,
            "processor_drift": compared.drift,
            "unknown_count": compared.unknown_count,
            "unknown_amount": compared.unknown_amount,
            "compared_at": now,
        }
    if total:
        facts["drifted_at"] = now
    check, _ = CapCheck.objects.update_or_create(gateway=gateway, month=month, defaults=facts)
    return check


def _extra(check: CapCheck) -> dict[str, Any]:
    return {"gateway": check.gateway_id, "drift": check.drift, "unknown": check.unknown_amount}
