"""For every reason that Kapstan can give, a small story that ends with it: blockers, findings, escalations, refusals.

A story is told on a ward of its own, under the protocol beside it; it ends in what is then refused, said, or open.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from domain.course.rules import clearance as clearance_rules
from domain.course.rules import followup
from domain.course.rules import maintenance as maintenance_rules
from domain.course.rules.booking import BOOKED
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.events.fields import PregnancyTest, StaffMember
from domain.protocol.measures import CutOffRule, FutilityRule
from domain.protocol.medicine import DoseBasis, Limit, RouteRules
from domain.protocol.model import Protocol
from domain.protocol.schedule import MaintenanceRules, SchedulePart
from domain.protocol.screening import FurtherConsent, ScreeningGate, ScreeningTest
from domain.protocol.values import LimitSeverity, Range, Route, Vital
from domain.values import Blocker, Role, Severity
from tests.support.cast import (
    DESK,
    HAS_A_METHOD,
    HAS_A_PLAN,
    LIND,
    MARA,
    OSEI,
    SPRAY,
    STAFF,
    WEEKLY,
    abortion,
    adverse_event,
    assessment,
    booking,
    call,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    correction,
    cssrs,
    days,
    died,
    discharge,
    discontinuation,
    dose,
    eligible,
    follow_up,
    form,
    hold,
    hours,
    infusion_paused,
    infusion_resumed,
    infusion_started,
    integration,
    left,
    medication,
    migration,
    minutes,
    missed,
    phq9,
    plan,
    preparation,
    result,
    resumption,
    returned,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import TICK, Reached, Ward

INFUSED: Final = weekly({"route": Route.INTRAVENOUS})
FURTHER: Final = weekly(
    {
        "medicine.routes": (
            RouteRules(
                route=Route.SUBLINGUAL,
                basis=DoseBasis.MG,
                first_max=100.0,
                max=200.0,
                hard_max=300.0,
                step_max=100.0,
                boosters_max=0,
                least=20.0,
                prescribed=True,
            ),
        )
    }
)
TIMED: Final = weekly(
    {"route": Route.INTRAVENOUS, "medicine.infusion.least": minutes(30), "medicine.infusion.most": hours(1)}
)
BOOSTERS: Final = weekly({"medicine.dose.boosters_max": 1})
IN_A_PART: Final = weekly(
    {
        "course.schedule": (
            SchedulePart(
                part="first", sessions=1, interval=days(7), interval_min=days(2), interval_max=days(21), dose_max=0.5
            ),
        )
    }
)
MAINTAINED: Final = weekly(
    {"course.maintenance": MaintenanceRules(interval=days(7), interval_min=days(2), interval_max=days(21), most=1)}
)
LOOKED_AT: Final = weekly(
    {
        "measures": {
            **WEEKLY.measures,
            "phq9": WEEKLY.measures["phq9"].but(futility=FutilityRule(after_session=1, least_percent=20)),
        }
    }
)
SPRAYED: Final = weekly(SPRAY)


RECORDED: Final = weekly({"screening.further_consents": {"recording": FurtherConsent(version="2", valid_for=days(1))}})
LABS: Final = weekly(
    {
        "screening.tests": {
            "alt": ScreeningTest(range=Range(low=5, high=60), unit="U/L", valid_for=days(30)),
            "drug_screen": ScreeningTest(wanted=("negative",), valid_for=days(30)),
        }
    }
)


def _gated(**asked: object) -> Protocol:
    """Our protocol with a gate of this patient's indication."""
    gate = ScreeningGate.model_validate({"indications": ("F33",), **asked})
    return weekly({"screening.gates": {"resistant": gate}})


@dataclass(frozen=True)
class Reason:
    """A blocker's code, and a story that ends in an event which it speaks against."""

    code: str
    story: Callable[[Ward], ClinicEvent]
    protocol: Protocol = WEEKLY


@dataclass(frozen=True)
class Said:
    """A blocker's code, and a story after which it is said; no event is refused for it."""

    code: str
    story: Callable[[Ward], Iterable[Blocker]]


def _booked_with(ward: Ward, *staff: StaffMember) -> ClinicEvent:
    return booking(MARA, at=ward.prepared().now, starts_at=ward.begins(), staff=staff)


def _screened_as(ward: Ward, screened: Callable[[Ward], ClinicEvent]) -> ClinicEvent:
    ward.screened().reports(screened(ward))
    return eligible(MARA, at=ward.now)


def _arrived_as(ward: Ward, arrives: Callable[[Ward], ClinicEvent]) -> ClinicEvent:
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    ward.passes(minutes(10))
    ward.reports(arrives(ward))
    ward.reports(vitals(MARA, at=ward.now))
    return clearance(MARA, at=ward.now)


def _measured_as(ward: Ward, reading: Callable[[Ward], ClinicEvent]) -> ClinicEvent:
    ward.checked_in().reports(reading(ward))
    return clearance(MARA, at=ward.now)


def _leaving(ward: Ward, *last: Callable[[Ward], ClinicEvent]) -> ClinicEvent:
    """The way home of a patient who was watched for their two hours, with what was said of their last."""
    ward.watched().passes(minutes(4))
    for one in last:
        ward.reports(one(ward))
    return discharge(MARA, at=ward.now)


def _well(ward: Ward) -> ClinicEvent:
    return assessment(MARA, at=ward.now)


def _of_version(ward: Ward, protocol: Protocol) -> Ward:
    ward.migrates_to(protocol)
    ward.reports(migration(MARA, at=ward.now, to_version=protocol.version))
    return ward


def _after(ward: Ward, *said: ClinicEvent) -> Ward:
    for event in said:
        ward.reports(event)
    return ward


def _reported(ward: Ward, kind: str) -> ClinicEvent:
    """The event of this type that was reported last."""
    return next(event for event, _ in reversed(ward.answers) if event.type == kind)


def _planned_spray(ward: Ward) -> Ward:
    return _after(ward.eligible(), plan(MARA, at=ward.now, mg=56))


def _infused(ward: Ward) -> Ward:
    return _after(ward.cleared(), infusion_started(MARA, at=ward.now))


def _rising_after_an_event(ward: Ward) -> ClinicEvent:
    ward.dosed().reports(adverse_event(MARA, 1, at=ward.now, grade=3))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    ward.discharged().reports(plan(MARA, at=ward.now))
    return dose(MARA, 2, at=ward.cleared(2).now, mg=36)


def _cleared_unimproved(ward: Ward) -> ClinicEvent:
    ward.checked_in(2).reports(phq9(MARA, at=ward.now))
    ward.reports(vitals(MARA, 2, at=ward.now))
    return clearance(MARA, 2, at=ward.now)


def _beyond_the_plan(ward: Ward) -> ClinicEvent:
    ward.planned(4).integrated(3).reports(plan(MARA, at=ward.now, sessions=4))
    ward.cleared(4).reports(plan(MARA, at=ward.now + TICK, sessions=3))
    return dose(MARA, 4, at=ward.now)


def _assessed_at_once(ward: Ward) -> ClinicEvent:
    ward.dosed().reports(assessment(MARA, at=ward.now + minutes(1)))
    return discharge(MARA, at=ward.watched().now + minutes(1))


REFUSING: Final[tuple[Reason, ...]] = (
    # Anywhere
    Reason("actor.role_not_allowed", lambda ward: eligible(MARA, at=ward.screened().now, by=LIND)),
    Reason("course.wrong_phase", lambda ward: preparation(MARA, at=ward.integrated().now)),
    Reason("corrects.unknown", lambda ward: vitals(MARA, 1, at=ward.dosed().now).but(corrects="never accepted")),
    Reason("session.unknown", lambda ward: vitals(MARA, 4, at=ward.booked().now)),
    Reason(
        "value.impossible", lambda ward: vitals(MARA, at=ward.dosed().now, spo2=None, set_aside={"spo2": 840}), WEEKLY
    ),
    Reason("value.contradicts", lambda ward: vitals(MARA, at=ward.dosed().now, systolic=80, diastolic=120), WEEKLY),
    Reason("session.wrong_stage", lambda ward: check_in(MARA, at=ward.dosed().now)),
    Reason("session.in_progress", lambda ward: discontinuation(MARA, at=ward.dosed().now)),
    Reason("course.held", lambda ward: dose(MARA, at=_after(ward.cleared(), hold(MARA, at=ward.now)).now)),
    Reason("course.not_held", lambda ward: resumption(MARA, at=ward.referred().now)),
    Reason(
        "hold.unknown_reason",
        lambda ward: resumption(MARA, at=_after(ward.referred(), hold(MARA, at=ward.now)).now, reasons=("Other",)),
    ),
    Reason("protocol.version_unknown", lambda ward: migration(MARA, at=ward.referred().now, to_version="9.9.9")),
    # Consent
    Reason("consent.missing", lambda ward: eligible(MARA, at=ward.referred().now)),
    Reason("consent.withdrawn", lambda ward: _screened_as(ward, lambda ward: consent_withdrawn(MARA, at=ward.now))),
    Reason(
        "consent.other_version",
        lambda ward: _screened_as(ward, lambda ward: consent(MARA, at=ward.now + TICK, version="2025-06")),
    ),
    Reason(
        "consent.other_document",
        lambda ward: eligible(
            MARA, at=_after(ward.referred(), consent(MARA, at=ward.now, document="parking-permit")).now
        ),
    ),
    Reason("consent.signed_later", lambda ward: eligible(MARA, at=ward.screened().now - days(1))),
    Reason("consent.further_missing", lambda ward: eligible(MARA, at=ward.screened().now), RECORDED),
    Reason(
        "consent.further_other_version",
        lambda ward: _screened_as(ward, lambda ward: consent(MARA, at=ward.now, document="recording", version="1")),
        RECORDED,
    ),
    Reason(
        "consent.further_expired",
        lambda ward: eligible(
            MARA,
            at=_after(ward.screened(), consent(MARA, at=ward.now, document="recording", version="2")).now + days(1),
        ),
        RECORDED,
    ),
    Reason("consent.expired", lambda ward: eligible(MARA, at=ward.screened().now + days(366))),
    # Eligibility
    Reason("screening.missing", lambda ward: eligible(MARA, at=ward.referred().now)),
    Reason(
        "screening.condition_excludes",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, conditions=["active_psychosis"])),
    ),
    Reason(
        "screening.sleep_apnoea",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, conditions=["sleep_apnoea"])),
    ),
    Reason(
        "screening.condition_unknown",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, conditions=["F20.0"])),
    ),
    Reason(
        "screening.medication_unknown",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, medications=["warfarin"])),
    ),
    Reason(
        "screening.pregnant",
        lambda ward: _screened_as(
            ward, lambda ward: screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.POSITIVE)
        ),
    ),
    Reason(
        "screening.age_below_limit",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, age_years=17)),
    ),
    Reason(
        "screening.age_above_limit",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, age_years=76)),
        weekly({"screening.age_max": 75}),
    ),
    Reason(
        "screening.diastolic_above_limit",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, diastolic=96)),
    ),
    Reason(
        "screening.escort_unavailable",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, escort_available=False)),
    ),
    Reason(
        "screening.prior_trials_below_limit",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, prior_adequate_trials=1)),
        weekly({"screening.prior_trials_min": 2}),
    ),
    Reason(
        "screening.abstinence_below_limit",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, abstinent_days=27)),
        _gated(abstinent_days_min=28),
    ),
    Reason(
        "measure.phq9_below_limit",
        lambda ward: eligible(MARA, at=ward.screened().now),
        _gated(measure="phq9", score_min=18),
    ),
    Reason(
        "measure.phq9_above_limit",
        lambda ward: eligible(MARA, at=ward.screened().now),
        _gated(measure="phq9", score_max=16),
    ),
    Reason("result.alt_missing", lambda ward: eligible(MARA, at=ward.screened().now), LABS),
    Reason(
        "result.alt_outdated",
        lambda ward: _screened_as(ward, lambda ward: result(MARA, "alt", at=ward.now - days(31), value=31, unit="U/L")),
        LABS,
    ),
    Reason(
        "result.alt_above_limit",
        lambda ward: _screened_as(ward, lambda ward: result(MARA, "alt", at=ward.now, value=61, unit="U/L")),
        LABS,
    ),
    Reason(
        "result.alt_below_limit",
        lambda ward: _screened_as(ward, lambda ward: result(MARA, "alt", at=ward.now, value=4, unit="U/L")),
        LABS,
    ),
    Reason(
        "result.alt_in_other_unit",
        lambda ward: _screened_as(ward, lambda ward: result(MARA, "alt", at=ward.now, value=0.5, unit="µkat/L")),
        LABS,
    ),
    Reason(
        "result.drug_screen_not_as_wanted",
        lambda ward: _screened_as(ward, lambda ward: result(MARA, "drug_screen", at=ward.now, answer="positive")),
        LABS,
    ),
    Reason("measure.phq9_missing", lambda ward: eligible(MARA, at=ward.referred().now)),
    # Plan and booking
    Reason("plan.sessions_out_of_bounds", lambda ward: plan(MARA, at=ward.eligible().now, sessions=9)),
    Reason("plan.interval_out_of_bounds", lambda ward: plan(MARA, at=ward.eligible().now, interval_days=1)),
    Reason("plan.goals_missing", lambda ward: plan(MARA, at=ward.eligible().now, goals=())),
    Reason("plan.dose_in_wrong_unit", lambda ward: plan(MARA, at=ward.eligible().now, mg=35)),
    Reason("plan.dose_not_an_amount", lambda ward: plan(MARA, at=ward.eligible().now, mg=30), SPRAYED),
    Reason("preparation.too_short", lambda ward: preparation(MARA, at=ward.planned().now, minutes=1)),
    Reason(
        "preparation.possible_duplicate",
        lambda ward: preparation(MARA, at=_after(ward.planned(), preparation(MARA, at=ward.now)).now + TICK),
    ),
    Reason("plan.dose_above_first_max", lambda ward: plan(MARA, at=ward.eligible().now, mg_per_kg=0.51)),
    Reason("booking.number_not_next", lambda ward: booking(MARA, 2, at=ward.prepared().now, starts_at=ward.begins())),
    Reason(
        "interval.shorter_than_plan",
        lambda ward: booking(MARA, 2, at=ward.integrated().now, starts_at=ward.begins() + days(3)),
    ),
    Reason(
        "interval.too_short",
        lambda ward: booking(MARA, 2, at=ward.integrated().now, starts_at=ward.begins() + days(1)),
    ),
    Reason("booking.monitor_missing", lambda ward: _booked_with(ward, STAFF[0], STAFF[2])),
    Reason(
        "booking.monitor_twice",
        lambda ward: _booked_with(ward, *STAFF, StaffMember(id=DESK.id, role=Role.MONITOR)),
    ),
    Reason(
        "booking.person_in_two_roles",
        lambda ward: _booked_with(ward, STAFF[0], StaffMember(id=OSEI.id, role=Role.MONITOR), STAFF[2]),
    ),
    Reason(
        "booking.credential_missing",
        lambda ward: _booked_with(ward, *STAFF[:2], StaffMember(id="thorne", role=Role.THERAPIST)),
    ),
    # Clearance
    Reason(
        "escalation.suicide_risk_open",
        lambda ward: _measured_as(ward, lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_PLAN)),
    ),
    Reason(
        "weight.missing",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, weight_kg=None)),
    ),
    Reason(
        "weight.far_from_last",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, weight_kg=154)),
    ),
    Reason(
        "weight.out_of_range",
        lambda ward: _screened_as(ward, lambda ward: screening(MARA, at=ward.now, weight_kg=154)),
        weekly({"medicine.compared.weight_within_percent": None}),
    ),
    Reason(
        "weight.may_be_pounds",
        lambda ward: eligible(MARA, at=_after(ward.referred(), screening(MARA, at=ward.now, weight_kg=110)).now),
    ),
    Reason("vitals.missing", lambda ward: clearance(MARA, at=ward.checked_in().now)),
    Reason(
        "vitals.too_old",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now - minutes(16))),
    ),
    Reason(
        "vitals.systolic_above_limit",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, systolic=141)),
    ),
    Reason(
        "vitals.spo2_below_limit",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, spo2=94)),
    ),
    Reason(
        "fasting.solids_too_recent",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, last_solids_at=ward.now - hours(5))),
    ),
    Reason("escort.missing", lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, escort=False))),
    Reason(
        "pregnancy_test.positive",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, pregnancy_test=PregnancyTest.POSITIVE)),
    ),
    Reason(
        "pregnancy_test.no_longer_applicable",
        lambda ward: _arrived_as(
            ward, lambda ward: check_in(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE)
        ),
    ),
    Reason(
        "pregnancy_test.missing",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, pregnancy_test=None)),
    ),
    Reason(
        "medications.changed",
        lambda ward: _arrived_as(ward, lambda ward: check_in(MARA, at=ward.now, medications_changed=True)),
    ),
    Reason(
        "integration.outstanding",
        lambda ward: clearance(
            MARA,
            2,
            at=_of_version(ward.checked_in(2), weekly({"version": "1.1.0", "integration.sessions": 2})).now,
        ),
    ),
    Reason(
        "screening.outdated",
        lambda ward: clearance(
            MARA,
            2,
            at=_after(ward.booked(2), check_in(MARA, 2, at=ward.begins() + days(29))).now,
        ),
    ),
    Reason("measure.phq9_without_benefit", _cleared_unimproved, LOOKED_AT),
    Reason("plan.review_due", lambda ward: clearance(MARA, 4, at=ward.planned(6).checked_in(4).now)),
    Reason(
        "vitals.moaas_missing",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, moaas=None)),
    ),
    Reason(
        "vitals.symptom_reported",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, symptoms=["agitation"])),
    ),
    Reason(
        "vitals.symptom_unknown",
        lambda ward: _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, symptoms=["hiccups"])),
    ),
    Reason(
        "measure.cssrs_raised",
        lambda ward: _measured_as(ward, lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD)),
    ),
    Reason("check_in.another_day", lambda ward: check_in(MARA, at=ward.booked().now)),
    Reason("check_in.outdated", lambda ward: clearance(MARA, at=ward.checked_in().now + days(1))),
    # Dose
    Reason("session.not_cleared", lambda ward: dose(MARA, at=ward.checked_in().now)),
    Reason("clearance.expired", lambda ward: dose(MARA, at=ward.cleared().now + minutes(31))),
    Reason("clearance.after_dose", lambda ward: dose(MARA, at=ward.cleared().now - TICK)),
    Reason("dose.route_not_allowed", lambda ward: dose(MARA, at=ward.cleared().now, route="intravenous")),
    Reason("dose.above_first_max", lambda ward: dose(MARA, at=ward.cleared().now, mg=35.1)),
    Reason("dose.above_part_max", lambda ward: dose(MARA, at=ward.cleared().now, mg=35.1), IN_A_PART),
    Reason("dose.not_an_amount", lambda ward: dose(MARA, at=_planned_spray(ward).cleared().now, mg=30), SPRAYED),
    Reason("dose.step_too_large", lambda ward: dose(MARA, 2, at=ward.cleared(2).now, mg=52.6)),
    Reason("dose.step_after_event", _rising_after_an_event),
    Reason("session.beyond_plan", _beyond_the_plan),
    Reason("dose.needs_two_prescribers", lambda ward: dose(MARA, at=ward.cleared().now, mg=70.1)),
    Reason("dose.above_hard_max", lambda ward: dose(MARA, at=ward.cleared().now, mg=140.1)),
    Reason(
        "dose.possible_duplicate",
        lambda ward: dose(MARA, at=_after(ward.cleared(), dose(MARA, at=ward.now)).now + minutes(5)),
    ),
    Reason("dose.above_plan", lambda ward: dose(MARA, at=ward.cleared().now, mg=35.1, by=LIND)),
    Reason(
        "dose.below_least",
        lambda ward: dose(MARA, at=ward.watched(until=minutes(15)).now, mg=1, route="sublingual"),
        FURTHER,
    ),
    Reason(
        "dose.route_not_planned",
        lambda ward: dose(MARA, at=ward.watched(until=minutes(15)).now, mg=30, route="sublingual", by=LIND),
        FURTHER,
    ),
    Reason("plan.route_not_allowed", lambda ward: plan(MARA, at=ward.eligible().now, further_routes=("oral",))),
    Reason("dose.far_above_plan", lambda ward: dose(MARA, at=ward.cleared().now, mg=60)),
    Reason("dose.far_below_plan", lambda ward: dose(MARA, at=ward.cleared().now, mg=0.5)),
    Reason("dose.booster_not_allowed", lambda ward: dose(MARA, at=ward.dosed().now, mg=1)),
    Reason(
        "session.aborted",
        lambda ward: dose(MARA, at=_after(ward.dosed(), abortion(MARA, at=ward.now)).now, mg=1),
        BOOSTERS,
    ),
    Reason(
        "vitals.not_normal",
        lambda ward: dose(MARA, at=_after(ward.dosed(), vitals(MARA, at=ward.now, systolic=161)).now, mg=1),
        BOOSTERS,
    ),
    # Infusions, other medicines, whereabouts
    Reason("infusion.running", lambda ward: infusion_started(MARA, at=_infused(ward).now + minutes(11)), INFUSED),
    Reason("infusion.not_running", lambda ward: infusion_paused(MARA, at=ward.dosed().now)),
    Reason(
        "infusion.paused",
        lambda ward: infusion_paused(
            MARA, at=_after(_infused(ward), infusion_paused(MARA, at=ward.now)).now + minutes(1)
        ),
        INFUSED,
    ),
    Reason("infusion.told_twice", lambda ward: infusion_started(MARA, at=_infused(ward).now + minutes(1)), INFUSED),
    Reason("infusion.not_paused", lambda ward: infusion_resumed(MARA, at=_infused(ward).now + minutes(1)), INFUSED),
    Reason("infusion.too_fast", lambda ward: infusion_started(MARA, at=ward.cleared().now, over=minutes(4)), TIMED),
    Reason("infusion.too_long", lambda ward: infusion_started(MARA, at=ward.cleared().now, over=hours(10)), TIMED),
    Reason("medication.unknown", lambda ward: medication(MARA, at=ward.dosed().now, code="tea")),
    Reason("patient.away", lambda ward: left(MARA, at=_after(ward.dosed(), left(MARA, at=ward.now)).now + minutes(1))),
    Reason(
        "patient.deceased",
        lambda ward: vitals(MARA, at=_after(ward.dosed(), died(MARA, at=ward.now)).now + minutes(1)),
    ),
    Reason("patient.not_away", lambda ward: returned(MARA, at=ward.dosed().now)),
    # Discharge
    Reason("discharge.not_assessed", _leaving),
    Reason("discharge.observation_too_short", lambda ward: discharge(MARA, at=ward.dosed().now + minutes(119))),
    Reason("discharge.before_reading", lambda ward: discharge(MARA, at=_leaving(ward, _well).time - minutes(5))),
    Reason(
        "discharge.recheck_missing",
        lambda ward: _leaving(ward, _well, lambda ward: vitals(MARA, at=ward.now, systolic=181)),
    ),
    Reason(
        "discharge.systolic_not_near_baseline",
        lambda ward: _leaving(ward, _well, lambda ward: vitals(MARA, at=ward.now, systolic=152)),
    ),
    Reason(
        "discharge.spo2_below_limit",
        lambda ward: _leaving(ward, _well, lambda ward: vitals(MARA, at=ward.now, spo2=93)),
    ),
    Reason(
        "discharge.moaas_missing",
        lambda ward: discharge(
            MARA,
            at=_after(
                ward.watched(), assessment(MARA, at=ward.now), vitals(MARA, at=ward.now + minutes(16), moaas=None)
            ).now,
        ),
    ),
    Reason("discharge.assessed_too_early", _assessed_at_once),
    Reason("discharge.assessment_too_old", _assessed_at_once),
    Reason(
        "discharge.symptom_unknown",
        lambda ward: _leaving(ward, lambda ward: vitals(MARA, at=ward.now, symptoms=["hiccups"])),
    ),
    Reason(
        "discharge.heart_rate_above_limit",
        lambda ward: _leaving(
            ward,
            _well,
            lambda ward: vitals(MARA, at=ward.now - minutes(1), heart_rate=140),
            lambda ward: vitals(MARA, at=ward.now, heart_rate=140),
        ),
    ),
    Reason(
        "discharge.padss_below_limit",
        lambda ward: _leaving(ward, lambda ward: assessment(MARA, at=ward.now, padss=8)),
    ),
    Reason(
        "discharge.not_oriented",
        lambda ward: _leaving(ward, lambda ward: assessment(MARA, at=ward.now, oriented=False)),
    ),
    Reason(
        "discharge.no_instructions",
        lambda ward: discharge(MARA, at=_leaving(ward, _well).time, instructions_given=False),
    ),
    # Afterwards
    Reason("session.discharged", lambda ward: vitals(MARA, at=ward.discharged().now + days(1) + TICK)),
    Reason(
        "integration.too_short",
        lambda ward: integration(MARA, at=ward.discharged().now + hours(1), minutes=1),
    ),
    Reason(
        "integration.possible_duplicate",
        lambda ward: integration(
            MARA, at=_after(ward.discharged(), integration(MARA, at=ward.now + hours(2))).now + TICK
        ),
    ),
    Reason("integration.before_discharge", lambda ward: integration(MARA, at=ward.discharged().now - TICK)),
    Reason("check_in.not_in_protocol", lambda ward: call(MARA, at=ward.discharged().now, days_after=2)),
    Reason("check_in.too_early", lambda ward: call(MARA, at=ward.discharged().now + hours(3), days_after=7)),
    Reason("check_in.already_done", lambda ward: call(MARA, at=ward.integrated().now, days_after=1)),
    Reason("form.not_in_protocol", lambda ward: form(MARA, at=ward.discharged().now, form="other")),
    Reason(
        "form.already_filed",
        lambda ward: form(MARA, at=_after(ward.discharged(), form(MARA, at=ward.now)).now + TICK),
    ),
    Reason("follow_up.too_early", lambda ward: follow_up(MARA, at=ward.in_follow_up().now, days_after=180)),
    Reason("follow_up.not_in_protocol", lambda ward: follow_up(MARA, at=ward.in_follow_up().now, days_after=60)),
    Reason(
        "follow_up.already_held",
        lambda ward: follow_up(
            MARA, at=_after(ward.in_follow_up(), follow_up(MARA, at=ward.now + days(20))).now + TICK
        ),
    ),
)
"""Each ends in an act that is refused, or in a fact that deviates."""

SAYING: Final[tuple[Said, ...]] = (
    Said("plan.missing", lambda ward: ward.eligible().course.blockers(ward.now)),
    Said("preparation.sessions_missing", lambda ward: ward.planned().course.blockers(ward.now)),
    Said("preparation.topics_missing", lambda ward: ward.planned().course.blockers(ward.now)),
    # Second lines behind an event's place in a course: there is no story to them, so each rule is asked alone.
    Said(
        "course.not_in_medicine",
        lambda ward: clearance_rules.standing_blockers(ward.cleared().course.but(phase=Phase.INTEGRATION), ward.now),
    ),
    Said(
        "check_in.missing",
        lambda ward: clearance_rules.blockers(ward.checked_in().course, ward.session().but(check_in=None), ward.now),
    ),
    Said(
        "session.not_discharged",
        lambda ward: followup.integration_blockers(ward.course, ward.dosed().session(), integration(MARA, at=ward.now)),
    ),
    Said(
        "maintenance.all_held",
        lambda ward: maintenance_rules.standing(
            ward.in_follow_up().course.but(protocol=MAINTAINED, maintenance_from=3), ward.now
        ),
    ),
    Said("booking.none_due", lambda ward: BOOKED.standing(ward.booked().course, ward.now)),
)
"""Each is said and refuses nothing."""


@dataclass(frozen=True)
class Found:
    """A finding's code, and a reading that it is said of, where the protocol has a limit of that vital and side."""

    code: str
    limit: Limit
    measured: int
    at_clearance: int


def _found() -> Iterable[Found]:
    usual = {"systolic": 126, "diastolic": 79, "heart_rate": 74, "spo2": 98, "respiratory_rate": 14, "moaas": 4}
    for vital in Vital:
        normal = usual[vital]
        for word, side, bound, measured in (
            ("above_limit", "above", normal, normal + 1),
            ("below_limit", "below", normal, normal - 1),
            ("risen", "rise", 1, normal + 1),
        ):
            yield Found(
                code=f"vitals.{vital}_{word}",
                limit=Limit.model_validate({"vital": vital, side: bound, "severity": LimitSeverity.WARNING}),
                measured=measured,
                at_clearance=normal,
            )


FOUND: Final = tuple(_found())


@dataclass(frozen=True)
class Woken:
    """A kind of escalation, and a story after which it is open."""

    kind: Kind
    story: Callable[[Ward], object]


CUT_OFF: Final = weekly(
    {
        "measures": {
            **WEEKLY.measures,
            "phq9": WEEKLY.measures["phq9"].but(cut_off=CutOffRule(at_least=15, severity=Severity.URGENT)),
        }
    }
)


def _as_told(ward: Ward, told: Ward) -> None:
    """The ward goes on where the other one is."""
    ward.takes_over(Reached(told.now, told.course, tuple(told.entries), tuple(told.calls), tuple(told.answers)))


WAKING: Final[tuple[Woken, ...]] = (
    Woken(Kind.VITALS_EMERGENCY, lambda ward: ward.dosed().reports(vitals(MARA, at=ward.now, spo2=89))),
    Woken(Kind.VITALS_URGENT, lambda ward: ward.dosed().reports(vitals(MARA, at=ward.now, respiratory_rate=9))),
    Woken(Kind.VITALS_OVERDUE, lambda ward: ward.dosed().passes(minutes(5))),
    Woken(
        Kind.BLOOD_PRESSURE_NOT_FALLING,
        lambda ward: _after(
            ward.watched(until=minutes(60)),
            vitals(MARA, at=ward.begins() + minutes(90), systolic=145),
            vitals(MARA, at=ward.begins() + minutes(120), systolic=145),
        ),
    ),
    Woken(Kind.ADVERSE_EVENT, lambda ward: ward.referred().reports(adverse_event(MARA, at=ward.now, grade=2))),
    Woken(Kind.SUICIDE_RISK, lambda ward: ward.referred().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))),
    Woken(
        Kind.ITEM9_POSITIVE,
        lambda ward: ward.referred().reports(phq9(MARA, at=ward.now, items=(0, 0, 0, 0, 0, 0, 0, 0, 1))),
    ),
    Woken(
        Kind.ITEM9_SCREENED,
        lambda ward: _after(
            ward.referred(),
            phq9(MARA, at=ward.now, items=(0, 0, 0, 0, 0, 0, 0, 0, 3)),
            cssrs(MARA, at=ward.now + minutes(20)),
        ),
    ),
    Woken(Kind.CHECK_IN_MISSED, lambda ward: ward.discharged().passes(hours(26))),
    Woken(Kind.INTEGRATION_OVERDUE, lambda ward: ward.discharged().passes(hours(72))),
    Woken(Kind.SESSION_MISSED, lambda ward: ward.booked().reports(missed(MARA, at=ward.now))),
    Woken(Kind.DISCHARGE_OVERDUE, lambda ward: ward.watched().until(ward.begins() + hours(4))),
    Woken(
        Kind.LEFT_BEFORE_DISCHARGE,
        lambda ward: ward.dosed().reports(adverse_event(MARA, at=ward.now, term="left_before_discharge")),
    ),
    Woken(Kind.CONSENT_WITHDRAWN, lambda ward: ward.dosed().reports(consent_withdrawn(MARA, at=ward.now))),
    Woken(Kind.PHASE_OVERDUE, lambda ward: ward.referred().passes(days(14))),
    Woken(Kind.FORM_OVERDUE, lambda ward: ward.discharged().passes(days(7))),
    Woken(Kind.RECORD_STORE_BEHIND, lambda ward: ward.referred().falls_behind()),
    Woken(Kind.COURSE_FILLING, lambda ward: ward.referred().fills_up()),
    Woken(Kind.PROTOCOL_DEVIATION, lambda ward: ward.checked_in().reports(dose(MARA, at=ward.now))),
    Woken(Kind.SESSION_UNREPORTED, lambda ward: ward.booked().until(ward.begins() + hours(2))),
    Woken(Kind.DOSE_UNREPORTED, lambda ward: ward.cleared().passes(minutes(30))),
    Woken(Kind.HOLD_UNREVIEWED, lambda ward: _after(ward.prepared(), hold(MARA, at=ward.now)).passes(days(7))),
    Woken(
        Kind.CORRECTION_REVIEW,
        lambda ward: ward.cleared().reports(
            correction(_reported(ward, "kap.vitals.recorded"), at=ward.now, systolic=128)
        ),
    ),
    Woken(
        Kind.MEASURE_WORSENED,
        lambda ward: ward.screened().reports(phq9(MARA, at=ward.now, items=(3, 3, 3, 3, 3, 3, 3, 3, 0))),
    ),
    Woken(Kind.MEASURE_HIGH, lambda ward: _as_told(ward, Ward(protocol=CUT_OFF).screened())),
    Woken(
        Kind.EXCLUSION_FOUND,
        lambda ward: ward.booked().reports(check_in(MARA, at=ward.now, pregnancy_test=PregnancyTest.POSITIVE)),
    ),
    Woken(Kind.PATIENT_DECEASED, lambda ward: ward.referred().reports(died(MARA, at=ward.now))),
)
"""All but `orchestrator_silent`, which no course raises: it is raised when courses are silent."""
