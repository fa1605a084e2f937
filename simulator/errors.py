"""Stripe's errors, in Stripe's shape and, where known, in its words (docs.stripe.com/api/errors)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class StripeError(Exception):
    """An answer that is not 2xx.

    `executed` says that work began: what was written stays, and the answer is kept for the idempotency key
    (docs.stripe.com/api/idempotent_requests); otherwise all is rolled back and nothing is kept.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        *,
        executed: bool = False,
        headers: Mapping[str, str] | None = None,
        **fields: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.executed = executed
        self.headers = dict(headers or {})
        self.fields: dict[str, Any] = {"type": kind, "message": message}
        self.fields.update({name: value for name, value in fields.items() if value is not None})
        if code := fields.get("code"):
            self.fields["doc_url"] = f"https://stripe.com/docs/error-codes/{str(code).replace('_', '-')}"

    def body(self) -> dict[str, Any]:
        return {"error": self.fields}


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeError:
    """A request that was never carried out."""
    return StripeError(400, "invalid_request_error", message, param=param, code=code)


def refused(message: str, code: str | None = None, param: str | None = None, **fields: Any) -> StripeError:
    """A request that made sense but that the object's state forbids: the answer is kept for its key."""
    return StripeError(400, "invalid_request_error", message, code=code, param=param, executed=True, **fields)


def missing(kind: str, ident: str, param: str = "id") -> StripeError:
    words = f"No such {kind}: '{ident}'"
    return StripeError(404, "invalid_request_error", words, code="resource_missing", param=param)


def missing_param(name: str) -> StripeError:
    return invalid(f"Missing required param: {name}.", name, "parameter_missing")


def unknown_params(names: list[str]) -> StripeError:
    plural = "s" if len(names) > 1 else ""
    return invalid(f"Received unknown parameter{plural}: {', '.join(names)}", names[0], "parameter_unknown")


def unrecognised(method: str, path: str) -> StripeError:
    words = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs "
        "or we can help at https://support.stripe.com/."
    )
    return StripeError(404, "invalid_request_error", words)


def unauthorized(message: str, code: str | None = None) -> StripeError:
    headers = {"WWW-Authenticate": 'Bearer realm="Stripe"'}
    return StripeError(401, "invalid_request_error", message, code=code, headers=headers)


def rate_limited(code: str, should_retry: bool | None = None) -> StripeError:
    words = {
        "lock_timeout": (
            "This object cannot be accessed right now because another API request or Stripe process is currently "
            "accessing it. If you see this error intermittently, retry the request. If you see this error frequently "
            "and are making multiple concurrent requests to a single object, make your requests serially or at a "
            "lower rate. For more details, see https://stripe.com/docs/rate-limits#object-lock-timeouts."
        ),
        "rate_limit": (
            "Request rate limit exceeded. Learn more about rate limits here https://stripe.com/docs/rate-limits."
        ),
    }
    headers = {} if should_retry is None else {"Stripe-Should-Retry": str(should_retry).lower()}
    return StripeError(429, "invalid_request_error", words.get(code, words["rate_limit"]), code=code, headers=headers)


def broken() -> StripeError:
    words = "An unknown error occurred. Stripe has been notified and will investigate."
    return StripeError(500, "api_error", words)
