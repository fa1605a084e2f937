"""Parts of an amount, in whole steps of its currency. Parts of one amount always come to it, to the unit."""

from collections.abc import Sequence


def portion(amount: int, part: int, whole: int, step: int = 1) -> int:
    """`amount` × `part` / `whole`, rounded half up to a multiple of `step`. None of them is negative."""
    return (2 * amount * part + whole * step) // (2 * whole * step) * step


def split(amount: int, weights: Sequence[int], step: int = 1) -> list[int]:
    """`amount` by weight. Each part ends where the rounded sum so far ends; the last one gets the rest."""
    whole, so_far, parts = sum(weights), 0, []
    if not whole:
        return [*[0] * (len(weights) - 1), amount] if weights else []
    for weight in weights[:-1]:
        before, so_far = so_far, so_far + weight
        parts.append(portion(amount, so_far, whole, step) - portion(amount, before, whole, step))
    return [*parts, amount - sum(parts)]
