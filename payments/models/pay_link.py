"""An address that pays an order, for whoever has it: it expires, can be withdrawn, and says when all is paid."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from gateways import clock
from gateways.fields import AmountField
from gateways.models import new_slug
from orders.models import Order


class PayLink(models.Model):
    """`amount` in minor units of the order's currency; empty: all that is due when it is opened."""

    class Reason(models.TextChoices):
        OPERATOR = "operator", "Sent by an operator"
        AUTHENTICATION = "authentication", "To confirm a payment"
        NEW_CARD = "new_card", "To pay with another card"

    order = models.ForeignKey(Order, models.PROTECT, related_name="pay_links")
    slug = models.CharField("address part", max_length=24, unique=True, default=new_slug, editable=False)
    reason = models.CharField("made for", max_length=14, choices=Reason, default=Reason.OPERATOR)
    amount = AmountField(null=True, blank=True)
    expires_at = models.DateTimeField("expires")
    withdrawn_at = models.DateTimeField("withdrawn", null=True, blank=True)
    opened_at = models.DateTimeField("first opened", null=True, blank=True)
    created_at = models.DateTimeField("created")
    actor = models.CharField("made by", max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="pay_links")

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(amount=None) | Q(amount__gt=0), name="pay_link_amount_is_positive"),
            models.CheckConstraint(
                condition=Q(reason__in=["operator", "authentication", "new_card"]), name="pay_link_reason_is_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("created_at")), name="pay_link_expires_after_it_was_made"
            ),
        ]

    def __str__(self) -> str:
        return f"Pay link of {self.order}"

    def __repr__(self) -> str:
        return f"<PayLink {self.pk} of order {self.order_id}>"  # its slug is a key

    @property
    def is_expired(self) -> bool:
        return clock.now() >= self.expires_at

    @property
    def is_valid(self) -> bool:
        return self.withdrawn_at is None and not self.is_expired
