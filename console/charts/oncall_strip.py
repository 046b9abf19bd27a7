"""Chart of on-call duty in the coming weeks: a row for each rota, a name for each turn, gaps marked as errors."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from console.charts.drawing import Area, Drawing, Key, Line, Mark, Point, Shape, Table, TextSize, Words
from console.charts.scale import Scale
from domain.values import Frozen, Moment

PEOPLE: Final = 4
"""Number of tints that tell neighbouring turns apart; each turn has its name as well."""

LETTER: Final = 6.6
"""Approximate width of a letter. A name too long for its turn is cut; its tooltip and the table have all of it."""

WEEK: Final = timedelta(days=7)
TOP: Final = 34.0
ROW: Final = 40.0
BAR: Final = 28.0


class OnDuty(Frozen):
    """One turn: `person` is the name of whoever is on duty from `begins_at` until `ends_at`; None is a gap."""

    rota: str
    person: str | None
    begins_at: Moment
    ends_at: Moment
    is_override: bool = False


class RotaRow(Frozen):
    """The row of one rota, for some span of time."""

    rota: str
    label: str
    begins_at: Moment
    ends_at: Moment
    y: float
    across: Scale

    def at(self, moment: datetime) -> float:
        """Position of the moment; one beyond the row lies at its edge."""
        return self.across.at(moment.timestamp())

    def holds(self, turn: OnDuty) -> bool:
        """Whether the turn overlaps the row."""
        return turn.rota == self.rota and turn.begins_at < self.ends_at and turn.ends_at > self.begins_at


def strip_chart(
    turns: Sequence[OnDuty],
    begins_at: datetime,
    ends_at: datetime,
    now: datetime,
    zone: tzinfo,
    size: TextSize = TextSize.WIDE,
) -> Drawing:
    """The turns between two moments, on the wall clock of `zone`; rotas keep their order.

    On a phone there is a row for each week instead.
    """
    shown = [turn for turn in turns if turn.begins_at < ends_at and turn.ends_at > begins_at]
    rotas = list(dict.fromkeys(turn.rota for turn in turns))
    people = list(dict.fromkeys(turn.person for turn in turns if turn.person is not None))
    rows = list(
        _weeks(rotas, begins_at, ends_at, zone) if size is TextSize.NARROW else _rows(rotas, begins_at, ends_at)
    )
    held = [(row, turn) for row in rows for turn in shown if row.holds(turn)]
    return Drawing(
        name=f"on-call-{size}",
        size=size,
        width=320 if size is TextSize.NARROW else 960,
        height=max([TOP + ROW, *(row.y + ROW for row in rows)]) + 6,
        says=_says(rotas, shown, zone),
        areas=tuple(_area(row, turn, people, zone) for row, turn in held),
        lines=tuple(line for row in rows for line in _lines(row, now, zone)),
        marks=tuple(_gap_mark(row, turn) for row, turn in held if turn.person is None),
        words=(
            *(word for row in rows for word in _labels(row, row.begins_at == begins_at, size)),
            *(word for row, turn in held for word in _name(row, turn)),
            *_dates(rows[:1] if size is TextSize.WIDE else [], zone),
        ),
        keys=tuple(_keys(shown)),
        tables=(_table(shown, zone),),
    )


def _rows(rotas: list[str], begins_at: datetime, ends_at: datetime) -> Iterator[RotaRow]:
    across = Scale(low=begins_at.timestamp(), high=ends_at.timestamp(), begin=96, end=952)
    for number, rota in enumerate(rotas):
        y = TOP + ROW * number
        yield RotaRow(rota=rota, label=rota, begins_at=begins_at, ends_at=ends_at, y=y, across=across)


def _weeks(rotas: list[str], begins_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[RotaRow]:
    y = 0.0
    for rota in rotas:
        first, y = begins_at, y + TOP
        while first < ends_at:
            last = min(first + WEEK, ends_at)
            across = Scale(low=first.timestamp(), high=(first + WEEK).timestamp(), begin=70, end=316)
            yield RotaRow(rota=rota, label=_day(first, zone), begins_at=first, ends_at=last, y=y, across=across)
            first, y = last, y + ROW


def _area(row: RotaRow, turn: OnDuty, people: list[str], zone: tzinfo) -> Area:
    begin, end = row.at(turn.begins_at), row.at(min(turn.ends_at, row.ends_at))
    look = "gap emergency" if turn.person is None else f"turn person-{people.index(turn.person) % PEOPLE + 1}"
    return Area(
        x=begin,
        y=row.y,
        width=max(round(end - begin - 1, 1), 1),
        height=BAR,
        look=look,
        tip=f"{turn.rota}: {_who(turn)}, {_from_until(turn, zone)}",
        radius=4,
        is_hatched=turn.is_override,
    )


def _gap_mark(row: RotaRow, turn: OnDuty) -> Mark:
    middle = (row.at(turn.begins_at) + row.at(min(turn.ends_at, row.ends_at))) / 2
    return Mark(x=round(middle, 1), y=row.y + BAR + 6, shape=Shape.CROSS, look="emergency", radius=3)


def _labels(row: RotaRow, is_first: bool, size: TextSize) -> Iterator[Words]:
    if size is TextSize.WIDE:
        yield Words(x=0, y=row.y + BAR / 2 + 5, text=_cut(row.label, 92), look="value")
        return
    if is_first:
        yield Words(x=0, y=row.y - 8, text=row.rota, look="value")
    yield Words(x=0, y=row.y + BAR / 2 + 4, text=row.label, look="tick")


def _name(row: RotaRow, turn: OnDuty) -> Iterator[Words]:
    begin, end = row.at(turn.begins_at), row.at(min(turn.ends_at, row.ends_at))
    if text := _cut(turn.person or "nobody", end - begin - 10):
        look = "turn" if turn.person else "beyond emergency"
        yield Words(x=begin + 6, y=row.y + BAR / 2 + 4, text=text, look=look)


def _lines(row: RotaRow, now: datetime, zone: tzinfo) -> Iterator[Line]:
    for day in _mondays(row.begins_at, row.ends_at, zone):
        yield _upright(row.at(day), row.y - 4, row.y + ROW - 6, "grid week")
    if row.begins_at <= now < row.ends_at:
        yield _upright(row.at(now), row.y - 6, row.y + ROW - 6, "dose")


def _upright(x: float, top: float, bottom: float, look: str) -> Line:
    return Line(points=(Point(x=x, y=top), Point(x=x, y=bottom)), look=look)


def _dates(rows: Sequence[RotaRow], zone: tzinfo) -> Iterator[Words]:
    for row in rows:
        for day in _mondays(row.begins_at, row.ends_at, zone):
            if row.at(day) < row.across.end - 50:
                yield Words(x=row.at(day) + 3, y=12, text=_day(day, zone), look="tick")
        for day in _midnights(row.begins_at, row.ends_at, zone):
            if row.at(day) < row.across.end - 16:
                yield Words(x=row.at(day) + 3, y=26, text=f"{day.day}", look="tick")


def _mondays(begins_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Each Monday's midnight on the wall clock."""
    return (midnight for midnight in _midnights(begins_at, ends_at, zone) if midnight.weekday() == 0)


def _midnights(begins_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Each day's beginning on the wall clock: days are not always 24 hours long."""
    day = begins_at.astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), zone)) < ends_at:
        if midnight >= begins_at:
            yield midnight
        day += timedelta(days=1)


def _keys(shown: Sequence[OnDuty]) -> Iterator[Key]:
    if any(turn.person is None for turn in shown):
        yield Key(shape=Shape.CROSS, look="emergency", text="nobody is on call")
    if any(turn.is_override for turn in shown):
        yield Key(shape=Shape.HATCHED, look="soft", text="standing in")


def _says(rotas: list[str], shown: Sequence[OnDuty], zone: tzinfo) -> str:
    if not shown:
        return "Nobody is on any rota in this time."
    gaps = [turn for turn in shown if turn.person is None]
    if not gaps:
        return f"Somebody is on call all the time: {', '.join(rotas)}."
    said = "; ".join(f"{turn.rota}, {_from_until(turn, zone)}" for turn in gaps)
    return f"Nobody is on call: {said}."


def _table(shown: Sequence[OnDuty], zone: tzinfo) -> Table:
    return Table(
        caption="Who is on call",
        head=("Rota", "Who", "From", "Until", "How"),
        rows=tuple(
            (
                turn.rota,
                turn.person or "nobody",
                _moment(turn.begins_at, zone),
                _moment(turn.ends_at, zone),
                "gap" if turn.person is None else "standing in" if turn.is_override else "in turn",
            )
            for turn in shown
        ),
    )


def _who(turn: OnDuty) -> str:
    stands_in = " (standing in)" if turn.is_override else ""
    return f"{turn.person}{stands_in}" if turn.person else "nobody"


def _from_until(turn: OnDuty, zone: tzinfo) -> str:
    return f"{_moment(turn.begins_at, zone)} to {_moment(turn.ends_at, zone)}"


def _moment(at: datetime, zone: tzinfo) -> str:
    return f"{_day(at, zone)} {at.astimezone(zone):%H:%M}"


def _day(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def _cut(text: str, room: float) -> str:
    """As much of the text as fits, or its initials; nothing if not even those fit."""
    letters = int(room // LETTER)
    if len(text) <= letters:
        return text
    if letters >= 5:
        return f"{text[: letters - 1]}…"
    initials = "".join(word[0] for word in text.split()[:2])
    return initials if len(initials) <= letters else ""
