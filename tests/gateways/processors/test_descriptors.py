"""What may stand on a bank statement: 22 characters with the prefix, Latin, with a letter."""

import pytest

from gateways.processors.descriptors import DescriptorProblem, check_suffix, product_suffix, statement_text


@pytest.mark.parametrize("suffix", ["GLOW", "Order 12", "A" * 18, "a"])
def test_a_legal_suffix_passes(suffix: str) -> None:
    check_suffix(suffix)


@pytest.mark.parametrize(
    ("suffix", "prefix", "said"),
    [
        ("12345", "", "at least one letter"),
        ("GLOW*", "", "leave them out"),
        ('GL"OW', "", "leave them out"),
        ("GLÖW", "", "Latin letters"),
        ("A" * 19, "", "18 characters at most"),
        ("A" * 12, "NORTHWIND", "11 characters at most beside the prefix NORTHWIND"),
    ],
)
def test_an_illegal_suffix_is_told_with_the_remedy(suffix: str, prefix: str, said: str) -> None:
    with pytest.raises(DescriptorProblem, match=said):
        check_suffix(suffix, prefix)


@pytest.mark.parametrize(
    ("product", "prefix", "suffix"),
    [
        ("Crème <Brûlée>", "SHOP", "Creme Brulee"),
        ("Glow Serum 30 ml", "NORTHWIND", "Glow Serum"),
        ("12 34", "SHOP", ""),
        ("日本", "SHOP", ""),
    ],
)
def test_a_product_name_is_made_to_fit(product: str, prefix: str, suffix: str) -> None:
    assert product_suffix(product, prefix) == suffix
    assert len(statement_text(prefix, suffix)) <= 22
