"""What may be a slip in what was entered: whoever entered it is asked once whether it is right."""

from collections.abc import Iterator, Mapping
from typing import Final

from pydantic import JsonValue, ValidationError

from console.pages.frame.viewer import Viewer
from console.pages.recording.booking_ahead import passed
from console.pages.recording.fields import Field, FieldKind
from console.pages.recording.form_parsing import Entered, at_row, rows_of
from console.pages.recording.prefill import people_of
from domain.course.rules.adverse_events import DEATH_GRADE
from domain.course.rules.jumps import jumps
from domain.course.rules.vitals import SPOKEN
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.parameters import UNITS
from domain.views.course import CourseView
from domain.views.session import SessionView

READING: Final = "kap.vitals.recorded"
ADVERSE_EVENT: Final = "kap.adverse_event.reported"


def doubts(
    viewer: Viewer,
    fields: tuple[Field, ...],
    event: Mapping[str, JsonValue],
    entered: Entered,
    view: CourseView | None,
    session: SessionView | None,
) -> tuple[str, ...]:
    """Each of them as a sentence.

    Somebody whom nobody knows here, a sign far from its last value, a grade of death, a start that has passed.
    """
    return (
        *_strangers(viewer, fields, entered, view),
        *_jumps(viewer, event, view, session),
        *_deaths(event),
        *passed(viewer, view.site if view else None, event),
    )


def _strangers(viewer: Viewer, fields: tuple[Field, ...], entered: Entered, view: CourseView | None) -> Iterator[str]:
    if view is None and "/subject" not in entered:
        return  # the course did not answer: nobody can say whom it knows
    known = {*viewer.services.on_call.now().people, *(people_of(view) if view else ())}
    for person in dict.fromkeys(_people(fields, entered)):
        if person not in known:
            yield f"Nobody called “{person}” is in the on-call file, nor known in this course"


def _people(fields: tuple[Field, ...], entered: Entered) -> Iterator[str]:
    for field in fields:
        if field.kind is FieldKind.ROWS:
            for row in range(rows_of(field, entered)):
                yield from _people(tuple(at_row(field, part, row) for part in field.parts), entered)
        elif field.kind is FieldKind.PERSON:
            yield from [value.strip() for value in entered.get(field.pointer, ()) if value.strip()][:1]


def _jumps(
    viewer: Viewer, event: Mapping[str, JsonValue], view: CourseView | None, session: SessionView | None
) -> Iterator[str]:
    if event["type"] != READING or view is None or session is None:
        return
    try:
        data = VitalsRecorded.Data.model_validate(event["data"])
    except ValidationError:
        return  # what is wrong with it is told at its fields
    clock = viewer.clock(view.site)
    for one in jumps(session.last_values, data):
        unit = UNITS[one.vital]
        how = "above" if one.now > one.before.value else "below"
        yield (
            f"{SPOKEN[one.vital]} {one.now} is {abs(one.now - one.before.value)} {unit} {how} "
            f"the {one.before.value} of {clock.at(one.before.at).words}"
        )


def _deaths(event: Mapping[str, JsonValue]) -> Iterator[str]:
    """A grade is one digit, and beside grade 4 stands death."""
    data = event["data"]
    if event["type"] == ADVERSE_EVENT and isinstance(data, Mapping) and data.get("grade") == DEATH_GRADE:
        yield f"Grade {DEATH_GRADE} says that the patient has died"
