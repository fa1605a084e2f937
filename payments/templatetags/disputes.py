"""`{% dispute_badge dispute %}`, `{{ dispute.reason|dispute_reason }}`, `{% disputes_of payment as disputes %}`."""

from django import template
from django.utils.safestring import SafeString

from gateways import look
from payments.dispute_words import TONES, reason_text
from payments.models import Dispute, DisputeStatus

register = template.Library()
register.filter("dispute_reason", reason_text)


@register.simple_tag
def dispute_badge(dispute: Dispute) -> SafeString:
    return look.badge(TONES[DisputeStatus(dispute.status)], dispute.get_status_display())
