"""Asks whether a fact that deviates from the protocol happened all the same, before it is recorded."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from console.errors.problems import ProblemError
from console.pages.course.blockers import Block, block
from console.pages.frame.viewer import Viewer
from console.pages.recording.fields import Field, FieldKind
from console.pages.recording.form_parsing import Entered, at_row, rows_of
from domain.events.clinic_events import MODELS, Fact
from domain.events.parsing import Decoded
from domain.moments import on_the_calendar
from domain.refusal import Refused
from domain.values import Blocker, Frozen, PersonId
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import RecordStoreError

HAPPENED: Final = "happened"
"""The name of the two buttons, `YES` and `NO`."""
YES: Final = "yes"
NO: Final = "no"

ASKED_AT: Final = "asked_at"
"""When the form was sent for the first time: a fact without a time happened then, however long the question stood."""

ASKED_WITHIN: Final = timedelta(seconds=5)
"""Longest wait for what the protocol has against a fact, which is recorded in any case."""

CONTROLS: Final = frozenset({HAPPENED, ASKED_AT, "form_key"})


class Said(Frozen):
    """One thing that was entered, as its reporter reads it again."""

    label: str
    value: str


class Confirmation(Frozen):
    """The question: what the protocol has against the fact, what may be a slip, and what was entered, also hidden."""

    deviations: tuple[Block, ...]
    doubts: tuple[str, ...]
    said: tuple[Said, ...]
    hidden: tuple[tuple[str, str], ...]


async def deviations(
    viewer: Viewer, kind: str, event: Mapping[str, JsonValue], entered: Entered
) -> tuple[Blocker, ...]:
    """What the protocol has against this fact, if that is still to be confirmed.

    Nothing where it cannot be told, nor of an act: reporting it says what there is to say.
    """
    if YES in entered.get(HAPPENED, ()) or not issubclass(MODELS[kind], Fact):
        return ()
    try:
        async with asyncio.timeout(ASKED_WITHIN.total_seconds()):
            await viewer.services.reporting.ask(viewer.caller, Decoded(dict(event)))
    except Refused as told:
        return told.refusal.blockers
    except (ProblemError, Unavailable, TooMany, RecordStoreError, TimeoutError):
        return ()
    return ()


def confirmation(
    found: Sequence[Blocker],
    doubts: Sequence[str],
    fields: Sequence[Field],
    entered: Entered,
    event: Mapping[str, JsonValue],
    name_of: Callable[[PersonId], str],
) -> Confirmation:
    """The question about these deviations of the event and about what may be a slip, made from what was entered."""
    kept = ((name, value) for name, values in entered.items() if name not in CONTROLS | {"/id"} for value in values)
    return Confirmation(
        deviations=tuple(map(block, found)),
        doubts=tuple(doubts),
        said=tuple(said for field in fields for said in _said(field, entered, name_of)),
        hidden=((ASKED_AT, str(event["time"])), *kept),
    )


def _said(field: Field, entered: Entered, name_of: Callable[[PersonId], str]) -> Iterator[Said]:
    match field.kind:
        case FieldKind.GROUP:
            for part in field.parts:
                yield from _said(part, entered, name_of)
        case FieldKind.ROWS:
            for row in range(rows_of(field, entered)):
                for part in field.parts:
                    yield from _said(at_row(field, part, row), entered, name_of)
        case _:
            values = [value.strip() for value in entered.get(field.pointer, ()) if value.strip()]
            if values:
                yield Said(label=field.label, value=f"{', '.join(_read(field, values, name_of))} {field.unit}".rstrip())


def _read(field: Field, values: Sequence[str], name_of: Callable[[PersonId], str]) -> Iterator[str]:
    if field.kind is FieldKind.PERSON:
        yield from map(name_of, values)
        return
    named = {option.value: option.label for option in field.options}
    for value in values:
        yield _moment(value) if field.kind is FieldKind.MOMENT else named.get(value, value)


def _moment(entered: str) -> str:
    """`29 Nov 2026 12:00`, by the site's clock, as it was entered."""
    try:
        at = datetime.fromisoformat(entered)
    except ValueError:
        return entered  # what is wrong with it is told at its field
    return f"{on_the_calendar(at)} {at:%H:%M}"
