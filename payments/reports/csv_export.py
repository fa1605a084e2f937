"""Tables to download. A spreadsheet takes a cell that begins like a formula for one: such a cell gets a quote."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from django.http import StreamingHttpResponse

from gateways import money

FORMULA = ("=", "+", "-", "@", "\t", "\r")  # owasp.org/www-community/attacks/CSV_Injection


@dataclass(frozen=True)
class Table:
    """`rows` may be a generator: a million of them are sent as they are read."""

    name: str
    header: Sequence[str]
    rows: Iterable[Sequence[object]]


def safe(cell: object) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(FORMULA) else text


def plain(amount: int | None, currency: str) -> str:
    """`1234.50`: the currency has a column of its own. Empty where there is no amount."""
    return "" if amount is None or not currency else money.plain(amount, currency).split()[0]


class _Line:
    """What csv.writer writes to: it hands each line on."""

    def write(self, line: str) -> str:
        return line


def lines(table: Table) -> Iterator[str]:
    writer = csv.writer(_Line())  # RFC 4180 by default
    yield writer.writerow([safe(cell) for cell in table.header])
    for row in table.rows:
        yield writer.writerow([safe(cell) for cell in row])


def csv_response(table: Table) -> StreamingHttpResponse:
    response = StreamingHttpResponse(lines(table), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.name}.csv"'
    return response
