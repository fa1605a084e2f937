"""Small pieces of HTML that lists and pages share: icons, badges, money, meters. Colours live in the style sheets."""

from datetime import datetime
from typing import Any

from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import money

WARN_AT, ALARM_AT = 80, 95  # per cent of the monthly cap


def icon(name: str) -> SafeString:
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static("midway/icons.svg"),
        name,
    )


def badge(kind: str, label: Any) -> SafeString:
    """`kind` is a status value or a tone: ok, info, warning, error. The style sheet knows its colour."""
    return format_html('<span class="badge badge-{}">{}</span>', kind, label)


def mode_badge(mode: str) -> SafeString:
    """Test mode is marked wherever it shows; live mode is what one expects."""
    return badge("test", "Test mode") if mode == "test" else badge("plain", "Live")


def amount(value: int | None, currency: str) -> SafeString:
    if value is None or not currency:
        return format_html('<span class="money muted">{}</span>', "–")
    return format_html('<span class="money">{}</span>', money.pretty(value, currency))


def moment(value: datetime | None) -> SafeString:
    """`17 Nov 2026, 07:09` in the office's time zone."""
    if value is None:
        return format_html('<span class="muted">{}</span>', "–")
    local = timezone.localtime(value)
    return format_html('<time class="nowrap" datetime="{}">{}</time>', local.isoformat(), f"{local:%-d %b %Y, %H:%M}")


def percent(hundredths: int) -> str:
    """`12.5 %` of what is kept in hundredths of a percent."""
    whole, rest = divmod(hundredths, 100)
    return f"{whole}.{rest:02}".rstrip("0").rstrip(".") + " %"


def percent_of(used: int, cap: int) -> int:
    """Rounded down, so that 100 means that nothing is left."""
    return used * 100 // cap if cap else 0


def meter(used: int, cap: int, label: str) -> SafeString:
    share = percent_of(used, cap)
    tone = "is-red" if share >= ALARM_AT else "is-amber" if share >= WARN_AT else ""
    return format_html(
        '<svg class="meter {}" role="img" aria-label="{}" viewBox="0 0 100 6" preserveAspectRatio="none">'
        '<rect width="{}" height="6"></rect></svg>',
        tone,
        f"{label}: {share} % used",
        min(share, 100),
    )
