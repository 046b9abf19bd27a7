"""Somebody fills in a form: each value of an event's data as a person would enter it, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx

from console.pages.recording.fields import Field, FieldKind, all_fields
from console.pages.recording.form_parsing import at_row
from domain.events.clinic_events import ClinicEvent
from tests.support.eventually import eventually
from tests.support.http_stack import on_the_wire

BEND = ZoneInfo("America/Los_Angeles")

AS_A_BROWSER: Final = {"content-type": "application/x-www-form-urlencoded", "accept": "text/html"}


async def sends_form(client: httpx.AsyncClient, path: str, posted: Sequence[tuple[str, str]]) -> httpx.Response:
    """The page of whoever decided it: until then it is sent again as it stands, as the page asks."""
    begun = posted if any(name == "/id" for name, _ in posted) else [*posted, ("/id", uuid4().hex)]

    async def decided() -> httpx.Response | None:
        page = await sends_form_once(client, path, begun)
        return None if page.status_code in {429, 503} else page

    return await eventually(decided)


async def sends_form_once(client: httpx.AsyncClient, path: str, posted: Sequence[tuple[str, str]]) -> httpx.Response:
    """The page that answers the form, whether anybody decided it or not."""
    return await client.post(path, content=str(httpx.QueryParams(list(posted))), headers=AS_A_BROWSER)


def filled_in(event: ClinicEvent, zone: ZoneInfo = BEND) -> list[tuple[str, str]]:
    """The form of this event, filled in with what the event says, as a browser would send it."""
    said = on_the_wire(event)
    return [filled for field in all_fields(event.type) for filled in _fill(field, _at(said, field.pointer), zone)]


def _at(said: Mapping[str, Any], pointer: str) -> Any:
    found: Any = said
    for part in pointer.removeprefix("/").split("/"):
        found = found.get(part) if found is not None else None
    return found


def _fill(field: Field, value: Any, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    match field.kind:
        case FieldKind.GROUP:
            for part in field.parts:
                yield from _fill(part, value.get(part.name), zone)
        case FieldKind.ROWS:
            for row, said in enumerate(value):
                for part in field.parts:
                    yield from _fill(at_row(field, part, row), said.get(part.name), zone)
        case FieldKind.OVERRIDES:
            for said in value:
                yield f"{field.pointer}/{said['code']}", said["rationale"]
        case _:
            yield from ((field.pointer, text) for text in _texts(field, value, zone))


def _texts(field: Field, value: Any, zone: ZoneInfo) -> Sequence[str]:
    match field.kind:
        case FieldKind.YES_NO:
            return ["yes" if value else "no"]
        case FieldKind.MOMENT:
            return [f"{datetime.fromisoformat(value).astimezone(zone):%Y-%m-%dT%H:%M:%S}"]
        case FieldKind.CODES:
            return list(value)
        case FieldKind.LINES:
            return ["\r\n".join(value)]
        case FieldKind.NUMBERS:
            return [" ".join(map(str, value))]
        case _:
            return [str(value)]
