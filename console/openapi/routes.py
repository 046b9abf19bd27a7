"""Reads from each route who may call it, what body it takes, and what it returns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import BaseRoute

from console.api.request_body import Body
from console.auth import Authentication


@dataclass(frozen=True)
class Described:
    """One route with what its dependencies declare; None where it needs no token, or takes no body."""

    path: str
    methods: tuple[str, ...]
    route: APIRoute
    admission: Authentication | None
    body: Body | None

    @property
    def models(self) -> list[Any]:
        """The models that it returns."""
        models = [self.route.response_model, *(said.get("model") for said in self.route.responses.values())]
        return [model for model in models if model is not None]


def described(routes: Sequence[BaseRoute]) -> list[Described]:
    """Each documented route with its declarations."""
    found = []
    for context in iter_route_contexts(routes):
        route = context.original_route
        if isinstance(route, APIRoute) and route.include_in_schema:
            calls = list(_calls(route.dependant))
            admission = next((call for call in calls if isinstance(call, Authentication)), None)
            body = next((call for call in calls if isinstance(call, Body)), None)
            methods = tuple(method.lower() for method in route.methods or ())
            found.append(Described(str(context.path), methods, route, admission, body))
    return found


def _calls(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)
