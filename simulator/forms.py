"""Stripe's bracket encoding of nested parameters (docs.stripe.com/api)."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl

Form = dict[str, Any]

_KEY = re.compile(r"[^\[\]]+|(?<=\[)(?=\])")


def parse_form(text: str) -> Form:
    """`a[b][0]=x` as {"a": {"b": {"0": "x"}}}; lists stay keyed by position until their kind is known."""
    root: Form = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        _put(root, _KEY.findall(name) or [name], value)
    return root


def _put(root: Form, keys: list[str], value: str) -> None:
    here = root
    for key in keys[:-1]:
        below = here.setdefault(key or str(len(here)), {})
        if not isinstance(below, dict):  # `a=1&a[b]=2`: the later, richer form wins
            below = here[key] = {}
        here = below
    here[keys[-1] or str(len(here))] = value
