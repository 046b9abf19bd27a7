"""Who will be paged if nobody acts: foretold at once, and lived through minute by minute, it is the same."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.calls_to_come import Ahead, calls_to_come
from domain.chart import Chart, Decision
from domain.escalation import Acknowledge, Change, EscalationId, EscalationState, Kind, Reassign, Snooze
from domain.forecast import FALLBACK_NAME, MOST_PAGES, Because, Forecast, PageToCome, forecast
from domain.obligation import Obligation, opened
from domain.oncall import FALLBACK, Duty, OnCall
from domain.refusal import Refused
from domain.turn import Again, Call, Open, Settle
from domain.values import PersonId, Severity
from tests.cast import MONDAY, adverse_event, days, hours, minutes, vitals
from tests.clinic import ON_CALL
from tests.domain.ward import Ward

MINUTE = timedelta(minutes=1)
LIND, OSEI, WARD, DESK = "lind", "osei", "ward", "desk"

Sent = tuple[datetime, Kind, Severity, int, PersonId]
"""A page: when, of what, how urgent, of which step, to whom."""


class Night:
    """A course and its escalations side by side, as their workflows live them, a minute at a time."""

    def __init__(self, chart: Chart, now: datetime, on_call: OnCall = ON_CALL) -> None:
        self.chart, self._passes_at = chart, passes_at(chart)
        self.now = now
        self.on_call = on_call
        self.open: dict[EscalationId, Obligation] = {}
        self.sent: list[Sent] = []

    def reports(self, grade: int) -> None:
        """An adverse event of that grade, now: 2 is routine, 3 urgent, 4 an emergency."""
        event = adverse_event(self.chart.course_id, at=self.now, grade=grade)
        self._take(self.chart.accept(event, self.now))
        self._page()

    def acts(self, act: Callable[[Obligation], Obligation]) -> None:
        """Somebody does it with the newest escalation, where it is allowed."""
        if self.open:
            newest = list(self.open)[-1]
            try:
                self.open[newest] = act(self.open[newest])
            except Refused:
                return

    def acknowledges(self) -> None:
        self.acts(lambda one: one.acknowledge(Acknowledge(by=LIND), self._standing(one), self.now))

    def snoozes(self, length: timedelta) -> None:
        order = Snooze(by=LIND, for_=length, note="In the room")
        self.acts(lambda one: one.snooze(order, self._standing(one), self.now))

    def passes_on(self) -> None:
        self.acts(lambda one: one.reassign(Reassign(by=LIND, to=WARD), self._standing(one), self.now))

    def passes(self, length: timedelta) -> None:
        """Nobody acts meanwhile."""
        until = self.now + length
        while self.now < until:
            self.now += MINUTE
            if self._passes_at <= self.now:
                self._take(self.chart.pass_deadlines(self.now))
            self._page()

    def foretold(self, ahead: timedelta) -> Forecast:
        to_come = calls_to_come(self.chart, Ahead(at=self.now, until=self.now + ahead))
        return forecast(to_come, {one: obligation.climb for one, obligation in self.open.items()}, self.on_call, {})

    def _take(self, decision: Decision) -> None:
        self.chart, self._passes_at = decision.chart, passes_at(decision.chart)
        for call in decision.calls:
            match call:
                case Open(opening=opening):
                    self.open[opening.id] = opened(opening, self.now)
                case Again(id=escalation, repeat=repeat):
                    self.open[escalation] = self.open[escalation].repeat(repeat, self.now)
                case Settle():
                    raise AssertionError("time settles nothing")

    def _page(self) -> None:
        for escalation, before in self.open.items():
            wakes_at = before.climb.wakes_at(self.on_call.policies[before.climb.severity])
            if wakes_at is None or wakes_at > self.now:
                continue
            obligation = before.lapse(self.now)
            standing = self._standing(obligation)
            rung = obligation.climb.next_rung(standing.policy) if obligation.climb.is_open else None
            if rung is not None and rung.at <= self.now:
                called = standing.called[rung.step - 1]
                to = [(rung.step, person) for person in called] if called else [(0, FALLBACK)]
                view = obligation.view
                self.sent.extend((self.now, view.kind, view.severity, step, person) for step, person in to)
                obligation = obligation.climbed(standing.policy, rung, self.now)
            self.open[escalation] = obligation

    def _standing(self, obligation: Obligation) -> Any:
        return self.on_call.standing(Duty(severity=obligation.climb.severity, at=self.now))


def passes_at(chart: Chart) -> datetime:
    """When the course's clock next rings."""
    return min((one.passes_at for one in chart.deadlines()), default=datetime.max.replace(tzinfo=UTC))


STATES: Mapping[str, Callable[[Ward], Ward]] = {
    "referred": lambda ward: ward.referred(),
    "prepared": lambda ward: ward.prepared(),
    "dosed": lambda ward: ward.dosed(),
    "watched": lambda ward: ward.watched(until=minutes(30)),
    "discharged": lambda ward: ward.discharged(),
    "in_follow_up": lambda ward: ward.in_follow_up(),
}


@cache
def come_so_far(state: str) -> Ward:
    return STATES[state](Ward())


def night(state: str = "referred", on_call: OnCall = ON_CALL) -> Night:
    ward = come_so_far(state)
    return Night(ward.chart, ward.now, on_call)


def sent(foretold: Forecast) -> list[Sent]:
    return [(page.at, page.kind, page.severity, page.step, page.person) for page in foretold.pages]


TARGETS = ["rota:nurse", "person:osei", "person:ward", "role:prescriber", "role:therapist"]
ladders = st.lists(
    st.tuples(st.lists(st.sampled_from(TARGETS), min_size=1, max_size=2, unique=True), st.integers(1, 40)),
    min_size=1,
    max_size=3,
)


@st.composite
def on_call_files(draw: st.DrawFn) -> OnCall:
    """Any policies, sound or not: a role that nobody has, hours of a few hours a day, a nurse that changes hourly."""

    def policy(hours: object = None) -> dict[str, object]:
        steps = [{"notify": notify, "wait": f"PT{wait}M"} for notify, wait in draw(ladders)]
        within, snooze = draw(st.integers(1, 90)), draw(st.integers(0, 60))
        return {"steps": steps, "resolve_within": f"PT{within}M", "max_snooze": f"PT{snooze}M", "hours": hours}

    opens = draw(st.integers(0, 22))
    office = {"timezone": "UTC", "days": ["mon", "tue", "wed"], "from": f"{opens:02}:00", "until": f"{opens + 1:02}:30"}
    nurse = {
        "timezone": "Europe/Oslo",
        "members": draw(st.lists(st.sampled_from([LIND, DESK, OSEI]), min_size=1, max_size=3)),
        "period": "PT1H",
        "handoff": f"2026-01-05T08:{draw(st.integers(0, 59)):02}:00",
    }
    return ON_CALL.model_validate(
        {
            **ON_CALL.model_dump(by_alias=True),
            "rotas": {"nurse": nurse},
            "policies": {"emergency": policy(), "urgent": policy(), "routine": policy(office)},
        }
    )


acts = st.one_of(
    st.tuples(st.just("reports"), st.integers(2, 4)),
    st.tuples(st.just("acknowledges")),
    st.tuples(st.just("snoozes"), st.integers(1, 60).map(lambda number: timedelta(minutes=number))),
    st.tuples(st.just("passes_on")),
)


@given(
    state=st.sampled_from(sorted(STATES)),
    on_call=on_call_files(),
    story=st.lists(st.tuples(acts, st.integers(0, 60)), max_size=5),
)
@settings(max_examples=1200, deadline=None)
def test_what_is_foretold_is_what_happens(state: str, on_call: OnCall, story: list[tuple[Any, int]]) -> None:
    """Whatever happened before, whatever the clinic's policies: if nobody acts, those pages go out, and no others."""
    clinic = night(state, on_call)
    for (act, *told), pause in story:
        getattr(clinic, act)(*told)
        clinic.passes(minutes(pause))
    clinic.sent.clear()

    foretold = clinic.foretold(hours(6))
    clinic.passes(foretold.until - foretold.at - MINUTE)

    told_by_then = [page for page in sent(foretold) if page[0] < foretold.until]
    assert sorted(told_by_then) == sorted(clinic.sent)
