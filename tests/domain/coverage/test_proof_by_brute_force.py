"""A proof by intervals against two others: every minute looked at by the file's text alone, and escalations played."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import combinations
from math import ceil
from typing import Any, Final
from zoneinfo import ZoneInfo

from hypothesis import assume, event, given, settings
from hypothesis import strategies as st

from domain.coverage.calendar import OnCallCalendar
from domain.coverage.climbs import climbs
from domain.coverage.findings import CoverageFinding, Wrong
from domain.coverage.proof import Worst, prove
from domain.escalation.escalation import opened
from domain.escalation.messages import Kind, Opening
from domain.oncall.file import OnCall, OnCallFileError, OnCallQuery, parse_on_call
from domain.values import PersonId, Severity
from tests.support.coverage_oracle import (
    MINUTE,
    WEEK,
    CoverageOracle,
    Times,
    first_there,
    last_step,
    somebody_else,
    times,
)
from tests.support.file_keys import written

NIGHTS: Final = (
    ("America/Los_Angeles", "2026-03-07"),
    ("America/Los_Angeles", "2026-10-31"),
    ("Europe/Berlin", "2026-10-24"),
    ("Australia/Lord_Howe", "2026-04-04"),
    ("America/Los_Angeles", "2026-07-04"),
)
"""Evenings before a night in which the clock is put forward, or back, or by half an hour; and one of no interest."""

MINUTES: Final = 720
PEOPLE: Final = {"lind": "monitor", "osei": "prescriber", "ward": "prescriber"}
TARGETS: Final = ("rota:nurse", "rota:doctor", "person:lind", "person:osei", "role:prescriber")

moments_of_day = st.tuples(st.integers(0, 287), st.integers(0, 287)).map(sorted).filter(lambda both: both[0] < both[1])
ladders = st.lists(
    st.tuples(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=3, unique=True), st.integers(1, 40)),
    min_size=1,
    max_size=3,
)


@dataclass(frozen=True)
class Drawn:
    """An on-call file as Kapstan reads it and as it was written, and from when on it is looked at."""

    on_call: OnCall
    content: Mapping[str, Any]
    begins_at: datetime

    @property
    def ends_at(self) -> datetime:
        return self.begins_at + MINUTES * MINUTE

    @property
    def oracle(self) -> CoverageOracle:
        return CoverageOracle(self.content, self.begins_at, MINUTES)

    def times(self, findings: tuple[CoverageFinding, ...], wrong: Wrong, **fields: object) -> Times:
        """When the proof finds this, in minutes; a time that begins within a minute counts from the next one."""
        alike = (one for one in findings if one.wrong is wrong and fields.items() <= dict(one).items())
        found = ((self._minute(one.begins_at), self._minute(one.ends_at)) for one in alike)
        return [(begins, ends) for begins, ends in found if begins < ends]

    def _minute(self, at: datetime) -> int:
        return ceil((at.astimezone(UTC) - self.begins_at) / MINUTE)


class Writer:
    """Writes an on-call file around one night, whose moments are all multiples of five minutes."""

    def __init__(self, draw: st.DrawFn, zone: str, evening: datetime) -> None:
        self._draw = draw
        self._zones = st.sampled_from([zone, zone, "UTC"])
        self._evening = evening

    def content(self) -> dict[str, Any]:
        return {
            "schema": 1,
            "people": {name: self._person(name) for name in PEOPLE},
            "rotas": {"nurse": self._rota(), "doctor": self._rota()},
            "policies": self._policies(),
            "fallback": {"channels": ["json://127.0.0.1"]},
        }

    def _person(self, name: str) -> dict[str, Any]:
        told: dict[str, Any] = {"name": name, "role": PEOPLE[name], "channels": ["json://127.0.0.1"]}
        if self._draw(st.booleans()):
            told["leave"] = [{**self._period(), "timezone": self._draw(self._zones)}]
        if self._draw(st.integers(0, 3)) == 0:
            told["hours"] = self._hours()
        return told

    def _rota(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "timezone": self._draw(self._zones),
            "members": self._draw(st.lists(st.sampled_from(sorted(PEOPLE)), min_size=1, max_size=3)),
            "period_hours": self._draw(st.sampled_from([1, 3, 12])),
            "handoff": self._moment(st.integers(-600, -588)),
        }
        if self._draw(st.booleans()):
            told["overrides"] = [{"person": self._draw(st.sampled_from(sorted(PEOPLE))), **self._period()}]
        return told

    def _policies(self) -> dict[str, Any]:
        """Each ladder is the one above it, slower and no louder; routine may have hours."""
        policies: dict[str, Any] = {}
        ladder = self._draw(ladders)
        for severity in reversed(Severity):
            policies[severity.value] = {
                "steps": [{"notify": notify, "wait_minutes": wait} for notify, wait in ladder],
                "resolve_within": "PT1H",
                "max_snooze": "PT0S",
            }
            ladder = [
                (self._draw(st.sampled_from([notify, notify[:1]])), wait + self._draw(st.integers(0, 9)))
                for notify, wait in ladder
            ]
        if self._draw(st.booleans()):
            policies["routine"]["hours"] = self._hours()
        return policies

    def _hours(self) -> dict[str, Any]:
        opens, closes = (f"{ticks // 12:02}:{ticks % 12 * 5:02}" for ticks in self._draw(moments_of_day))
        left_out = self._draw(st.sampled_from(["", "", "sat", "sun"]))
        days = [one for one in WEEK if one != left_out]
        return {"timezone": self._draw(self._zones), "days": days, "from": opens, "until": closes}

    def _period(self) -> dict[str, str]:
        begins, lasts = self._draw(st.integers(-30, 120)), self._draw(st.integers(1, 60))
        return {"from": self._moment(st.just(begins)), "until": self._moment(st.just(begins + lasts))}

    def _moment(self, ticks: st.SearchStrategy[int]) -> str:
        return (self._evening + self._draw(ticks) * 5 * MINUTE).isoformat()


@st.composite
def files(draw: st.DrawFn) -> Drawn:
    zone, day = draw(st.sampled_from(NIGHTS))
    evening = datetime.fromisoformat(f"{day}T20:00:00")
    content = Writer(draw, zone, evening).content()
    return Drawn(read(content), content, evening.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC))


def read(content: Mapping[str, Any]) -> OnCall:
    """The file as Kapstan reads it, with the durations that the oracle counts in minutes and hours."""
    policies = {
        severity: {
            **policy,
            "steps": [{"notify": one["notify"], "wait": f"PT{one['wait_minutes']}M"} for one in policy["steps"]],
        }
        for severity, policy in content["policies"].items()
    }
    rotas = {
        name: {("period" if key == "period_hours" else key): told for key, told in rota.items()}
        | {"period": f"PT{rota['period_hours']}H"}
        for name, rota in content["rotas"].items()
    }
    try:
        return parse_on_call(written({**content, "policies": policies, "rotas": rotas}), "oncall.toml")
    except OnCallFileError:  # a moment that the clock is put forward over
        assume(False)
        raise


def minutes(worst: Worst | None) -> int | None:
    return worst.after // MINUTE if worst else None


def are_both_called(on_call: OnCall) -> bool:
    """Whether one policy calls both rotas."""
    called = ({target for step in policy.steps for target in step.notify} for policy in on_call.policies.values())
    return any({"rota:nurse", "rota:doctor"} <= targets for targets in called)


@settings(max_examples=20)
@given(drawn=files())
def test_every_minute_says_what_the_proof_says(drawn: Drawn) -> None:
    """The longest waits, and each gap from its first minute to its last, through a night in which the clock changes."""
    proof, oracle = prove(drawn.on_call, drawn.begins_at, drawn.ends_at), drawn.oracle
    event("a gap" if proof.gaps else "no gap")

    for proved in proof.severities:
        severity = proved.severity
        assert minutes(proved.first) == oracle.longest(severity, first_there)
        assert minutes(proved.another) == oracle.longest(severity, somebody_else)
        assert minutes(proved.last) == oracle.longest(severity, last_step)
        for step in range(len(drawn.on_call.policies[severity].steps)):
            found = drawn.times(proof.gaps, Wrong.NOBODY, severity=severity, step=step + 1)
            assert found == oracle.empty(severity, step)
    for lower, higher in combinations(Severity, 2):
        sooner = drawn.times(proof.gaps, Wrong.SOONER, severity=lower, than=higher)
        assert sooner == oracle.sooner(lower, higher)
        assert drawn.times(proof.gaps, Wrong.LOUDER, severity=lower, than=higher) == oracle.louder(lower, higher)
    for severity in Severity:
        unreached = [first_there(oracle.ladder(severity, opened)) is None for opened in range(MINUTES)]
        assert drawn.times(proof.gaps, Wrong.WHOLE_LADDER, severity=severity) == times(unreached)
    if are_both_called(drawn.on_call):
        for person in PEOPLE:
            found = drawn.times(proof.gaps, Wrong.TWO_PLACES, people=(person,))
            assert found == oracle.in_two_places(person, "nurse", "doctor")


@settings(max_examples=20)
@given(drawn=files(), seconds=st.lists(st.integers(0, MINUTES * 60 - 1), min_size=1, max_size=8))
def test_an_escalation_that_nobody_answers_pages_as_the_proof_says(drawn: Drawn, seconds: list[int]) -> None:
    """Each page of the escalation itself: its step, its moment to the second, and whom it calls; also at the worst."""
    calendar = OnCallCalendar(drawn.on_call, drawn.begins_at, drawn.ends_at + timedelta(days=30))
    proof = prove(drawn.on_call, drawn.begins_at, drawn.ends_at)

    for proved in proof.severities:
        severity, steps = proved.severity, len(drawn.on_call.policies[proved.severity].steps)
        known = list(climbs(calendar, severity, drawn.begins_at, drawn.ends_at))
        for opened_at in [drawn.begins_at + timedelta(seconds=one) for one in seconds]:
            (climb,) = (one for one in known if one.begins_at <= opened_at < one.ends_at)
            said = [(call.step, call.at, call.called) for call in climb.from_(opened_at).calls]
            assert said == list(played(drawn.on_call, severity, opened_at, steps))
        worst_at = proved.last.opened_at.astimezone(UTC)
        *_, (_, last_at, _) = played(drawn.on_call, severity, worst_at, steps)
        assert last_at - worst_at == proved.last.after


def played(
    on_call: OnCall, severity: Severity, opened_at: datetime, pages: int
) -> Iterator[tuple[int, datetime, tuple[PersonId, ...]]]:
    """The pages of an escalation, played as its workflow does: it sleeps until it wakes, asks who is on call, pages."""
    opening = Opening(
        id="EX-1~vitals_overdue~1~1",
        course_id="EX-1",
        kind=Kind.VITALS_OVERDUE,
        session=1,
        severity=severity,
        opened_at=opened_at,
    )
    escalation, now = opened(opening, opened_at), opened_at
    for _ in range(pages):
        now = escalation.wakes_at(on_call.policies[severity]) or now
        snapshot = on_call.standing(OnCallQuery(severity=severity, at=now))
        next_step = escalation.progress.upcoming(snapshot.policy)
        assert next_step is not None
        assert next_step.at <= now
        escalation = escalation.advanced(snapshot.policy, next_step, now)
        yield next_step.step, now, snapshot.called[next_step.step - 1]
