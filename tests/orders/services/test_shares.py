"""Parts of an amount come to it, to the unit, in steps that the currency has."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as some

from gateways import money
from orders.services.shares import portion, split


@pytest.mark.parametrize(
    ("amount", "part", "whole", "step", "wanted"),
    [
        (1000, 1, 3, 1, 333),
        (1000, 2, 3, 1, 667),
        (5, 1, 2, 1, 3),
        (25, 1, 2, 10, 10),
        (30, 1, 2, 10, 20),
        (100, 0, 3, 1, 0),
        (100, 3, 3, 1, 100),
        (1999, 1500, 10_000, 1, 300),
        (1250, 1000, 10_000, 10, 130),
    ],
)
def test_a_portion_is_rounded_half_up_to_a_step(amount: int, part: int, whole: int, step: int, wanted: int) -> None:
    assert portion(amount, part, whole, step) == wanted


@given(
    currency=some.sampled_from(["USD", "JPY", "KWD", "ISK", "UGX", "BHD"]),
    steps=some.integers(0, 10**7),
    weights=some.lists(some.integers(0, 10**6), min_size=1, max_size=8),
)
def test_parts_come_to_the_whole_in_the_currencys_steps(currency: str, steps: int, weights: list[int]) -> None:
    step = money.step(currency)
    amount = steps * step
    parts = split(amount, weights, step)
    assert (sum(parts), len(parts)) == (amount, len(weights))
    assert all(part >= 0 and part % step == 0 for part in parts)
    if whole := sum(weights):
        assert all(
            abs(part - Fraction(amount * weight, whole)) <= step for part, weight in zip(parts, weights, strict=True)
        )


def test_nothing_is_split_into_nothing() -> None:
    assert split(100, []) == []
    assert split(100, [0, 0]) == [0, 100]
