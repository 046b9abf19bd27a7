"""What a proof finds: when nobody is reached, when one person fills two places, when the milder alarm is the louder."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import combinations, groupby
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.coverage.calendar import OnCallCalendar, Span
from domain.coverage.climbs import Climb, StepCall
from domain.oncall.file import OnCall
from domain.oncall.policy import TargetKind, read_target
from domain.oncall.rota import Hours
from domain.values import Frozen, Moment, PersonId, Role, Severity

_TICK = timedelta.resolution


class Wrong(StrEnum):
    """What is wrong in a time; each is a gap but `absent`, where others are reached in their place."""

    NOBODY = "nobody"
    WHOLE_LADDER = "whole_ladder"
    NO_RESOLVER = "no_resolver"
    TWO_PLACES = "two_places"
    SOONER = "sooner"
    LOUDER = "louder"
    ABSENT = "absent"


class CoverageFinding(Frozen):
    """What is wrong from `begins_at` (included) until `ends_at` (excluded), in the clinic's time zone."""

    wrong: Wrong = Field(
        description="`nobody`: whoever the step calls then is not there. `whole_ladder`: opened then, no step reaches "
        "anybody. `no_resolver`: opened then, no step reaches anybody who may resolve it. `two_places`: one person "
        "holds two rotas of one policy. `sooner`: opened then, the severity reaches somebody sooner than the graver "
        "one of `than`. `louder`: a step of it reaches more people at once. `absent`: called, and not there, while "
        "others are"
    )
    severity: Severity | None
    step: int | None
    than: Severity | None = None
    begins_at: Moment
    ends_at: Moment
    people: tuple[PersonId, ...]
    why: str

    def tells_of(self, absence: "CoverageFinding") -> bool:
        """Whether it names everybody of the absence, for all of its time."""
        # Not compared as they are: two moments of one time zone would be by the wall clock, whose hour may come twice.
        mine, theirs = ((one.begins_at.timestamp(), one.ends_at.timestamp()) for one in (self, absence))
        return set(absence.people) <= set(self.people) and mine[0] <= theirs[0] and theirs[1] <= mine[1]

    @property
    def what(self) -> str:
        """What is wrong, in words without the time."""
        match self.wrong:
            case Wrong.NOBODY:
                return f"{self.severity}, step {self.step}: nobody is reached"
            case Wrong.WHOLE_LADDER:
                return f"{self.severity}: nobody is reached by any step if it is opened"
            case Wrong.NO_RESOLVER:
                return f"{self.severity}: nobody who may resolve it is reached if it is opened"
            case Wrong.TWO_PLACES:
                return "one person is in two places"
            case Wrong.SOONER:
                return f"{self.severity}: somebody is reached sooner than by {self.than} if it is opened"
            case Wrong.LOUDER:
                return f"{self.severity}: more people are reached at once than by {self.than}"
            case Wrong.ABSENT:
                return "somebody is called who is not there"


class _Time(NamedTuple):
    """A time in which something is wrong, of whom, and why; in UTC."""

    begins_at: datetime
    ends_at: datetime
    people: tuple[PersonId, ...]
    why: tuple[str, ...]


def gaps(
    calendar: OnCallCalendar,
    climbs: Mapping[Severity, Sequence[Climb]],
    resolvers: Iterable[Collection[Role]],
    begins_at: datetime,
    ends_at: datetime,
) -> Iterator[CoverageFinding]:
    """Every gap of that time, the gravest severity first. `climbs` are the first rounds of its ladders."""
    for severity in sorted(climbs, key=lambda one: one.rank, reverse=True):
        yield from _told(calendar.on_call, Wrong.WHOLE_LADDER, _whole_ladders(climbs[severity]), severity)
        for step in range(1, len(calendar.on_call.policies[severity].steps) + 1):
            empty = _empty_steps(calendar, severity, step, begins_at, ends_at)
            yield from _told(calendar.on_call, Wrong.NOBODY, empty, severity, step)
        for roles in resolvers:
            without = _without(calendar.on_call, climbs[severity], roles)
            yield from _told(calendar.on_call, Wrong.NO_RESOLVER, without, severity)
    for lower, higher in combinations(sorted(climbs, key=lambda one: one.rank), 2):
        sooner = _sooner(climbs[lower], climbs[higher], higher)
        yield from _told(calendar.on_call, Wrong.SOONER, sooner, lower, than=higher)
        louder = _louder(calendar, lower, higher, begins_at, ends_at)
        yield from _told(calendar.on_call, Wrong.LOUDER, louder, lower, than=higher)
    for person, times in _two_places(calendar, begins_at, ends_at).items():
        yield from _told(calendar.on_call, Wrong.TWO_PLACES, times, people=(person,))


def absences(calendar: OnCallCalendar, begins_at: datetime, ends_at: datetime) -> Iterator[CoverageFinding]:
    """When somebody is called who is not there, while others of the step are."""
    times: dict[PersonId, list[_Time]] = {}
    for severity, policy in calendar.on_call.policies.items():
        for span in _paging(calendar, severity, policy.hours, begins_at, ends_at):
            for called, there in zip(span.called, span.there, strict=True):
                for person in set(called) - set(there) if there else ():
                    time = _Time(span.begins_at, span.ends_at, (person,), (_why_away(calendar.on_call, person, span),))
                    times.setdefault(person, []).append(time)
    for person in sorted(times):
        yield from _told(calendar.on_call, Wrong.ABSENT, sorted(times[person]), people=(person,))


def _empty_steps(
    calendar: OnCallCalendar, severity: Severity, step: int, begins_at: datetime, ends_at: datetime
) -> Iterator[_Time]:
    """When the step, if it pages then, reaches nobody."""
    hours = calendar.on_call.policies[severity].hours
    for span in _paging(calendar, severity, hours, begins_at, ends_at):
        if not span.there[step - 1]:
            called = span.called[step - 1]
            why = tuple(_why_away(calendar.on_call, person, span) for person in called)
            yield _Time(span.begins_at, span.ends_at, called, why)


def _whole_ladders(climbs: Iterable[Climb]) -> Iterator[_Time]:
    for climb in climbs:
        if first_reached(climb.calls) is None:
            called = tuple(dict.fromkeys(person for call in climb.calls for person in call.called))
            yield _Time(climb.begins_at, climb.ends_at, called, ("none of its steps reaches anybody",))


def _without(on_call: OnCall, climbs: Iterable[Climb], roles: Collection[Role]) -> Iterator[_Time]:
    """When a whole ladder reaches nobody with one of the roles."""
    for climb in climbs:
        there = {on_call.people[person].role for call in climb.calls for person in call.there}
        if not there.intersection(roles):
            wanted = " or ".join(role for role in Role if role in roles)
            yield _Time(climb.begins_at, climb.ends_at, (), (f"a {wanted} must be called who is there",))


def _sooner(lower: Sequence[Climb], higher: Sequence[Climb], than: Severity) -> Iterator[_Time]:
    """When the lower severity reaches somebody before the higher one does. One that reaches nobody is a gap itself."""
    for low, high in _side_by_side(lower, higher):
        first, other = first_reached(low.calls), first_reached(high.calls)
        if first is None or other is None:
            continue
        begins_at = low.begins_at
        if first.at >= other.at:
            if first.moves or not other.moves:
                continue
            # The lower one waits for its hours to begin; the higher one, opened later, comes later and later.
            begins_at += first.at - other.at + _TICK
        if begins_at < low.ends_at:
            why = f"{than} must reach somebody as soon"
            yield _Time(begins_at, low.ends_at, first.there, (why,))


def _louder(
    calendar: OnCallCalendar, lower: Severity, higher: Severity, begins_at: datetime, ends_at: datetime
) -> Iterator[_Time]:
    """When a step of the lower severity reaches several at once, and none of as many steps of the higher one does."""
    hours = calendar.on_call.policies[lower].hours
    for span in _paging(calendar, lower, hours, begins_at, ends_at):
        graver = [len(there) for there in calendar.span(higher, span.begins_at).there]
        for step, there in enumerate(span.there, start=1):
            if len(there) > max(1, *graver[:step]):
                why = f"step {step} reaches {len(there)} at once, {higher} by its step {step} only {max(graver[:step])}"
                yield _Time(span.begins_at, span.ends_at, there, (why,))
                break


def _two_places(calendar: OnCallCalendar, begins_at: datetime, ends_at: datetime) -> Mapping[PersonId, list[_Time]]:
    """When one person holds two rotas that one policy calls."""
    on_call = calendar.on_call
    together = {
        pair
        for policy in on_call.policies.values()
        for pair in combinations(sorted(_rotas_of(target for step in policy.steps for target in step.notify)), 2)
    }
    times: dict[PersonId, list[_Time]] = {}
    for span in calendar.spans(Severity.EMERGENCY, begins_at, ends_at):
        holders = calendar.holders(span.begins_at)
        for one, other in sorted(together):
            if (person := holders[one]) == holders[other]:
                why = f"{on_call.people[person].name} holds rota {one} and rota {other}"
                times.setdefault(person, []).append(_Time(span.begins_at, span.ends_at, (person,), (why,)))
    return {person: sorted(times[person]) for person in sorted(times)}


def _rotas_of(targets: Iterable[str]) -> set[str]:
    return {name for kind, name in map(read_target, targets) if kind is TargetKind.ROTA}


def alike(findings: Iterable[CoverageFinding]) -> Iterator[tuple[CoverageFinding, ...]]:
    """The findings that differ in nothing but their time, together: a gap of every night is told once."""
    for _, same in groupby(findings, lambda one: (one.what, one.people, one.why)):
        yield tuple(same)


def first_reached(calls: Iterable[StepCall]) -> StepCall | None:
    """The first page of these that reaches anybody."""
    return next((call for call in calls if call.there), None)


def _paging(
    calendar: OnCallCalendar, severity: Severity, hours: Hours | None, begins_at: datetime, ends_at: datetime
) -> Iterator[Span]:
    """The spans of that time, cut to the policy's hours: at any other moment it pages nobody."""
    if hours is None:
        yield from calendar.spans(severity, begins_at, ends_at)
        return
    for window in hours.windows(begins_at, ends_at):
        yield from calendar.spans(severity, max(window.opens_at, begins_at), min(window.closes_at, ends_at))


def _side_by_side(lower: Sequence[Climb], higher: Sequence[Climb]) -> Iterator[tuple[Climb, Climb]]:
    """Both climbs of every moment: each pair is cut to the time in which neither changes."""
    lows, highs = iter(lower), iter(higher)
    low, high = next(lows, None), next(highs, None)
    while low is not None and high is not None:
        ends_at = min(low.ends_at, high.ends_at)
        yield low._replace(ends_at=ends_at), high._replace(ends_at=ends_at)
        low = low.from_(ends_at) if low.ends_at > ends_at else next(lows, None)
        high = high.from_(ends_at) if high.ends_at > ends_at else next(highs, None)


def _why_away(on_call: OnCall, person: PersonId, span: Span) -> str:
    known = on_call.people[person]
    return f"{known.name} is {known.absence(span.begins_at)}"


def _told(
    on_call: OnCall,
    wrong: Wrong,
    times: Iterable[_Time],
    severity: Severity | None = None,
    step: int | None = None,
    *,
    than: Severity | None = None,
    people: tuple[PersonId, ...] = (),
) -> Iterator[CoverageFinding]:
    zone = ZoneInfo(on_call.timezone)
    for time in _joined(times):
        yield CoverageFinding(
            wrong=wrong,
            severity=severity,
            step=step,
            than=than,
            begins_at=time.begins_at.astimezone(zone),
            ends_at=time.ends_at.astimezone(zone),
            people=people or time.people,
            why="; ".join(time.why),
        )


def _joined(times: Iterable[_Time]) -> list[_Time]:
    """The times in order, those that touch or overlap as one."""
    joined: list[_Time] = []
    for time in times:
        if joined and time.begins_at <= joined[-1].ends_at:
            last = joined[-1]
            joined[-1] = _Time(
                last.begins_at,
                max(last.ends_at, time.ends_at),
                tuple(dict.fromkeys((*last.people, *time.people))),
                tuple(dict.fromkeys((*last.why, *time.why))),
            )
        else:
            joined.append(time)
    return joined
