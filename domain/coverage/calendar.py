"""Whom the on-call file calls over a period, and who of them is there: both change at known moments alone."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from domain.oncall.file import OnCall, OnCallQuery
from domain.values import PersonId, Severity


class Span(NamedTuple):
    """From `begins_at` (included) until `ends_at` (excluded) nothing changes of whom a severity's steps call.

    `called[n]` are those whom step n + 1 calls, `there[n]` those of them whom a page reaches.
    """

    begins_at: datetime
    ends_at: datetime
    called: tuple[tuple[PersonId, ...], ...]
    there: tuple[tuple[PersonId, ...], ...]


class OnCallCalendar:
    """Whom each severity calls from `begins_at` until `ends_at`, by the very snapshot that an escalation asks for."""

    def __init__(self, on_call: OnCall, begins_at: datetime, ends_at: datetime) -> None:
        self.on_call = on_call
        changes = (at for at in _changes(on_call, begins_at, ends_at) if begins_at < at < ends_at)
        self._edges = (*sorted({begins_at, *changes}), ends_at)
        self._known: dict[tuple[Severity, int], Span] = {}

    def span(self, severity: Severity, at: datetime) -> Span:
        """The span around a moment of the calendar's time."""
        place = bisect_right(self._edges, at) - 1
        if (severity, place) not in self._known:
            self._known[severity, place] = self._learned(severity, self._edges[place], self._edges[place + 1])
        return self._known[severity, place]

    def spans(self, severity: Severity, begins_at: datetime, ends_at: datetime) -> Iterator[Span]:
        """The spans between two moments, in order and without a gap, cut off at both."""
        while begins_at < ends_at:
            span = self.span(severity, begins_at)
            yield span._replace(begins_at=begins_at, ends_at=min(span.ends_at, ends_at))
            begins_at = span.ends_at

    def holders(self, at: datetime) -> Mapping[str, PersonId]:
        """Who holds each rota at a moment."""
        return {rota: self.on_call.on_duty(rota, at) for rota in self.on_call.rotas}

    def _learned(self, severity: Severity, begins_at: datetime, ends_at: datetime) -> Span:
        called = self.on_call.standing(OnCallQuery(severity=severity, at=begins_at)).called
        people = self.on_call.people
        there = tuple(tuple(one for one in step if people[one].absence(begins_at) is None) for step in called)
        return Span(begins_at, ends_at, called, there)


def _changes(on_call: OnCall, begins_at: datetime, ends_at: datetime) -> Iterator[datetime]:
    """Every moment at which somebody else may be called, or somebody comes or goes."""
    for rota in on_call.rotas.values():
        yield from (shift.begins_at for shift in rota.shifts(begins_at, ends_at))
    for person in on_call.people.values():
        for leave in person.leave:
            yield from (leave.begins_at, leave.ends_at)
        if person.hours is not None:
            for window in person.hours.windows(begins_at, ends_at):
                yield from window
