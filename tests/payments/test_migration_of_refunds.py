"""What was refunded before there were rows for it is looked up after the upgrade."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps

from payments import migrations
from payments.services.refunds.sweep import payments_to_sync
from tests.admin import rows

pytestmark = pytest.mark.django_db


def test_payments_with_a_refunded_amount_are_looked_up() -> None:
    (file,) = Path(migrations.__path__[0]).glob("*_refunds.py")
    refunded, whole = rows.payment(amount_refunded=100), rows.payment()
    import_module(f"payments.migrations.{file.stem}").look_up_refunds(apps, None)
    assert payments_to_sync() == [refunded.pk]
    whole.refresh_from_db()
    assert whole.refunds_due_at is None
