"""Form fields for money and for secrets."""

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString

from gateways import money
from gateways.look import icon

PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]{1,2})?")


class MoneyFormField(forms.CharField):
    """An amount as a person types it. The form that holds it turns it into minor units: it knows the currency."""

    def __init__(self, *, empty: int | None = None, more_than_zero: bool = False, **kwargs: Any) -> None:
        attrs = {"class": "money-input", "inputmode": "decimal", "autocomplete": "off"}
        kwargs.setdefault("widget", forms.TextInput(attrs=attrs))
        kwargs.setdefault("max_length", 24)
        super().__init__(**kwargs)
        self.empty = empty
        self.more_than_zero = more_than_zero

    def to_minor(self, text: str, currency: str) -> int | None:
        """Raises money.MoneyError with the remedy."""
        if not text:
            return self.empty
        amount = money.parse_amount(text, currency)
        if amount < 0 or (self.more_than_zero and amount == 0):
            raise money.MoneyError("Write an amount of zero or more." if amount else "Write an amount above zero.")
        return amount


class MoneyModelForm(forms.ModelForm):  # type: ignore[type-arg]
    """Shows the minor units of a model as decimals, and reads them back. Say in `currency_of_form` what they are in."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        currency = self.known_currency()
        for name, field in self._money_fields().items():
            amount = self.initial.get(name)
            if currency and isinstance(amount, int):
                self.initial[name] = money.plain(amount, currency).removesuffix(f" {currency}")
            if currency and not field.help_text:
                field.help_text = f"In {currency}."

    def known_currency(self) -> str:
        """What the stored amounts are in; empty when nothing is stored yet, or the form does not know."""
        return ""

    def currency_of_form(self) -> str:
        """What the typed amounts are in; empty when the form does not tell."""
        return self.known_currency()

    def clean(self) -> dict[str, Any]:
        super().clean()
        for name, field in self._money_fields().items():
            if name in self.cleaned_data:
                self._convert(name, field)
        return self.cleaned_data

    def _convert(self, name: str, field: MoneyFormField) -> None:
        currency, text = self.currency_of_form(), self.cleaned_data[name]
        if text and currency not in money.CURRENCIES:
            self.add_error(name, "This amount has no currency yet: correct the fields above first.")
            return
        try:
            self.cleaned_data[name] = field.to_minor(text, currency)
        except money.MoneyError as error:
            self.add_error(name, str(error))

    def _money_fields(self) -> dict[str, MoneyFormField]:
        return {name: field for name, field in self.fields.items() if isinstance(field, MoneyFormField)}


class PercentFormField(forms.CharField):
    """A percentage with two decimals, kept in hundredths of a percent: `2.90` is 290. `empty` is what nothing means."""

    default_error_messages = {"invalid": "Write a percentage from 0 to 100 with at most two decimals, such as 2.90."}

    def __init__(self, *, empty: int | None = 0, **kwargs: Any) -> None:
        attrs = {"class": "money-input", "inputmode": "decimal", "autocomplete": "off"}
        super().__init__(required=False, widget=forms.TextInput(attrs=attrs), **kwargs)
        self.empty = empty

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value).scaleb(-2):.2f}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().removesuffix("%").strip()
        if not text:
            return self.empty
        if not PERCENT.fullmatch(text) or Decimal(text) > 100:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return int(Decimal(text).scaleb(2))


class SecretInput(forms.PasswordInput):
    """Takes a secret and never shows one: of what is kept it tells the last four characters."""

    def __init__(self, hint: str = "") -> None:
        super().__init__(attrs={"autocomplete": "new-password", "spellcheck": "false"}, render_value=False)
        self.hint = hint

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        field = super().render(name, None, attrs, renderer)
        if not self.hint:
            return field
        kept = "Kept: <code>•••• {}</code> · leave empty to keep it"
        return format_html(
            '<div class="secret-input">{}<span class="secret-kept">{}<span>' + kept + "</span></span></div>",
            field,
            icon("lock"),
            self.hint,
        )


class SecretField(forms.CharField):
    """A write-only secret. Left empty, the kept one stays."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, max_length=255, widget=SecretInput(), **kwargs)

    def keep(self, hint: str) -> None:
        if isinstance(self.widget, SecretInput):
            self.widget.hint = hint
