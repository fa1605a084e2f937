"""No float in any money path: 573 of the 10,000 prices up to 100.00 are a cent short when a float carries them."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MONEY_PATHS = """
    gateways/money.py gateways/fields.py gateways/volume.py gateways/usage.py gateways/models gateways/processors
    orders/models orders/services payments/models payments/services
""".split()
FILES = [
    file for name in MONEY_PATHS for file in ([ROOT / name] if name.endswith(".py") else (ROOT / name).rglob("*.py"))
]
SPOILED = ["x = 19.99", "x = float('19.99')", "x = FloatField()", "x = models.FloatField()", "x = total / 2", "x /= 2"]


def floats_in(source: str) -> list[str]:
    """Float literals, the type `float`, FloatField and true division, which makes a float of two integers."""
    return [ast.unparse(node) for node in ast.walk(ast.parse(source)) if _is_float(node)]


def _is_float(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=float()) | ast.Name(id="float" | "FloatField") | ast.Attribute(attr="FloatField"):
            return True
        case ast.BinOp(op=ast.Div()) | ast.AugAssign(op=ast.Div()):
            return True
    return False


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_no_money_path_knows_a_float(file: Path) -> None:
    assert floats_in(file.read_text()) == []


@pytest.mark.parametrize("name", MONEY_PATHS)
def test_every_money_path_is_found(name: str) -> None:
    assert any(file.is_relative_to(ROOT / name) for file in FILES)


@pytest.mark.parametrize("source", SPOILED)
def test_the_scan_sees_a_float(source: str) -> None:
    assert len(floats_in(source)) == 1
