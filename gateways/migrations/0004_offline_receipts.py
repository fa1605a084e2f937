import django.db.models.deletion
from django.db import migrations, models

import gateways.fields


class Migration(migrations.Migration):
    dependencies = [
        ("gateways", "0003_key_account_and_proven_secret"),
    ]

    operations = [
        migrations.CreateModel(
            name="OfflineReceipt",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("account_id", models.CharField(max_length=64)),
                ("livemode", models.BooleanField()),
                ("number", models.CharField(max_length=64)),
                ("our_key", models.CharField(max_length=36, unique=True)),
                ("means", models.CharField(max_length=16)),
                ("amount", gateways.fields.AmountField()),
                ("currency", gateways.fields.CurrencyField(max_length=3)),
                ("received_at", models.DateTimeField()),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("account_id", "number"), name="offline_receipt_number_is_used_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="offline_receipt_amount_is_positive"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("number", ""), _negated=True), name="offline_receipt_has_a_number"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="OfflineRefund",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=255, unique=True)),
                ("amount", gateways.fields.AmountField()),
                ("reason", models.CharField(blank=True, max_length=255)),
                ("refunded_at", models.DateTimeField()),
                (
                    "receipt",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="refunds",
                        to="gateways.offlinereceipt",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("amount__gt", 0)), name="offline_refund_amount_is_positive"
                    )
                ],
            },
        ),
    ]
