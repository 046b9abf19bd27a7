"""`/openapi.json`: a clinic's developer reads there all that may be asked and answered, and nothing else."""

import json
from typing import Any, Final

import jsonschema
import pytest
from schemathesis.specs.openapi.definitions import OPENAPI_31

from console.errors.problems import ProblemCode
from console.openapi import examples
from domain.access import TokenRole
from domain.events.clinic_events import MODELS
from domain.events.parsing import parse_event
from tests.console.security.test_who_may_what import OPEN, ROUTES, STREAM
from tests.support.http_stack import House
from tests.support.openapi_document import Document
from tests.support.openapi_examples import remade

pytestmark = pytest.mark.xdist_group("openapi")

ELSEWHERE: Final = {
    ProblemCode.NOT_FOUND,
    ProblemCode.METHOD_NOT_ALLOWED,
    ProblemCode.LINK_USED,
    ProblemCode.INTERNAL,
}
"""What belongs to no route of the document: no such path or method, a page's link, a fault of our own."""


@pytest.fixture(scope="module")
async def document(house: House) -> Document:
    return await house.document()


def test_the_document_is_one_of_openapi_3_1(document: Document) -> None:
    """By the standard's own schema; and whatever it refers to is there."""
    validator = jsonschema.validators.validator_for(OPENAPI_31)

    assert list(validator(OPENAPI_31).iter_errors(document.whole)) == []
    for place in references(document.whole):
        document.resolved({"$ref": place})


def references(part: Any) -> list[str]:
    match part:
        case {"$ref": str() as place}:
            return [place]
        case dict():
            return [place for one in part.values() for place in references(one)]
        case list():
            return [place for one in part for place in references(one)]
        case _:
            return []


def test_every_schema_has_a_name_that_a_reader_knows(document: Document) -> None:
    """An event's data is named after its event; no name says how it came about."""
    names = document.whole["components"]["schemas"].keys()

    assert {f"{model.__name__}Data" for model in MODELS.values()} <= names
    assert [name for name in names if not name.isalnum()] == []


def test_the_type_says_which_event_it_is(document: Document) -> None:
    """One event of each type, told apart by `type`, which none may lack."""
    schemas = document.whole["components"]["schemas"]
    mapping = schemas["ClinicEvent"]["discriminator"]["mapping"]

    assert schemas["ClinicEvent"]["discriminator"]["propertyName"] == "type"
    assert set(mapping) == set(MODELS)
    for kind, place in mapping.items():
        event = document.resolved({"$ref": place})
        assert event["properties"]["type"]["const"] == kind
        assert {"specversion", "id", "source", "type", "subject", "time", "data"} == set(event["required"])


def test_every_example_is_what_it_is_an_example_of(document: Document) -> None:
    """By its schema; and each route has one for all that it takes and answers."""
    found = list(document.examples())

    assert {place: faults for place, schema, value in found if (faults := document.faults(schema, value))} == {}
    for operation in document.operations:
        parts = [operation.said.get("requestBody", {}), *operation.said["responses"].values()]
        assert all(content["examples"] for part in parts for content in part.get("content", {}).values()), operation


def test_there_is_an_event_of_each_type_and_it_is_taken(document: Document) -> None:
    """By the same words that `POST /v1/events` reads an event with."""
    assert list(examples.events()) == list(MODELS)
    for kind, event in examples.events().items():
        assert parse_event(json.dumps(event)).type == kind
        assert document.whole["components"]["schemas"][MODELS[kind].__name__]["examples"] == [event]


def test_the_answers_are_those_that_the_example_course_gets() -> None:
    """And the protocol is the one that is shipped; `make examples` writes them anew."""
    for name, example in remade().items():
        assert examples.models()[name] == example, name


def test_every_code_of_a_problem_is_described(document: Document) -> None:
    """What it means and at which status, and where it may be told: at some route, or at no route of the document."""
    words = document.whole["components"]["schemas"]["ProblemCode"]
    told = {code for operation in document.operations for _, code in operation.codes}

    assert words["enum"] == list(ProblemCode)
    for code in ProblemCode:
        assert f"`{code}` ({code.status.value}): {code.meaning}" in words["description"]
        assert document.faults({"$ref": "#/components/schemas/Problem"}, examples.problem(code)) == []
    assert told == set(ProblemCode) - ELSEWHERE


def test_each_route_says_who_may_call_it(document: Document) -> None:
    """The roles that are admitted, and that a token is asked for; nothing of either where everybody is."""
    for operation in document.operations:
        route = operation.method, operation.path
        if route in OPEN:
            assert not {"x-roles", "security"} & operation.said.keys()
        else:
            theirs = ROUTES[route] if route != STREAM else set(TokenRole) - {TokenRole.WALL}
            assert set(operation.said["x-roles"]) == theirs
            assert operation.said["security"] == [{"token": []}]


def test_the_pages_are_not_part_of_it(document: Document) -> None:
    """They are for people."""
    assert not [path for path in document.whole["paths"] if path.startswith(("/ack", "/static", "/escalations"))]


def test_every_route_is_told_about_in_words(document: Document) -> None:
    """What it is for, and in one line; by a name that it keeps."""
    for operation in document.operations:
        assert operation.said["operationId"].replace("_", "").isalpha()
        assert operation.said["description"]
        assert operation.said["summary"]
        assert "Successful Response" not in str(operation.said)
    names = [operation.said["operationId"] for operation in document.operations]
    assert len(names) == len(set(names))
