"""Who buys, where they live, and which cards a processor keeps for them."""

from django.db import models
from django.db.models import Q

from gateways.models import Mode


class Customer(models.Model):
    name = models.CharField(max_length=120)
    email = models.EmailField("e-mail", unique=True)
    phone = models.CharField(max_length=40, blank=True)
    language = models.CharField(
        max_length=10, blank=True, help_text="Of mails and pay pages, such as en or uk. Empty: English."
    )
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name", "pk"]
        indexes = [models.Index(fields=["name", "id"], name="customer_by_name")]

    def __str__(self) -> str:
        return self.name


class Address(models.Model):
    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    line1 = models.CharField("street", max_length=120)
    line2 = models.CharField("second line", max_length=120, blank=True)
    city = models.CharField(max_length=80)
    region = models.CharField("state or region", max_length=80, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=2, help_text="Two-letter code, such as US or DE.")

    class Meta:
        verbose_name_plural = "addresses"
        ordering = ["pk"]

    def __str__(self) -> str:
        return ", ".join(filter(None, [self.line1, self.line2, self.city, self.region, self.postal_code, self.country]))


class VaultedCustomer(models.Model):
    """What a processor's account calls our customer. Test and live mode of one account know different customers."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="vaulted")
    account_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=4, choices=Mode)
    reference = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "account_id", "mode"], name="vaulted_customer_is_one_per_account_and_mode"
            ),
            models.UniqueConstraint(
                fields=["account_id", "mode", "reference"], name="vaulted_customer_reference_is_unique"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.customer} at {self.account_id}"


class Card(models.Model):
    """A card that a processor keeps for a customer. It belongs to one account: other accounts cannot charge it (D8)."""

    customer = models.ForeignKey(Customer, models.PROTECT, related_name="cards")
    vaulted_customer = models.ForeignKey(VaultedCustomer, models.PROTECT, related_name="cards")
    account_id = models.CharField(max_length=64)
    mode = models.CharField(max_length=4, choices=Mode)
    reference = models.CharField(max_length=64)
    brand = models.CharField(max_length=20)
    last4 = models.CharField(max_length=4)
    exp_month = models.PositiveSmallIntegerField("expiry month")
    exp_year = models.PositiveSmallIntegerField("expiry year")
    fingerprint = models.CharField(max_length=64, blank=True)
    blocked_at = models.DateTimeField(null=True, blank=True, editable=False)
    block_reason = models.CharField(
        max_length=255, blank=True, editable=False, help_text="The hard decline after which it is never charged again."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        indexes = [models.Index(fields=["fingerprint"], name="card_by_fingerprint", condition=~Q(fingerprint=""))]
        constraints = [
            models.UniqueConstraint(fields=["account_id", "mode", "reference"], name="card_reference_is_unique"),
            models.CheckConstraint(condition=Q(exp_month__gte=1, exp_month__lte=12), name="card_month_is_a_month"),
            models.CheckConstraint(
                condition=Q(blocked_at=None, block_reason="") | Q(blocked_at__isnull=False) & ~Q(block_reason=""),
                name="card_block_has_a_reason",
            ),
            models.CheckConstraint(condition=Q(last4__regex=r"^[0-9]{4}$"), name="card_keeps_four_digits_only"),
        ]

    def __str__(self) -> str:
        return f"{self.brand.title()} •••• {self.last4}, expires {self.exp_month:02}/{self.exp_year % 100:02}"
