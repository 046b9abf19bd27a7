"""Tolerant reading of rows: a row that cannot be read is named, and never hides the others."""

import json
import logging
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Annotated, Any, Final, TypeAlias, TypeVar

import asyncpg
from pydantic import StringConstraints, ValidationError

from domain.values import Frozen
from records.errors import CourseErased, RecordLocked, RecordStoreError

RowId = Annotated[str, StringConstraints(min_length=1, max_length=3000, pattern=r"^[^\x00]+$")]
"""The name of a row: its id, or whatever is stored in its place. A key cannot be longer."""

Row: TypeAlias = asyncpg.Record | Mapping[str, Any]
"""A row as PostgreSQL returned it, or with what is encrypted in it opened."""

T = TypeVar("T")
Shown = TypeVar("Shown", bound=Frozen)

FROM, UNTIL = datetime(2, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)
"""The range of displayable moments: outside it, converting the time zone may overflow `datetime`."""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LONGEST_NAME: Final = 80
_REMEMBERED: Final = 1000

log = logging.getLogger(__name__)


class LockedRow(dict[str, Any]):
    """A row that holds encrypted content which cannot be opened, and why."""

    def __init__(self, row: Row, why: RecordLocked | CourseErased) -> None:
        super().__init__(row)
        self.why = why


class Unreadable(Frozen):
    """A row that cannot be read. `detail` names the broken fields, never their content."""

    id: str
    detail: str

    @property
    def name(self) -> str:
        """The id, safe to print: without line breaks and control characters, whatever the row holds."""
        plain = self.id if self.id and self.id.isascii() and self.id.isprintable() else ascii(self.id)
        return plain if len(plain) <= _LONGEST_NAME else f"{plain[:_LONGEST_NAME]}…"


class RowUnreadable(RecordStoreError):  # noqa: N818  an operator reads it
    """The single row that was asked for cannot be read."""

    def __init__(self, relation: str, found: Unreadable) -> None:
        super().__init__(f"a row of {relation} cannot be read, {found.name}: {found.detail}")
        self.found = found


class Found(list[T]):
    """The readable rows, in order. `unreadable` names the others; `ids` are those of all rows."""

    def __init__(
        self, readable: Iterable[T] = (), unreadable: Iterable[Unreadable] = (), ids: Iterable[str] = ()
    ) -> None:
        super().__init__(readable)
        self.unreadable = tuple(unreadable)
        self.ids = tuple(ids)


class Reading:
    """Converts rows to models. Unreadable rows are counted each time and logged once."""

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._told: OrderedDict[tuple[str, str | None, Unreadable], None] = OrderedDict()

    @property
    def unreadable(self) -> Mapping[str, int]:
        """Counts of unreadable rows so far, by relation."""
        return MappingProxyType(self._counts)

    def all(
        self,
        relation: str,
        rows: Iterable[Row],
        shape: Callable[[Row], T],
        key: str,
        *,
        of: str | None = None,
    ) -> Found[T]:
        """Converts all rows by `shape`; unreadable ones are named by column `key`, in the log with their owner `of`."""
        readable: list[T] = []
        unreadable: list[Unreadable] = []
        ids: list[str] = []
        for row in rows:
            ids.append(str(row[key]))
            match self.read(relation, row, shape, key, of=of):
                case Unreadable() as broken:
                    unreadable.append(broken)
                case fact:
                    readable.append(fact)
        return Found(readable, unreadable, ids)

    def one(self, relation: str, row: Row, shape: Callable[[Row], T], key: str) -> T:
        """Converts one row by `shape`. Raises `RowUnreadable`."""
        match self.read(relation, row, shape, key):
            case Unreadable() as broken:
                raise RowUnreadable(relation, broken)
            case fact:
                return fact

    def read(
        self,
        relation: str,
        row: Row,
        shape: Callable[[Row], T],
        key: str,
        *,
        of: str | None = None,
    ) -> T | Unreadable:
        """Converts one row by `shape`, or says what is wrong with it. One that was erased is no fault, nor logged."""
        if isinstance(row, LockedRow):
            locked = Unreadable(id=str(row[key]), detail=str(row.why))
            if isinstance(row.why, RecordLocked):
                self._tell(relation, of, locked)
            return locked
        try:
            return shape(row)
        except Exception as wrong:  # noqa: BLE001  whatever is wrong with one row, the others are shown
            broken = Unreadable(id=str(row[key]), detail=_what_is_wrong(wrong))
            self._tell(relation, of, broken)
            return broken

    def _tell(self, relation: str, of: str | None, broken: Unreadable) -> None:
        self._counts[relation] += 1
        if (relation, of, broken) in self._told:
            return
        self._told[relation, of, broken] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        whose = f"{relation} of {of}" if of else relation
        log.error("A row of %s cannot be read, %s: %s", whose, broken.name, broken.detail)


def model(shape: type[Shown], fields: Row) -> Shown:
    """Validates these columns as a model. Raises `ValidationError`, or `Impossible`."""
    fact = shape.model_validate(dict(fields))
    if impossible := sorted(set(_impossible(fact))):
        raise Impossible(impossible)
    return fact


class Impossible(ValueError):  # noqa: N818  it describes the content of a row
    """These fields hold moments out of the displayable range, or negative numbers."""

    def __init__(self, fields: list[str]) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields


def moment(microseconds: tuple[int]) -> object:
    """Decodes a `timestamptz`, in microseconds from 2000; a value out of range of `datetime` becomes an invalid string.

    asyncpg's own decoder raises for it, which loses the whole result, and turns an infinity into a time without a
    zone.
    """
    try:
        return _EPOCH + timedelta(microseconds=microseconds[0])
    except OverflowError:
        return "out of time"


def as_moment(read: object) -> datetime | None:
    """The decoded value if it is a moment within `FROM` and `UNTIL`, else None."""
    return read if isinstance(read, datetime) and FROM <= read < UNTIL else None


def sent(at: datetime) -> tuple[int]:
    """Encodes a `timestamptz` for PostgreSQL. Raises `TypeError` for one without a time zone."""
    return ((at - _EPOCH) // _MICROSECOND,)


def document(text: str) -> object:
    """Decodes a `json` value. One that Python cannot represent stays text, which no model accepts."""
    try:
        return json.loads(text, parse_float=_finite)
    except (ValueError, RecursionError):
        return text


def _finite(digits: str) -> float:
    number = float(digits)
    if number in {float("inf"), float("-inf")}:
        raise ValueError("no number that can be written again")
    return number


def _impossible(fact: Frozen) -> Iterator[str]:
    for name, value in vars(fact).items():
        if value is None or type(value) is str:  # most of them
            continue
        for one in value if isinstance(value, tuple) else (value,):
            match one:
                case datetime() if not FROM <= one < UNTIL:
                    yield name
                case int() if one < 0:
                    yield name
                case Frozen() if any(_impossible(one)):
                    yield name


def _what_is_wrong(wrong: Exception) -> str:
    match wrong:
        case ValidationError():
            fields = sorted({str(error["loc"][0]) for error in wrong.errors(include_input=False) if error["loc"]})
        case Impossible():
            fields = wrong.fields
        case _:
            fields = []
    return f"its {' and '.join(fields)} cannot be read" if fields else "it cannot be read"
