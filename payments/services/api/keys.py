"""API keys: made, shown once, looked up by their digest, revoked."""

import hashlib
import secrets
from datetime import timedelta

from django.contrib.auth.models import User
from django.db.models import Q

from gateways import clock
from orders.models import Campaign
from payments.models import ApiKey

SHOWN = 12  # characters that tell keys apart without opening anything
STALE = timedelta(minutes=1)


def make_key(campaign: Campaign, name: str, user: User | None) -> tuple[ApiKey, str]:
    """The row and the key itself, which nobody can read again. 256 bits of chance need no slow hash."""
    key = f"mk_{campaign.mode}_{secrets.token_urlsafe(32)}"
    row = ApiKey.objects.create(
        campaign=campaign, name=name, hint=key[:SHOWN], digest=_digest(key), created_at=clock.now(), created_by=user
    )
    return row, key


def find_key(key: str) -> ApiKey | None:
    """None for a key that nobody made, or that was revoked."""
    found = ApiKey.objects.select_related("campaign").filter(digest=_digest(key), revoked_at=None).first()
    if found:
        now = clock.now()
        unseen = Q(last_used_at=None) | Q(last_used_at__lt=now - STALE)
        ApiKey.objects.filter(unseen, pk=found.pk).update(last_used_at=now)
    return found


def revoke_key(row: ApiKey) -> bool:
    """At once and for ever. False when it was revoked before."""
    return bool(ApiKey.objects.filter(pk=row.pk, revoked_at=None).update(revoked_at=clock.now()))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
