import pytest


@pytest.fixture
def stripes_own_form(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages offer Stripe's own card form, as they do where Stripe is not local."""
    monkeypatch.setattr("gateways.stripe_js.uses_local_stripe", lambda: False)
