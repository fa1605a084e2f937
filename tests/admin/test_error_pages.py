"""Pages for when something is wrong: they say what happened, what was not done, and what to do."""

import pytest
from django.conf import LazySettings
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import server_error

from tests.factories import make_operator

CARD = "4242 4242 4242 4242"


@pytest.mark.django_db
def test_a_card_number_in_a_form_is_refused_by_name_of_the_field(office: Client) -> None:
    response = office.post("/admin/orders/customer/add/", {"name": "Ada", "notes": f"card {CARD}"})
    body = response.content.decode()
    assert response.status_code == 400
    assert "notes" in body
    assert "Nothing was saved" in body
    assert CARD not in body


@pytest.mark.django_db
def test_a_wrong_password_is_told_in_words(client: Client) -> None:
    body = client.post("/admin/login/", {"username": "nobody", "password": "wrong"}).content.decode()
    assert 'role="alert"' in body
    assert "The way between your sales and your MIDs." in body


@pytest.mark.django_db
def test_after_too_many_wrong_passwords_the_page_says_how_long(client: Client, settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    for _ in range(2):
        response = client.post("/admin/login/", {"username": "clara", "password": "wrong"})
    assert response.status_code == 429
    assert "Try again in 30 minutes." in response.content.decode()


@pytest.mark.django_db
def test_a_stranger_elsewhere_locks_no_known_user_out(client: Client, settings: LazySettings) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    user = make_operator()
    user.set_password("correct horse battery staple")
    user.save()
    for _ in range(3):
        client.post("/admin/login/", {"username": user.username, "password": "wrong"}, REMOTE_ADDR="192.0.2.7")
    typed = {"username": user.username, "password": "correct horse battery staple"}
    assert client.post("/admin/login/", typed, REMOTE_ADDR="192.0.2.7").status_code == 429
    assert client.post("/admin/login/", typed, REMOTE_ADDR="198.51.100.9").status_code == 302


def test_the_page_for_our_own_errors_needs_no_database() -> None:
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert "do not send it again yet" in response.content.decode()


def test_an_error_page_says_what_happened_and_what_to_do() -> None:
    body = render_to_string("error.html", {"title": "No", "detail": "Nothing was charged.", "remedy": "Try again."})
    assert "Nothing was charged." in body
    assert "Try again." in body
