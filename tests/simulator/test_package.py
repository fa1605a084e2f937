"""The local Stripe stands alone: the standard library, and `requests` in the adapter."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

import simulator
from simulator.endpoints import ENDPOINTS, route

FILES = sorted(Path(next(iter(simulator.__path__))).rglob("*.py"))


def imported(file: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    return names


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_module_imports_nothing_but_the_standard_library(file: Path) -> None:
    allowed = {"simulator", *sys.stdlib_module_names}
    if file.name == "adapter.py":
        allowed.add("requests")
    assert imported(file) <= allowed


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_money_is_never_a_float(file: Path) -> None:
    floats = [
        node.value
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    ]
    assert not floats or file.name in {"faults.py", "server.py"}  # seconds


def test_every_endpoint_is_reached_by_its_own_path() -> None:
    for row in ENDPOINTS:
        path = row.path.replace("{", "x_").replace("}", "")
        assert route(row.method, path)[0] is row
