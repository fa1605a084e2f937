"""The form of a gateway: its type decides which fields it has, what they are called and what is kept of them."""

import re
from functools import cached_property
from typing import Any

from django import forms

from gateways import money
from gateways.field_words import OFFLINE_WORDS, WORDS
from gateways.forms import MoneyFormField, MoneyModelForm, PercentFormField, SecretField, SecretInput
from gateways.models import Gateway, Mode
from gateways.problems import ShowsRefusal
from gateways.processors import registry
from gateways.processors.descriptors import DescriptorProblem, check_suffix
from gateways.processors.kinds.base import ProcessorType
from gateways.services import Connection
from gateways.trial import PASSWORD

ACCOUNT_NUMBER = re.compile(r"acct_[A-Za-z0-9]+")
WITHOUT_KEYS = "wanted_mode"
RATES = ("discount_rate", "reserve_rate")
AMOUNTS = {"monthly_cap", "minimum_amount", "maximum_amount", "transaction_fee", "chargeback_fee"}


def fields_of(kind: ProcessorType) -> set[str]:
    """The fields of this form that a type has."""
    own = registry.fields_of(kind.key)
    return own | ({PASSWORD} if kind.needs_keys else {WITHOUT_KEYS})


def every_field() -> set[str]:
    return {name for kind in registry.TYPES.values() for name in fields_of(kind)}


class GatewayForm(ShowsRefusal, MoneyModelForm):
    """Keys are tried before the form is built (see GatewayAdmin): `connection` is what they opened."""

    connection: Connection | None = None

    wanted_mode = forms.ChoiceField(label="Mode", choices=[("live", "Live"), ("test", "Test")], required=False)
    secret_key = SecretField()
    signing_secret = SecretField()
    current_password = forms.CharField(
        label="Your password",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    monthly_cap = MoneyFormField(required=False, more_than_zero=True)
    minimum_amount = MoneyFormField(required=False, more_than_zero=True)
    maximum_amount = MoneyFormField(required=False, more_than_zero=True)
    discount_rate = PercentFormField()
    transaction_fee = MoneyFormField(required=False, empty=0)
    reserve_rate = PercentFormField()
    reserve_days = forms.IntegerField(required=False, min_value=0, max_value=3650)
    chargeback_fee = MoneyFormField(required=False, empty=0)

    class Meta:
        model = Gateway
        exclude = ["secret_key", "signing_secret", "previous_signing_secret"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = (
            registry.TYPES.get(str(self["processor"].value() or ""), self._stored_kind)
            if ("processor" in self.fields)
            else self._stored_kind
        )
        for name, field in self.fields.items():
            field.label = registry.label_of(
                self.kind.key, name, str(field.label or name.replace("_", " ").capitalize())
            )
            field.help_text = help_for(self.kind.key, name, str(field.help_text), self.known_currency())
        if "processor" in self.fields:
            self._offer_types()
        if "when_capped" in self.fields:
            self.fields["when_capped"].required = False
        if "currency" in self.fields:
            self.fields["currency"].required = False
            self.fields["currency"].widget.attrs |= {"autocapitalize": "characters", "spellcheck": "false"}
        for name in ("secret_key", "signing_secret"):
            self._keep(name)

    @property
    def _stored_kind(self) -> ProcessorType:
        return registry.TYPES[self.instance.processor or registry.DEFAULT]

    def _offer_types(self) -> None:
        """A stored gateway may become what its payments allow; a new one may try any type, and is told why not."""
        now = self._stored_kind
        choices = registry.choices()
        if self.instance.pk:
            kinds = registry.TYPES
            choices = [
                (key, label)
                for key, label in choices
                if key == now.key or (kinds[key].creatable and kinds[key].has_account == now.has_account)
            ]
        self.fields["processor"].widget.choices = choices

    def _keep(self, name: str) -> None:
        field = self.fields.get(name)
        if isinstance(field, SecretField) and isinstance(field.widget, SecretInput):
            field.keep(getattr(self.instance, f"{name}_hint"))

    def known_currency(self) -> str:
        return str(self.instance.currency)

    def currency_of_form(self) -> str:
        return str(self.cleaned_data.get("currency") or self.instance.currency)

    @cached_property
    def changed_data(self) -> list[str]:
        """What the history tells: never of the password, nor of fields that this type has not."""
        foreign = self.foreign_fields | {PASSWORD}
        return [name for name in super().changed_data if name not in foreign]

    @property
    def foreign_fields(self) -> set[str]:
        return every_field() - fields_of(self.kind)

    def clean_currency(self) -> str:
        typed: str = self.cleaned_data["currency"].upper()
        return typed or (self.connection.currency if self.connection else "")

    def clean_reserve_days(self) -> int:
        return int(self.cleaned_data["reserve_days"] or 0)

    def clean_public_key(self) -> str:
        """A new secret key is tried together with the publishable one; a new publishable key alone is checked here."""
        key: str = self.cleaned_data["public_key"]
        mode = self.instance.mode
        if key and mode and not self.data.get("secret_key") and not key.startswith(f"pk_{mode}_"):
            raise forms.ValidationError(f"The publishable key of this gateway starts with pk_{mode}_.")
        return key

    def clean_descriptor_suffix(self) -> str:
        suffix: str = self.cleaned_data["descriptor_suffix"]
        if suffix and "descriptor_suffix" in fields_of(self.kind):
            try:
                check_suffix(suffix, self._prefix())
            except DescriptorProblem as problem:
                raise forms.ValidationError(str(problem)) from problem
        return suffix

    def _prefix(self) -> str:
        return str(self.connection.descriptor_prefix if self.connection else self.instance.descriptor_prefix)

    def clean(self) -> dict[str, Any]:
        for name in self.foreign_fields:
            self.cleaned_data.pop(name, None)
            self.errors.pop(name, None)
        needs_key = self.kind.needs_keys and self.kind.creatable
        if self.refusal is None and needs_key and not self.instance.pk and not self.cleaned_data.get("secret_key"):
            self.add_error("secret_key", "A gateway needs its secret key.")
        cleaned: dict[str, Any] = super().clean()
        self._check_connected()
        self._check_radar()
        self._check_minimum()
        return cleaned

    def _check_connected(self) -> None:
        mid = str(self.cleaned_data.get("mid") or "")
        if self.cleaned_data.get("connected_account") and not ACCOUNT_NUMBER.fullmatch(mid):
            self._refuse(
                "mid",
                "A connected account needs its account number here, such as acct_1A2b3C: copy it from the platform's "
                "dashboard, under Connected accounts, or switch “Connected account” off.",
            )

    def _check_radar(self) -> None:
        if self.cleaned_data.get("send_radar_sessions") and not self.cleaned_data.get("public_key"):
            self._refuse(
                "public_key",
                "Radar sessions need the publishable key: enter it here, or switch “Send radar sessions” off.",
            )

    def _check_minimum(self) -> None:
        least, currency = self.cleaned_data.get("minimum_amount"), self.currency_of_form()
        if not isinstance(least, int) or currency not in money.CURRENCIES or not self.kind.has_minimum:
            return
        if least < money.minimum(currency):
            floor = money.plain(money.minimum(currency), currency)
            self._refuse(
                "minimum_amount",
                f"The processor takes no payment below {floor}: write at least that, or leave it empty.",
            )

    def _refuse(self, name: str, message: str) -> None:
        if name in self.fields and name not in self.errors:
            self.add_error(name, message)

    def chosen_mode(self) -> str:
        """Where there is no key to read it from."""
        return str(self.cleaned_data.get(WITHOUT_KEYS) or Mode.LIVE)


def help_for(kind: str, name: str, otherwise: str = "", currency: str = "") -> str:
    entry = registry.TYPES[kind]
    own = registry.help_of(kind, name) or (OFFLINE_WORDS.get(name, "") if not entry.has_account else "")
    if name == "minimum_amount" and currency in money.CURRENCIES and entry.has_minimum:
        return f"Of one payment, at least {money.plain(money.minimum(currency), currency)}. Empty: that minimum."
    return str(own or WORDS.get(name) or otherwise) + (f" In {currency}." if currency and name in AMOUNTS else "")
