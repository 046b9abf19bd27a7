"""Builds the OpenAPI document: FastAPI's own, completed with bodies, headers, authentication and problems."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter

from console import request_id
from console.api.answers import component, problems
from console.errors.problems import Problem, ProblemCode
from console.openapi import examples
from console.openapi.prose import ABOUT, TAGS, problem_codes
from console.openapi.routes import Described, described
from console.openapi.schemas import Mode, Schema, schemas
from domain.events.clinic_events import MODELS

Part = dict[str, Any]
"""A part of the document, as JSON."""

UNSAID: Final = "Successful Response"
"""FastAPI's description of a response that has none."""

REQUEST_ID: Final[Part] = {
    "description": "What the log and the ledger know this request by",
    "schema": {"type": "string", "pattern": request_id.FIT.pattern},
}
OFFERED_ID: Final[Part] = {
    "name": request_id.HEADER,
    "in": "header",
    "description": "What the caller calls their request; one that is not fit to be logged is replaced",
    "schema": {"type": "string", "examples": ["ward-42"]},
}


def openapi(app: FastAPI) -> Callable[[], Part]:
    """A function that builds the document of this application once and keeps it."""

    def document() -> Part:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    return document


def _document(app: FastAPI) -> Part:
    document = get_openapi(title=app.title, version=app.version, description=ABOUT, routes=app.routes, tags=TAGS)
    routes = described(app.routes)
    parts, shared = schemas(_asked(routes))
    for route in routes:
        for method in route.methods:
            _complete(document["paths"][route.path][method], route, parts)
    document["components"] |= {
        "schemas": dict(sorted(_with_examples(shared).items())),
        "examples": examples.shared(),
        "headers": {request_id.HEADER: REQUEST_ID},
        "parameters": {request_id.HEADER: OFFERED_ID},
    }
    return document


def _asked(routes: list[Described]) -> Iterator[tuple[str, Mode, TypeAdapter[Any]]]:
    """Every schema that the document needs."""
    yield "problem", "serialization", TypeAdapter(Problem)
    for route in routes:
        for number, model in enumerate(route.models):
            yield f"{route.path} answers {number}", "serialization", TypeAdapter(model)
        if route.body is not None:
            for name, adapter in {**route.body.content, **route.body.headers}.items():
                yield _key(route, name), "validation", adapter


def _key(route: Described, name: str) -> str:
    return f"{route.path} takes {name}"


def _with_examples(shared: Mapping[str, Schema]) -> dict[str, Schema]:
    for model in MODELS.values():
        shared[model.__name__]["examples"] = [examples.events()[model.model_fields["type"].default]]
    return {**shared, "ProblemCode": {**shared["ProblemCode"], "description": problem_codes()}}


def _complete(operation: Part, route: Described, parts: Mapping[str, Schema]) -> None:
    summary, _, _ = (route.route.description or "").partition(".")
    operation["summary"] = " ".join(summary.split())
    parameters = operation.setdefault("parameters", [])
    codes = [ProblemCode.INVALID] if parameters else []
    if route.admission is not None:
        operation["x-roles"] = [role.value for role in route.admission.roles]
        codes += route.admission.problems
    if route.body is not None:
        codes += route.body.problems
        operation["requestBody"] = {
            "required": True,
            "content": {kind: _content(parts[_key(route, kind)]) for kind in route.body.content},
        }
        parameters += [
            {"name": name, "in": "header", "schema": parts[_key(route, name)]} for name in route.body.headers
        ]
    for parameter in parameters:
        parameter["schema"].pop("title", None)
    parameters.append(component("parameters", request_id.HEADER))
    operation["responses"] = _responses(operation, codes)


def _responses(operation: Part, codes: list[ProblemCode]) -> Part:
    """The responses that the route declares, and those of its parameters, its body, authentication and middleware."""
    declared = operation["responses"]
    others = {str(status): told for status, told in problems(*codes).items()}
    # FastAPI's own response for a wrong parameter is never sent.
    responses = {**others, **{status: told for status, told in declared.items() if status != "422"}}
    if responses["200"]["description"] == UNSAID:
        responses["200"]["description"] = operation["summary"]
    for response in responses.values():
        response.setdefault("headers", {})[request_id.HEADER] = component("headers", request_id.HEADER)
        for content in response.get("content", {}).values():
            if "examples" not in content and (named := examples.of(content["schema"])):
                content["examples"] = named
    return dict(sorted(responses.items()))


def _content(schema: Schema) -> Part:
    return {"schema": schema, "examples": examples.of(schema)}
