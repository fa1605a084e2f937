"""An API key is shown once, opens one campaign, and is refused as soon as it is revoked."""

import re

import pytest
from django.test import Client

from payments.models import ApiKey
from payments.services.api.keys import find_key
from tests.factories import make_campaign, make_operator

pytestmark = pytest.mark.django_db

ADD = "/admin/payments/apikey/add/"


def made(office: Client) -> tuple[ApiKey, str]:
    page = office.post(ADD, {"campaign": make_campaign().pk, "name": "WordPress shop"})
    found = re.search(r"mk_test_[A-Za-z0-9_-]{43}", page.content.decode())
    assert found is not None
    assert "no-store" in page["Cache-Control"]
    return ApiKey.objects.get(), found[0]


def test_a_new_key_is_shown_once_and_kept_as_a_digest(office: Client) -> None:
    row, key = made(office)
    assert find_key(key) == row
    assert key not in str(ApiKey.objects.values().get())
    for address in ("/admin/payments/apikey/", f"/admin/payments/apikey/{row.pk}/change/"):
        page = office.get(address).content.decode()
        assert key not in page
        assert f"{key[:12]}…" in page


def test_a_revoked_key_opens_nothing(office: Client) -> None:
    row, key = made(office)
    revoke = f"/admin/payments/apikey/{row.pk}/revoke/"
    assert "cannot be undone" in office.get(revoke).content.decode()
    assert find_key(key) is not None
    assert "is refused from now on" in office.post(revoke, follow=True).content.decode()
    assert find_key(key) is None
    assert "was revoked before" in office.post(revoke, follow=True).content.decode()


def test_a_key_without_a_name_is_refused(office: Client) -> None:
    page = office.post(ADD, {"campaign": make_campaign().pk, "name": ""})
    assert page.status_code == 400
    assert not ApiKey.objects.exists()


def test_who_may_not_make_keys_makes_none() -> None:
    client, user = Client(), make_operator()
    user.is_superuser = False
    user.save()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(ADD).status_code == 403
    assert client.post(ADD, {"campaign": make_campaign().pk, "name": "x"}).status_code == 403
    assert not ApiKey.objects.exists()
