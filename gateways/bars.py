"""Bars as numbers for an SVG: templates draw them, the style sheet colours them."""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 600, 160
GAP = 0.28  # of a bar's slot
LEAST = 2.0  # a little money still shows


@dataclass(frozen=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    slot_x: float
    slot_width: float
    label: str


def bars_of(amounts: Sequence[int], labels: Sequence[str], top: int) -> list[Bar]:
    """Side by side over the whole width; `top` is the amount that is as high as the picture."""
    slot = WIDTH / len(amounts)
    bars = []
    for position, (amount, label) in enumerate(zip(amounts, labels, strict=True)):
        height = max(LEAST, amount / top * HEIGHT) if amount else 0.0
        bars.append(
            Bar(
                x=round(position * slot + slot * GAP / 2, 2),
                y=round(HEIGHT - height, 2),
                width=round(slot * (1 - GAP), 2),
                height=round(height, 2),
                slot_x=round(position * slot, 2),
                slot_width=round(slot, 2),
                label=label,
            )
        )
    return bars


def height_of(amount: int, top: int) -> float:
    """Where a line at this amount lies, from above."""
    return round(HEIGHT - amount / top * HEIGHT, 2)
