"""The view of a form: each field with its value, its options and its errors."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from console.pages.recording.error_words import in_words
from console.pages.recording.fields import Field, FieldKind, Option
from console.pages.recording.form_parsing import Entered, at_row, is_local, is_number, rows_of
from domain.moments import EXPECTED
from domain.refusal import FieldError
from domain.values import Frozen

NO_MOMENT: Final = (
    "There is no such moment by the site's clock: it must be a day and a time such as 2026-11-25 14:30, "
    "between the years 1900 and 2200"
)

Offers = Mapping[str, tuple[Option, ...]]
"""Suggestions for a field beyond its model's own, by its pointer; in a row, by the pointer without the row number."""


class ShownField(Frozen):
    """One field with its value. `others` are entered codes, or a person, not among the options.

    `last` is what was known of it before: the last value of a vital sign.

    `insists`: the browser demands a value; never in a row, which may stay blank. `otherwise` is what is said of a value
    that is not of its pattern.
    """

    pointer: str
    id: str
    label: str
    kind: FieldKind
    is_required: bool
    insists: bool
    unit: str
    hint: str
    low: float | None
    high: float | None
    is_above: bool
    is_past: bool
    least: int
    pattern: str
    otherwise: str
    longest: int | None
    offered: tuple[Option, ...]
    value: str
    values: tuple[str, ...]
    others: str
    errors: tuple[str, ...]
    last: str = ""
    parts: tuple["ShownField", ...] = ()
    rows: tuple[tuple["ShownField", ...], ...] = ()

    @property
    def described_by(self) -> str:
        """The ids of the texts that describe it."""
        told = {"error": self.errors, "last": self.last, "hint": self.hint}
        return " ".join(f"{self.id}-{name}" for name, words in told.items() if words)

    @property
    def is_numeric(self) -> bool:
        """Whether a browser's number input would show the value: it drops what is no number."""
        return not self.value or is_number(self.value)

    @property
    def is_local(self) -> bool:
        """Whether a browser's date and time input would show the value."""
        return not self.value or is_local(self.value)

    @property
    def is_wrong(self) -> bool:
        """Whether the field, or anything in it, has an error."""
        inner = (*self.parts, *(part for row in self.rows for part in row))
        return bool(self.errors) or any(part.is_wrong for part in inner)


class ShownForm(Frozen):
    """All fields; `errors` are those of the form as a whole."""

    fields: tuple[ShownField, ...]
    errors: tuple[str, ...]


def shown(
    fields: Sequence[Field],
    entered: Entered,
    offers: Offers,
    errors: Iterable[FieldError] = (),
    blank_rows: int = 1,
    last: Mapping[str, str] = MappingProxyType({}),
    zone: ZoneInfo | None = None,
) -> ShownForm:
    """The fields with values and errors, and with their `last` values by pointer; lists get `blank_rows` more rows.

    Errors tell times by the clock of the `zone`.
    """
    bound = tuple(_shown(field, entered, offers, blank_rows).but(last=last.get(field.pointer, "")) for field in fields)
    known = tuple(_pointers(bound))
    placed: dict[str, tuple[str, ...]] = {}
    leftover: list[str] = []
    for error in errors:
        place = _place(error.pointer, known)
        if place is None:
            leftover.append(in_words(error.detail, zone=zone))
        else:
            placed[place] = (*placed.get(place, ()), error.detail)
    return ShownForm(fields=tuple(_marked(field, placed, zone) for field in bound), errors=tuple(leftover))


def _shown(field: Field, entered: Entered, offers: Offers, blank_rows: int, template: str | None = None) -> ShownField:
    values = entered.get(field.pointer, ())
    offered = field.options or offers.get(template or field.pointer, ())
    codes = [code.strip() for value in values for code in value.split(",") if code.strip()]
    said = [value for value in values if value.strip()]
    named = {option.value for option in offered}
    return ShownField(
        pointer=field.pointer,
        id=f"f{field.pointer.replace('/', '-')}",
        label=field.label,
        kind=field.kind,
        is_required=field.is_required,
        insists=field.is_required and template is None,
        unit=field.unit,
        hint=field.hint,
        low=field.low,
        high=field.high,
        is_above=field.is_above,
        is_past=field.is_past,
        least=field.least,
        pattern=field.pattern,
        otherwise=in_words(f"String should match pattern '{field.pattern}'") if field.pattern else "",
        longest=field.longest,
        offered=offered,
        value=next(iter(said if field.kind is FieldKind.PERSON else values), ""),
        values=tuple(codes),
        others=", ".join(one for one in (said[:1] if field.kind is FieldKind.PERSON else codes) if one not in named),
        errors=(),
        parts=tuple(_shown(part, entered, offers, blank_rows) for part in field.parts)
        if field.kind is FieldKind.GROUP
        else (),
        rows=tuple(
            tuple(_shown(at_row(field, part, row), entered, offers, 0, part.pointer) for part in field.parts)
            for row in range(rows_of(field, entered) + blank_rows)
        )
        if field.kind is FieldKind.ROWS
        else (),
    )


def _pointers(fields: Iterable[ShownField]) -> Iterator[str]:
    for field in fields:
        yield from _pointers(field.parts)
        for row in field.rows:
            yield from _pointers(row)
        yield field.pointer


def _place(pointer: str, known: Sequence[str]) -> str | None:
    """The field of an error: itself, the one that holds it, or the first that it holds."""
    if pointer in known:
        return pointer
    holding = [one for one in known if pointer.startswith(f"{one}/")]
    held = [one for one in known if one.startswith(f"{pointer}/")]
    # An error in the event as a whole belongs to no single field.
    return max(holding, key=len) if holding else held[0] if held and pointer.count("/") > 1 else None


def _marked(field: ShownField, placed: Mapping[str, tuple[str, ...]], zone: ZoneInfo | None) -> ShownField:
    return field.but(
        errors=tuple(_in_words(field, detail, zone) for detail in placed.get(field.pointer, ())),
        parts=tuple(_marked(part, placed, zone) for part in field.parts),
        rows=tuple(tuple(_marked(part, placed, zone) for part in row) for row in field.rows),
    )


def _in_words(field: ShownField, detail: str, zone: ZoneInfo | None) -> str:
    return NO_MOMENT if field.kind is FieldKind.MOMENT and detail == EXPECTED else in_words(detail, field.unit, zone)
