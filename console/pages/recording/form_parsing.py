"""Parses a posted form into an event. Nothing is guessed: a value that cannot be read is left to be refused."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from console.pages.recording.error_words import still_to_come
from console.pages.recording.fields import Field, FieldKind
from domain.course.course import CLOCK_SKEW
from domain.durations import iso_8601
from domain.moments import instant, is_skipped, local_moment, moment, rfc_3339
from domain.refusal import FieldError

Entered = Mapping[str, tuple[str, ...]]
"""The values of each field, by its pointer."""

_WHOLE: Final = re.compile(r"[+-]?\d{1,12}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?\d{1,12}([.,]\d{1,12})?", re.ASCII)
_LOCAL: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?", re.ASCII)

CHOSEN: Final = frozenset({FieldKind.CHOICE, FieldKind.YES_NO})
"""Fields that may be preset: a row with nothing else counts as blank."""


def entered_in(fields: Iterable[Field], posted: Iterable[tuple[str, str]]) -> Entered:
    """The posted values; rows that say something come first, and blank ones are dropped."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in posted:
        found[name] = (*found.get(name, ()), value)
    for field in fields:
        if field.kind is FieldKind.ROWS:
            found = _in_order(field, found)
    return found


def rows_of(field: Field, entered: Entered) -> int:
    """The number of rows in the form."""
    numbers = {_row_number(field, pointer) for pointer in entered}
    return max((number + 1 for number in numbers if number is not None), default=0)


def rationales(field: Field, entered: Entered) -> Mapping[str, str]:
    """The rationales that were entered, by the code of what each overrides; blank ones are left out."""
    under = f"{field.pointer}/"
    named = {pointer.removeprefix(under): values for pointer, values in entered.items() if pointer.startswith(under)}
    return {code: values[0] for code, values in named.items() if values and values[0].strip()}


def at_row(field: Field, part: Field, row: int) -> Field:
    """The part of the row with this number."""
    rest = part.pointer.removeprefix(field.pointer)
    return part.but(pointer=f"{field.pointer}/{row}{rest}")


def is_number(text: str) -> bool:
    """Whether it is a number as a browser writes one."""
    return bool(_NUMBER.fullmatch(text)) and "," not in text


def is_local(text: str) -> bool:
    """Whether it is a date and time as a browser writes them."""
    return bool(_LOCAL.fullmatch(text))


def data_of(fields: Sequence[Field], entered: Entered, zone: ZoneInfo, now: datetime) -> dict[str, JsonValue]:
    """The event members that these fields hold, as JSON: `data`, and others such as `subject`."""
    said: dict[str, JsonValue] = {"data": {"actor": {}}}
    for field in fields:
        value = _value(field, entered, zone, now)
        if value is not None:
            _put(said, field.pointer, value)
    return said


def still_ahead(event: Mapping[str, JsonValue], zone: ZoneInfo, now: datetime) -> tuple[FieldError, ...]:
    """An error where the event is still to come; a time that cannot be read is told as that."""
    try:
        at = moment(event["time"])
    except ValueError:
        return ()
    is_ahead = at > now + CLOCK_SKEW
    return (FieldError(pointer="/time", detail=still_to_come(now, zone)),) if is_ahead else ()


def out_of_bounds(fields: Iterable[Field], entered: Entered) -> Iterator[FieldError]:
    """An error for each score outside its questionnaire, which the course refuses only when all else is right."""
    for part in (part for field in fields if field.kind is FieldKind.GROUP for part in field.parts):
        score = _number(next(iter(entered.get(part.pointer, ())), "").strip())
        if isinstance(score, float) and part.high is not None and score > part.high:
            yield FieldError(pointer=part.pointer, detail=f"Input should be less than or equal to {part.high:g}")


def _put(said: dict[str, JsonValue], pointer: str, value: JsonValue) -> None:
    *path, last = pointer.removeprefix("/").split("/")
    inner = said
    for name in path:
        deeper = inner.setdefault(name, {})
        assert isinstance(deeper, dict)
        inner = deeper
    inner[last] = value


def _value(field: Field, entered: Entered, zone: ZoneInfo, now: datetime) -> JsonValue | None:
    """The field's value; None if it is empty."""
    texts = [text.strip() for text in entered.get(field.pointer, ()) if text.strip()]
    match field.kind:
        case FieldKind.GROUP:
            parts = {part.name: _value(part, entered, zone, now) for part in field.parts}
            found: JsonValue = {name: value for name, value in parts.items() if value is not None}
            return found if found or field.is_required else None
        case FieldKind.ROWS:
            filled = (row for row in range(rows_of(field, entered)) if _is_filled(field, row, entered))
            rows = [_row(field, row, entered, zone, now) for row in filled]
            return [*rows] if rows or field.is_required else None
        case FieldKind.OVERRIDES:
            said = rationales(field, entered).items()
            return [{"code": code, "rationale": why.strip()} for code, why in said] or None
        case FieldKind.CODES:
            return _list(field, [*dict.fromkeys(_apart(texts, r"[,;\n]"))])
        case FieldKind.LINES:
            return _list(field, [*_apart(texts, r"\n")])
        case FieldKind.NUMBERS:
            return [_whole(text) for text in _apart(texts, r"[\s,;]")] or None
        case _ if not texts:
            return None
        case FieldKind.WHOLE:
            return _whole(texts[0])
        case FieldKind.NUMBER:
            return _number(texts[0])
        case FieldKind.LENGTH:
            return _length(texts[0])
        case FieldKind.YES_NO:
            return {"yes": True, "no": False}.get(texts[0], texts[0])
        case FieldKind.MOMENT:
            return _moment(texts[0], zone, now)
        case _:
            return texts[0]


def _row(field: Field, row: int, entered: Entered, zone: ZoneInfo, now: datetime) -> dict[str, JsonValue]:
    parts = {part.name: _value(at_row(field, part, row), entered, zone, now) for part in field.parts}
    return {name: value for name, value in parts.items() if value is not None}


def _list(field: Field, items: list[JsonValue]) -> JsonValue | None:
    """The list's value. It is an empty list where the event must say that there is none, or where a person did."""
    return items if items or field.is_required or field.says_none else None


def _apart(texts: Iterable[str], by: str) -> list[str]:
    return [part.strip() for text in texts for part in re.split(by, text) if part.strip()]


def _whole(text: str) -> JsonValue:
    return int(text) if _WHOLE.fullmatch(text) else text


def _number(text: str) -> JsonValue:
    return float(text.replace(",", ".")) if _NUMBER.fullmatch(text) else text


def _length(text: str) -> str:
    """The minutes as a duration of the event; one that is written as such stays."""
    try:
        return iso_8601(timedelta(minutes=float(text.replace(",", ".")))) if _NUMBER.fullmatch(text) else text
    except OverflowError:
        return text


def _moment(text: str, zone: ZoneInfo, now: datetime) -> str:
    """The wall-clock time as a moment. In an hour that occurs twice it is the later one, unless that is still ahead."""
    if not is_local(text):
        return text
    try:
        local = local_moment(text)
    except ValueError:
        return text
    if is_skipped(local, zone):
        return text  # skipped by the change of clocks: it is refused as no moment
    later, earlier = instant(local, zone, is_later=True), instant(local, zone)
    return rfc_3339(earlier if later > now else later, zone)


def _in_order(field: Field, found: Entered) -> dict[str, tuple[str, ...]]:
    """The rows renumbered: filled ones as in the event, then those where only a role was chosen."""
    kept = {pointer: values for pointer, values in found.items() if _row_number(field, pointer) is None}
    rows = [row for row in range(rows_of(field, found)) if any(_said(field, row, found))]
    for place, row in enumerate(sorted(rows, key=lambda row: not _is_filled(field, row, found))):
        for part in field.parts:
            if (values := found.get(at_row(field, part, row).pointer)) is not None:
                kept[at_row(field, part, place).pointer] = values
    return kept


def _said(field: Field, row: int, found: Entered) -> Iterator[str]:
    for part in field.parts:
        yield from (value for value in found.get(at_row(field, part, row).pointer, ()) if value.strip())


def _is_filled(field: Field, row: int, found: Entered) -> bool:
    return any(
        value.strip()
        for part in field.parts
        if part.kind not in CHOSEN
        for value in found.get(at_row(field, part, row).pointer, ())
    )


def _row_number(field: Field, pointer: str) -> int | None:
    if not pointer.startswith(f"{field.pointer}/"):
        return None
    number = pointer.removeprefix(f"{field.pointer}/").partition("/")[0]
    return int(number) if number.isdecimal() and len(number) < 3 else None
