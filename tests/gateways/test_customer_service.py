"""The lines that mails end with are made of what the merchant filled in."""

from gateways.customer_service import service_lines
from gateways.models import Gateway


def test_everything_that_is_filled_in_is_told() -> None:
    gateway = Gateway(
        service_company="Northwind",
        service_address="1 Main Street, Austin",
        service_phone="555",
        service_hours="9 to 17",
        service_email="help@shop.test",
        service_site="https://shop.test",
    )
    assert service_lines(gateway) == [
        "Northwind · 1 Main Street, Austin",
        "Questions? Call 555 (9 to 17), or write to help@shop.test, or visit https://shop.test.",
    ]


def test_what_is_empty_is_left_out() -> None:
    assert service_lines(Gateway(service_email="a@b.test")) == ["Questions? Write to a@b.test."]
    assert service_lines(Gateway()) == []
