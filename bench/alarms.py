"""Whom a model year calls, by kind and hour: while nobody is ill, and while every danger is planted.

It is played on paper, by the rules and the ladders of the shipped files. Whoever is paged answers: a nurse or a
prescriber within minutes, the desk within the hour of its working day.
"""

import heapq
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Final, NamedTuple

from bench.house import ROOT
from bench.model_year import DANGERS, SITE, Danger, Told, courses
from bench.run import Run
from bench.table import Bound, Figure, Row
from domain.course.answer import AlreadyAnswered
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Acknowledge, EscalationState, Kind, Order, Resolve
from domain.ledger import Entry
from domain.oncall.file import OnCall, parse_on_call
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refused
from domain.rehearsal.lines import EscalationChange, EscalationLine, LedgerReader, PageLine
from domain.rehearsal.played_course import PlayedCourse
from domain.values import Severity
from tests.support.cast import SHIPPED, pinned

SEED: Final = 2026
COURSES: Final = 100
"""Of a year: three sessions each, so about six a week."""

URGENT_A_SESSION: Final = 0.3

AFTER_ALL: Final = timedelta(days=3)

ANSWERED, DONE = timedelta(minutes=3), timedelta(minutes=20)
"""How long after a page somebody has it, and how long after that it is dealt with."""

WAKING: Final = range(8, 21)
"""Hours of the day in which people are called for what can wait for the morning."""

LOUDER = frozenset({EscalationChange.OPENED, EscalationChange.RAISED})


class Call(NamedTuple):
    """Somebody is called: an escalation was opened, or became worse."""

    at: datetime
    kind: Kind
    severity: Severity


class Year(NamedTuple):
    """What came of it: how many doses were given, who was called, and how many pages went out."""

    doses: int
    calls: tuple[Call, ...]
    pages: int

    @property
    def urgent(self) -> tuple[Call, ...]:
        """The calls that do not wait for working hours."""
        return tuple(one for one in self.calls if one.severity is not Severity.ROUTINE)

    @property
    def by_night(self) -> tuple[Call, ...]:
        """Of these, the ones between nine in the evening and eight in the morning."""
        return tuple(one for one in self.urgent if one.at.astimezone(SITE).hour not in WAKING)


class PlayedYear:
    """Courses played one after the other by one protocol and one on-call file."""

    def __init__(self, protocol: PinnedProtocol, people: OnCall) -> None:
        self._protocol = protocol
        self._people = people

    def quiet(self, count: int, seed: int) -> Year:
        """A year in which nobody is ill."""
        years = [self.played(told) for told in courses(count, seed)]
        return Year(
            doses=sum(one.doses for one in years),
            calls=tuple(call for one in years for call in one.calls),
            pages=sum(one.pages for one in years),
        )

    def missed(self, count: int, seed: int) -> Iterator[tuple[Danger, int]]:
        """The same year with each danger planted in turn, one a course: those that called nobody in time."""
        random = Random(seed)  # noqa: S311  a model, and no secret
        for place, told in enumerate(courses(count, seed)):
            danger, session = DANGERS[place % len(DANGERS)], random.randint(1, 3)
            changed, happened_at = danger.plant(told, session)
            until = happened_at + danger.within
            calls = self.played([one for one in changed if one.received <= until], until).calls
            if not any(_is_called(danger, one, happened_at) for one in calls):
                yield danger, session

    def played(self, told: Sequence[Told], until: datetime | None = None) -> Year:
        """One course, with people who answer; until three days after its end where it is not said."""
        played = _Answered(
            PlayedCourse(told[0].event["subject"], self._protocol, self._people, told[0].received, str(SITE))
        )
        for one in told:
            played.goes_on(one.received)
            played.takes(one)
        played.goes_on(until or told[-1].received + AFTER_ALL)
        doses = sum(one.type == "dose.administered" for one in told)
        return Year(doses=doses, calls=tuple(played.calls), pages=played.pages)


class _Answered:
    """A course that is played while whoever is paged answers."""

    def __init__(self, course: PlayedCourse) -> None:
        self._course = course
        self._reader = LedgerReader()
        self._acts: list[tuple[datetime, int, EscalationId, Order]] = []
        self._answering: set[EscalationId] = set()
        self.calls: list[Call] = []
        self.pages = 0

    def goes_on(self, until: datetime) -> None:
        """Time passes, deadlines pass, ladders page and people answer, until then."""
        while at := min((one for one in (self._next_act, self._course.next_due_at) if one is not None), default=None):
            if at > until:
                break
            self._course.pass_over(at)
            self._look()
            while self._next_act is not None and self._next_act <= at:
                _, _, escalation, order = heapq.heappop(self._acts)
                self._does(escalation, order)
        self._course.pass_until(until)
        self._look()

    def takes(self, told: Told) -> None:
        """The clinic reports it; what is refused has no effect."""
        try:
            self._course.report(told.parsed())
        except (Refused, AlreadyAnswered):
            return
        self._look()

    @property
    def _next_act(self) -> datetime | None:
        return self._acts[0][0] if self._acts else None

    def _does(self, escalation: EscalationId, order: Order) -> None:
        try:
            self._course.act(escalation, order)
        except Refused:
            return
        finally:
            if isinstance(order, Resolve):
                self._answering.discard(escalation)
        self._look()

    def _look(self) -> None:
        """Reads what has happened; somebody who was paged has it in a moment."""
        for one in self._course.drained():
            line = self._reader.read(one) if isinstance(one, Entry) else one
            if isinstance(line, PageLine):
                self.pages += 1
            elif isinstance(line, EscalationLine) and line.change in LOUDER:
                self.calls.append(Call(line.at, line.kind, line.severity))
        for view in self._course.escalations:
            if view.state is EscalationState.OPEN and view.pages and view.id not in self._answering:
                self._answering.add(view.id)
                self._plan(view.id, ANSWERED, Acknowledge(by="lind"))
                self._plan(view.id, ANSWERED + DONE, Resolve(by="lind", note="Seen to"))

    def _plan(self, escalation: EscalationId, after: timedelta, order: Order) -> None:
        heapq.heappush(self._acts, (self._course.now + after, len(self._acts), escalation, order))


def _is_called(danger: Danger, call: Call, happened_at: datetime) -> bool:
    is_loud = call.kind in danger.calls_for and call.severity.rank >= danger.severity.rank
    return is_loud and happened_at <= call.at <= happened_at + danger.within


async def rows(_run: Run) -> list[Row]:
    """The rows of `alarms`."""
    return measured(COURSES)


def clinic() -> PlayedYear:
    """The shipped protocol and the people of the example on-call file."""
    people = (ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8")
    return PlayedYear(pinned(SHIPPED), parse_on_call(people, "oncall.toml"))


def measured(count: int) -> list[Row]:
    """What a quiet year of so many courses asks of people, and how many dangers of as many courses called nobody."""
    year = clinic().quiet(count, SEED)
    missed = tuple(clinic().missed(max(count, len(DANGERS)), SEED))
    return [
        Row(
            what="urgent calls, nobody ill",
            unit="a session",
            ours=Figure.of(len(year.urgent) / year.doses),
            bound=Bound.at_most(URGENT_A_SESSION),
        ),
        Row(what="of these by night", unit="a year", ours=Figure.of(len(year.by_night)), bound=Bound.at_most(0)),
        Row(what="routine calls", unit="a session", ours=Figure.of((len(year.calls) - len(year.urgent)) / year.doses)),
        Row(what="pages sent", unit="a session", ours=Figure.of(year.pages / year.doses)),
        Row(
            what="dangers that called nobody",
            unit=f"of {max(count, len(DANGERS))}",
            ours=Figure.of(len(missed)),
            bound=Bound.at_most(0),
        ),
        *_by_kind(year),
    ]


def _by_kind(year: Year) -> Iterable[Row]:
    """How often each kind called, the most frequent first, with the hours of the site's day in which it did."""
    kinds = Counter((one.kind, one.severity) for one in year.calls)
    for (kind, severity), times in kinds.most_common():
        hours = sorted(
            {one.at.astimezone(SITE).hour for one in year.calls if (one.kind, one.severity) == (kind, severity)}
        )
        yield Row(what=f"{kind}, {severity}, {hours[0]} to {hours[-1] + 1} h", unit="a year", ours=Figure.of(times))
