"""A real browser against a live server, with a real Celery worker beside it."""

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from celery.contrib.testing.worker import start_worker
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Page

from config.celery import app
from tests.e2e.stripe_js import StripeJs
from tests.factories import make_operator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "/e2e/" in str(item.path):
            item.add_marker(pytest.mark.browser)
            if CHROMIUM is None and os.environ.get("REQUIRE_BROWSER") != "1":
                item.add_marker(
                    pytest.mark.skip(reason="no Chromium here: install it (Debian: apt-get install chromium)")
                )


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    assert CHROMIUM, "REQUIRE_BROWSER=1, but there is no Chromium: apt-get install chromium"
    return {**browser_type_launch_args, "executable_path": CHROMIUM, "args": QUIET}


@pytest.fixture
def worker(transactional_db: None) -> Iterator[None]:
    with start_worker(app, perform_ping_check=False, shutdown_timeout=20):
        yield


@pytest.fixture
def user(transactional_db: None) -> User:
    return make_operator()


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """Console errors, exceptions and violations of the content policy; a test that means to have some clears them."""
    found: list[str] = []
    page.on("console", lambda message: found.append(message.text) if message.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def operator(page: Page, live_server: Any, user: User, complaints: list[str]) -> Iterator[Page]:
    """A signed-in page. The test fails on any complaint of the browser."""
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    yield page
    assert complaints == []


@pytest.fixture
def stripe_js(page: Page, monkeypatch: pytest.MonkeyPatch) -> StripeJs:
    """Pages show Stripe's own card form, which a stand-in plays; gateways need a `public_key` of their account."""
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: False)
    stand_in = StripeJs()
    stand_in.stand_in(page)
    return stand_in
