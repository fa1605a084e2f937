"""The forms of a dispute's pages."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms

from payments.services.dispute_answers import LONGEST

SHORT = 5000


@dataclass(frozen=True)
class Text:
    """One of Stripe's texts (docs.stripe.com/api/disputes/evidence_object): its name there, and ours for it."""

    name: str
    label: str
    help: str = ""
    rows: int = 1


GROUPS: dict[str, list[Text]] = {
    "Why the payment is right": [
        Text("uncategorized_text", "Explanation", "In a few plain sentences: what happened, and why it was paid.", 8),
    ],
    "What was bought, and by whom": [
        Text("product_description", "Receipt", "What was sold, when, and for how much.", 6),
        Text("customer_name", "Customer"),
        Text("customer_email_address", "Their e-mail"),
        Text("billing_address", "Billing address"),
        Text("access_activity_log", "Log of use", "For downloads and services: when, and from where, it was used.", 3),
    ],
    "How it was delivered": [
        Text("shipping_carrier", "Carrier"),
        Text("shipping_tracking_number", "Tracking number"),
        Text("shipping_date", "Shipped on"),
        Text("shipping_address", "Shipped to"),
        Text("service_date", "Service given on"),
    ],
    "What was agreed": [
        Text("refund_policy_disclosure", "Refund policy", "How the customer saw it before they paid.", 3),
        Text("refund_refusal_explanation", "Why no refund", "", 3),
        Text("cancellation_rebuttal", "Why it was not cancelled", "For subscriptions.", 3),
        Text("duplicate_charge_explanation", "Why it was not charged twice", "", 3),
    ],
}
TEXTS = [text for group in GROUPS.values() for text in group]
LABELS = {text.name: text.label for text in TEXTS}


class AcceptForm(forms.Form):
    form_token = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, initial={"form_token": uuid.uuid4()}, label_suffix="")


class EvidenceForm(AcceptForm):
    """Each text under Stripe's own name of it."""

    def __init__(self, data: Any = None, known: Mapping[str, str] | None = None) -> None:
        super().__init__(data)
        for text in TEXTS:
            self.fields[text.name] = forms.CharField(
                label=text.label,
                required=False,
                max_length=LONGEST if text.rows > 1 else SHORT,
                help_text=text.help,
                initial=(known or {}).get(text.name, ""),
                widget=forms.Textarea(attrs={"rows": text.rows}) if text.rows > 1 else forms.TextInput(),
            )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not any(self.evidence.values()):
            self.add_error(TEXTS[0].name, "Write why the payment is right: nothing was sent.")
        return cleaned

    @property
    def evidence(self) -> dict[str, str]:
        return {text.name: self.cleaned_data.get(text.name, "") for text in TEXTS}

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[text.name] for text in texts]) for title, texts in GROUPS.items()]

    @property
    def told(self) -> list[tuple[str, str]]:
        """What would be sent, for the page that asks once more."""
        return [(text.label, self.evidence[text.name]) for text in TEXTS if self.evidence[text.name]]
