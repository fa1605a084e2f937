"""Checks what passes through the local Stripe against Stripe's own API description, where a copy is at hand.

Set STRIPE_CONTRACT to a directory with `contract.py` and `stripe-api.json.gz`. Without it nothing is checked.
"""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

Observer = Callable[[str, str, str, int, Any], None]

# What the description at hand leaves out, though Stripe answers it.
NOT_DESCRIBED = re.compile(
    r"DELETE /v1/customers/[^/]+"
    r"|GET /v1/customers/[^/]+/payment_methods/[^/]+"
    r"|GET /v1/webhook_endpoints/[^/]+"
    r"|GET /v1/setup_intents"
    r"|POST /v1/refunds/[^/]+"
    r"|POST /v1/payouts"
    r"|POST /v1/test_helpers/.+"
    r"|GET /v1/confirmation_tokens/[^/]+"
)
# The SDK's version of the API may be newer than the list of versions in the description.
NEWER_VERSION = re.compile(r"(?:^|&)api_version=[\w.-]+")


class ContractObserver:
    """Raises where a fault happens, and keeps it for `check()`: the SDK may swallow what a transport raises."""

    def __init__(self, module: ModuleType, *, strict: bool = False) -> None:
        self._contract = module.Contract.load()
        self._error: type[Exception] = module.ContractError
        self._strict = strict
        self.faults: list[str] = []

    def __call__(self, method: str, url: str, body: str, status: int, answer: Any) -> None:
        path = urlsplit(url).path
        if NOT_DESCRIBED.fullmatch(f"{method} {path}"):
            return
        try:
            if self._strict or status in {200, 402}:  # what the local Stripe refuses, a test may have meant to be wrong
                self._contract.check_request(method, url, NEWER_VERSION.sub("", body))
            if status == 200:
                self._contract.check_response(method, path, answer)
        except self._error as error:
            self.faults.append(str(error))
            raise

    def check(self) -> None:
        found, self.faults = self.faults, []
        assert not found, "\n".join(found)


def observer(*, strict: bool = False) -> ContractObserver | None:
    """To hand to `LocalStripe(observers=…)`; `strict` also checks requests that were refused."""
    module = _module()
    return ContractObserver(module, strict=strict) if module else None


@cache
def _module() -> ModuleType | None:
    folder = os.environ.get("STRIPE_CONTRACT")
    if not folder:
        return None
    spec = importlib.util.spec_from_file_location("stripe_contract", Path(folder) / "contract.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["stripe_contract"] = module
    spec.loader.exec_module(module)
    return module
