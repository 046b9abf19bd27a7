"""What each key of the medicine session says is followed, and nothing else: the gate, the dose, the way home."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Phase
from domain.course.transition import OpenEscalation
from domain.course.verdict import Verdict
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent, DischargeAssessed, VitalsRecorded
from domain.events.fields import PregnancyTest, StaffMember
from domain.values import Actor, Role, Severity
from domain.views.bookings import bookings, watched_at_once
from domain.views.course import course_view
from tests.support.cast import (
    CALM,
    EHR,
    HAS_A_METHOD,
    LIND,
    MARA,
    OSEI,
    STAFF,
    WARD,
    adverse_event,
    assessment,
    booking,
    check_in,
    clearance,
    cssrs,
    days,
    discharge,
    dose,
    eligible,
    hours,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    integration,
    medication,
    minutes,
    missed,
    moved,
    over,
    plan,
    screening,
    vitals,
)
from tests.support.file_keys import OneKey, Path, protocol_with
from tests.support.ward import Ward

PRESCRIBER, MONITOR, THERAPIST = STAFF

NO_SYNONYMS: Final[Mapping[Path, object]] = {("vocabulary",): {}}
"""Where a list names less, its synonyms would name nothing."""

AS_OF_ANYBODY: Final[Mapping[Path, object]] = {
    ("medicine", "symptoms", "unknown_after_dose"): {"within": "PT1S", "severity": "urgent"}
}
"""Where a word is in no list, it is told as of somebody who was never dosed."""


def books(ward: Ward, *more: StaffMember, holds: tuple[str, ...] = ("kap",)) -> list[str]:
    staff = (PRESCRIBER, MONITOR, THERAPIST.but(credentials=holds), *more)
    return ward.prepared().reasons(booking(MARA, at=ward.now, starts_at=ward.begins(), staff=staff))


def arrives(ward: Ward, **said: object) -> list[str]:
    """What stands before the clearance of a patient who says this at the door; fasting is told in hours."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    begins = ward.begins()
    fasting = {name: begins - hours(said.pop(name)) for name in ("last_solids_at", "last_fluids_at") if name in said}  # type: ignore[arg-type]
    ward.reports(check_in(MARA, at=begins - minutes(20), **said, **fasting))  # type: ignore[arg-type]
    ward.reports(vitals(MARA, at=begins - minutes(10)))
    return ward.reasons(clearance(MARA, at=begins))


def comes_again_unscreened(ward: Ward) -> list[str]:
    ward.booked(2).reports(check_in(MARA, 2, at=ward.begins(2)))
    ward.reports(vitals(MARA, 2, at=ward.now))
    return ward.reasons(clearance(MARA, 2, at=ward.now))


def clears_after(ward: Ward, minute: float) -> list[str]:
    ward.checked_in().reports(vitals(MARA, at=ward.now))
    return ward.reasons(clearance(MARA, at=ward.now + minutes(minute)))


def measured(ward: Ward, **found: int) -> list[tuple[str, bool]]:
    """What stands before the clearance of a patient with these vitals, and whether it is final."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, **found))  # type: ignore[arg-type]
    asked = clearance(MARA, at=ward.now)
    return [(blocker.code, blocker.absolute) for blocker in ward.course.blockers_for(asked)]


def doses(ward: Ward, mg: float, session: int = 1, *, after: float = 0) -> list[str]:
    return ward.cleared(session).reasons(dose(MARA, session, at=ward.now + minutes(after), mg=mg))


def doses_after(ward: Ward, given: float, mg: float) -> list[str]:
    """What speaks against so much after a first session in which so little was given."""
    ward.cleared().reports(dose(MARA, at=ward.begins(), mg=given))
    ward.hears(Kind.PROTOCOL_DEVIATION, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    return doses(ward, mg, 2)


def rises_after_an_event(ward: Ward) -> list[str]:
    ward.watched(until=minutes(15)).reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    return doses(ward, 37, 2)


def resolves_an_urgent_reading(ward: Ward) -> tuple[Role, ...]:
    """Who may resolve the escalation of an urgent reading; empty for anybody on call."""
    ward.dosed().reports(vitals(MARA, at=ward.now, symptoms=["agitation"]))
    (opening,) = (call.opening for call in ward.calls if isinstance(call, OpenEscalation))
    return opening.resolvers


def deviates(ward: Ward, *, absolute: bool) -> Severity | None:
    """The severity of a deviation: a dose with no clearance, or one while an urgent event waits to be seen to."""
    if absolute:
        ward.checked_in()
    else:
        ward.cleared().reports(adverse_event(MARA, at=ward.now, grade=3))
    ward.reports(dose(MARA, at=ward.now))
    return ward.open.get(Kind.PROTOCOL_DEVIATION)


def talks_early(ward: Ward) -> Severity | None:
    """The severity of a talk that is dated before the discharge."""
    ward.discharged().reports(integration(MARA, at=ward.now - minutes(1)))
    return ward.open.get(Kind.PROTOCOL_DEVIATION)


def plans(ward: Ward, mg_per_kg: float | None, mg: float | None = None) -> list[str]:
    return ward.eligible().reasons(plan(MARA, at=ward.now, mg_per_kg=mg_per_kg, mg=mg))


def boosts(ward: Ward) -> list[str]:
    return ward.watched(until=minutes(15)).reasons(dose(MARA, at=ward.now, mg=1))


def grid(ward: Ward) -> list[float]:
    points = course_view(ward.dosed().course, ward.now).sessions[0].checkpoints
    return [(point.due_at - ward.begins()) / minutes(1) for point in points]


def second_checkpoint(ward: Ward, minute: float, **taken: int | None) -> str:
    reading = vitals(MARA, at=ward.begins() + minutes(minute), **taken)  # type: ignore[arg-type]
    ward.watched(until=minutes(0)).reports(reading)
    return course_view(ward.course, ward.now).sessions[0].checkpoints[1].status


def calls_of_a_forgotten_discharge(ward: Ward, length: timedelta) -> int:
    """How often whoever has it at once is called about readings of a patient whom nobody discharged."""
    ward.watched()
    while ward.now < ward.begins() + minutes(120) + length:
        told = len(ward.pages)
        ward.passes(minutes(1))
        if ward.pages[told:] and ward.pages[-1][0] is Kind.VITALS_OVERDUE:
            ward.hears(Kind.VITALS_OVERDUE, Change.ACKNOWLEDGED)
    return len([kind for kind, _ in ward.pages if kind is Kind.VITALS_OVERDUE])


def tells_late(ward: Ward, event: ClinicEvent) -> dict[Kind, Severity]:
    """What is open once somebody in preparation tells of it."""
    ward.eligible().sends(event)
    return ward.open


def stays_at_clearance(ward: Ward, *, cleared_with: int, then: int) -> list[Kind]:
    """What is open of a patient whom a prescriber cleared above the hold limits, and whose pressure stays."""
    measured = vitals(MARA, at=ward.checked_in().now)
    ward.reports(measured.but(data=measured.data.but(systolic=cleared_with)))
    ward.reports(clearance(MARA, at=ward.begins() - minutes(6), overrides=over("vitals.systolic_above_limit")))
    ward.watched(until=minutes(90))
    for minute in (120, 125):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute), systolic=then))
    return list(ward.open)


def unread_until(ward: Ward, minute: float) -> Severity | None:
    """How much a missing reading of a quarter past wants somebody by then."""
    ward.watched(until=minutes(0)).until(ward.begins() + minutes(minute))
    return ward.open.get(Kind.VITALS_OVERDUE)


def event_after(ward: Ward, wait: timedelta) -> Severity | None:
    """How much a moderate event wants somebody so long after it was told, in the morning."""
    ward.referred().reports(adverse_event(MARA, at=ward.now, grade=2))
    ward.passes(wait)
    return ward.open.get(Kind.ADVERSE_EVENT)


def reads(ward: Ward, *symptoms: str, **found: int) -> str:
    """What a reading is, a quarter of an hour after the dose."""
    return _verdict(ward, *symptoms, **found).severity


def finds(ward: Ward, *symptoms: str) -> list[str]:
    return [finding.code for finding in _verdict(ward, *symptoms).findings]


def _verdict(ward: Ward, *symptoms: str, **found: int) -> Verdict:
    ward.watched(until=minutes(0))
    answer = ward.reports(vitals(MARA, at=ward.begins() + minutes(15), symptoms=symptoms, **found))  # type: ignore[arg-type]
    assert answer.verdict is not None
    return answer.verdict


def reads_again_within(ward: Ward) -> float:
    reads(ward, systolic=185)
    (deadline,) = ward.due(DeadlineKind.RECHECK)
    return (deadline.due_at - ward.now) / minutes(1)


def swings(ward: Ward) -> list[Kind]:
    """Who is called for of a pressure whose second of three readings is within the limit."""
    ward.watched(until=minutes(0))
    for minute, systolic in ((15, 185), (18, 170), (20, 185)):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(minute), systolic=systolic))
    return list(ward.open)


def stays_high_until(ward: Ward, minute: float) -> list[Kind]:
    ward.watched(until=minutes(60))
    for at in (minute - 15, minute):
        ward.reports(vitals(MARA, at=ward.begins() + minutes(at), systolic=150))
    return list(ward.open)


def leaves(
    ward: Ward, reading: VitalsRecorded | None = None, assessed: DischargeAssessed | None = None, minute: float = 130
) -> list[str]:
    """What stands between them and their way home after this last reading, or this assessment."""
    ward.watched(until=minutes(90))
    ward.reports(moved(reading or vitals(MARA, at=ward.now), ward.begins() + minutes(minute - 10)))
    ward.reports(moved(assessed or assessment(MARA, at=ward.now), ward.begins() + minutes(minute - 6)))
    return ward.reasons(discharge(MARA, at=ward.begins() + minutes(minute)))


def found(**values: int) -> VitalsRecorded:
    return vitals(MARA, at=Ward().begins(), **values)  # type: ignore[arg-type]


def judged(**values: object) -> DischargeAssessed:
    return assessment(MARA, at=Ward().begins(), **values)  # type: ignore[arg-type]


def goes_on_untalked(ward: Ward) -> Phase:
    return ward.discharged().course.phase


def unreported_after(ward: Ward, answers: Iterable[int] = CALM) -> timedelta:
    """How long after its time a booked visit is asked for."""
    ward.booked().reports(cssrs(MARA, at=ward.now, items=answers))
    return ward.due(DeadlineKind.ATTENDANCE)[0].passes_at - ward.begins()


def stays_away(ward: Ward, answers: Iterable[int] = CALM) -> Severity:
    ward.booked().reports(cssrs(MARA, at=ward.now, items=answers))
    ward.reports(missed(MARA, at=ward.begins()))
    return ward.open[Kind.SESSION_MISSED]


def arrives_and_is_cleared(ward: Ward, **said: object) -> list[str]:
    """What stands in the way of the clearance of somebody who arrives like this."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20), **said))  # type: ignore[arg-type]
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    return ward.reasons(clearance(MARA, at=ward.begins() - minutes(5)))


def gives_more_than_planned(ward: Ward, mg: float) -> list[str]:
    """What the protocol has against what a prescriber gives, where half as much was planned."""
    ward.cleared().reports(plan(MARA, at=ward.now, mg_per_kg=mg / 140))
    return ward.hears_against(dose(MARA, at=ward.begins(), mg=mg))


WEIGHED, FINAL = False, True
SYSTOLIC, RISING, LOW_SPO2 = (("medicine", "limits", place) for place in (0, 8, 14))
CONFIRMED = ("medicine", "limits", 2)

MIDAZOLAM: Final = ("medicine", "comedication", 0)


def is_asked_for_its_stop(ward: Ward, minute: float) -> bool:
    """Whether somebody was asked so long after the start what became of the infusion."""
    ward.cleared().reports(infusion_started(MARA, at=ward.begins(), over=None))
    ward.until(ward.begins() + minutes(minute))
    return Kind.DOSE_UNREPORTED in ward.open


def infuses(ward: Ward, minute: float, mg: float = 35) -> list[str]:
    return ward.cleared().hears_against(infusion_started(MARA, at=ward.begins(), mg=mg, over=minutes(minute)))


def resumes_at_88(ward: Ward) -> list[str]:
    """What speaks against resuming an infusion that was paused for a saturation of 88."""
    ward.cleared().reports(infusion_started(MARA, at=ward.begins()))
    ward.reports(vitals(MARA, at=ward.begins() + minutes(5), spo2=88))
    ward.reports(infusion_paused(MARA, at=ward.begins() + minutes(6)))
    return ward.hears_against(infusion_resumed(MARA, at=ward.begins() + minutes(7)))


def is_screened_with(ward: Ward, kg: float) -> list[str]:
    """What stands in the way of the decision on a patient whose first weight this is."""
    ward.referred().reports(screening(MARA, at=ward.now, weight_kg=kg))
    return ward.reasons(eligible(MARA, at=ward.now))


def is_observed_again(ward: Ward) -> bool:
    """Whether two hours after the dose they are still observed, given midazolam an hour before."""
    ward.watched(until=minutes(60)).reports(medication(MARA, at=ward.now, code="midazolam"))
    codes = [one.code for one in ward.course.blockers(ward.begins() + hours(2))]
    return "discharge.observation_too_short" in codes


def tells_of_midazolam(ward: Ward) -> dict[Kind, Severity]:
    ward.dosed().reports(medication(MARA, at=ward.now, code="midazolam"))
    return ward.open


DOSE: Final[Path] = ("medicine", "dose")
A_SPRAY: Final[Mapping[Path, object]] = {
    (*DOSE, name): value
    for name, value in (
        ("basis", "mg"),
        ("first_max", 56),
        ("max", 84),
        ("hard_max", 84),
        ("step_max", 28),
        ("amounts", [28, 56, 84]),
    )
}
FURTHER: Final[Path] = ("medicine", "routes", 0)
LOZENGE: Final[Mapping[Path, object]] = {
    FURTHER[:-1]: [
        {
            "route": "sublingual",
            "basis": "mg",
            "first_max": 10,
            "max": 15,
            "hard_max": 20,
            "step_max": 5,
            "boosters_max": 0,
        }
    ]
}


PARTS: Final[Mapping[Path, object]] = {(*DOSE, "parts_max"): 3, (*DOSE, "parts_within"): "PT10M"}


def in_parts(ward: Ward, number: int) -> list[str]:
    """What speaks against the last of so many parts of the plan's dose, five minutes apart."""
    ward.cleared()
    for part in range(number - 1):
        ward.reports(dose(MARA, at=ward.begins() + minutes(5 * part), mg=10))
    return ward.hears_against(dose(MARA, at=ward.begins() + minutes(5 * (number - 1)), mg=10))


def is_told_twice(ward: Ward, minute: float, mg: float = 35, by: Actor = OSEI) -> bool:
    """Whether another dose so much later is asked about as the first one told twice."""
    ward.dosed()
    return "dose.possible_duplicate" in ward.hears_against(dose(MARA, at=ward.now + minutes(minute), mg=mg, by=by))


def adds(ward: Ward, mg: float, by: Actor = OSEI) -> list[str]:
    """What speaks against so much under the tongue a quarter of an hour after the injection."""
    ward.watched(until=minutes(15))
    return ward.reasons(dose(MARA, at=ward.now, mg=mg, route="sublingual", by=by))


def adds_again(ward: Ward, mg: float) -> list[str]:
    adds(ward, mg)
    ward.reports(dose(MARA, at=ward.now, mg=mg, route="sublingual"))
    ward.reports(vitals(MARA, at=ward.now + minutes(15)))
    return ward.reasons(dose(MARA, at=ward.now, mg=mg, route="sublingual"))


def adds_more_next_time(ward: Ward) -> list[str]:
    """5 mg under the tongue in the first session, and 12 mg in the second."""
    adds(ward, 5)
    ward.reports(dose(MARA, at=ward.now, mg=5, route="sublingual"))
    ward.watched().reports(assessment(MARA, at=ward.now + minutes(2)))
    ward.reports(discharge(MARA, at=ward.now + minutes(3)))
    ward.watched(2, until=minutes(15))
    return ward.reasons(dose(MARA, 2, at=ward.now, mg=12, route="sublingual"))


OLDER: Final[Path] = (*DOSE, "by_age", 0)
BY_AGE: Final[Mapping[Path, object]] = {OLDER[:-1]: [{"age_min": 41, "first_max": 0.4}]}


def two_for_one_monitor(ward: Ward) -> bool:
    """Whether two patients of a group are too many for the one monitor that both have."""
    (one,) = bookings(ward.booked().course)
    most = ward.course.protocol.medicine.watched_at_once_max
    return most is not None and watched_at_once([one, one.but(course_id="JONAS-1")], ward.now).is_too_many(most)


KEYS: Final[tuple[OneKey[Ward], ...]] = (
    OneKey(
        "medicine.staff",
        ["prescriber", "monitor", "therapist", "coordinator"],
        books,
        [],
        ["booking.coordinator_missing"],
    ),
    OneKey(
        "medicine.staff_several",
        [],
        lambda ward: books(ward, THERAPIST.but(id="marsh")),
        [],
        ["booking.therapist_twice"],
    ),
    OneKey(
        "medicine.one_person_two_roles",
        True,
        lambda ward: books(ward, THERAPIST.but(id=MONITOR.id)),
        ["booking.person_in_two_roles"],
        [],
    ),
    OneKey("medicine.credentials", {}, lambda ward: books(ward, holds=()), ["booking.credential_missing"], []),
    OneKey("medicine.watched_at_once_max", 1, two_for_one_monitor, False, True),
    OneKey(
        "medicine.planned_duration",
        "PT3H",
        lambda ward: course_view(ward.booked().course, ward.now).sessions[0].planned_end_at,
        Ward().begins() + minutes(150),
        Ward().begins() + hours(3),
    ),
    OneKey(
        "medicine.minimum_observation",
        "PT90M",
        lambda ward: leaves(ward, minute=101),
        ["discharge.observation_too_short", "discharge.assessed_too_early"],
        [],
    ),
    OneKey(
        "medicine.discharge_overdue",
        "PT180M",
        lambda ward: ward.dosed().due(DeadlineKind.DISCHARGE)[0].due_at - ward.begins(),
        hours(4),
        hours(3),
    ),
    OneKey(
        "medicine.solids_fasting",
        "PT5H",
        lambda ward: arrives(ward, last_solids_at=5.5),
        ["fasting.solids_too_recent"],
        [],
    ),
    OneKey(
        "medicine.fluids_fasting",
        "PT1H",
        lambda ward: arrives(ward, last_fluids_at=1.5),
        ["fasting.fluids_too_recent"],
        [],
    ),
    OneKey("medicine.escort_required", False, lambda ward: arrives(ward, escort=False), ["escort.missing"], []),
    OneKey(
        "medicine.pregnancy_test_each_session",
        False,
        lambda ward: arrives(ward, pregnancy_test=None),
        ["pregnancy_test.missing"],
        [],
    ),
    OneKey("medicine.clearance_valid", "PT20M", lambda ward: doses(ward, 35, after=25), [], ["clearance.expired"]),
    OneKey("medicine.unreported_after", "PT3H", unreported_after, hours(2), hours(3)),
    OneKey(
        "medicine.unreported_at_risk",
        "PT1H",
        lambda ward: unreported_after(ward, HAS_A_METHOD),
        minutes(30),
        minutes(60),
    ),
    OneKey(
        "medicine.unreported_again",
        "PT12H",
        lambda ward: ward.booked().due(DeadlineKind.ATTENDANCE)[0].every,
        days(1),
        hours(12),
    ),
    OneKey("medicine.missed_visit", "urgent", stays_away, Severity.ROUTINE, Severity.URGENT),
    OneKey(
        "medicine.missed_visit_at_risk",
        "emergency",
        lambda ward: stays_away(ward, HAS_A_METHOD),
        Severity.URGENT,
        Severity.EMERGENCY,
    ),
    OneKey("medicine.measures_valid", "PT9M", lambda ward: clears_after(ward, 0), [], ["measure.cssrs_missing"]),
    OneKey("medicine.measures", [], comes_again_unscreened, ["measure.cssrs_missing"], []),
    OneKey("medicine.integration_before_next_dose", False, goes_on_untalked, Phase.INTEGRATION, Phase.MEDICINE),
    OneKey(
        "medicine.check_in_on_booked_day",
        False,
        lambda ward: ward.booked().reasons(check_in(MARA, at=ward.now)),
        ["check_in.another_day"],
        [],
    ),
    OneKey("medicine.dose.basis", "mg", lambda ward: plans(ward, None, mg=0.4), ["plan.dose_in_wrong_unit"], []),
    OneKey("medicine.dose.first_max", 0.4, lambda ward: plans(ward, 0.5), [], ["plan.dose_above_first_max"]),
    OneKey(
        "medicine.dose.max",
        0.8,
        lambda ward: doses(ward, 63),
        ["dose.above_first_max", "dose.far_above_plan"],
        ["dose.needs_two_prescribers", "dose.above_first_max", "dose.far_above_plan"],
    ),
    OneKey(
        "medicine.dose.hard_max",
        1.5,
        lambda ward: "dose.above_hard_max" in doses(ward, 126),
        False,
        True,
    ),
    OneKey(
        "medicine.dose.given_by",
        ["prescriber"],
        lambda ward: ward.cleared().reasons(dose(MARA, at=ward.begins(), by=LIND)),
        [],
        ["actor.role_not_allowed"],
    ),
    OneKey(
        "medicine.dose.second_prescribers",
        ["ward"],
        lambda ward: ward.cleared().reasons(dose(MARA, at=ward.begins(), mg=84, witness=WARD)),
        ["dose.needs_two_prescribers", "dose.above_first_max", "dose.far_above_plan"],
        ["dose.above_first_max", "dose.far_above_plan"],
    ),
    OneKey(
        "medicine.dose.amounts",
        [28, 35, 84],
        lambda ward: plans(ward, None, mg=35),
        ["plan.dose_not_an_amount"],
        [],
        also=A_SPRAY,
    ),
    OneKey(
        "medicine.dose.by_age.age_min",
        42,
        lambda ward: plans(ward, 0.5),
        ["plan.dose_above_first_max"],
        [],
        where=(*OLDER, "age_min"),
        also=BY_AGE,
    ),
    OneKey(
        "medicine.dose.by_age.first_max",
        0.5,
        lambda ward: plans(ward, 0.5),
        ["plan.dose_above_first_max"],
        [],
        where=(*OLDER, "first_max"),
        also=BY_AGE,
    ),
    OneKey(
        "medicine.routes.route",
        "subcutaneous",
        lambda ward: "dose.route_not_allowed" in adds(ward, 10),
        False,
        True,
        where=(*FURTHER, "route"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.basis",
        "mg_per_kg",
        lambda ward: adds(ward, 12),
        ["dose.above_first_max"],
        [],
        where=(*FURTHER, "basis"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.first_max",
        12,
        lambda ward: adds(ward, 12),
        ["dose.above_first_max"],
        [],
        where=(*FURTHER, "first_max"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.max",
        16,
        lambda ward: adds(ward, 16),
        ["dose.needs_two_prescribers", "dose.above_first_max"],
        ["dose.above_first_max"],
        where=(*FURTHER, "max"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.hard_max",
        16,
        lambda ward: "dose.above_hard_max" in adds(ward, 17),
        False,
        True,
        where=(*FURTHER, "hard_max"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.step_max",
        8,
        adds_more_next_time,
        ["dose.step_too_large"],
        [],
        where=(*FURTHER, "step_max"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.boosters_max",
        1,
        lambda ward: adds_again(ward, 5),
        ["dose.booster_not_allowed"],
        [],
        where=(*FURTHER, "boosters_max"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.least",
        5,
        lambda ward: adds(ward, 4),
        [],
        ["dose.below_least"],
        where=(*FURTHER, "least"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.routes.prescribed",
        True,
        lambda ward: adds(ward, 4, by=LIND),
        [],
        ["dose.route_not_planned"],
        where=(*FURTHER, "prescribed"),
        also=LOZENGE,
    ),
    OneKey(
        "medicine.dose.parts_max",
        2,
        lambda ward: "dose.booster_not_allowed" in in_parts(ward, 3),
        False,
        True,
        also=PARTS,
    ),
    OneKey(
        "medicine.dose.parts_within",
        "PT8M",
        lambda ward: "dose.booster_not_allowed" in in_parts(ward, 3),
        False,
        True,
        also=PARTS,
    ),
    OneKey(
        "medicine.dose.whole_from_percent",
        30,
        lambda ward: "dose.step_too_large" in doses_after(ward, 15, 35),
        False,
        True,
    ),
    OneKey(
        "medicine.dose.rounding_percent",
        2,
        lambda ward: "dose.above_first_max" in doses(ward, 36),
        False,
        True,
    ),
    OneKey(
        "medicine.dose.parts_apart",
        "PT6M",
        lambda ward: "dose.possible_duplicate" in in_parts(ward, 2),
        False,
        True,
        also=PARTS,
    ),
    OneKey("medicine.dose.step_after_event", True, rises_after_an_event, ["dose.step_after_event"], []),
    OneKey("medicine.dose.step_max", 0.1, lambda ward: doses(ward, 49, 2), [], ["dose.step_too_large"]),
    OneKey(
        "medicine.dose.boosters_max",
        1,
        boosts,
        ["dose.booster_not_allowed"],
        [],
        also={("medicine", "dose", "first_max"): 0.6},
    ),
    OneKey("medicine.clearance.reading_valid", "PT10M", lambda ward: clears_after(ward, 12), [], ["vitals.too_old"]),
    *(
        OneKey(
            f"medicine.clearance.hold.{vital}",
            narrower,
            lambda ward, vital=vital, value=value: measured(ward, **{vital: value}),  # type: ignore[misc]
            [],
            [(f"vitals.{vital}_{side}_limit", WEIGHED)],
        )
        for vital, narrower, value, side in (
            ("systolic", [90, 130], 135, "above"),
            ("diastolic", [50, 85], 88, "above"),
            ("heart_rate", [50, 110], 115, "above"),
            ("spo2", [96, 100], 95, "below"),
            ("respiratory_rate", [12, 30], 11, "below"),
        )
    ),
    OneKey(
        "medicine.clearance.hold.moaas",
        [4, 5],
        lambda ward: measured(ward, moaas=4),
        [("vitals.moaas_below_limit", WEIGHED)],
        [],
    ),
    *(
        OneKey(
            f"medicine.clearance.never.{vital}",
            narrower,
            lambda ward, vital=vital, value=value: measured(ward, **{vital: value}),  # type: ignore[misc]
            [(f"vitals.{vital}_{side}_limit", WEIGHED)],
            [(f"vitals.{vital}_{side}_limit", FINAL)],
        )
        for vital, narrower, value, side in (
            ("systolic", [90, 170], 175, "above"),
            ("diastolic", [50, 100], 105, "above"),
            ("heart_rate", [50, 140], 145, "above"),
            ("spo2", [93, 100], 92, "below"),
            ("moaas", [4, 5], 3, "below"),
        )
    ),
    OneKey(
        "medicine.clearance.never.respiratory_rate",
        [8, 30],
        # The reading also calls somebody, which is weighed beside it.
        lambda ward: ("vitals.respiratory_rate_below_limit", FINAL) in measured(ward, respiratory_rate=9),
        True,
        False,
    ),
    OneKey("medicine.checkpoints.offsets", ["PT0M", "PT20M", "PT40M"], grid, [0, 15, 30, 45, 60, 90, 120], [0, 20, 40]),
    OneKey(
        "medicine.checkpoints.then_every",
        "PT12M",
        lambda ward: ward.watched().due(DeadlineKind.CHECKPOINT)[0].due_at - ward.begins(),
        minutes(135),
        minutes(132),
    ),
    OneKey("medicine.checkpoints.early", "PT1M", lambda ward: second_checkpoint(ward, 13), "met", "pending"),
    OneKey(
        "medicine.checkpoints.required",
        ["systolic", "diastolic"],
        lambda ward: second_checkpoint(ward, 15, spo2=None),
        "pending",
        "met",
    ),
    OneKey("medicine.checkpoints.grace", "PT4M", lambda ward: second_checkpoint(ward, 19.5), "met", "late"),
    OneKey("medicine.checkpoints.told_after", "PT9M", lambda ward: unread_until(ward, 24.5), None, Severity.URGENT),
    OneKey(
        "medicine.checkpoints.emergency_after",
        "PT13M",
        lambda ward: unread_until(ward, 29),
        Severity.URGENT,
        Severity.EMERGENCY,
    ),
    OneKey(
        "medicine.checkpoints.again_most",
        "PT15M",
        lambda ward: calls_of_a_forgotten_discharge(ward, hours(4)),
        6,
        16,
    ),
    OneKey(
        "medicine.limits.vital",
        "heart_rate",
        lambda ward: reads(ward, heart_rate=115),
        "normal",
        "warning",
        where=(*RISING, "vital"),
    ),
    OneKey(
        "medicine.limits.above",
        150,
        lambda ward: reads(ward, systolic=155),
        "normal",
        "warning",
        where=(*SYSTOLIC, "above"),
    ),
    OneKey(
        "medicine.limits.below", 95, lambda ward: reads(ward, spo2=94), "normal", "warning", where=(*LOW_SPO2, "below")
    ),
    OneKey(
        "medicine.limits.rise", 30, lambda ward: reads(ward, systolic=158), "normal", "warning", where=(*RISING, "rise")
    ),
    OneKey(
        "medicine.limits.severity",
        "urgent",
        lambda ward: reads(ward, systolic=168),
        "warning",
        "urgent",
        where=(*RISING, "severity"),
    ),
    OneKey("medicine.limits.confirm_within", "PT3M", reads_again_within, 5, 3, where=(*CONFIRMED, "confirm_within")),
    OneKey("medicine.limits.confirm_of", 2, swings, [Kind.VITALS_URGENT], [], where=(*CONFIRMED, "confirm_of")),
    OneKey(
        "medicine.symptoms.emergency",
        ["seizure"],
        lambda ward: reads(ward, "chest_pain"),
        "emergency",
        "urgent",
        also=NO_SYNONYMS,
    ),
    OneKey(
        "medicine.symptoms.urgent",
        [],
        lambda ward: reads(ward, "agitation"),
        "urgent",
        "warning",
        also={**NO_SYNONYMS, **AS_OF_ANYBODY},
    ),
    OneKey(
        "medicine.symptoms.suicidal",
        ["suicidal_ideation"],
        lambda ward: (reads(ward, "overdose"), Kind.SUICIDE_RISK in ward.open),
        ("emergency", True),
        ("emergency", False),
    ),
    OneKey(
        "medicine.symptoms.unknown",
        "emergency",
        lambda ward: reads(ward, "hiccups"),
        "urgent",
        "emergency",
    ),
    OneKey(
        "medicine.symptoms.unknown_after_dose.severity",
        "emergency",
        lambda ward: reads(ward, "hiccups"),
        "urgent",
        "emergency",
    ),
    OneKey(
        "medicine.symptoms.unknown_after_dose.within",
        "PT1S",
        lambda ward: reads(ward, "hiccups"),
        "urgent",
        "warning",
    ),
    OneKey(
        "medicine.symptoms.warning",
        ["anxiety"],
        lambda ward: finds(ward, "nausea"),
        ["vitals.symptom_reported"],
        ["vitals.symptom_unknown"],
        also=NO_SYNONYMS,
    ),
    OneKey(
        "medicine.discharge.padss_min",
        8,
        lambda ward: leaves(ward, assessed=judged(padss=8)),
        ["discharge.padss_below_limit"],
        [],
    ),
    OneKey(
        "medicine.discharge.bp_within_percent",
        10,
        lambda ward: leaves(ward, found(systolic=140)),
        [],
        ["discharge.systolic_not_near_baseline"],
    ),
    OneKey(
        "medicine.discharge.bp_not_falling_after",
        "PT90M",
        lambda ward: stays_high_until(ward, 95),
        [],
        [Kind.BLOOD_PRESSURE_NOT_FALLING],
    ),
    OneKey(
        "medicine.discharge.bp_not_falling_margin",
        1,
        lambda ward: stays_at_clearance(ward, cleared_with=150, then=152),
        [],
        [Kind.BLOOD_PRESSURE_NOT_FALLING],
    ),
    OneKey(
        "medicine.discharge.moaas_min",
        4,
        lambda ward: leaves(ward, found(moaas=4)),
        ["discharge.moaas_below_limit"],
        [],
    ),
    OneKey(
        "medicine.discharge.spo2_min", 95, lambda ward: leaves(ward, found(spo2=94)), [], ["discharge.spo2_below_limit"]
    ),
    *(
        OneKey(
            f"medicine.discharge.{name}",
            False,
            lambda ward, name=name: leaves(ward, assessed=judged(**{name: False})),  # type: ignore[misc]
            [f"discharge.not_{name}"],
            [],
        )
        for name in ("oriented", "steady_gait", "dissociation_resolved")
    ),
    OneKey("medicine.discharge.reading_valid", "PT9M", leaves, [], ["vitals.too_old"]),
    OneKey("medicine.infusion.usual", "PT1H", lambda ward: is_asked_for_its_stop(ward, 56), True, False),
    OneKey("medicine.infusion.grace", "PT20M", lambda ward: is_asked_for_its_stop(ward, 56), True, False),
    OneKey("medicine.infusion.least", "PT30M", lambda ward: "infusion.too_fast" in infuses(ward, 29), False, True),
    OneKey("medicine.infusion.most", "PT1H", lambda ward: "infusion.too_long" in infuses(ward, 61), False, True),
    OneKey(
        "medicine.infusion.resume_gated", True, lambda ward: "vitals.not_normal" in resumes_at_88(ward), False, True
    ),
    OneKey(
        "medicine.comedication.code",
        "esmolol",
        lambda ward: ward.dosed().hears_against(medication(MARA, at=ward.now, code="labetalol")),
        [],
        ["medication.unknown"],
        where=("medicine", "comedication", 3, "code"),
    ),
    OneKey(
        "medicine.comedication.restarts_observation",
        False,
        is_observed_again,
        True,
        False,
        where=(*MIDAZOLAM, "restarts_observation"),
    ),
    OneKey(
        "medicine.comedication.tell",
        "routine",
        tells_of_midazolam,
        {Kind.ADVERSE_EVENT: Severity.URGENT},
        {Kind.ADVERSE_EVENT: Severity.ROUTINE},
        where=(*MIDAZOLAM, "tell"),
    ),
    OneKey(
        "medicine.comedication.tell_on_other_days",
        "emergency",
        lambda ward: tells_late(ward, medication(MARA, None, at=ward.now, code="lorazepam")),
        {Kind.ADVERSE_EVENT: Severity.ROUTINE},
        {Kind.ADVERSE_EVENT: Severity.EMERGENCY},
        where=("medicine", "comedication", 1, "tell_on_other_days"),
    ),
    OneKey(
        "medicine.compared.weight_within_percent",
        20,
        lambda ward: arrives_and_is_cleared(ward, weight_kg=80),
        ["weight.far_from_last"],
        [],
    ),
    OneKey(
        "medicine.compared.weight_kg",
        [45, 75],
        lambda ward: arrives_and_is_cleared(ward, weight_kg=76),
        [],
        ["weight.out_of_range"],
    ),
    OneKey(
        "medicine.compared.pounds_from_kg",
        111,
        lambda ward: "weight.may_be_pounds" in is_screened_with(ward, 110),
        True,
        False,
    ),
    OneKey(
        "medicine.compared.dose_at_most_percent",
        200,
        lambda ward: gives_more_than_planned(ward, mg=35),
        ["dose.far_above_plan"],
        [],
    ),
    OneKey(
        "medicine.compared.dose_at_least_percent",
        40,
        lambda ward: ward.cleared().hears_against(dose(MARA, at=ward.begins(), mg=17)),
        ["dose.far_below_plan"],
        [],
    ),
    OneKey(
        "medicine.compared.infusion_at_least_percent",
        50,
        lambda ward: "dose.far_below_plan" in infuses(ward, 40, mg=17),
        False,
        True,
    ),
    OneKey(
        "medicine.compared.same_dose_percent",
        5,
        lambda ward: (
            "dose.possible_duplicate" in ward.dosed().hears_against(dose(MARA, at=ward.now + minutes(1), mg=34))
        ),
        False,
        True,
    ),
    OneKey(
        "medicine.compared.same_dose_within",
        "PT20M",
        lambda ward: (
            "dose.possible_duplicate" in ward.dosed().hears_against(dose(MARA, at=ward.now + minutes(15), by=EHR))
        ),
        False,
        True,
    ),
    OneKey(
        "medicine.compared.pregnancy_test",
        False,
        lambda ward: arrives_and_is_cleared(ward, pregnancy_test=PregnancyTest.NOT_APPLICABLE),
        ["pregnancy_test.no_longer_applicable"],
        [],
    ),
    OneKey("medicine.discharge.measures", ["cssrs"], leaves, [], ["measure.cssrs_missing"]),
    OneKey("medicine.discharge.assessment_valid", "PT5M", leaves, [], ["discharge.assessment_too_old"]),
    OneKey(
        "escalations.reviewed_within",
        "PT4H",
        lambda ward: event_after(ward, hours(5)),
        Severity.ROUTINE,
        Severity.URGENT,
    ),
    OneKey(
        "escalations.history_after",
        "P60D",
        lambda ward: tells_late(ward, adverse_event(MARA, at=ward.now - days(50), grade=4)),
        {Kind.ADVERSE_EVENT: Severity.ROUTINE},
        {Kind.ADVERSE_EVENT: Severity.EMERGENCY},
    ),
    OneKey(
        "escalations.risk_history_after",
        "P120D",
        lambda ward: tells_late(ward, cssrs(MARA, at=ward.now - days(100), items=HAS_A_METHOD)),
        {Kind.SUICIDE_RISK: Severity.ROUTINE},
        {Kind.SUICIDE_RISK: Severity.URGENT},
    ),
    OneKey(
        "escalations.resolved_by",
        {"vitals_urgent": ["prescriber"]},
        resolves_an_urgent_reading,
        (Role.PRESCRIBER, Role.MONITOR),
        (Role.PRESCRIBER,),
    ),
    OneKey(
        "deviations.dose", "routine", lambda ward: deviates(ward, absolute=False), Severity.URGENT, Severity.ROUTINE
    ),
    OneKey(
        "deviations.dose_absolute",
        "urgent",
        lambda ward: deviates(ward, absolute=True),
        Severity.EMERGENCY,
        Severity.URGENT,
    ),
    OneKey("deviations.other", "urgent", talks_early, Severity.ROUTINE, Severity.URGENT),
    OneKey("deviations.silent", ["integration.before_discharge"], talks_early, Severity.ROUTINE, None),
)


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.key)
def test_a_key_that_says_something_else_is_followed(one: OneKey[Ward]) -> None:
    """The same story under two files that differ in this key alone: what is seen differs as the key says."""
    assert one.seen(Ward(protocol=protocol_with(one, other=False))) == one.as_written
    assert one.seen(Ward(protocol=protocol_with(one, other=True))) == one.otherwise
