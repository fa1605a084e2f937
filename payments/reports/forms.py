"""What may be asked of a report, in its address."""

from typing import Any

from django import forms

from gateways import clock
from gateways.models import Mode
from payments.reports.periods import DEFAULT, Period, choices
from payments.reports.scope import Scope, gateways_of


class ReportForm(forms.Form):
    """Gateway, period, live or test, page or CSV. An empty address is this month of all live gateways."""

    mode = forms.ChoiceField(
        choices=[(Mode.LIVE.value, "Live gateways"), (Mode.TEST.value, "Test gateways")],
        required=False,
        error_messages={"invalid_choice": "Reports are of mode live or test: follow one of the links on this page."},
    )
    format = forms.ChoiceField(
        choices=[("csv", "CSV")],
        required=False,
        error_messages={"invalid_choice": "Reports come as a page or as csv: follow one of the links on this page."},
    )

    def __init__(self, data: Any, *, single_months: bool) -> None:
        super().__init__(data, label_suffix="")
        self.now = clock.now()
        wanted = str(data.get("mode", ""))
        self.shown_mode = wanted if wanted in Mode.values else str(Mode.LIVE)
        self.fields["gateway"] = forms.ModelChoiceField(
            gateways_of(self.shown_mode),
            required=False,
            empty_label="All gateways",
            error_messages={"invalid_choice": "This gateway is not in this report: choose one from the list."},
        )
        self.fields["period"] = forms.ChoiceField(
            choices=choices(self.now, single_months=single_months),
            required=False,
            initial=DEFAULT,
            error_messages={"invalid_choice": "This period is not offered: choose one from the list."},
        )

    def scope(self) -> Scope:
        one = self.cleaned_data["gateway"]
        gateways = [one] if one else list(gateways_of(self.shown_mode))
        return Scope(self.shown_mode, gateways, Period(self.cleaned_data["period"] or DEFAULT), self.now)
