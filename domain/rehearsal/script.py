"""The script of a rehearsal: clinic events, and acts of people on call, each with the moment at which it arrives."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import Field, JsonValue, TypeAdapter

from domain.durations import Length
from domain.escalation.messages import Acknowledge, Kind, Order, Reassign, Resolve, Snooze
from domain.events.clinic_events import ClinicEvent, CourseReferred, ProtocolMigrated
from domain.events.parsing import Decoded, event_in, parse_json, validated
from domain.moments import moment
from domain.refusal import Refusal, Refused
from domain.values import CourseId, Frozen, Moment, PersonId, Text

REMARK: Final = "#"
"""A line of a script that begins with it is for people, and is passed over."""

EXPECTED: Final = "must be a clinic event or an act of somebody on call, as a JSON object"

NO_EVENT: Final = "REHEARSAL"
"""The course of a script without a single event that can be read."""


class ScriptUnreadable(Exception):  # noqa: N818  it is shown to a person, who repairs it
    """A script cannot be read. `line` counts from 1; None if it is the script as a whole."""

    def __init__(self, expected: str, line: int | None = None) -> None:
        super().__init__(f"line {line}: {expected}" if line is not None else expected)


class EventArrives(Frozen):
    """A clinic event arrives at `at`. `refusal` says why it can be no event of any course."""

    at: Moment
    event_id: str | None
    type: str | None
    event: ClinicEvent | None = None
    refusal: Refusal | None = None


class _Act(Frozen):
    """What every act on an escalation says: which one, and who acts.

    Without a `session` it is the escalation of this kind that is open, whichever session it belongs to.
    """

    at: Moment
    kind: Kind
    session: Annotated[int, Field(ge=1)] | None = None
    by: PersonId

    @property
    def names_session(self) -> bool:
        """Whether the act names a session, or says that there is none."""
        return "session" in self.model_fields_set


class Acknowledges(_Act):
    """`by` acknowledges."""

    act: Literal["acknowledge"]
    note: Text | None = None

    @property
    def order(self) -> Order:
        """The act as an escalation takes it."""
        return Acknowledge(by=self.by, note=self.note)


class Resolves(_Act):
    """`by` resolves."""

    act: Literal["resolve"]
    note: Text

    @property
    def order(self) -> Order:
        """The act as an escalation takes it."""
        return Resolve(by=self.by, note=self.note)


class Snoozes(_Act):
    """`by` wants no page for a while."""

    act: Literal["snooze"]
    for_: Annotated[Length, Field(alias="for")]
    note: Text

    @property
    def order(self) -> Order:
        """The act as an escalation takes it."""
        return Snooze(by=self.by, for_=self.for_, note=self.note)


class Reassigns(_Act):
    """`by` passes it to `to`."""

    act: Literal["reassign"]
    to: PersonId
    note: Text | None = None

    @property
    def order(self) -> Order:
        """The act as an escalation takes it."""
        return Reassign(by=self.by, to=self.to, note=self.note)


PersonActs = Acknowledges | Resolves | Snoozes | Reassigns
ScriptLine = EventArrives | PersonActs

_ACT: TypeAdapter[PersonActs] = TypeAdapter(Annotated[PersonActs, Field(discriminator="act")])


class Script(Frozen):
    """The lines of a script in the order in which they arrive, and the course that it tells of."""

    course_id: CourseId
    lines: tuple[ScriptLine, ...]

    @property
    def zone(self) -> tzinfo:
        """The offset in which its first line is written."""
        zone = self.lines[0].at.tzinfo
        assert zone is not None  # every moment has an offset
        return zone

    @property
    def migrates(self) -> bool:
        """Whether the course is to change to another version of its protocol."""
        return any(isinstance(line, EventArrives) and isinstance(line.event, ProtocolMigrated) for line in self.lines)


def parse_script(text: str) -> Script:
    """Parses JSON lines. Blank lines, and remarks that begin with #, are passed over.

    An event arrives when it was `received`, by default at its `time`; one whose time cannot be read with the line
    before it. Raises `ScriptUnreadable`.
    """
    lines: list[ScriptLine] = []
    course_id: CourseId | None = None
    for number, decoded in _objects(text):
        line = _act(decoded, number) if "act" in decoded.fields else _event(decoded, number, lines)
        lines.append(line)
        event = line.event if isinstance(line, EventArrives) else None
        course_id = course_id or (event.subject if event else None)
        if isinstance(event, CourseReferred) and event.subject != course_id:
            wrong = f"must be an event of {course_id}: a script tells of one course, and this refers another patient"
            raise ScriptUnreadable(wrong, number)
    if not lines:
        raise ScriptUnreadable("must have at least one clinic event")
    return Script(course_id=course_id or NO_EVENT, lines=tuple(sorted(lines, key=lambda line: line.at)))


class _Object(NamedTuple):
    fields: Mapping[str, JsonValue]
    decoded: Decoded


def _objects(text: str) -> Iterator[tuple[int, _Object]]:
    # Not `splitlines`: JSON text may hold U+2028 and the like, which do not end a line of JSON lines.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith(REMARK):
            continue
        try:
            decoded = parse_json(line)
        except Refused as refused:
            raise ScriptUnreadable(f"{EXPECTED}: {refused.refusal.message}", number) from None
        if not isinstance(decoded.value, dict):
            raise ScriptUnreadable(EXPECTED, number)
        yield number, _Object(decoded.value, decoded)


def _act(told: _Object, number: int) -> PersonActs:
    try:
        # The first part of an error's location is the union's tag, the act, and not a field.
        return validated(told.decoded, _ACT, tags=1)
    except Refused as refused:
        raise ScriptUnreadable(refused.refusal.message.removeprefix(": "), number) from None


def _event(told: _Object, number: int, before: Sequence[ScriptLine]) -> EventArrives:
    event_id, kind = told.fields.get("id"), told.fields.get("type")
    arrives = EventArrives(
        at=_arrival(told.fields, number, before),
        event_id=event_id if isinstance(event_id, str) else None,
        type=kind if isinstance(kind, str) else None,
    )
    try:
        return arrives.but(event=event_in(told.decoded))
    except Refused as refused:
        return arrives.but(refusal=refused.refusal)


def _arrival(fields: Mapping[str, JsonValue], number: int, before: Sequence[ScriptLine]) -> datetime:
    named = "received" if "received" in fields else "time"
    try:
        return moment(fields.get(named))
    except ValueError as wrong:
        if named == "time" and before:
            return before[-1].at
        raise ScriptUnreadable(f"/{named}: {wrong}", number) from None
