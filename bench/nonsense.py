"""Clinic events that are wrong in one field each: what a broken clinic's software might send all day."""

import json
from collections.abc import Iterator
from typing import Final

from domain.events.clinic_events import MODELS, ClinicEvent
from domain.values import CourseId
from tests.support.edges import edges_of
from tests.support.ward import Ward

COURSE: Final[CourseId] = "EDGES-1"
"""The course that they are about, as it stands after a discharge."""

MOST_BYTES: Final = 60_000


def discharged(ward: Ward) -> Ward:
    """How far that course has come."""
    return ward.discharged()


def nonsense() -> list[bytes]:
    """Every clinic event of that course with each field at each of its edges."""
    samples = {event.type: event for event, _ in discharged(Ward(COURSE)).answers}
    bodies = [body for name, sample in samples.items() for body in _at_its_edges(name, sample)]
    return [body for body in bodies if len(body) < MOST_BYTES]


def _at_its_edges(name: str, sample: ClinicEvent) -> Iterator[bytes]:
    for number, said in enumerate(edges_of(MODELS[name], sample.model_dump(mode="json", exclude_none=True))):
        named = {"id": f"{name}-{number}"} if said.get("id") == sample.id else {}
        try:
            yield json.dumps({**said, **named}).encode()
        except ValueError:
            continue
