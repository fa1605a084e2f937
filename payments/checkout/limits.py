"""How often somebody may try to pay: who tests stolen cards tries many, a customer a few (S33).

Counted in the cache, for an address, a browser session and a card. A cache that is away lets people pay: what one
order may be tried stands in the database besides.
"""

import hashlib
import ipaddress
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from gateways import clock
from orders.models import Order
from payments.states import Status

log = logging.getLogger("midway.checkout")

HOUR, DAY = 3600, 86_400


class TooMany(Exception):
    """Nothing was charged; `what` was tried too often."""

    def __init__(self, what: str) -> None:
        super().__init__(f"too many attempts by one {what}")
        self.what = what


@dataclass(frozen=True)
class Limit:
    """At most `most` within a window of `seconds`."""

    what: str
    most: int
    seconds: int


def limits() -> dict[str, Limit]:
    return {
        "address": Limit("address", settings.CHECKOUT_TRIES_PER_ADDRESS, HOUR),
        "session": Limit("session", settings.CHECKOUT_TRIES_PER_SESSION, HOUR),
        "card": Limit("card", settings.CHECKOUT_TRIES_PER_CARD, DAY),
    }


def count_attempt(**who: str) -> None:
    """`address`, `session` and `card`, as far as they are known. Raises TooMany."""
    known = limits()
    _count((known[what], name) for what, name in who.items() if name)


def _count(attempts: Iterable[tuple[Limit, str]]) -> None:
    for limit, name in attempts:
        if _add_one(limit, name) > limit.most:
            log.warning("too many attempts to pay by one %s", limit.what)
            raise TooMany(limit.what)


def _add_one(limit: Limit, name: str) -> int:
    digest = hashlib.sha256(name.encode()).hexdigest()[:32]  # the cache need not know addresses
    key = f"checkout:{limit.what}:{digest}"
    try:
        cache.add(key, 0, timeout=limit.seconds)  # counts from the first attempt on, and then anew
        return int(cache.incr(key))
    except Exception as error:  # whatever the cache's client raises: people pay without it
        log.warning("attempts are not counted: %s", type(error).__name__)
        return 0


def check_order(order: Order) -> None:
    """Raises TooMany when cards were declined on this order too often within a day."""
    since = clock.now() - timedelta(seconds=DAY)
    declined = order.payments.filter(status=Status.DECLINED, created_at__gte=since).count()
    if declined >= settings.CHECKOUT_DECLINES_PER_ORDER:
        raise TooMany("order")


def address_of(request: HttpRequest) -> str:
    """Who asks: of what proxies tell only what our own one has added. An IPv6 customer is a whole network."""
    told = str(request.META.get("REMOTE_ADDR", ""))
    if settings.BEHIND_PROXY and (forwarded := request.headers.get("X-Forwarded-For", "")):
        told = forwarded.rpartition(",")[2].strip()
    try:
        address = ipaddress.ip_address(told)
    except ValueError:
        return told
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))
