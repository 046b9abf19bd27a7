"""Who is on call for the next weeks: a row a rota, a name a turn, and a gap as the error that it is."""

from collections.abc import Iterator, Sequence
from datetime import datetime, time, timedelta, tzinfo
from typing import Final

from console.charts.drawing import Anchor, Area, Drawing, Key, Line, Mark, Point, Shape, Size, Table, Words
from console.charts.scale import Scale
from domain.values import Frozen, Moment

PEOPLE: Final = 4
"""How many tints tell neighbours apart; each turn says its name as well."""

LETTER: Final = 6.2
"""How wide a letter is, about: a name that does not fit into its turn is cut, and whole in its tip and in the table."""

TOP: Final = 22.0
ROW: Final = 40.0
BAR: Final = 28.0


class OnDuty(Frozen):
    """One turn: `person` is the name of whoever has it from `begins_at` until `ends_at`; None is a gap."""

    rota: str
    person: str | None
    begins_at: Moment
    ends_at: Moment
    is_override: bool = False


def strip_chart(
    turns: Sequence[OnDuty], begins_at: datetime, ends_at: datetime, now: datetime, zone: tzinfo
) -> Drawing:
    """The turns between the two moments, by the wall clock of `zone`; rotas stand in the order in which they come."""
    rotas = list(dict.fromkeys(turn.rota for turn in turns))
    people = list(dict.fromkeys(turn.person for turn in turns if turn.person is not None))
    across = Scale(low=begins_at.timestamp(), high=ends_at.timestamp(), begin=96, end=952)
    bottom = TOP + ROW * max(len(rotas), 1)
    shown = [turn for turn in turns if turn.begins_at < ends_at and turn.ends_at > begins_at]
    return Drawing(
        name="on-call",
        size=Size.WIDE,
        width=960,
        height=bottom + 6,
        says=_says(rotas, shown, zone),
        areas=tuple(_area(turn, rotas, people, across, zone) for turn in shown),
        lines=tuple(_days(begins_at, ends_at, now, across, bottom, zone)),
        marks=tuple(_gap_mark(turn, rotas, across) for turn in shown if turn.person is None),
        words=(
            *(
                Words(x=0, y=TOP + ROW * number + BAR / 2 + 5, text=_cut(rota, 90), look="value")
                for number, rota in enumerate(rotas)
            ),
            *(word for turn in shown for word in _name(turn, rotas, across)),
            *_dates(begins_at, ends_at, across, zone),
        ),
        keys=tuple(_keys(shown)),
        tables=(_table(shown, zone),),
    )


def _area(turn: OnDuty, rotas: list[str], people: list[str], across: Scale, zone: tzinfo) -> Area:
    begin, end = across.at(turn.begins_at.timestamp()), across.at(turn.ends_at.timestamp())
    look = "gap emergency" if turn.person is None else f"turn person-{people.index(turn.person) % PEOPLE + 1}"
    return Area(
        x=begin,
        y=_row(turn, rotas),
        width=max(round(end - begin - 1, 1), 1),
        height=BAR,
        look=look,
        tip=f"{turn.rota}: {_who(turn)}, {_from_until(turn, zone)}",
        radius=4,
        is_hatched=turn.is_override,
    )


def _gap_mark(turn: OnDuty, rotas: list[str], across: Scale) -> Mark:
    middle = (across.at(turn.begins_at.timestamp()) + across.at(turn.ends_at.timestamp())) / 2
    return Mark(x=round(middle, 1), y=_row(turn, rotas) + BAR + 6, shape=Shape.CROSS, look="emergency", radius=3)


def _name(turn: OnDuty, rotas: list[str], across: Scale) -> Iterator[Words]:
    begin, end = across.at(turn.begins_at.timestamp()), across.at(turn.ends_at.timestamp())
    if text := _cut(turn.person or "nobody", end - begin - 12):
        look = "turn" if turn.person else "beyond emergency"
        yield Words(x=begin + 6, y=_row(turn, rotas) + BAR / 2 + 4, text=text, look=look)


def _days(
    begins_at: datetime, ends_at: datetime, now: datetime, across: Scale, bottom: float, zone: tzinfo
) -> Iterator[Line]:
    for day in _mondays(begins_at, ends_at, zone):
        x = across.at(day.timestamp())
        yield Line(points=(Point(x=x, y=TOP - 6), Point(x=x, y=bottom)), look="grid week")
    if across.holds(now.timestamp()):
        x = across.at(now.timestamp())
        yield Line(points=(Point(x=x, y=TOP - 8), Point(x=x, y=bottom)), look="dose")


def _dates(begins_at: datetime, ends_at: datetime, across: Scale, zone: tzinfo) -> Iterator[Words]:
    for day in _mondays(begins_at, ends_at, zone):
        x = across.at(day.timestamp())
        if x < across.end - 40:
            yield Words(x=x + 3, y=12, text=f"{day:%a} {day.day} {day:%b}", look="tick", anchor=Anchor.START)


def _mondays(begins_at: datetime, ends_at: datetime, zone: tzinfo) -> Iterator[datetime]:
    """Each Monday's midnight by the wall clock: a day is not always 24 hours long."""
    day = begins_at.astimezone(zone).date()
    while (midnight := datetime.combine(day, time(), zone)) < ends_at:
        if day.weekday() == 0 and midnight >= begins_at:
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
        return f"Somebody is on call all the time on {_listed(rotas)}."
    said = "; ".join(f"{turn.rota}, {_from_until(turn, zone)}" for turn in gaps)
    return f"Nobody is on call: {said}."


def _table(shown: Sequence[OnDuty], zone: tzinfo) -> Table:
    return Table(
        caption="Who is on call",
        head=("Rota", "Who", "From", "Until", "How"),
        rows=tuple(
            (
                turn.rota,
                _who(turn),
                _moment(turn.begins_at, zone),
                _moment(turn.ends_at, zone),
                "gap" if turn.person is None else "standing in" if turn.is_override else "in turn",
            )
            for turn in shown
        ),
    )


def _row(turn: OnDuty, rotas: list[str]) -> float:
    return TOP + ROW * rotas.index(turn.rota)


def _who(turn: OnDuty) -> str:
    stands_in = " (standing in)" if turn.is_override else ""
    return f"{turn.person}{stands_in}" if turn.person else "nobody"


def _from_until(turn: OnDuty, zone: tzinfo) -> str:
    return f"{_moment(turn.begins_at, zone)} to {_moment(turn.ends_at, zone)}"


def _moment(at: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b} {local:%H:%M}"


def _listed(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _cut(text: str, room: float) -> str:
    """As much of it as there is room for; nothing where not even three letters fit."""
    letters = int(room // LETTER)
    if len(text) <= letters:
        return text
    return f"{text[: letters - 1]}…" if letters >= 4 else ""
