"""One course as it is shown: where it is, what may come, what blocks it, what is due."""

from domain.course.measures import Risk
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Kind
from domain.events.fields import Dose
from domain.values import Severity
from domain.views.course import CourseView, course_summary, course_view
from domain.views.limits import session_limits
from tests.domain.conftest import Opens
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    STAFF,
    abortion,
    check_in,
    clearance,
    cssrs,
    days,
    hold,
    hours,
    minutes,
    over,
    pinned,
    plan,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import Ward


def test_a_course_in_a_session_is_shown_whole(ward: Ward) -> None:
    """Protocol, plan, session with doses, readings, verdicts and checkpoints, what blocks and what is due."""
    ward.watched(until=minutes(15)).reports(vitals(MARA, at=ward.begins() + minutes(31), systolic=165))
    shown = course_view(ward.course, ward.now)

    assert (shown.course_id, shown.site, shown.phase, shown.held, shown.outcome) == (
        MARA,
        "bend",
        Phase.MEDICINE,
        False,
        None,
    )
    assert (shown.protocol.id, shown.protocol.version, shown.protocol.hash) == (
        "kap-im-weekly",
        "1.0.0",
        pinned().hash,
    )
    assert shown.plan is not None
    assert (shown.plan.medicine_sessions, shown.plan.interval_days, shown.plan.dose) == (3, 7, Dose(mg_per_kg=0.5))
    (session,) = shown.sessions
    assert (session.number, session.stage, session.doses[0].mg) == (1, Stage.DOSED, 35)
    assert [reading.verdict.severity for reading in session.readings] == ["normal", "normal", "normal", "warning"]
    assert [point.status for point in session.checkpoints[:4]] == ["met", "met", "met", "pending"]
    assert [measure.instrument for measure in shown.measures] == ["phq9", "gad7", "cssrs", "cssrs"]
    assert shown.measures[0].score == 17
    assert shown.measures[-1].risk is Risk.NONE
    assert "discharge.not_assessed" in [blocker.code for blocker in shown.blockers]
    assert shown.next == ward.course.next_acts(ward.now)
    assert shown.deadlines[0].kind == "checkpoint"
    assert (shown.sequence, shown.ledger_head) == (ward.course.sequence, ward.course.ledger_head)
    assert CourseView.model_validate_json(shown.model_dump_json()) == shown


def test_a_deadline_is_shown_as_late_once_its_moment_lies_behind(ward: Ward) -> None:
    """Before its grace is over, too: the nurse sees it coming."""
    ward.watched(until=minutes(0))
    shown = [course_view(ward.course, ward.begins() + minutes(minute)).deadlines[0] for minute in (15, 16)]
    assert [(deadline.due_at, deadline.late) for deadline in shown] == [
        (ward.begins() + minutes(15), False),
        (ward.begins() + minutes(15), True),
    ]


def test_a_course_without_a_plan_shows_the_protocols_own_number(ward: Ward) -> None:
    """And its cautions, once they were screened."""
    ward.screened().reports(screening(MARA, at=ward.now, medications=["maoi"]))
    shown = course_view(ward.course, ward.now)

    assert (shown.plan, shown.planned_sessions, shown.cautions) == (None, 6, ("maoi",))


def test_a_held_course_shows_why(ward: Ward) -> None:
    """In the course and in the fleet."""
    ward.eligible().reports(hold(MARA, at=ward.now, reason="A wedding"))
    shown = course_view(ward.course, ward.now)

    assert shown.hold is not None
    assert (shown.held, shown.hold.reason) == (True, "A wedding")
    assert course_summary(ward.course, ward.now).hold_reason == "A wedding"


def test_the_fleet_shows_where_a_course_is_and_what_it_wants(ward: Ward) -> None:
    """Attention is the highest severity that is open; the next deadline is the one that is due first."""
    ward.watched(until=minutes(0)).until(ward.begins() + minutes(26))
    ward.reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    shown = course_summary(ward.course, ward.now)

    assert (shown.phase, shown.session, shown.stage) == (Phase.MEDICINE, 1, Stage.DOSED)
    assert (shown.attention, shown.open_escalations) == (Severity.EMERGENCY, 2)
    assert set(ward.open) == {Kind.VITALS_OVERDUE, Kind.SUICIDE_RISK}
    assert (shown.next_kind, shown.next_due_at) == ("checkpoint", ward.begins() + minutes(30))
    assert shown.started_at == ward.began_at
    assert shown.closed_at is None


def test_a_calm_course_wants_nobody(ward: Ward) -> None:
    """No attention; and a closed one has nothing due."""
    ward.prepared()
    calm = course_summary(ward.course, ward.now)
    ward.completed()
    closed = course_summary(ward.course, ward.now)

    assert (calm.attention, calm.open_escalations, calm.session, calm.stage) == (None, 0, None, None)
    assert (closed.phase, closed.outcome, closed.next_due_at) == (Phase.CLOSED, Outcome.COMPLETED, None)
    assert closed.closed_at == ward.now
    assert course_view(ward.course, ward.now).next == ()


def test_the_fleet_says_who_is_dosed_and_when_their_course_moves_by_itself(ward: Ward) -> None:
    """What the watch goes by: after their dose, with the checkpoint's grace, until their discharge and no longer."""
    ward.cleared()
    before = course_summary(ward.course, ward.now).monitored_session
    ward.watched(until=minutes(0))
    dosed = course_summary(ward.course, ward.now)
    ward.until(ward.begins() + minutes(20))
    missed = course_summary(ward.course, ward.now)
    ward.discharged()

    assert before is None
    assert (dosed.monitored_session, dosed.next_passes_at) == (1, ward.begins() + minutes(20))
    assert (missed.monitored_session, missed.next_passes_at) == (1, ward.begins() + minutes(25))
    assert course_summary(ward.course, ward.now).monitored_session is None


def test_who_is_dosed_is_monitored_though_their_session_was_aborted(ward: Ward) -> None:
    """Its stage does not say so, for a session may be aborted before its dose too."""
    ward.dosed().reports(abortion(MARA, 1, at=ward.now))

    assert course_summary(ward.course, ward.now).monitored_session == 1


def test_an_interval_that_the_plan_leaves_open_is_the_protocols(opens: Opens) -> None:
    """`course.interval`."""
    ward = opens(weekly({"course.interval": days(10)})).eligible()
    ward.reports(plan(MARA, at=ward.now + hours(1), interval_days=None))
    shown = course_view(ward.course, ward.now).plan

    assert shown is not None
    assert shown.interval_days == 10


def test_the_plan_aims_at_the_next_dose_while_one_is_to_come(ward: Ward) -> None:
    """The last dose and the plan's interval; before the first dose and after the last it aims at nothing."""
    aims = []
    for point in (ward.prepared, ward.discharged, lambda: ward.discharged(3)):
        shown = course_view(point().course, ward.now).plan
        assert shown is not None
        aims.append(shown.next_dose_at)

    assert aims == [None, ward.begins() + days(7), None]


def test_a_session_is_shown_with_the_end_that_is_planned(opens: Opens) -> None:
    """`medicine.planned_duration`: how long the room and its people are wanted."""
    ward = opens(weekly({"medicine.planned_duration": hours(2)})).booked()
    (session,) = course_view(ward.course, ward.now).sessions

    assert session.planned_end_at == ward.begins() + hours(2)


def test_a_session_is_shown_with_its_room_its_people_and_what_its_readings_are_judged_by(ward: Ward) -> None:
    """So that whoever draws it need not know the protocol."""
    ward.watched(until=minutes(15))
    (session,) = course_view(ward.course, ward.now).sessions

    booking = ward.session().booking
    assert booking is not None
    assert (session.room, session.staff) == (booking.data.room, STAFF)
    assert session.checked_in_at == ward.begins() - minutes(20)
    assert session.cleared_at == ward.begins() - minutes(5)
    assert session.reading_due_at == ward.begins() + minutes(30)
    assert session.limits == session_limits(ward.course.protocol, ward.session())
    assert len(session.limits) > 10


def test_a_checkpoint_is_shown_with_its_window(ward: Ward) -> None:
    """From `early` before it is due until its `grace` is over."""
    (session,) = course_view(ward.watched(until=minutes(0)).course, ward.now).sessions
    point = session.checkpoints[1]

    assert (point.opens_at, point.due_at, point.grace_ends_at) == (
        ward.begins() + minutes(12),
        ward.begins() + minutes(15),
        ward.begins() + minutes(20),
    )


def test_measures_are_shown_with_what_they_are_judged_by(ward: Ward) -> None:
    """Response and remission as scores, of each instrument that was asked."""
    shown = {one.instrument: one for one in course_view(ward.screened().course, ward.now).thresholds}

    assert list(shown) == ["phq9", "gad7", "cssrs"]
    assert (shown["phq9"].baseline, shown["phq9"].response_at_most, shown["phq9"].remission_below) == (17, 8.5, 5)


def test_what_a_prescriber_overrode_is_shown_for_ever(ward: Ward) -> None:
    """Who went on over which blocker, when and why: still there when the course has long been completed."""
    ward.booked()
    ward.reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20), medications_changed=True))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("medications.changed")))
    ward.completed()

    (shown,) = course_view(ward.course, ward.now).overrides
    assert (shown.by, shown.session, shown.code) == ("osei", 1, "medications.changed")
    assert (shown.at, shown.rationale) == (ward.begins() - minutes(5), "Weighed with the patient")


def test_an_override_ends_the_blocker_until_its_value_is_worse(ward: Ward) -> None:
    """Who cleared 142 lifted that, and nothing stands in the way of the dose; 144 afterwards asks again."""
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10), systolic=142))
    code = "vitals.systolic_above_limit"
    assert [one.code for one in course_view(ward.course, ward.now).in_the_way] == [code]

    ward.reports(clearance(MARA, at=ward.begins() - minutes(6), overrides=over(code)))
    cleared = course_view(ward.course, ward.now)
    ward.reports(vitals(MARA, at=ward.begins() - minutes(2), systolic=144))
    worse = course_view(ward.course, ward.now)

    (override,) = cleared.overrides
    assert [(one.code, one.observed) for one in override.lifts] == [(code, 142)]
    assert cleared.in_the_way == ()
    assert [one.observed for one in worse.in_the_way] == [144]
    assert worse.overrides[0].lifts == ()


def test_an_override_of_a_length_of_time_holds_while_nothing_but_time_passes(ward: Ward) -> None:
    """An hour since they drank was weighed: a minute later it is an hour and a minute, and nothing is in the way."""
    code = "fasting.fluids_too_recent"
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    arrived = ward.begins() - minutes(20)
    ward.reports(check_in(MARA, at=arrived, last_fluids_at=arrived - minutes(40)))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over(code)))

    later = course_view(ward.course, ward.begins() - minutes(4))

    assert [one.code for one in later.blockers if not one.absolute] == [code]
    assert [one.code for one in later.overrides[0].lifts] == [code]
    assert later.in_the_way == ()
