"""Stories of reasons that read differently in another situation than in that of tests/support/blocker_stories.py."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from domain.course.rules import clearance as clearance_rules
from domain.course.rules import discharge as discharge_rules
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.protocol.model import Protocol
from domain.values import Blocker
from tests.support.blocker_stories import (
    BOOSTERS,
    IN_A_PART,
    INFUSED,
    SPRAYED,
    _after,
    _infused,
    _leaving,
    _measured_as,
    _planned_spray,
    _well,
)
from tests.support.cast import (
    HAS_A_METHOD,
    HAS_A_PLAN,
    HAS_INTENT,
    MARA,
    WEEKLY,
    assessment,
    call,
    changed,
    check_in,
    clearance,
    cssrs,
    discharge,
    dose,
    eligible,
    hours,
    left,
    minutes,
    over,
    phq9,
    referral,
    resumption,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import Ward

ASKED_BEFORE_LEAVING: Final = weekly({"medicine.discharge.measures": ("cssrs",)})


@dataclass(frozen=True)
class Variant:
    """A blocker's code, in which situation it reads so, and a story that ends in what is said then."""

    code: str
    situation: str
    story: Callable[[Ward], Iterable[Blocker]]
    protocol: Protocol = WEEKLY

    @property
    def name(self) -> str:
        """By which the table of what is said has it."""
        return f"{self.code}: {self.situation}"


def _against(ward: Ward, event: ClinicEvent) -> Iterable[Blocker]:
    return ward.course.blockers_for(event)


def _not_screened_today(ward: Ward) -> Iterable[Blocker]:
    ward.booked().reports(check_in(MARA, at=ward.begins() - minutes(20)))
    ward.reports(vitals(MARA, at=ward.now))
    return _against(ward, clearance(MARA, at=ward.now))


def _unweighed(ward: Ward) -> Iterable[Blocker]:
    ward.booked().reports(check_in(MARA, at=ward.begins() - minutes(20), weight_kg=None))
    return _against(ward, dose(MARA, at=ward.now))


def _raised_again(ward: Ward) -> Iterable[Blocker]:
    ward.checked_in().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    ward.reports(cssrs(MARA, at=ward.now + minutes(1), items=HAS_A_PLAN))
    return _against(ward, clearance(MARA, at=ward.now))


def _unwell_after_the_assessment(ward: Ward) -> Iterable[Blocker]:
    _leaving(ward, _well)
    for minute in (1, 2):
        ward.reports(vitals(MARA, at=ward.now + minutes(minute), heart_rate=140))
    return _against(ward, discharge(MARA, at=ward.now))


def _measured(ward: Ward, **signs: int | None) -> Iterable[Blocker]:
    return _against(ward, _measured_as(ward, lambda ward: vitals(MARA, at=ward.now, **signs)))  # type: ignore[arg-type]


def _assessed(ward: Ward, **found: bool) -> Iterable[Blocker]:
    return _against(ward, _leaving(ward, lambda ward: assessment(MARA, at=ward.now, **found)))  # type: ignore[arg-type]


def _without_the_pressure(ward: Ward) -> Iterable[Blocker]:
    ward.watched().passes(minutes(16))
    ward.reports(signs(MARA, at=ward.now, spo2=98, moaas=5, heart_rate=74, respiratory_rate=14))
    ward.reports(assessment(MARA, at=ward.now))
    return _against(ward, discharge(MARA, at=ward.now))


def _answered_before_leaving(ward: Ward) -> Iterable[Blocker]:
    return _against(ward, _leaving(ward, _well, lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_METHOD)))


def _answered_and_said(ward: Ward) -> Iterable[Blocker]:
    ward.checked_in().reports(phq9(MARA, at=ward.now, items=(0, 0, 0, 0, 0, 0, 0, 0, 1)))
    ward.reports(call(MARA, None, at=ward.now + minutes(1), days_after=None, suicidal_ideation=True))
    ward.reports(vitals(MARA, at=ward.now))
    return _against(ward, clearance(MARA, at=ward.now))


def _raised_as_known(ward: Ward) -> Iterable[Blocker]:
    ward.reports(referral(MARA, at=ward.now, indications=["R45.851"]))
    ward.screened().reports(cssrs(MARA, at=ward.now, items=HAS_INTENT))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")
    ward.reports(resumption(MARA, at=ward.now + minutes(1)))
    ward.reports(eligible(MARA, at=ward.now, overrides=over("measure.cssrs_raised")))
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30), items=HAS_INTENT))
    ward.reports(check_in(MARA, at=ward.begins() - minutes(20)))
    ward.reports(vitals(MARA, at=ward.begins() - minutes(10)))
    return _against(ward, clearance(MARA, at=ward.now))


VARIANTS: Final = (
    Variant(
        "course.not_in_medicine",
        "before all was prepared",
        lambda ward: clearance_rules.standing_blockers(
            ward.cleared().course, (ward.course.prepared_at or ward.now) - hours(1)
        ),
    ),
    Variant(
        "course.not_in_medicine",
        "in follow-up",
        lambda ward: clearance_rules.standing_blockers(ward.cleared().course.but(phase=Phase.FOLLOW_UP), ward.now),
    ),
    Variant("measure.cssrs_missing", "at a clearance", _not_screened_today),
    Variant(
        "measure.cssrs_missing",
        "after a high answer",
        lambda ward: _against(ward, _measured_as(ward, lambda ward: cssrs(MARA, at=ward.now, items=HAS_A_PLAN))),
    ),
    Variant("escalation.suicide_risk_open", "again", _raised_again),
    Variant("vitals.systolic_above_limit", "of any dose", lambda ward: _measured(ward, systolic=181)),
    Variant("vitals.spo2_below_limit", "of any dose", lambda ward: _measured(ward, spo2=91)),
    Variant("vitals.systolic_missing", "with a limit of any dose", lambda ward: _measured(ward, systolic=None)),
    Variant(
        "vitals.too_old",
        "before a booster",
        lambda ward: _against(ward, dose(MARA, at=ward.dosed().now + minutes(20), mg=1)),
        BOOSTERS,
    ),
    Variant(
        "dose.booster_not_allowed",
        "after one",
        lambda ward: _against(ward, dose(MARA, at=_after(ward.dosed(), dose(MARA, at=ward.now, mg=2)).now, mg=1)),
        BOOSTERS,
    ),
    Variant(
        "clearance.after_dose",
        "of a booster",
        lambda ward: _against(ward.dosed(), dose(MARA, at=ward.begins() - hours(1), mg=1)),
        BOOSTERS,
    ),
    Variant(
        "patient.away",
        "before a dose",
        lambda ward: _against(ward, dose(MARA, at=_after(ward.cleared(), left(MARA, at=ward.now)).now + minutes(1))),
    ),
    Variant(
        "dose.above_part_max",
        "of a part of two words",
        lambda ward: _against(ward, dose(MARA, at=ward.cleared().now, mg=35.1)),
        changed(IN_A_PART, {"course.schedule": lambda parts: (parts[0].but(part="first_weeks"),)}),
    ),
    Variant(
        "dose.above_hard_max",
        "in milligrams",
        lambda ward: _against(ward, dose(MARA, at=_planned_spray(ward).cleared().now, mg=300)),
        SPRAYED,
    ),
    Variant(
        "weight.missing",
        "at a dose",
        _unweighed,
    ),
    Variant("vitals.missing", "since the dose", lambda ward: _against(ward.dosed(), discharge(MARA, at=ward.now))),
    Variant(
        "vitals.too_old",
        "at a discharge",
        lambda ward: _against(ward.watched(), discharge(MARA, at=ward.now + minutes(16))),
    ),
    Variant("discharge.not_assessed", "unwell since", _unwell_after_the_assessment),
    Variant("discharge.not_steady_gait", "assessed so", lambda ward: _assessed(ward, steady_gait=False)),
    Variant(
        "discharge.not_dissociation_resolved",
        "assessed so",
        lambda ward: _assessed(ward, dissociation_resolved=False),
    ),
    Variant("discharge.systolic_missing", "long not taken", _without_the_pressure),
    Variant(
        "discharge.spo2_below_limit",
        "an emergency",
        lambda ward: _against(ward, _leaving(ward, lambda ward: vitals(MARA, at=ward.now, spo2=89))),
    ),
    Variant(
        "infusion.running",
        "at a discharge",
        lambda ward: discharge_rules.blockers(_infused(ward).course, ward.session(), ward.now),
        INFUSED,
    ),
    Variant(
        "escort.missing",
        "at a discharge",
        lambda ward: _against(ward, discharge(MARA, at=_leaving(ward, _well).time, escort=False)),
    ),
    Variant(
        "measure.cssrs_missing",
        "before leaving",
        lambda ward: _against(ward, _leaving(ward, _well)),
        ASKED_BEFORE_LEAVING,
    ),
    Variant("measure.cssrs_raised", "before leaving", _answered_before_leaving, ASKED_BEFORE_LEAVING),
    Variant("measure.cssrs_raised", "as known", _raised_as_known),
    Variant("measure.cssrs_missing", "after an answer and a word", _answered_and_said),
)
"""In the order of the table."""
