"""What a list or a page says of a gateway at a glance: its state, and how much of its monthly cap is used."""

from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import look, money
from gateways.models import Gateway
from gateways.usage import used_this_month


def state_badge(gateway: Gateway) -> SafeString:
    if not gateway.active:
        return look.badge("inactive", "Inactive")
    return look.badge("paused", "Paused") if gateway.paused_at else look.badge("active", "Active")


def month_meter(gateway: Gateway) -> SafeString:
    """Month-to-date against the monthly cap. The gateway comes from `with_recent_volumes`."""
    used = used_this_month(gateway)
    if gateway.monthly_cap is None:
        return format_html('<span class="meter-text">{} · no cap</span>', money.pretty(used, gateway.currency))
    return format_html(
        '<div class="meter-cell">{}<span class="meter-text">{} of {}</span></div>',
        look.meter(used, gateway.monthly_cap, "Monthly cap"),
        money.pretty(used, gateway.currency),
        money.pretty(gateway.monthly_cap, gateway.currency),
    )
