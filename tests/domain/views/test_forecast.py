"""Who will be paged if nobody acts: foretold at once, and lived through minute by minute, it is the same."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.course.course import Course, Decision
from domain.course.projection import Ahead, CallToCome, calls_to_come
from domain.course.transition import AutoResolve, OpenEscalation, RepeatEscalation
from domain.escalation.escalation import Escalation, opened
from domain.escalation.ids import EscalationId
from domain.escalation.messages import Acknowledge, Kind, Opening, Reassign, Repeat, Snooze
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery, OnCallSnapshot, parse_on_call
from domain.refusal import Refused
from domain.values import PersonId, Severity
from domain.views.forecast import (
    FALLBACK_NAME,
    MOST_PAGES,
    Because,
    Forecast,
    Move,
    PageToCome,
    forecast,
)
from tests.support.cast import adverse_event, days, hold, hours, minutes, vitals, withdrawal
from tests.support.paths import ROOT
from tests.support.ward import TICK, Ward

ON_CALL = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")

MINUTE = timedelta(minutes=1)
LIND, OSEI, WARD, DESK = "lind", "osei", "ward", "desk"

Sent = tuple[datetime, Kind, Severity, int, PersonId]
"""A page: when, of what, how urgent, of which step, to whom."""


class Night:
    """A course and its escalations side by side, as their workflows live them, a minute at a time."""

    def __init__(self, course: Course, now: datetime, on_call: OnCall = ON_CALL) -> None:
        self.course, self._passes_at = course, passes_at(course)
        self.now = now
        self.on_call = on_call
        self.open: dict[EscalationId, Escalation] = {}
        self.sent: list[Sent] = []

    def reports(self, grade: int, ago: timedelta = timedelta()) -> None:
        """An adverse event of that grade, so long ago: 2 is routine, 3 urgent, 4 an emergency."""
        event = adverse_event(self.course.course_id, at=self.now - ago, grade=grade)
        self._take(self.course.accept(event, self.now))
        self._page()

    def acts(self, act: Callable[[Escalation], Escalation]) -> None:
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
                self._take(self.course.pass_deadlines(self.now))
            self._page()

    def foretold(self, ahead: timedelta) -> Forecast:
        to_come = calls_to_come(self.course, Ahead(at=self.now, until=self.now + ahead))
        return forecast(to_come, {one: escalation.progress for one, escalation in self.open.items()}, self.on_call, {})

    def _take(self, decision: Decision) -> None:
        self.course, self._passes_at = decision.course, passes_at(decision.course)
        for call in decision.calls:
            match call:
                case OpenEscalation(opening=opening):
                    self.open[opening.id] = opened(opening, self.now)
                case RepeatEscalation(id=escalation, repeat=repeat):
                    self.open[escalation] = self.open[escalation].repeat(repeat, self.now)
                case AutoResolve():
                    raise AssertionError("time settles nothing")

    def _page(self) -> None:
        for escalation_id, before in self.open.items():
            wakes_at = before.progress.wakes_at(self.on_call.policies[before.progress.severity])
            if wakes_at is None or wakes_at > self.now:
                continue
            escalation = before.lapse(self.now)
            standing = self._standing(escalation)
            next_step = escalation.progress.upcoming(standing.policy) if escalation.progress.is_open else None
            if next_step is not None and next_step.at <= self.now:
                called = standing.called[next_step.step - 1]
                to = [(next_step.step, person) for person in called] if called else [(0, FALLBACK)]
                view = escalation.view
                self.sent.extend((self.now, view.kind, view.severity, step, person) for step, person in to)
                escalation = escalation.advanced(standing.policy, next_step, self.now)
            self.open[escalation_id] = escalation

    def _standing(self, escalation: Escalation) -> OnCallSnapshot:
        return self.on_call.standing(OnCallQuery(severity=escalation.progress.severity, at=self.now))


def passes_at(course: Course) -> datetime:
    """When the course's clock next rings."""
    return min((one.passes_at for one in course.deadlines()), default=datetime.max.replace(tzinfo=UTC))


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
    return Night(ward.course, ward.now, on_call)


def in_a_held_course(now: datetime) -> Night:
    """A course in which nothing is due for a week."""
    clinic = night()
    held = hold(clinic.course.course_id, at=now)
    return Night(clinic.course.accept(held, now).course, now)


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
    story=st.lists(st.tuples(acts, st.integers(1, 60)), max_size=5),
)
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


def told(foretold: Forecast, number: int = 100) -> list[tuple[datetime, int, PersonId, Because]]:
    """Of its first pages: when, step, person, reason."""
    return [(page.at, page.step, page.person, page.because) for page in foretold.pages[:number]]


def changes(foretold: Forecast) -> list[tuple[datetime, Move, Severity]]:
    return [(one.at, one.change, one.severity) for one in foretold.changes]


def test_a_dosed_patient_whom_nobody_measures() -> None:
    """The nurse five minutes after the reading was due; at ten it is an emergency, and its ladder starts at once.

    The urgent ladder's second step would be due in that very moment: it has become needless.
    """
    clinic = night("dosed")

    foretold = clinic.foretold(minutes(12))

    dosed_at = clinic.now
    assert told(foretold) == [
        (dosed_at + minutes(5), 1, LIND, Because.OPENED),
        (dosed_at + minutes(10), 1, LIND, Because.RAISED),
        (dosed_at + minutes(10), 1, OSEI, Because.RAISED),
        (dosed_at + minutes(11), 2, LIND, Because.NO_ANSWER),
        (dosed_at + minutes(11), 2, OSEI, Because.NO_ANSWER),
        (dosed_at + minutes(11), 2, WARD, Because.NO_ANSWER),
    ]
    assert changes(foretold) == [
        (dosed_at + minutes(5), Move.OPENED, Severity.URGENT),
        (dosed_at + minutes(10), Move.RAISED, Severity.EMERGENCY),
    ]
    assert {page.escalation for page in foretold.pages} == {None}
    assert (foretold.cut, foretold.until) == (False, dosed_at + minutes(12))


def test_a_reading_that_is_late_already_is_called_for_now() -> None:
    """The workers were away for an hour: what should have passed long ago passes at once."""
    clinic = night("dosed")
    clinic.now += hours(1)

    foretold = clinic.foretold(minutes(1))

    assert told(foretold, 2) == [(clinic.now, 1, LIND, Because.OPENED), (clinic.now, 1, OSEI, Because.OPENED)]
    assert changes(foretold) == [(clinic.now, Move.OPENED, Severity.EMERGENCY)]


def test_a_ladder_that_was_held_up_goes_on_now() -> None:
    """The step that was due an hour ago pages at once; the promise that lapsed an hour ago lapses now."""
    climbing, promised = night(), night()
    for clinic in (climbing, promised):
        clinic.reports(grade=3)
    promised.acknowledges()
    climbing.now += hours(1)
    promised.now += hours(2)

    assert told(climbing.foretold(minutes(1))) == [(climbing.now, 2, OSEI, Because.NO_ANSWER)]
    foretold = promised.foretold(minutes(1))
    assert told(foretold) == [(promised.now, 2, OSEI, Because.PROMISE_LAPSED)]
    assert changes(foretold) == [(promised.now, Move.REOPENED, Severity.URGENT)]


def test_everything_before_the_end_is_in_it_and_nothing_else() -> None:
    """A deadline, a page or a lapse in the very moment in which it ends is left to the next forecast."""
    dosed, climbing, promised = night("dosed"), night(), night()
    for clinic in (climbing, promised):
        clinic.reports(grade=3)
    promised.acknowledges()

    for clinic, edge in ((dosed, minutes(5)), (climbing, minutes(5)), (promised, minutes(60))):
        at_the_end, just_after = clinic.foretold(edge), clinic.foretold(edge + TICK)
        assert (at_the_end.pages, at_the_end.changes, at_the_end.cut) == ((), (), False)
        assert {page.at for page in just_after.pages} == {clinic.now + edge}
    ahead = Ahead(at=dosed.now, until=dosed.now + minutes(5))
    assert calls_to_come(dosed.course, ahead).calls == ()


def test_a_page_names_its_escalation_and_no_address() -> None:
    """Which one, how urgent, who by name, and by what kinds of channel."""
    clinic = night()
    clinic.reports(grade=3)

    foretold = clinic.foretold(minutes(6))

    assert foretold.pages == (
        PageToCome(
            escalation=next(iter(clinic.open)),
            kind=Kind.ADVERSE_EVENT,
            session=None,
            severity=Severity.URGENT,
            at=clinic.now + minutes(5),
            step=2,
            person=OSEI,
            name="Dr Osei",
            channels=("json", "mailto"),
            because=Because.NO_ANSWER,
        ),
    )
    assert foretold.fallback == ("json",)
    for address in ("127.0.0.1", "9900", "clinic.example"):
        assert address not in foretold.model_dump_json()


def test_a_promise_lapses_and_the_next_step_pages() -> None:
    """Acknowledged for an hour: silence, then it is open again."""
    clinic = night()
    clinic.reports(grade=3)
    clinic.acknowledges()

    foretold = clinic.foretold(minutes(71))

    lapses_at = clinic.now + minutes(60)
    assert told(foretold) == [
        (lapses_at, 2, OSEI, Because.PROMISE_LAPSED),
        (lapses_at + minutes(10), 3, WARD, Because.NO_ANSWER),
    ]
    assert changes(foretold) == [(lapses_at, Move.REOPENED, Severity.URGENT)]


def test_a_second_breach_does_not_wait_for_the_first_ones_promise() -> None:
    """Acknowledged 4 min ago, and in a minute an emergency: raised, open again, its first step at once."""
    clinic = night("dosed")
    clinic.passes(minutes(5))
    clinic.acknowledges()
    clinic.passes(minutes(4))

    foretold = clinic.foretold(minutes(1.5))

    worse_at = clinic.now + minutes(1)
    assert told(foretold) == [(worse_at, 1, LIND, Because.RAISED), (worse_at, 1, OSEI, Because.RAISED)]
    assert changes(foretold) == [
        (worse_at, Move.RAISED, Severity.EMERGENCY),
        (worse_at, Move.REOPENED, Severity.EMERGENCY),
    ]


def test_the_same_breach_again_behind_a_promise() -> None:
    """An emergency that somebody has: the next reading that is missed pages the step that was reached."""
    clinic = night("dosed")
    clinic.passes(minutes(15))
    patient = ON_CALL.policies[Severity.EMERGENCY].but(resolve_within=hours(2))
    clinic.on_call = ON_CALL.but(policies={**ON_CALL.policies, Severity.EMERGENCY: patient})
    clinic.acknowledges()

    foretold = clinic.foretold(minutes(6))

    again_at = clinic.now + minutes(5)
    assert {(page.at, page.because) for page in foretold.pages} == {(again_at, Because.HAPPENED_AGAIN)}
    assert changes(foretold) == [(again_at, Move.REOPENED, Severity.EMERGENCY)]


def test_routine_is_put_off_to_monday_and_urgent_is_not() -> None:
    """Friday evening in Oregon: the desk on Monday at eight, the nurse now."""
    clinic = night()
    clinic.passes(datetime(2026, 1, 10, 3, tzinfo=UTC) - clinic.now)  # Friday at seven in the evening
    clinic.reports(grade=2, ago=days(2))

    foretold = clinic.foretold(days(3))

    monday = datetime(2026, 1, 12, 16, tzinfo=UTC)
    assert told(foretold) == [
        (monday, 1, DESK, Because.HOURS_BEGIN),
        (monday + hours(4), 2, WARD, Because.NO_ANSWER),
    ]


def test_the_hours_follow_the_clock_over_its_change() -> None:
    """On 8 March 2026 the clock is put forward: Monday's eight o'clock comes an hour sooner."""
    clinic = in_a_held_course(datetime(2026, 3, 7, 3, tzinfo=UTC))
    clinic.reports(grade=2, ago=days(2))

    assert told(clinic.foretold(hours(62))) == [(datetime(2026, 3, 9, 15, tzinfo=UTC), 1, DESK, Because.HOURS_BEGIN)]


def test_a_snooze_ends_before_the_step_that_it_held_up() -> None:
    """Half an hour of quiet; a snooze that ends before the step is due changes nothing."""
    clinic = night()
    clinic.reports(grade=3)
    clinic.snoozes(minutes(30))
    assert told(clinic.foretold(hours(1)), 1) == [(clinic.now + minutes(30), 2, OSEI, Because.SNOOZE_ENDED)]

    other = night()
    other.reports(grade=3)
    other.snoozes(minutes(4))
    assert told(other.foretold(hours(1)), 1) == [(other.now + minutes(5), 2, OSEI, Because.NO_ANSWER)]


def test_each_page_calls_whoever_is_on_duty_then() -> None:
    """Dr Osei stands in for the nurse at Christmas, from eight in the morning: the rota is asked at each page."""
    clinic = in_a_held_course(datetime(2026, 12, 24, 15, 45, tzinfo=UTC))  # a quarter to eight
    clinic.reports(grade=3)
    assert [person for *_, person in clinic.sent] == [LIND]

    foretold = clinic.foretold(minutes(31))

    assert [(page.step, page.person) for page in foretold.pages] == [(2, OSEI), (3, WARD), (1, OSEI)]


def test_two_escalations_are_told_in_order_of_time() -> None:
    """What the wall shows is one list: whoever is paged next comes first."""
    clinic = night("dosed")
    clinic.passes(minutes(2))
    clinic.reports(grade=3)

    foretold = clinic.foretold(minutes(7))

    reported_at = clinic.now
    assert [(page.at - reported_at, page.kind, page.person) for page in foretold.pages] == [
        (minutes(3), Kind.VITALS_OVERDUE, LIND),
        (minutes(5), Kind.ADVERSE_EVENT, OSEI),
    ]


def test_a_ladder_without_end_is_cut_and_says_where() -> None:
    """The first pages of it, whole steps only, and the moment up to which it is all of them."""
    clinic = night()
    clinic.reports(grade=4)

    foretold = clinic.foretold(days(7))

    assert foretold.cut
    assert MOST_PAGES <= len(foretold.pages) < MOST_PAGES + 3
    assert foretold.pages[-1].at < foretold.until < foretold.at + hours(2)
    assert sent(clinic.foretold(foretold.until - foretold.at)) == sent(foretold)


def test_a_patient_who_is_never_discharged_has_deadlines_without_end() -> None:
    """Even where pages are few, a course looks at its next fifty deadlines and says how far that is."""
    clinic = night("dosed")
    patient = {
        severity: policy.but(steps=tuple(step.but(wait=days(2)) for step in policy.steps))
        for severity, policy in ON_CALL.policies.items()
    }
    clinic.on_call = ON_CALL.but(policies=patient)

    foretold = clinic.foretold(days(7))

    assert foretold.cut
    assert hours(4) < foretold.until - foretold.at < hours(24)
    assert len(foretold.pages) < 10


def test_a_step_that_reaches_nobody_sounds_the_fallback() -> None:
    """Nobody of the file has the role by now: the fallback's channels take the step's place, and the ladder goes on."""
    urgent = ON_CALL.policies[Severity.URGENT]
    nobody = urgent.steps[1].but(notify=("role:therapist",))
    steps = (urgent.steps[0], nobody, urgent.steps[2])
    clinic = night(on_call=ON_CALL.but(policies={**ON_CALL.policies, Severity.URGENT: urgent.but(steps=steps)}))
    clinic.reports(grade=3)

    foretold = clinic.foretold(minutes(16))

    assert told(foretold) == [
        (clinic.now + minutes(5), 0, FALLBACK, Because.NOBODY_REACHED),
        (clinic.now + minutes(15), 3, WARD, Because.NO_ANSWER),
    ]
    assert (foretold.pages[0].name, foretold.pages[0].channels) == (FALLBACK_NAME, ("json",))


def test_one_that_keeps_silent_is_named_and_not_guessed_of() -> None:
    """Its page might go out in a minute, or somebody may have it: whatever would come of it is left out."""
    clinic = night("dosed")
    clinic.passes(minutes(5))
    (silent,) = clinic.open
    to_come = calls_to_come(clinic.course, Ahead(at=clinic.now, until=clinic.now + minutes(20)))

    foretold = forecast(to_come, {}, ON_CALL, {silent: "no answer within 10 s; is a worker running?"})

    assert (foretold.pages, foretold.changes) == ((), ())
    assert [(one.escalation, one.kind, one.session, one.severity, one.why) for one in foretold.unanswered] == [
        (silent, Kind.VITALS_OVERDUE, 1, Severity.URGENT, "no answer within 10 s; is a worker running?")
    ]


def test_a_call_that_is_just_being_made_counts_from_now() -> None:
    """The course has opened it, its workflow has not begun: it will page at once; and what has come settles it."""
    clinic = night("dosed")
    due = clinic.course.pass_deadlines(clinic.now + minutes(5))
    now = clinic.now + minutes(5)
    opening = due.calls
    to_come = calls_to_come(due.course, Ahead(at=now, until=now + minutes(5)), opening)

    foretold = forecast(to_come, {}, ON_CALL, {})
    assert told(foretold) == [(now, 1, LIND, Because.OPENED)]
    assert foretold.pages[0].escalation == due.course.unresolved[0].id
    assert foretold.changes == ()

    arrived = due.course.accept(vitals(due.course.course_id, 1, at=now), now)
    settled = calls_to_come(arrived.course, Ahead(at=now, until=now + minutes(5)), (*opening, *arrived.calls))
    foretold = forecast(settled, {}, ON_CALL, {})
    assert foretold.pages == ()
    assert changes(foretold) == [(now, Move.RESOLVED, Severity.URGENT)]


def test_an_escalation_that_has_begun_is_not_begun_again() -> None:
    """Its course has not heard yet that it is there, and would call for it: the ladder that answers counts."""
    clinic = night()
    clinic.reports(grade=3)
    ((known, escalation),) = clinic.open.items()
    opening = OpenEscalation(
        opening=Opening.model_validate(escalation.view.model_dump(include=set(Opening.model_fields)))
    )
    to_come = calls_to_come(clinic.course, Ahead(at=clinic.now, until=clinic.now + minutes(6)), [opening])

    foretold = forecast(to_come, {known: escalation.progress}, ON_CALL, {})

    assert told(foretold) == [(clinic.now + minutes(5), 2, OSEI, Because.NO_ANSWER)]
    assert foretold.changes == ()


def test_what_happens_again_after_a_promise_lapsed_does_not_go_back_a_step() -> None:
    """Lapsed on Friday night, again on Saturday: it has been open since, and Monday's page is the next step's."""
    clinic = in_a_held_course(datetime(2026, 3, 6, 18, tzinfo=UTC))  # Friday at ten in the morning
    clinic.reports(grade=2)
    ((known, escalation),) = clinic.open.items()
    policy = ON_CALL.policies[Severity.ROUTINE].but(resolve_within=hours(10))
    promised = escalation.progress.acknowledged(policy, clinic.now)
    saturday = clinic.now + days(1)
    again = CallToCome(
        at=saturday, call=RepeatEscalation(id=known, repeat=Repeat(severity=Severity.ROUTINE, at=saturday))
    )
    ahead = Ahead(at=clinic.now, until=clinic.now + days(3))
    to_come = calls_to_come(clinic.course, ahead).but(calls=(again,))

    foretold = forecast(to_come, {known: promised}, ON_CALL, {})

    assert told(foretold) == [(datetime(2026, 3, 9, 15, tzinfo=UTC), 2, WARD, Because.HOURS_BEGIN)]
    assert changes(foretold) == [(clinic.now + hours(10), Move.REOPENED, Severity.ROUTINE)]


def test_what_is_resolved_pages_nobody() -> None:
    """Its course has not heard of it yet; the escalation itself says that it is over."""
    clinic = night()
    clinic.reports(grade=3)
    (known,) = clinic.open
    clinic.open[known] = clinic.open[known].but(progress=clinic.open[known].progress.resolved())

    foretold = clinic.foretold(days(7))

    assert (foretold.pages, foretold.changes) == ((), ())


def test_a_calm_course_calls_nobody_for_a_week() -> None:
    """Referred today, and all the time in the world for the screening."""
    foretold = night("referred").foretold(days(7))

    assert (foretold.pages, foretold.changes, foretold.cut) == ((), (), False)
    assert foretold.until == foretold.at + days(7)


def test_a_closed_course_with_an_open_escalation_still_has_a_forecast() -> None:
    """Nothing is due any more; whoever was called is called on."""
    clinic = night()
    clinic.reports(grade=3)
    gone = withdrawal(clinic.course.course_id, at=clinic.now)
    clinic.course = clinic.course.accept(gone, clinic.now).course

    assert told(clinic.foretold(minutes(6))) == [(clinic.now + minutes(5), 2, OSEI, Because.NO_ANSWER)]
