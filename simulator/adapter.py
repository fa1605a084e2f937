"""Door 1: the core mounted in this process, so that the real SDK talks to it without a socket."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter

from simulator.core import LocalStripe
from simulator.faults import ConnectionReset, TimedOut

MOUNTS = ("https://api.stripe.com", "http://local-stripe")


class LocalStripeAdapter(BaseAdapter):
    """A transport of `requests` that ends in the core. Keeps no state, so threads may share it."""

    def __init__(self, core: LocalStripe) -> None:
        super().__init__()
        self.core = core

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,  # the signature is that of requests
        timeout: float | tuple[float, float] | tuple[float, None] | None = None,
        verify: bool | str = True,
        cert: bytes | str | tuple[bytes | str, bytes | str] | None = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        parts = urlsplit(request.url or "")
        target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
        body = request.body or b""
        headers = {str(name): _text(value) for name, value in request.headers.items()}
        try:
            answer = self.core.handle(
                request.method or "GET", target, headers, body.encode() if isinstance(body, str) else bytes(body)
            )
        except ConnectionReset as error:
            raise requests.exceptions.ConnectionError("Connection reset by peer", request=request) from error
        except TimedOut as error:
            raise requests.exceptions.ReadTimeout("Read timed out", request=request) from error
        return _response(request, answer.status, answer.headers, answer.body)

    def close(self) -> None:
        """Nothing to give back: the core outlives its doors."""


def local_session(core: LocalStripe) -> requests.Session:
    """For `stripe.RequestsClient(session=local_session(core))`."""
    session = requests.Session()
    session.trust_env = False  # no proxy stands between us and ourselves
    adapter = LocalStripeAdapter(core)
    for mount in MOUNTS:
        session.mount(mount, adapter)
    return session


def _response(
    request: requests.PreparedRequest, status: int, headers: Mapping[str, str], body: bytes
) -> requests.Response:
    response = requests.Response()
    response.status_code = status
    response.headers.update(headers)
    response._content = body  # noqa: SLF001 # requests offers no other way to a body that is at hand
    response.url = request.url or ""
    response.request = request
    response.encoding = "utf-8"
    return response


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
