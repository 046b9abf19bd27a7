"""Form fields derived from an event's model: each named by its JSON pointer, with its unit and bounds."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter

from console.pages.labels import HINTS, hint, label, unit
from domain.codes import spoken
from domain.course.event_rule_registry import EVENT_RULES
from domain.events.clinic_events import MODELS, data_model
from domain.events.set_aside import SET_ASIDE
from domain.protocol.instruments import QUESTIONNAIRES, instrument_name
from domain.values import CourseId, Frozen, Role

LONG: Final = 1000
"""A text that may be longer than this gets a text area."""

CODE: Final = 64
"""A list of texts no longer than this is a list of codes."""

AN_ID: Final = "^[A-Za-z0-9]"
"""How the pattern of an id begins; those of other texts only keep out what nobody can type."""


class FieldKind(StrEnum):
    """The kinds of form field."""

    WHOLE = "whole"
    NUMBER = "number"
    TEXT = "text"
    PERSON = "person"
    LONG_TEXT = "long_text"
    CHOICE = "choice"
    YES_NO = "yes_no"
    MOMENT = "moment"
    CODES = "codes"
    LINES = "lines"
    NUMBERS = "numbers"
    LENGTH = "length"
    GROUP = "group"
    ROWS = "rows"
    OVERRIDES = "overrides"


class Option(Frozen):
    """One option of a choice; a person's has their `role`."""

    value: str
    label: str
    role: Role | None = None


class Field(Frozen):
    """One field. `parts` are the fields of a group, or of each row; a row's have no row number in their pointers.

    Overrides are rationales, each under the field's pointer and the code that it overrides.
    A list that `says_none` is an answer when it is left empty: there are none.
    A number lies from `low` to `high`, without `low` itself if `is_above`. A length is asked for in minutes.
    An id has a `pattern`; a list has `least` items, or is not said at all. A moment that `is_past` is not ahead of now.
    """

    pointer: str
    label: str
    kind: FieldKind
    is_required: bool
    unit: str = ""
    hint: str = ""
    low: float | None = None
    high: float | None = None
    is_above: bool = False
    is_past: bool = False
    says_none: bool = False
    least: int = 0
    pattern: str = ""
    longest: int | None = None
    options: tuple[Option, ...] = ()
    parts: tuple["Field", ...] = ()

    @property
    def name(self) -> str:
        """The last segment of the pointer."""
        return self.pointer.rpartition("/")[2]


PERSON: Final = Field(
    pointer="/data/actor/id",
    label="Person",
    kind=FieldKind.PERSON,
    is_required=True,
    longest=CODE,
)
ROLE: Final = Field(pointer="/data/actor/role", label="In the role of", kind=FieldKind.CHOICE, is_required=True)
"""Who reports it: the first two fields of every event."""

PEOPLE: Final = frozenset({"id", "witness"})
"""Names of fields that hold somebody's id."""

TIME: Final = Field(
    pointer="/time",
    label="When it happened",
    kind=FieldKind.MOMENT,
    is_required=False,
    is_past=True,
    hint=HINTS["time"],
)

SUBJECT: Final = Field(
    pointer="/subject",
    label="Course id",
    kind=FieldKind.TEXT,
    is_required=True,
    longest=CODE,
    pattern=TypeAdapter(CourseId).json_schema()["pattern"],
    hint=HINTS["subject"],
)
"""The course id, for a referral alone: every other event is recorded in its course."""


@cache
def fields_of(kind: str) -> tuple[Field, ...]:
    """The fields of this event type, without reporter and time: the session first, the remark last."""
    model = MODELS[kind]
    schema = data_model(model).model_json_schema()
    defined: Mapping[str, Any] = schema.get("$defs", {})
    every = tuple(_fields(schema, "/data", defined))
    asked = (one for one in every if one.name not in {"actor", SET_ASIDE})
    return tuple(sorted(asked, key=lambda one: {"session": 0, "note": 2}.get(one.name, 1)))


def all_fields(kind: str) -> tuple[Field, ...]:
    """All fields of this event type: also reporter and time, and for a referral the course's id."""
    subject = (SUBJECT,) if kind == "kap.course.referred" else ()
    return (PERSON, ROLE.but(options=_roles(kind)), TIME, *subject, *fields_of(kind))


def _roles(kind: str) -> tuple[Option, ...]:
    """The roles in which somebody may report such an event; nobody fills in a form as the system."""
    may = EVENT_RULES[MODELS[kind]].roles - {Role.SYSTEM}
    return tuple(Option(value=role, label=role) for role in Role if role in may)


def _fields(schema: Mapping[str, Any], pointer: str, defined: Mapping[str, Any]) -> Iterator[Field]:
    required = schema.get("required", ())
    for name, said in schema["properties"].items():
        yield _field(f"{pointer}/{name}", said, defined, is_required=name in required)


def _field(pointer: str, said: Mapping[str, Any], defined: Mapping[str, Any], *, is_required: bool) -> Field:
    meant = _resolved(said, defined)
    name = pointer.rpartition("/")[2]
    kind = FieldKind.PERSON if name in PEOPLE else _kind(meant, defined)
    low, above = meant.get("minimum"), meant.get("exclusiveMinimum")
    return Field(
        pointer=pointer,
        label=label(pointer),
        kind=kind,
        is_required=is_required,
        unit=unit(name),
        hint=hint(name, kind),
        low=low if above is None else above,
        high=meant.get("maximum"),
        is_above=above is not None,
        says_none=kind is FieldKind.CODES and {"type": "null"} in said.get("anyOf", ()) and not meant.get("minItems"),
        least=meant.get("minItems", 0),
        pattern=pattern if (pattern := meant.get("pattern", "")).startswith(AN_ID) else "",
        longest=_longest(meant, kind, defined),
        options=tuple(
            Option(value=one, label=spoken(one))
            for one in meant.get("enum", ())
            if name != "role" or one not in {Role.PATIENT, Role.SYSTEM}  # nobody books them as staff
        ),
        parts=tuple(_parts(pointer, meant, kind, defined)),
    )


def _parts(pointer: str, meant: Mapping[str, Any], kind: FieldKind, defined: Mapping[str, Any]) -> Iterator[Field]:
    match kind:
        case FieldKind.GROUP if "properties" in meant:
            yield from _fields(meant, pointer, defined)
        case FieldKind.GROUP:
            yield from (_score(pointer, instrument) for instrument in QUESTIONNAIRES)
        case FieldKind.ROWS:
            yield from _fields(_resolved(meant["items"], defined), pointer, defined)


def _score(pointer: str, instrument: str) -> Field:
    """The score of one instrument, before anything was done."""
    scores = QUESTIONNAIRES[instrument].scores
    return Field(
        pointer=f"{pointer}/{instrument}",
        label=instrument_name(instrument),
        kind=FieldKind.NUMBER,
        is_required=False,
        unit=unit("score"),
        low=scores.low,
        high=scores.high,
    )


def _kind(meant: Mapping[str, Any], defined: Mapping[str, Any]) -> FieldKind:
    match meant:
        case {"enum": _}:
            return FieldKind.CHOICE
        case {"type": "integer"}:
            return FieldKind.WHOLE
        case {"type": "number"}:
            return FieldKind.NUMBER
        case {"type": "boolean"}:
            return FieldKind.YES_NO
        case {"type": "string", "format": "date-time"}:
            return FieldKind.MOMENT
        case {"type": "string", "format": "duration"}:
            return FieldKind.LENGTH
        case {"type": "string"}:
            return FieldKind.LONG_TEXT if meant.get("maxLength", 0) > LONG else FieldKind.TEXT
        case {"type": "array", "items": items}:
            return _list_kind(_resolved(items, defined))
        case {"type": "object", "properties": _}:
            return FieldKind.GROUP
        case {"type": "object", "patternProperties": _}:
            return FieldKind.GROUP  # a score for each instrument
        case _:
            raise TypeError(f"a form cannot ask for {meant}")


def _longest(meant: Mapping[str, Any], kind: FieldKind, defined: Mapping[str, Any]) -> int | None:
    if kind is FieldKind.OVERRIDES:
        rationale: Mapping[str, Any] = _resolved(meant["items"], defined)["properties"]["rationale"]
        return rationale.get("maxLength")
    return meant.get("maxLength")


def _list_kind(item: Mapping[str, Any]) -> FieldKind:
    match item:
        case {"type": "integer"}:
            return FieldKind.NUMBERS
        case {"type": "string"}:
            return FieldKind.CODES if item.get("maxLength", 0) <= CODE else FieldKind.LINES
        case {"type": "object", "properties": {"code": _, "rationale": _}}:
            return FieldKind.OVERRIDES
        case {"type": "object", "properties": _}:
            return FieldKind.ROWS
        case _:
            raise TypeError(f"a form cannot ask for a list of {item}")


def _resolved(said: Mapping[str, Any], defined: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema behind a reference, or behind an optional value."""
    if "$ref" in said:
        found: Mapping[str, Any] = defined[said["$ref"].rpartition("/")[2]]
        return found
    if "anyOf" in said:
        (meant,) = (one for one in said["anyOf"] if one != {"type": "null"})
        return _resolved(meant, defined)
    return said
