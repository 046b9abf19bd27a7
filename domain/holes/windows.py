"""Windows that are no windows: what may be waited for so long, or be so old, that it protects nobody."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Final, NamedTuple

from domain.course.deadline import DeadlineKind
from domain.course.deadlines import deadlines
from domain.course.session import Stage
from domain.durations import in_words, iso_8601
from domain.events.clinic_events import PatientDischarged
from domain.holes.asked import DOSED_AT, NURSE, course, dosed, recorded
from domain.holes.hole import Hole, Holes
from domain.holes.published import OURS
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from domain.protocol.values import Route
from domain.values import Severity

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


class Bound(NamedTuple):
    """The most of a value, or the least, and what a looser one lets through; `{}` stands for the value."""

    bound: timedelta | float
    lets_through: str
    basis: str = OURS


AT_MOST: Final[Mapping[str, Bound]] = {
    "course.rescreen_after": Bound(
        90 * _DAY,
        "a patient would be dosed {} after the last dose, screened before it",
        f"S8: 28 days is the lapse that was studied; 90 are {OURS}",
    ),
    "course.maintenance.interval_max": Bound(
        180 * _DAY, "a patient with a further session planned would be heard of by nobody for {}"
    ),
    "course.ask_again": Bound(30 * _DAY, "a course that stands still would be asked for every {}"),
    "course.hold_review": Bound(30 * _DAY, "a held course would be forgotten for {}"),
    "course.safety_hold_review": Bound(7 * _DAY, "a course held for safety would be forgotten for {}"),
    "screening.valid_for": Bound(180 * _DAY, "a first dose would rest on a screening of {} ago"),
    "screening.consent_valid_for": Bound(730 * _DAY, "a dose would rest on a consent of {} ago"),
    "screening.tests.*.valid_for": Bound(365 * _DAY, "a dose would rest on a result of {} ago"),
    "screening.systolic_max": Bound(
        180,
        "somebody with a systolic pressure of {} would be found eligible",
        "S34, S35: nobody is dosed above 180; S33: 160",
    ),
    "screening.diastolic_max": Bound(
        110, "somebody with a diastolic pressure of {} would be found eligible", f"S1, S27, S33: 90; 110 is {OURS}"
    ),
    "medicine.discharge_overdue": Bound(8 * _HOUR, "a dosed patient could stay for {} until anybody asks why"),
    "medicine.clearance_valid": Bound(2 * _HOUR, "a patient would be dosed {} after they were cleared"),
    "medicine.clearance.reading_valid": Bound(_HOUR, "a patient would be dosed on vitals of {} ago"),
    "medicine.measures_valid": Bound(
        3 * _DAY, "a patient would be dosed on a C-SSRS of {} ago", f"S47: since the last visit; 3 days are {OURS}"
    ),
    "medicine.unreported_after": Bound(
        _DAY,
        "of a booked patient who is not heard of nobody would ask for {}",
        f"S60: a rule for missed visits, the same day; a day is {OURS}",
    ),
    "medicine.unreported_at_risk": Bound(
        4 * _HOUR,
        "of a patient at risk of suicide nobody would ask for {}",
        f"S60: patients at risk the same day; 4 hours are {OURS}",
    ),
    "medicine.unreported_again": Bound(2 * _DAY, "what was asked of a patient in vain would be asked again after {}"),
    "medicine.discharge.reading_valid": Bound(_HOUR, "a patient would be discharged on vitals of {} ago"),
    "medicine.discharge.assessment_valid": Bound(2 * _HOUR, "a patient would be discharged on an assessment of {} ago"),
    "medicine.discharge.bp_not_falling_after": Bound(
        4 * _HOUR, "a pressure that does not fall would call nobody for {}", "S1: 2 hours; S2: it is up for about 4"
    ),
    "medicine.infusion.usual": Bound(
        4 * _HOUR,
        "an infusion that nobody stops would be asked about after {}",
        f"S18, S30: 40 to 60 minutes; 4 hours are {OURS}",
    ),
    "medicine.infusion.most": Bound(
        4 * _HOUR,
        "an infusion that nobody stops would be asked about after {}",
        f"S18, S30: 40 to 60 minutes; 4 hours are {OURS}",
    ),
    "medicine.infusion.grace": Bound(_HOUR, "an infusion that is over would be asked about {} later"),
    "check_ins.missed": Bound(_DAY, "a call that nobody made would be told {} later"),
    "check_ins.missed_at_risk": Bound(4 * _HOUR, "a call to a patient at risk that nobody made would be told {} later"),
    "escalations.reviewed_within": Bound(
        3 * _DAY,
        "an adverse event would wait {} for a clinician",
        f"S9: reactions recur for 24 hours; 3 days are {OURS}",
    ),
    "forms.*.within": Bound(
        30 * _DAY,
        "a form would be due {} after the session",
        f"S5: within 7 days, where a REMS asks for it; 30 are {OURS}",
    ),
    "forms.*rems*.within": Bound(7 * _DAY, "the form would be due {} after the session", "S5: within 7 days"),
    "medicine.dose.boosters_max": Bound(3, "one patient could be given {} boosters in a session"),
    "medicine.routes.*.boosters_max": Bound(3, "one patient could be given {} boosters in a session"),
    "medicine.watched_at_once_max": Bound(4, "one monitor would watch {} at once"),
    "medicine.dose.parts_within": Bound(
        _HOUR, "the parts of one dose could be given over {}", f"S7: 5 minutes between two devices; an hour is {OURS}"
    ),
    "medicine.dose.parts_apart": Bound(
        timedelta(minutes=15),
        "a second device, given {} after the first, would be asked about as if it were told twice",
        f"S7: 5 minutes between two devices; 15 are {OURS}",
    ),
    "medicine.compared.same_dose_within": Bound(_HOUR, "two doses of as much, {} apart, could be counted as one"),
    "medicine.compared.same_dose_percent": Bound(10, "two doses that differ by {} % could be counted as one"),
    **dict.fromkeys(
        ("screening.within", "preparation.within"),
        Bound(90 * _DAY, "a course in which nothing happens would be asked about after {}"),
    ),
    "integration.within": Bound(
        30 * _DAY, "a talk after a session would be missed by nobody for {}", f"S25: within days; 30 are {OURS}"
    ),
    "follow_up.grace": Bound(90 * _DAY, "a follow-up visit that nobody made would be told {} later"),
    "medicine.checkpoints.early": Bound(
        timedelta(minutes=10), "a reading {} before it was due would be one for that moment"
    ),
    "medicine.compared.dose_at_most_percent": Bound(
        219, "a dose of {} % of the plan's would be taken", "pounds are 220 % of kilograms"
    ),
    "medicine.compared.weight_within_percent": Bound(
        50, "a weight {} % off the last one would be taken", f"pounds typed as kilograms are 120 % off; 50 is {OURS}"
    ),
}
"""By key: the most, a length of time or a number."""

AT_LEAST: Final[Mapping[str, Bound]] = {
    **dict.fromkeys(
        ("course.interval_min", "course.schedule.*.interval_min", "course.maintenance.interval_min"),
        Bound(
            20 * _HOUR,
            "a patient would be dosed again after {}",
            f"S30: every other day; from one day to the next is {OURS}",
        ),
    ),
    "course.safety_window": Bound(7 * _DAY, "nobody would call a patient whose course has ended, {} after the dose"),
    "escalations.history_after": Bound(
        14 * _DAY, "what happened {} ago would be told in working hours only, whatever it is"
    ),
    "escalations.risk_history_after": Bound(
        90 * _DAY,
        "a suicide attempt of {} ago would be told in working hours only",
        "S47: the last three months are asked about",
    ),
    "medicine.symptoms.unknown_after_dose.within": Bound(
        12 * _HOUR,
        "a word that no list names would be told in working hours only, {} after a dose",
        f"S9: reactions recur for 24 hours; 12 are {OURS}",
    ),
    "screening.age_min": Bound(18, "a patient of {} years would be treated", "S1, S26"),
    "medicine.solids_fasting": Bound(2 * _HOUR, "a patient would be dosed {} after a meal", "S63: 2 hours; S61: 6"),
    "medicine.fluids_fasting": Bound(
        _HOUR / 2, "a patient would be dosed {} after a drink", "S63: 30 minutes; S61: 2 h"
    ),
    **dict.fromkeys(
        ("preparation.least_minutes", "integration.least_minutes"),
        Bound(15, "a talk of {} minutes would count", f"S25: an hour; 15 minutes are {OURS}"),
    ),
    "medicine.compared.infusion_at_least_percent": Bound(
        10, "an infusion of {} % of the plan's would be taken", f"mg/kg typed as mg are a hundredth; 10 is {OURS}"
    ),
    "medicine.compared.dose_at_least_percent": Bound(
        10, "a dose of {} % of the plan's would be taken", f"mg/kg typed as mg are a hundredth; 10 is {OURS}"
    ),
}
"""By key: the least."""

_LEAST_WAKING: Final = timedelta(hours=8)
_AWAKE: Final = (timedelta(hours=6), timedelta(hours=23))
"""Outside of these hours nobody is awake for a call that was missed; ours."""

_FIRST_CALL: Final = timedelta(days=2)
_NEXT_DAY: Final = timedelta(hours=12)
_FOLLOWED: Final = timedelta(days=14)
_FIRST_VISIT: Final = timedelta(days=120)


def window_holes(protocol: Protocol) -> Holes:
    """A hole for each length of time, and each number, that is far beyond any that is published."""
    for key, value in parameters(protocol):
        for bounds, is_most in ((AT_MOST, True), (AT_LEAST, False)):
            names = [name for name in bounds if fnmatchcase(key, name)]
            if names and isinstance(value, timedelta | int | float):
                bound = bounds[max(names, key=len)]
                if _is_beyond(value, bound.bound, is_most=is_most):
                    yield Hole(
                        key=key,
                        lets_through=bound.lets_through.format(_shown(value)),
                        mend=f"must be at {'most' if is_most else 'least'} {_written(bound.bound)} ({bound.basis})",
                    )
    if protocol.escalations.reviewed_within is None:
        yield Hole(
            key="escalations.reviewed_within",
            lets_through="an adverse event that is routine would wait for a clinician for ever",
            mend=f"must be there, and at most {_written(AT_MOST['escalations.reviewed_within'].bound)} (S9: reactions "
            "recur for 24 hours)",
        )
    yield from _unknown_word(protocol)
    if protocol.integration.sessions == 0 and protocol.route is not Route.INTRANASAL:
        yield Hole(
            key="integration.sessions",
            lets_through="nobody would talk with a patient after their sessions",
            mend="should be 1 or more, where it is a psychotherapy (S25); a nasal spray by its label is none",
            is_remark=True,
        )
    yield from _weights(protocol)
    yield from _first_call(protocol)
    yield from _follow_up(protocol)
    yield from _waking(protocol)
    if protocol.medicine.missed_visit_at_risk is Severity.ROUTINE:
        yield Hole(
            key="medicine.missed_visit_at_risk",
            lets_through="of a patient at risk of suicide who does not come somebody would hear in working hours only",
            mend="must be urgent or worse (S60: patients at risk the same day)",
        )


def _unknown_word(protocol: Protocol) -> Holes:
    after_dose = protocol.medicine.symptoms.unknown_after_dose
    if after_dose is not None and after_dose.severity is Severity.ROUTINE:
        yield Hole(
            key="medicine.symptoms.unknown_after_dose.severity",
            lets_through="a word that no list names, of somebody dosed an hour ago, would be told by day only",
            mend=f"must be urgent or worse (S9: reactions recur for 24 hours; {OURS})",
        )


def _follow_up(protocol: Protocol) -> Holes:
    first, last = (one(protocol.follow_up.after, default=timedelta()) for one in (min, max))
    if last < _FOLLOWED:
        yield Hole(
            key="follow_up.after",
            lets_through="after the last session nobody would see how a patient is two weeks later",
            mend=f"should name a visit after {iso_8601(_FOLLOWED)} at the least ({OURS})",
            is_remark=True,
        )
    elif first > _FIRST_VISIT:
        yield Hole(
            key="follow_up.after",
            lets_through=f"after the last session nobody would see how a patient is for {in_words(first)}",
            mend=f"should name a visit after {iso_8601(_FIRST_VISIT)} at the most ({OURS})",
            is_remark=True,
        )


_WEIGHTS: Final = (30, 200)


def _weights(protocol: Protocol) -> Holes:
    """Between bounds so far apart every slip is a usual weight."""
    usual = protocol.medicine.compared.weight_kg if protocol.medicine.compared else None
    least, most = _WEIGHTS
    if usual is not None and (usual.low < least or usual.high > most):
        yield Hole(
            key="medicine.compared.weight_kg",
            lets_through=f"any weight from {usual.low:g} to {usual.high:g} kg would be usual, and pounds with it",
            mend=f"must lie within [{least}, {most}] (S35: 45 to 115; the rest is {OURS})",
        )


def _is_beyond(value: timedelta | float, bound: timedelta | float, *, is_most: bool) -> bool:
    one, other = (_number(each) for each in (value, bound))
    return one > other if is_most else one < other


def _number(value: timedelta | float) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


def _shown(value: timedelta | float) -> str:
    return in_words(value) if isinstance(value, timedelta) else f"{value:g}"


def _written(value: timedelta | float) -> str:
    return iso_8601(value) if isinstance(value, timedelta) else f"{value:g}"


def _first_call(protocol: Protocol) -> Holes:
    """The call after the session: the next day or the one after, and missed it is urgent.

    One of the same evening is none: whoever sleeps it off then is not asked how they woke.
    """
    leaves_at: datetime = DOSED_AT + protocol.medicine.minimum_observation
    said = PatientDischarged.Data(actor=NURSE, session=1, escort=True, instructions_given=True)
    home = dosed(protocol).but(stage=Stage.DISCHARGED, discharge=recorded(leaves_at, said))
    due = [one for one in deadlines(course(protocol, home)) if one.kind is DeadlineKind.CHECK_IN]
    calls = [one for one in due if one.due_at - leaves_at >= _NEXT_DAY]
    if not calls:
        if due:
            yield Hole(
                key="check_ins.after",
                lets_through=f"nobody would call a patient later than {in_words(max(protocol.check_ins.after))} "
                "after a session",
                mend=f"must name a call from {iso_8601(_NEXT_DAY)} to {iso_8601(_FIRST_CALL)} (S43: after 24 hours)",
            )
        return
    first = min(calls, key=lambda one: one.due_at)
    if (after := first.due_at - leaves_at) > _FIRST_CALL:
        yield Hole(
            key="check_ins.after",
            lets_through=f"nobody would call a patient for {in_words(after)} after a session",
            mend=f"must name a call within {iso_8601(_FIRST_CALL)} (S43: after 24 hours; S9: reactions recur)",
        )
    elif first.consequence is None or first.consequence.severity is Severity.ROUTINE:
        yield Hole(
            key="check_ins.urgent_through",
            lets_through="that nobody made the first call after a session would be told in working hours only",
            mend=f"must be at least {iso_8601(after)}, or be left out (S43: a call after 24 hours)",
        )


def _waking(protocol: Protocol) -> Holes:
    waking = protocol.check_ins.waking
    if waking is None:
        return
    opens, closes = (timedelta(hours=one.hour, minutes=one.minute, seconds=one.second) for one in waking)
    if closes - opens < _LEAST_WAKING:
        yield Hole(
            key="check_ins.waking",
            lets_through=f"a missed call would be told within {in_words(closes - opens)} of a day alone, else up to "
            f"{in_words(_DAY - (closes - opens))} later",
            mend=f"must be at least {in_words(_LEAST_WAKING)} of each day ({OURS})",
        )
    earliest, latest = _AWAKE
    if opens < earliest or closes > latest:
        yield Hole(
            key="check_ins.waking",
            lets_through=f"a missed call would wake somebody {'before 06:00' if opens < earliest else 'after 23:00'}",
            mend=f"should lie between 06:00 and 23:00 ({OURS})",
            is_remark=True,
        )
