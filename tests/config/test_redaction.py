import pytest

from gateways.redaction import holds_card_number, is_card_number, redact, without_client_secrets


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("sk_test_51Habc", "sk_test_[redacted]"),
        ("rk_live_51Habc", "rk_live_[redacted]"),
        ("pk_test_51Habc", "pk_test_[redacted]"),
        ("whsec_abc", "whsec_[redacted]"),
        ("pi_3Abc_secret_xyz", "pi_3Abc_[redacted]"),
        ("seti_1Abc_secret_xyz", "seti_1Abc_[redacted]"),
        (
            "see https://hooks.stripe.com/?client_secret=src_client_secret_abc",
            "see https://hooks.stripe.com/?client_secret=src_client_secret_[redacted]",
        ),
        ("paid with 4242424242424242.", "paid with [card number]."),
        ("paid with 4242-4242-4242-4242", "paid with [card number]"),
        ("write to ada.lovelace+shop@mail.example.com", "write to [e-mail]"),
    ],
)
def test_what_nobody_may_read_is_masked(text: str, kept: str) -> None:
    assert redact(text) == kept


def test_news_is_kept_without_its_client_secrets_and_otherwise_as_it_came() -> None:
    news = '{"id": "pi_3Abc", "client_secret": "pi_3Abc_secret_xyz", "receipt_email": "ada@mail.test"}'
    kept = '{"id": "pi_3Abc", "client_secret": "pi_3Abc_[redacted]", "receipt_email": "ada@mail.test"}'
    assert without_client_secrets(news) == kept


@pytest.mark.parametrize(
    "text", ["SO-1001-P1", "pi_3Abc", "acct_1Abc", "4242424242424241", "19.99 USD", "20261122093001"]
)
def test_what_an_operator_needs_stays(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize("number", ["4242424242424242", "5555 5555 5555 4444", "378282246310005", "6011111111111117"])
def test_card_numbers_are_known_by_their_check_digit(number: str) -> None:
    assert is_card_number(number)
    assert holds_card_number(f"call back, {number}, thanks")
    assert not is_card_number(number[:-1] + str((int(number[-1]) + 1) % 10))
