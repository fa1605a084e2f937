"""What the page of one gateway shows beside its form's fields."""

from typing import Any

from django import forms

from gateways.customer_service import TOKENS
from gateways.field_words import SERVICE_PREVIEW
from gateways.fields import DecryptionError
from gateways.gateway_form import every_field, fields_of, help_for
from gateways.models import SECRETS, Gateway
from gateways.processors import registry
from gateways.processors.kinds.base import ProcessorType


def page_of(gateway: Gateway | None, form: "forms.ModelForm[Any]") -> dict[str, Any]:
    kind = getattr(form, "kind", None) or (gateway.kind if gateway else registry.TYPES[registry.DEFAULT])
    prefix = gateway.descriptor_prefix if gateway else ""
    return {
        "kind": kind,
        "kinds": {key: _words(entry, form, new=gateway is None) for key, entry in registry.TYPES.items()},
        "not_needed_at": "secret_key" if kind.needs_keys else "processor",
        "hidden_fields": {name for field in every_field() - fields_of(kind) for name in (field, f"{field}_text")},
        "lost_key": lost_key(gateway) if gateway else "",
        "statement_prefix": prefix,
        "service_preview": SERVICE_PREVIEW,
        "service_tokens": [f"{{{name}}}" for name in TOKENS],
    }


def _words(kind: ProcessorType, form: "forms.ModelForm[Any]", *, new: bool) -> dict[str, Any]:
    """For the page's script: what changes when this type is chosen."""
    currency = form.instance.currency
    names = [name for name in form.fields if name in fields_of(kind)]
    stored = {name: type(form).base_fields[name] for name in names}
    return {
        "fields": sorted(fields_of(kind)),
        "labels": {name: registry.label_of(kind.key, name, _label(name, field)) for name, field in stored.items()},
        "helps": {name: help_for(kind.key, name, str(field.help_text), currency) for name, field in stored.items()},
        "about": kind.about,
        "whyNot": kind.why_not if new else "",
        "notNeeded": list(kind.not_needed.items()),
        "takesCards": kind.takes_cards,
    }


def _label(name: str, field: forms.Field) -> str:
    label = str(field.label or name.replace("_", " "))
    return label[:1].upper() + label[1:]


def lost_key(gateway: Gateway) -> str:
    """What to do when a stored secret cannot be decrypted; empty when all can."""
    try:
        for name in SECRETS:
            getattr(gateway, name)
    except DecryptionError as error:
        return str(error)
    return ""
