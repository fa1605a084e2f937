"""What is typed on a ship doc: how many of each line, where to, by whom."""

from typing import Any

from django import forms

from orders.models import Address, Order, OrderLine, ShipDoc
from orders.services.problems import OrderProblem
from orders.services.shipping import Parcel, lines_to_ship

CARRIERS = ["DHL", "DPD", "FedEx", "GLS", "Royal Mail", "UPS", "USPS"]


class ParcelForm(forms.Form):
    """Of a new ship doc, or of one that is there: `doc`. Once it has left, what is in it stays."""

    carrier = forms.CharField(required=False, max_length=60, widget=forms.TextInput(attrs={"list": "carriers"}))
    tracking = forms.CharField(label="Tracking number", required=False, max_length=80)
    notes = forms.CharField(
        required=False, widget=forms.Textarea(attrs={"rows": 2}), help_text="For the house: not on the packing slip."
    )

    def __init__(self, order: Order, doc: ShipDoc | None = None, data: Any = None) -> None:
        super().__init__(data, initial=_initial(order, doc))
        self.order = order
        self.doc = doc
        self.lines: list[OrderLine] = []
        if doc is None or doc.status == ShipDoc.Status.DRAFT:
            self._add_contents()

    def _add_contents(self) -> None:
        self.fields["address"] = forms.ModelChoiceField(
            Address.objects.filter(customer=self.order.customer_id),
            label="Ship to",
            required=False,
            empty_label="No address: it is collected",
        )
        packed = {line.order_line_id: line for line in self.doc.lines.select_related("order_line")} if self.doc else {}
        left = {line.pk: line.quantity_left for line in lines_to_ship(self.order)}
        for line in self.order.lines.select_related("offer").filter(pk__in={*packed, *left}):
            here = packed[line.pk].quantity if line.pk in packed else 0
            most = here + left.get(line.pk, 0)
            self.lines.append(line)
            self.fields[f"quantity_{line.pk}"] = forms.IntegerField(
                label=f"How many of {line.description}",
                required=False,
                min_value=0,
                max_value=most,
                initial=here if self.doc else most,
                error_messages={"max_value": f"{most} are left to ship: enter that or less."},
            )

    @property
    def rows(self) -> list[tuple[OrderLine, forms.BoundField]]:
        """Each line that can be on it, with its field."""
        return [(line, self[f"quantity_{line.pk}"]) for line in self.lines]

    @property
    def carriers(self) -> list[str]:
        return CARRIERS

    def parcel(self) -> Parcel:
        typed = self.cleaned_data
        quantities = {line.pk: typed.get(f"quantity_{line.pk}") or 0 for line in self.lines}
        return Parcel(quantities, typed.get("address"), typed["carrier"], typed["tracking"], typed["notes"])

    def refuse(self, problem: OrderProblem) -> None:
        self.add_error(problem.field if problem.field in self.fields else None, problem.message)


def _initial(order: Order, doc: ShipDoc | None) -> dict[str, Any]:
    if doc is None:
        return {"address": order.address_id}
    return {"address": doc.address_id, "carrier": doc.carrier, "tracking": doc.tracking, "notes": doc.notes}
