"""A visit to a campaign's checkout page that became an order: one form, however often it is sent, is one order."""

from django.db import models

from orders.models import Order


class Checkout(models.Model):
    """`token` was in the form. Only the browser that sent it is offered the upsell that follows the sale."""

    token = models.CharField(max_length=64, unique=True)
    order = models.OneToOneField(Order, models.PROTECT, related_name="checkout")
    created_at = models.DateTimeField()
    upsell_closed_at = models.DateTimeField(
        null=True, blank=True, help_text="The customer wanted nothing more, or has seen all that there is."
    )

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"Checkout of {self.order}"

    def __repr__(self) -> str:
        return f"<Checkout {self.pk} of order {self.order_id}>"  # its token is a key
