"""Switching a gateway on and off, and passing on the mark of the default."""

from django.db import transaction

from gateways.models import Gateway


@transaction.atomic
def activate(gateway: Gateway) -> bool:
    """False when it was active already."""
    row = Gateway.objects.select_for_update(of=("self",)).get(pk=gateway.pk)
    if row.active:
        return False
    row.active = True
    row.save(update_fields=["active", "updated_at"])
    return True


@transaction.atomic
def deactivate(gateway: Gateway) -> bool:
    """No new payment goes through it; what is in flight is settled. The mark of the default falls with it."""
    row = Gateway.objects.select_for_update(of=("self",)).get(pk=gateway.pk)
    if not row.active:
        return False
    row.active = row.is_default = False
    row.save(update_fields=["active", "is_default", "updated_at"])
    return True


def default_of(mode: str, currency: str) -> Gateway | None:
    return Gateway.objects.filter(mode=mode, currency=currency, is_default=True).first()
