"""The description that is served is true: a fuzzer that knows nothing else finds no answer that it does not allow."""

from typing import Any

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given, settings, strategies
from jsonschema import Draft202012Validator
from schemathesis.specs.openapi.checks import positive_data_acceptance

from payments.api.description import description
from tests.payments.api.conftest import CARD, Checkout

EXAMPLES = 40


def test_the_description_is_served_to_everybody() -> None:
    answer = Client().get("/api/v1/openapi.json")
    assert answer.json() == description("http://testserver")
    assert answer.json()["openapi"] == "3.1.0"


def test_every_schema_of_it_is_one() -> None:
    for schema in description("http://testserver")["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)


def test_what_is_answered_has_the_shape_that_is_described(checkout: Checkout) -> None:
    spec = description("http://testserver")
    shape = {"$ref": "#/components/schemas/Order", "components": spec["components"]}
    for basket in (checkout.basket(), checkout.basket(payment=CARD)):
        Draft202012Validator(shape).validate(checkout.post("orders", basket).json())


@pytest.mark.parametrize("operation", ["createOrder", "getOrder", "payOrder"])
def test_a_fuzzer_finds_no_answer_that_the_description_does_not_allow(checkout: Checkout, operation: str) -> None:
    """Well-formed and malformed requests alike: never a 500, always a described status with a described body."""
    app: Any = get_wsgi_application()
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    every: list[Any] = [one.ok() for one in schema.get_all_operations()]  # type: ignore[union-attr]
    found = next(one for one in every if one.definition.raw["operationId"] == operation)
    number = checkout.post("orders", checkout.basket()).json()["order"]

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=found.as_strategy(), known=strategies.booleans())
    def fuzz(case: Any, *, known: bool) -> None:
        if known:
            _name_what_there_is(case, number)
        key = {"Authorization": f"Bearer {checkout.key}"}
        # What is well-formed may still be refused: no offer, no order, nothing due.
        case.call_and_validate(headers=key, excluded_checks=[positive_data_acceptance])

    fuzz()


def _name_what_there_is(case: Any, number: str) -> None:
    if "number" in case.path_parameters:
        case.path_parameters["number"] = number
    lines = case.body.get("lines") if isinstance(case.body, dict) else None
    for line in lines if isinstance(lines, list) else []:
        if isinstance(line, dict) and "offer" in line:
            line["offer"] = "SKU-1"
