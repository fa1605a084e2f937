"""The choice of a gateway on payment entry, with what the page's script must know of each."""

from typing import Any

from django import forms

from gateways import clock, money, volume
from gateways.caps import mark_in_choice
from gateways.models import Gateway
from orders.models import Order
from payments.new_card import gateway_attributes
from payments.services.reserve import misfit


class GatewaySelect(forms.Select):
    """Greys out what cannot take this order's money, and tells the page's script what each gateway can do."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self.order = order

    def create_option(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(*args, **kwargs)
        gateway = getattr(option["value"], "instance", None)
        if isinstance(gateway, Gateway):
            known = {"holds": "yes" if gateway.kind.can_hold else "no", "moto": "yes" if gateway.moto else ""}
            known |= gateway_attributes(gateway)
            option["attrs"] |= {f"data-{name}": value for name, value in known.items() if value}
            option["attrs"]["disabled"] = bool(misfit(gateway, self.order))
        return dict(option)


class GatewayChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        left = volume.room_left(obj, volume.month_of(obj, clock.now()))
        room = f" · {money.plain(left, obj.currency)} left this month" if left is not None else ""
        room += mark_in_choice(obj, left)
        return f"{obj.name} · {obj.currency} · {obj.get_mode_display().lower()}{room}"
