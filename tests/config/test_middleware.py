import logging

import pytest
from django.test import Client


@pytest.mark.django_db
def test_each_answer_has_a_name_of_its_own(client: Client) -> None:
    first, second = (client.get("/healthz")["X-Request-Id"] for _ in range(2))
    assert len(first) == 32
    assert first != second


def test_a_failed_request_is_logged_with_its_name(office: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="config.middleware"):
        answer = office.get("/admin/no-such-page/")
    entry = next(record for record in caplog.records if record.name == "config.middleware")
    assert entry.__dict__["request_id"] == answer["X-Request-Id"]
    assert entry.__dict__["status"] == 404


def test_pages_behind_the_sign_in_are_kept_by_no_cache(office: Client, client: Client) -> None:
    assert office.get("/admin/")["Cache-Control"] == "no-store, private"
    assert "no-store, private" not in Client().get("/healthz").get("Cache-Control", "")


def test_a_form_with_a_card_number_is_refused_and_not_logged(office: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = office.post("/admin/orders/customer/add/", {"name": "Ada", "notes": "card 4242 4242 4242 4242"})
    assert answer.status_code == 400
    assert "4242" not in answer.content.decode()
    assert "4242" not in caplog.text


@pytest.mark.django_db
def test_the_pages_come_with_a_strict_policy(client: Client) -> None:
    policy = client.get("/admin/login/", follow=True)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
