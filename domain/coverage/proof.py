"""The proof of an on-call file: the longest time until a human is reached, for every moment of a period."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import Field

from domain.coverage.calendar import OnCallCalendar
from domain.coverage.climbs import Climb, StepCall, climbs, unanswered_round
from domain.coverage.findings import CoverageFinding, absences, first_reached, gaps
from domain.durations import LengthOrZero
from domain.escalation.messages import Kind
from domain.oncall.file import OnCall
from domain.oncall.rota import Zone
from domain.protocol.model import EscalationRules
from domain.values import Frozen, Moment, PersonId, Role, Severity


class Worst(Frozen):
    """The longest that something takes: in the ladder of an escalation opened at `opened_at`, the page at `at`.

    `people` are those whom that page reaches. `is_constant` if it takes as long whenever it is opened, and
    `is_always_them` if it reaches the same people.
    """

    after: LengthOrZero
    opened_at: Moment
    at: Moment
    step: int
    people: tuple[PersonId, ...]
    is_constant: bool
    is_always_them: bool


class SeverityProof(Frozen):
    """The worst of a severity if nobody answers, in the first round of its ladder."""

    severity: Severity
    first: Worst | None = Field(description="Until somebody is reached; null if at some moment nobody is")
    another: Worst | None = Field(description="Until somebody else is reached too; null if at some moment nobody is")
    resolver: Worst | None = Field(
        description="Until everybody is reached who must be, to resolve what it may be about; null if at some moment "
        "they are not, or no protocol was named"
    )
    last: Worst = Field(description="Until the last step pages")


class ProofRow(NamedTuple):
    """A row of the proof's table: until what, and the worst of it; None where at some moment there is none."""

    severity: Severity
    until: str
    worst: Worst | None


class Proof(Frozen):
    """What is proved of every moment from `begins_at` (included) until `ends_at` (excluded).

    Times are told in `timezone`, the clinic's own. In `absences` somebody is called who is not there, and others are.
    """

    begins_at: Moment
    ends_at: Moment
    timezone: Zone
    is_resolver_asked: bool = Field(description="Whether a protocol was named, which says who may resolve what")
    severities: tuple[SeverityProof, ...]
    gaps: tuple[CoverageFinding, ...]
    absences: tuple[CoverageFinding, ...]

    @property
    def rows(self) -> Iterator[ProofRow]:
        """The proof as a table, the gravest severity first."""
        for one in self.severities:
            yield ProofRow(one.severity, "somebody is reached", one.first)
            yield ProofRow(one.severity, "somebody else is reached", one.another)
            if self.is_resolver_asked:
                yield ProofRow(one.severity, "one who may resolve it is", one.resolver)
            yield ProofRow(one.severity, "the last step pages", one.last)


def prove(on_call: OnCall, begins_at: datetime, ends_at: datetime, resolvers: Iterable[Collection[Role]] = ()) -> Proof:
    """Proves the on-call file for that time. Somebody of each of `resolvers` must be reached by every ladder.

    Exact: each moment at which anything changes is looked at, and between two of them nothing gets worse.
    """
    zone = ZoneInfo(on_call.timezone)
    looked_until = max(_last_page(on_call, severity, ends_at) for severity in on_call.policies)
    calendar = OnCallCalendar(on_call, begins_at, looked_until + timedelta.resolution)
    ladders = {severity: tuple(climbs(calendar, severity, begins_at, ends_at)) for severity in reversed(Severity)}
    needed = tuple(resolvers)
    found = tuple(gaps(calendar, ladders, needed, begins_at, ends_at))
    return Proof(
        begins_at=begins_at.astimezone(zone),
        ends_at=ends_at.astimezone(zone),
        timezone=zone.key,
        is_resolver_asked=bool(needed),
        severities=tuple(_proved(on_call, severity, ladder, needed) for severity, ladder in ladders.items()),
        gaps=found,
        absences=tuple(
            one for one in absences(calendar, begins_at, ends_at) if not any(gap.tells_of(one) for gap in found)
        ),
    )


def resolvers_of(rules: EscalationRules) -> tuple[tuple[Role, ...], ...]:
    """The roles of which one must be reached, for each question that only some may resolve."""
    return tuple(dict.fromkeys(roles for kind in Kind if (roles := rules.resolvers_of(kind))))


def _last_page(on_call: OnCall, severity: Severity, opened_at: datetime) -> datetime:
    """The moment of the last step's page: no escalation that was opened earlier sends it later."""
    *_, (last, _) = unanswered_round(on_call.policies[severity], severity, opened_at)
    return last.at


def _proved(
    on_call: OnCall, severity: Severity, ladder: Sequence[Climb], resolvers: Sequence[Collection[Role]]
) -> SeverityProof:
    zone = ZoneInfo(on_call.timezone)
    last = _worst(ladder, lambda climb: climb.calls[-1], zone)
    assert last is not None
    return SeverityProof(
        severity=severity,
        first=_worst(ladder, lambda climb: first_reached(climb.calls), zone),
        another=_worst(ladder, lambda climb: _another(climb.calls), zone),
        resolver=_worst(ladder, lambda climb: _resolver(on_call, climb.calls, resolvers), zone),
        last=last,
    )


def _worst(ladder: Sequence[Climb], page: Callable[[Climb], StepCall | None], zone: ZoneInfo) -> Worst | None:
    """The longest until that page; None if there is a climb without it. The first moment of a climb is its worst."""
    found = [(climb, call) for climb in ladder if (call := page(climb)) is not None]
    if len(found) < len(ladder):
        return None
    climb, call = max(found, key=lambda one: one[1].at - one[0].begins_at)
    after = call.at - climb.begins_at
    return Worst(
        after=after,
        opened_at=climb.begins_at.astimezone(zone),
        at=call.at.astimezone(zone),
        step=call.step,
        people=call.there,
        is_constant=all(one.moves and one.at - other.begins_at == after for other, one in found),
        is_always_them=all(one.there == call.there for _, one in found),
    )


def _another(calls: Sequence[StepCall]) -> StepCall | None:
    """The first page that reaches somebody whom the first that reached anybody did not."""
    first = first_reached(calls)
    return next((call for call in calls if first and not set(call.there) <= set(first.there)), None)


def _resolver(on_call: OnCall, calls: Sequence[StepCall], resolvers: Sequence[Collection[Role]]) -> StepCall | None:
    """The page by which somebody of each of these roles has been reached; None if one never is, or there are none."""
    firsts = [
        next((call for call in calls if any(on_call.people[one].role in roles for one in call.there)), None)
        for roles in resolvers
    ]
    reached = [call for call in firsts if call is not None]
    return max(reached, key=lambda call: call.at) if reached and len(reached) == len(firsts) else None
