"""What is downloaded: quoted as RFC 4180 says, and no cell is a formula to a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.reports.csv_export import Table, csv_response, lines, plain, safe


@pytest.mark.parametrize("begins", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_would_be_a_formula_gets_a_quote(begins: str) -> None:
    assert safe(f"{begins}cmd|' /C calc'!A0") == f"'{begins}cmd|' /C calc'!A0"


@pytest.mark.parametrize(
    ("cell", "text"), [("a=b", "a=b"), (12, "12"), (-12, "'-12"), ("", ""), (None, ""), ("Café", "Café")]
)
def test_other_cells_stay_as_they_are(cell: object, text: str) -> None:
    assert safe(cell) == text


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2), max_size=5))
def test_whatever_is_written_is_read_back_and_begins_no_formula(rows: list[list[str]]) -> None:
    text = "".join(lines(Table("any", ("one", "two"), rows)))
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["one", "two"], *[[safe(cell) for cell in row] for row in rows]]
    assert not [cell for row in read for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_lines_end_as_the_standard_says() -> None:
    assert list(lines(Table("any", ("a",), [["x"]]))) == ["a\r\n", "x\r\n"]


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [(123_450, "USD", "1234.50"), (500, "JPY", "500"), (1230, "KWD", "1.230"), (None, "USD", ""), (5, "", "")],
)
def test_an_amount_is_a_plain_number_in_the_decimals_of_its_currency(
    amount: int | None, currency: str, text: str
) -> None:
    assert plain(amount, currency) == text


def test_it_comes_as_a_file() -> None:
    response = csv_response(Table("reserve-live-this", ("a",), []))
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="reserve-live-this.csv"'
