"""`{% why_held payment as reason %}`: why a payment that waits is not charged."""

from django import template

from payments.models import Payment, Status
from payments.services.gate import why_held as why

register = template.Library()


@register.simple_tag
def why_held(payment: Payment) -> str:
    """Empty for a payment that does not wait, or that a worker takes up in a moment."""
    if payment.status != Status.PENDING:
        return ""
    return why(payment.gateway, payment.order.campaign_id if payment.order else None)
