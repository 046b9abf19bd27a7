"""A medicine session's number, its distance from the last dose, and its people."""

from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.fields import StaffMember
from domain.values import Actor, Role, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    EVERYBODY,
    MARA,
    OSEI,
    PATIENT,
    STAFF,
    WARD,
    abortion,
    booking,
    cancellation,
    check_in,
    clearance,
    cssrs,
    days,
    dose,
    hours,
    minutes,
    missed,
    moved,
    plan,
    rebooking,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward

PRESCRIBER, MONITOR, THERAPIST = STAFF
BOOKED_AGAIN = ("kap.session.booked", "kap.session.rebooked")


def acts(ward: Ward) -> tuple[str, ...]:
    return ward.course.next_acts(ward.now)


def test_the_first_session_is_number_one(ward: Ward) -> None:
    """Sessions are numbered from 1, in order."""
    ward.prepared()
    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=ward.begins())) == ["booking.number_not_next"]
    assert ward.reports(booking(MARA, 1, at=ward.now, starts_at=ward.begins())).session is not None
    assert ward.stage() is Stage.BOOKED


def test_the_next_session_is_booked_when_the_one_before_lies_behind(ward: Ward) -> None:
    """Not twice, not beside one that waits, not while the patient is here; from their discharge on."""
    refused: list[list[str]] = []
    for point in ("booked", "checked_in", "cleared", "dosed", "watched"):
        getattr(ward, point)()
        again = [booking(MARA, number, at=ward.now, starts_at=ward.begins(2), by=WARD) for number in (1, 2)]
        refused += map(ward.reasons, again)

    ward.discharged()

    assert {tuple(codes) for codes in refused} == {("booking.number_not_next",)}
    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=ward.begins(2))) == []


def test_no_session_is_booked_beyond_the_plan(ward: Ward) -> None:
    """Three were planned: there is no fourth, and none is offered."""
    ward.discharged(3)
    refused = ward.refuses(booking(MARA, 4, at=ward.now, starts_at=ward.begins(4)))

    assert [(blocker.code, blocker.limit) for blocker in refused.blockers] == [("booking.number_not_next", None)]
    assert "kap.session.booked" not in acts(ward)


def test_a_canceled_session_beyond_a_shorter_plan_is_not_offered_again(ward: Ward) -> None:
    """The fourth was called off and the plan cut to three while the third is being integrated."""
    ward.planned(6).discharged(3)
    ward.reports(booking(MARA, 4, at=ward.now, starts_at=ward.begins(4)))
    ward.reports(cancellation(MARA, 4, at=ward.now))
    ward.reports(plan(MARA, at=ward.now, sessions=3))

    again = booking(MARA, 4, at=ward.now, starts_at=ward.begins(4), by=OSEI)
    assert ward.reasons(again) == ["booking.number_not_next"]


@pytest.mark.parametrize(
    ("staff", "codes"),
    [
        (STAFF, []),
        ((), ["booking.prescriber_missing", "booking.monitor_missing", "booking.therapist_missing"]),
        ((PRESCRIBER, MONITOR), ["booking.therapist_missing"]),
        ((*STAFF, StaffMember(id="ward", role=Role.PRESCRIBER)), ["booking.prescriber_twice"]),
        (
            (PRESCRIBER, MONITOR, THERAPIST.but(id="lind")),
            ["booking.person_in_two_roles"],
        ),
        ((PRESCRIBER, MONITOR, THERAPIST.but(credentials=())), ["booking.credential_missing"]),
        ((PRESCRIBER, MONITOR, THERAPIST.but(credentials=("emdr",))), ["booking.credential_missing"]),
        ((*STAFF, StaffMember(id="desk", role=Role.COORDINATOR)), []),
    ],
    ids=["complete", "nobody", "no therapist", "two prescribers", "one for two", "no credential", "another", "more"],
)
def test_one_person_a_role_each_with_their_credentials(
    ward: Ward, staff: tuple[StaffMember, ...], codes: list[str]
) -> None:
    """`medicine.staff` and `medicine.credentials`: nobody is in two places, and nobody is missing."""
    ward.prepared()
    assert ward.reasons(booking(MARA, at=ward.now, starts_at=ward.begins(), staff=staff)) == codes


@EDGES
def test_two_doses_are_two_days_apart(opens: Opens, edge: timedelta) -> None:
    """`course.interval_min`: a booking or a rebooking nearer to the last dose is refused."""
    ward = opens(weekly({"course.plan_interval_within": None, "course.interval_by_day": None}))
    ward.discharged()
    starts_at = ward.begins() + days(2) + edge
    expected = [] if edge >= timedelta() else ["interval.too_short"]

    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=starts_at)) == expected
    ward.reports(booking(MARA, 2, at=ward.now, starts_at=ward.begins(2)))
    assert ward.reasons(rebooking(MARA, 2, at=ward.now, starts_at=starts_at)) == expected


@EDGES
def test_a_dose_that_is_too_long_ago_is_told_to_operations(ward: Ward, edge: timedelta) -> None:
    """`course.interval_max`: three weeks after the last dose, routine, and a late session may still come."""
    ward.integrated()
    ward.calls.clear()
    (deadline,) = ward.due(DeadlineKind.NEXT_DOSE)
    ward.until(ward.begins() + days(21) + edge)

    assert (deadline.due_at, deadline.session) == (ward.begins() + days(21), 2)
    assert (Kind.PHASE_OVERDUE in ward.open) is (edge >= timedelta())
    assert ward.reasons(booking(MARA, 2, at=ward.now, starts_at=ward.now)) == []


@EDGES
def test_a_prepared_patient_whose_first_dose_never_comes_is_told_to_operations(ward: Ward, edge: timedelta) -> None:
    """`course.interval_max`, counted from when they were prepared: nobody waits unseen."""
    ward.prepared()
    prepared_at = ward.now
    ward.until(prepared_at + days(21) + edge)

    assert (Kind.PHASE_OVERDUE in ward.open) is (edge >= timedelta())


def test_nobody_waits_for_a_dose_after_the_last(ward: Ward) -> None:
    """Three were planned, three were given."""
    ward.discharged(3)

    assert ward.due(DeadlineKind.NEXT_DOSE) == []


# What falls through


def test_a_session_that_moves_keeps_its_number_and_its_people(ward: Ward) -> None:
    """Rebooked before they come: a new time, nothing else."""
    ward.booked().reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(1)))

    assert ward.stage() is Stage.BOOKED
    assert ward.session().starts_at == ward.begins() + days(1)
    assert ward.session().staff == STAFF


def test_a_missed_session_is_told_and_may_be_booked_again(ward: Ward) -> None:
    """CONTRACT 5: routine. The no-show may come back, by either event."""
    ward.booked()
    ward.reports(missed(MARA, at=ward.begins() + hours(1)))

    assert ward.stage() is Stage.MISSED
    assert ward.pages == [(Kind.SESSION_MISSED, Severity.ROUTINE)]
    assert set(BOOKED_AGAIN) <= set(acts(ward))
    for again in (booking, rebooking):
        assert ward.reasons(again(MARA, at=ward.now, starts_at=ward.now + days(1))) == []


def test_a_second_no_show_is_added_to_the_open_one_and_a_third_after_its_resolution_opens_another(ward: Ward) -> None:
    """One open escalation a course, kind and session."""
    ward.booked().reports(missed(MARA, at=ward.begins() + hours(1)))
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(1)))
    ward.reports(missed(MARA, at=ward.begins() + days(1)))
    ward.hears(Kind.SESSION_MISSED, Change.RESOLVED)
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(2)))
    ward.reports(missed(MARA, at=ward.begins() + days(2)))

    assert [one.id for one in ward.course.escalations] == ["MARA-1~session_missed~1~1", "MARA-1~session_missed~1~2"]
    assert ward.pages == [(Kind.SESSION_MISSED, Severity.ROUTINE)] * 3


def test_a_canceled_session_wakes_nobody_and_may_be_booked_again(ward: Ward) -> None:
    """Called off in time."""
    ward.booked().reports(cancellation(MARA, at=ward.now))

    assert ward.stage() is Stage.CANCELED
    assert ward.pages == []
    assert set(BOOKED_AGAIN) <= set(acts(ward))
    ward.reports(booking(MARA, at=ward.now, starts_at=ward.begins() + days(1)))
    assert ward.stage() is Stage.BOOKED


def test_a_session_broken_off_before_its_dose_may_be_booked_again(ward: Ward) -> None:
    """`aborted`: its number is free; the course stays in medicine."""
    ward.cleared().reports(abortion(MARA, at=ward.now))

    assert ward.stage() is Stage.ABORTED
    assert ward.course.phase is Phase.MEDICINE
    assert set(BOOKED_AGAIN) <= set(acts(ward))
    assert "session.wrong_stage" in ward.reasons(dose(MARA, at=ward.now))


def test_a_rebooked_session_begins_from_nothing(ward: Ward) -> None:
    """Last week's check-in, readings and clearance are last week's: nothing of them counts today."""
    ward.cleared().reports(abortion(MARA, at=ward.now))
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(7)))
    rebooked = ward.session()
    ward.reports(cssrs(MARA, at=ward.begins() + days(7) - minutes(30)))
    ward.reports(check_in(MARA, at=ward.begins() + days(7) - minutes(20)))

    assert (rebooked.check_in, rebooked.clearance, rebooked.abort, rebooked.readings) == (None, None, None, ())
    assert ward.reasons(clearance(MARA, at=ward.now)) == ["vitals.missing"]


def test_a_high_reading_of_an_earlier_visit_does_not_confirm_todays(ward: Ward) -> None:
    """185 a week ago and 185 today are two first breaches, and nobody is woken by the sum of them."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, systolic=185))
    ward.reports(abortion(MARA, at=ward.now))
    ward.reports(rebooking(MARA, at=ward.now, starts_at=ward.begins() + days(7)))
    ward.reports(check_in(MARA, at=ward.begins() + days(7)))

    answer = ward.reports(vitals(MARA, at=ward.now, systolic=185))

    assert answer.verdict is not None
    assert answer.verdict.severity == "recheck"
    assert Kind.VITALS_URGENT not in ward.open


def test_a_patient_who_has_come_can_neither_be_missed_nor_called_off_nor_moved(ward: Ward) -> None:
    """Who is here may be sent away (`session.aborted`), and that is told as it was."""
    ward.checked_in()
    for event in (
        missed(MARA, at=ward.now),
        cancellation(MARA, at=ward.now),
        rebooking(MARA, at=ward.now, starts_at=ward.begins(2)),
    ):
        assert ward.reasons(event) == ["session.wrong_stage"]


def test_a_discharged_session_is_not_moved(ward: Ward) -> None:
    """What happened stays where it happened; broken off after the dose as well."""
    ward.dosed().reports(abortion(MARA, at=ward.now + minutes(1)))
    elsewhere = rebooking(MARA, at=ward.now, starts_at=ward.begins(2))
    refused = [ward.reasons(elsewhere)]
    ward.discharged()
    refused.append(ward.reasons(moved(elsewhere, ward.now)))

    assert refused == [["session.wrong_stage"], ["session.wrong_stage"]]


@pytest.mark.parametrize("actor", EVERYBODY, ids=lambda actor: actor.role)
def test_everybody_but_the_patient_books(ward: Ward, actor: Actor) -> None:
    """They ask; the staff writes it down."""
    ward.prepared()
    booked = ward.reasons(booking(MARA, at=ward.now, starts_at=ward.begins(), by=actor))
    assert (booked == []) is (actor is not PATIENT)


def test_a_review_is_due_after_the_third_session(ward: Ward) -> None:
    """`course.review_after_session`: no fourth dose before the plan was prescribed again after the third."""
    ward.planned(6).checked_in(4).reports(vitals(MARA, 4, at=ward.begins(4) - minutes(10)))
    before = ward.reasons(clearance(MARA, 4, at=ward.now))
    ward.reports(plan(MARA, at=ward.now, sessions=6))

    assert before == ["plan.review_due"]
    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == []


def test_a_plan_of_before_the_third_dose_is_no_review_of_it(ward: Ward) -> None:
    """The review looks at what the third session brought: nobody knows that before the patient has gone home."""
    ward.planned(6).watched(3, until=minutes(15)).reports(plan(MARA, at=ward.now, sessions=6))
    ward.checked_in(4).reports(vitals(MARA, 4, at=ward.begins(4) - minutes(10)))
    gone = ward.session(3).gone
    assert gone is not None
    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == ["plan.review_due"]
    ward.sends(plan(MARA, at=gone.at - TICK, sessions=6))
    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == ["plan.review_due"]
    ward.sends(plan(MARA, at=gone.at, sessions=6))
    assert ward.reasons(clearance(MARA, 4, at=ward.now)) == []


def test_a_review_stays_done(ward: Ward, opens: Opens) -> None:
    """After the fourth session nobody asks again; a protocol without a review never asks."""
    ward.planned(6).discharged(3).reports(plan(MARA, at=ward.now, sessions=6))
    ward.checked_in(5).reports(vitals(MARA, 5, at=ward.begins(5) - minutes(10)))
    never = opens(weekly({"course.review_after_session": None})).planned(6).checked_in(4)
    never.reports(vitals(MARA, 4, at=never.begins(4) - minutes(10)))

    assert ward.reasons(clearance(MARA, 5, at=ward.now)) == []
    assert never.reasons(clearance(MARA, 4, at=never.now)) == []


def test_a_review_comes_again(ward: Ward) -> None:
    """`course.review_every`: reviewed after the third session, the sixth asks for another review."""
    ward.planned(8).discharged(3).reports(plan(MARA, at=ward.now, sessions=8))
    ward.discharged(5)
    assert "plan.review_due" not in ward.reasons(clearance(MARA, 6, at=ward.checked_in(6).now))
    ward.discharged(6)
    ward.checked_in(7).reports(vitals(MARA, 7, at=ward.begins(7) - minutes(10)))
    before = ward.reasons(clearance(MARA, 7, at=ward.now))
    ward.reports(plan(MARA, at=ward.now, sessions=8))

    assert before == ["plan.review_due"]
    assert ward.reasons(clearance(MARA, 7, at=ward.now)) == []


@EDGES
def test_a_dose_much_sooner_than_planned_is_weighed(opens: Opens, edge: timedelta) -> None:
    """`course.plan_interval_within`: weekly by the plan, four days are the least that nobody has to weigh."""
    ward = opens(weekly({"course.interval_by_day": None})).integrated()
    soon = booking(MARA, 2, at=ward.now, starts_at=ward.begins() + days(4) + edge)

    assert ward.reasons(soon) == ([] if edge >= timedelta() else ["interval.shorter_than_plan"])


def test_a_plan_that_names_no_interval_asks_for_none(ward: Ward, opens: Opens) -> None:
    """Nor does a protocol that does not compare them."""
    ward.integrated().reports(plan(MARA, at=ward.now, interval_days=None))
    silent = opens(weekly({"course.plan_interval_within": None})).integrated()

    for one in (ward, silent):
        assert one.reasons(booking(MARA, 2, at=one.now, starts_at=one.begins() + days(3))) == []


SECOND = THERAPIST.but(id="marsh")


def test_two_therapists_may_work_together_where_the_protocol_allows(ward: Ward, opens: Opens) -> None:
    """`medicine.staff_several`: a pair of therapists, each with their credential; left out, one a role."""
    strict = opens(weekly({"medicine.staff_several": ()}))

    assert _booked_with(ward, *STAFF, SECOND) == []
    assert _booked_with(ward, *STAFF, SECOND.but(credentials=())) == ["booking.credential_missing"]
    assert _booked_with(strict, *STAFF, SECOND) == ["booking.therapist_twice"]


def test_one_person_in_two_roles_where_the_protocol_allows(ward: Ward, opens: Opens) -> None:
    """`medicine.one_person_two_roles`: a prescriber who also monitors; nobody is in one role twice."""
    small = opens(weekly({"medicine.one_person_two_roles": True}))
    pair = (PRESCRIBER, MONITOR.but(id=PRESCRIBER.id), THERAPIST)

    assert _booked_with(small, *pair) == []
    assert _booked_with(small, *STAFF, THERAPIST) == ["booking.person_in_two_roles"]
    assert _booked_with(ward, *pair) == ["booking.person_in_two_roles"]


def _booked_with(ward: Ward, *staff: StaffMember) -> list[str]:
    return ward.prepared().reasons(booking(MARA, at=ward.now, starts_at=ward.begins(), staff=staff))
