"""Template tags of the admin: `{{ 1999|money:"USD" }}`, `{% icon "orders" %}`, `{% mode_badge gateway.mode %}`."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from django import template
from django.utils.html import escape, format_html, strip_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst

from gateways import look
from gateways.field_words import link
from gateways.redaction import redact

register = template.Library()

register.simple_tag(look.icon, name="icon")
register.simple_tag(look.badge, name="badge")
register.simple_tag(look.mode_badge, name="mode_badge")
register.simple_tag(look.meter, name="meter")
register.simple_tag(link, name="out")
register.filter("money", look.amount)


@register.simple_tag
def copyable(text: str, what: str) -> SafeString:
    """A reference with a button that copies it; without JavaScript the button stays away."""
    if not text:
        return look.amount(None, "")
    return format_html(
        '<span class="copyable"><code>{0}</code><button type="button" class="quiet-button" data-copy="{0}" hidden>'
        '{1}<span class="visually-hidden">Copy {2}</span></button></span>',
        text,
        look.icon("copy"),
        what,
    )


@register.filter
def minutes(length: timedelta) -> int:
    return round(length.total_seconds() / 60)


@register.filter
def pretty_json(text: str) -> str:
    """A stored JSON body, indented, with secrets and card numbers masked."""
    with suppress(ValueError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return redact(text)


@register.simple_tag
def labelled(result: Iterable[Any], headers: Iterable[Mapping[str, Any]]) -> list[SafeString]:
    """A row's cells, each with its column's name for the phone, where rows turn into cards."""
    return [_with_label(str(cell), str(header["text"])) for cell, header in zip(result, headers, strict=False)]


def _with_label(cell: str, header: str) -> SafeString:
    tag, rest = cell[:3], cell[3:]  # "<td" or "<th"
    label = escape(capfirst(strip_tags(header)))
    return mark_safe(f'{tag} data-label="{label}"{rest}')  # noqa: S308  the admin escaped the cell already


@register.filter
def has_errors(fieldset: Iterable[Any]) -> bool:
    """A folded section opens where something in it is refused."""
    return any(line.errors() for line in fieldset)


@register.filter
def without_colon(label: str) -> SafeString:
    """A label as the admin made it, without the colon that Django puts behind it."""
    return mark_safe(str(label).replace(":</label>", "</label>"))  # noqa: S308  it is the admin's own HTML
