"""What a browser sends of the forms of campaigns and offers, with a sensible value for what the test does not name."""

from typing import Any

from orders.models import Campaign, Offer

Row = dict[str, Any]


def inline(prefix: str, rows: list[Row], stored: int = 0) -> Row:
    """The rows of one inline; those that are stored already come first and name their `id`."""
    typed: Row = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": stored}
    for place, row in enumerate(rows):
        typed |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return typed


def campaign_form(
    campaign: Campaign | None = None,
    *,
    offers: list[Row] | None = None,
    gateways: list[Row] | None = None,
    coupons: list[Row] | None = None,
    **fields: Any,
) -> Row:
    """A tick box that is off is not sent: give it as None."""
    shown = campaign or Campaign(name="New", currency="USD", mode="test")
    names = ("name", "kind", "mode", "currency", "thank_you_title", "thank_you_text", "thank_you_url", "retry_days")
    typed = {name: getattr(shown, name) for name in (*names, "attempts_per_card", "after_retries")}
    typed |= {name: "on" for name in ("active", "card_payments") if getattr(shown, name)}
    typed |= inline("offers", offers or []) | inline("assignments", gateways or []) | inline("coupons", coupons or [])
    return {name: value for name, value in {**typed, **fields}.items() if value is not None}


def offer_form(
    campaign: Campaign | None = None,
    offer: Offer | None = None,
    *,
    cycles: list[Row] | None = None,
    gateways: list[Row] | None = None,
    **fields: Any,
) -> Row:
    """For a new offer of the campaign, or of one that is stored, whose campaign is no field."""
    typed: Row = {
        "name": "Box",
        "kind": "one_off",
        "price": "19.99",
        "shippable": "on",
        "active": "on",
        "repeats": "on",
    }
    typed |= {"terms": "full", "deposit_amount": "", "deposit_rate": "", "cancellation_fee": ""}
    if campaign and not offer:
        typed["campaign"] = campaign.pk
    typed |= inline("cycles", cycles or []) | inline("assignments", gateways or [])
    return {name: value for name, value in {**typed, **fields}.items() if value is not None}


def cycle(number: Any, price: str, count: Any = 1, unit: str = "month") -> Row:
    return {"number": number, "price": price, "every_count": count, "every_unit": unit}
