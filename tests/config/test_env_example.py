"""`.env.example` and the code name the same variables."""

import ast
import re
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
READERS = {"text", "flag", "number", "names", "url", "database", "fernet_keys", "mail"}


def variables_of_the_code() -> set[str]:
    calls = (
        node
        for file in (ROOT / "config").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS
    )
    arguments = (call.args[0] for call in calls if call.args and _is_reader(call))
    return {argument.value for argument in arguments if isinstance(argument, ast.Constant)}  # type: ignore[misc]


def _is_reader(call: ast.Call) -> bool:
    return (
        isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name) and call.func.value.id == "env"
    )


def lines_of_the_example() -> list[str]:
    return (ROOT / ".env.example").read_text().splitlines()


def test_each_variable_is_in_the_example_once() -> None:
    found = [match[1] for line in lines_of_the_example() if (match := re.match(r"(?:# )?([A-Z_]+)=", line))]
    assert sorted(found) == sorted(variables_of_the_code())


def test_each_variable_has_a_reason_above_it() -> None:
    lines = lines_of_the_example()
    for before, line in pairwise(lines):
        if re.match(r"(?:# )?[A-Z_]+=", line):
            assert re.match(r"# [A-Za-z]", before), f"no reason above {line}"
            assert not re.match(r"# [A-Z_]+=", before), f"no reason above {line}"
