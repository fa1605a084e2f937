"""Accounts, with the switches that the control API may set (docs.stripe.com/api/accounts)."""

from __future__ import annotations

import re
from typing import Any

from simulator import ids
from simulator.errors import invalid, missing
from simulator.events import emit
from simulator.listing import wrap
from simulator.params import EXPAND
from simulator.store import Json
from simulator.world import LOCAL, World

RETRIEVE = EXPAND
SWITCHES = {"raw_cards": False, "moto": False, "accessible": True, "late_balance": False}


def retrieve_own(world: World, params: Json) -> Json:
    return of(world)


def retrieve(world: World, params: Json, ident: str) -> Json:
    if ident != world.account:
        raise missing("account", ident, "account")
    return of(world)


def of(world: World) -> Json:
    """The account of this world, made on first sight."""
    return world.get(world.account) or world.save(_new(world))


def switch(world: World, name: str) -> bool:
    known = world.get(world.account)
    return bool((known[LOCAL] if known else SWITCHES)[name])


def check_charges_enabled(world: World) -> None:
    """An account that is not activated, or was closed, takes no money."""
    if not of(world)["charges_enabled"]:
        words = "Your account cannot currently make charges. Activate it, or look at its open requirements."
        raise invalid(words, code="testmode_charges_only")


def prefix(world: World) -> str:
    """The statement descriptor prefix ("shortened descriptor")."""
    return str(of(world)["settings"]["card_payments"]["statement_descriptor_prefix"])


def change(world: World, changes: Json) -> Json:
    """Apply switches and fields of the account; nested fields are merged, the rest replaced."""
    body = of(world)
    for name, value in changes.items():
        if name in SWITCHES:
            body[LOCAL][name] = bool(value)
        else:
            body[name] = _merged(body.get(name), value)
    if not body["charges_enabled"] or not body["payouts_enabled"]:
        body["requirements"]["disabled_reason"] = body["requirements"]["disabled_reason"] or "requirements.past_due"
    else:
        body["requirements"]["disabled_reason"] = None
    emit(world, "account.updated", world.save(body))
    return body


def _merged(old: Any, new: Any) -> Any:
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _merged(old.get(name), value) for name, value in new.items()}}
    return new


def _new(world: World) -> Json:
    title = (world.name or "Connected account").replace("_", " ").title()
    letters = re.sub(r"[^A-Z0-9 ]", "", title.upper()).strip()
    short = letters[:10].strip() if re.search("[A-Z]", letters[:10]) and len(letters) > 1 else "LOCAL"
    return {
        "id": world.account,
        "object": "account",
        "business_profile": _profile(title),
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "US",
        "created": world.now,
        "default_currency": "usd",
        "details_submitted": True,
        "email": f"{re.sub('[^a-z0-9]', '', title.lower())}@example.com",
        "external_accounts": wrap(f"/v1/accounts/{world.account}/external_accounts", [_bank(world)]),
        "future_requirements": _requirements(),
        "metadata": {},
        "payouts_enabled": True,
        "requirements": _requirements(),
        "settings": _settings(title, short),
        "tos_acceptance": {"date": world.now, "ip": None, "user_agent": None},
        "type": "standard",
        LOCAL: dict(SWITCHES),
    }


def _profile(title: str) -> Json:
    names = ("mcc", "product_description", "support_address", "support_email", "support_phone", "support_url", "url")
    return {**dict.fromkeys(names), "name": title}


def _requirements() -> Json:
    lists = ("alternatives", "currently_due", "errors", "eventually_due", "past_due", "pending_verification")
    return {"current_deadline": None, "disabled_reason": None, **{name: [] for name in lists}}


def _settings(title: str, short: str) -> Json:
    branding = dict.fromkeys(("icon", "logo", "primary_color", "secondary_color"))
    return {
        "branding": branding,
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": short,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": title, "timezone": "Etc/UTC"},
        "payments": {
            "statement_descriptor": title.upper()[:22],
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": {"delay_days": 2, "interval": "daily"},
            "statement_descriptor": None,
        },
    }


def _bank(world: World) -> Json:
    return {
        "id": ids.stable_id("ba_", f"bank of {world.account}", 24),
        "object": "bank_account",
        "account": world.account,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": "US",
        "currency": "usd",
        "default_for_currency": True,
        "fingerprint": ids.stable_id("", "bank", 16),
        "last4": "6789",
        "metadata": {},
        "routing_number": "110000000",
        "status": "new",
    }
