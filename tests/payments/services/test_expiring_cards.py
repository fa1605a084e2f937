"""Who pays by a card that ends soon is told thirty days before, once."""

from datetime import UTC, datetime

import pytest
import time_machine

from orders.models import Card, Mail, Subscription
from payments.services.expiring_cards import tell_of_expiring_cards
from tests.factories import make_card, make_subscription

pytestmark = pytest.mark.django_db


def paying_until(year: int, month: int, **fields: object) -> Subscription:
    subscription = make_subscription()
    card = make_card(subscription.customer, subscription.gateway)
    Card.objects.filter(pk=card.pk).update(exp_year=year, exp_month=month)
    Subscription.objects.filter(pk=subscription.pk).update(card=card, **fields)
    return subscription


@pytest.mark.parametrize(
    ("day", "told"),
    [((2027, 3, 1), 0), ((2027, 3, 31), 1), ((2027, 4, 1), 1), ((2027, 4, 30), 1), ((2027, 5, 1), 0)],
)
def test_a_card_is_good_to_the_end_of_its_month(day: tuple[int, int, int], told: int) -> None:
    paying_until(2027, 4)
    with time_machine.travel(datetime(*day, 8, tzinfo=UTC), tick=False):
        assert tell_of_expiring_cards() == told


def test_it_is_told_once_with_a_link_to_enter_another() -> None:
    subscription = paying_until(2027, 4)
    with time_machine.travel(datetime(2027, 4, 5, tzinfo=UTC), tick=False):
        assert [tell_of_expiring_cards() for _ in range(2)] == [1, 0]
    mail = Mail.objects.get()
    assert mail.to == subscription.customer.email
    assert "/pay/card/" in mail.body
    assert "expires 04/27" in mail.body


@pytest.mark.parametrize("fields", [{"status": "paused", "try_at": None}, {"ends_after_cycle": True}], ids=str)
def test_where_nothing_more_is_billed_nobody_is_told(fields: dict[str, object]) -> None:
    paying_until(2027, 4, **fields)
    with time_machine.travel(datetime(2027, 4, 5, tzinfo=UTC), tick=False):
        assert tell_of_expiring_cards() == 0
