"""A form as it stands on a page: each field with what was entered, what it offers, and what was wrong with it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from console.pages.recording.fields import Field, FieldKind, Option
from console.pages.recording.form_parsing import Entered, at_row, is_local, is_number, rows_of
from domain.moments import EXPECTED
from domain.refusal import FieldError
from domain.values import Frozen

NOTHING_ENTERED: Final = "Field required"
NEEDED: Final = "This is needed"
NO_MOMENT: Final = (
    "There is no such moment by the site's clock: it must be a day and a time such as 2026-11-25 14:30, "
    "between the years 1900 and 2200"
)

Offers = Mapping[str, tuple[Option, ...]]
"""What a field offers besides what its model names, by its pointer, or a row's by that without the row's number."""


class ShownField(Frozen):
    """One field with what stands in it. `others` is what was entered beside the codes that are offered.

    A browser `insists` on what must be entered, but in a row, which may be left blank.
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
    longest: int | None
    offered: tuple[Option, ...]
    value: str
    values: tuple[str, ...]
    others: str
    errors: tuple[str, ...]
    parts: tuple["ShownField", ...] = ()
    rows: tuple[tuple["ShownField", ...], ...] = ()

    @property
    def described_by(self) -> str:
        """The ids of what is said of it."""
        told = [f"{self.id}-error"] if self.errors else []
        return " ".join([*told, f"{self.id}-hint"] if self.hint else told)

    @property
    def is_numeric(self) -> bool:
        """Whether a browser's field for numbers would show what stands in it: it drops what is none."""
        return not self.value or is_number(self.value)

    @property
    def is_local(self) -> bool:
        """Whether a browser's field for moments would show it."""
        return not self.value or is_local(self.value)

    @property
    def is_wrong(self) -> bool:
        """Whether something is wrong with it, or with anything in it."""
        inner = (*self.parts, *(part for row in self.rows for part in row))
        return bool(self.errors) or any(part.is_wrong for part in inner)


class ShownForm(Frozen):
    """All fields; `errors` are those that belong to none of them."""

    fields: tuple[ShownField, ...]
    errors: tuple[str, ...]


def shown(
    fields: Sequence[Field], entered: Entered, offers: Offers, errors: Iterable[FieldError] = (), blank_rows: int = 1
) -> ShownForm:
    """The fields with what was entered, and under each what was wrong there; rows have some more that are blank."""
    bound = tuple(_shown(field, entered, offers, blank_rows) for field in fields)
    known = tuple(_pointers(bound))
    placed: dict[str, tuple[str, ...]] = {}
    leftover: list[str] = []
    for error in errors:
        place = _place(error.pointer, known)
        if place is None:
            leftover.append(error.detail)
        else:
            placed[place] = (*placed.get(place, ()), error.detail)
    return ShownForm(fields=tuple(_marked(field, placed) for field in bound), errors=tuple(leftover))


def _shown(field: Field, entered: Entered, offers: Offers, blank_rows: int, template: str | None = None) -> ShownField:
    values = entered.get(field.pointer, ())
    offered = field.options or offers.get(template or field.pointer, ())
    codes = [code.strip() for value in values for code in value.split(",") if code.strip()]
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
        longest=field.longest,
        offered=offered,
        value=values[0] if values else "",
        values=tuple(codes),
        others=", ".join(code for code in codes if code not in named),
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
    """The field that it is about: itself, the one that holds it, or the first that it holds."""
    if pointer in known:
        return pointer
    holding = [one for one in known if pointer.startswith(f"{one}/")]
    held = [one for one in known if one.startswith(f"{pointer}/")]
    # What is wrong with the event as a whole is no single field's fault.
    return max(holding, key=len) if holding else held[0] if held and pointer.count("/") > 1 else None


def _marked(field: ShownField, placed: Mapping[str, tuple[str, ...]]) -> ShownField:
    return field.but(
        errors=tuple(_in_words(field, detail) for detail in placed.get(field.pointer, ())),
        parts=tuple(_marked(part, placed) for part in field.parts),
        rows=tuple(tuple(_marked(part, placed) for part in row) for row in field.rows),
    )


def _in_words(field: ShownField, detail: str) -> str:
    if detail == NOTHING_ENTERED:
        return NEEDED
    if field.kind is FieldKind.MOMENT and detail == EXPECTED:
        return NO_MOMENT
    return detail
