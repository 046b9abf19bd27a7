"""A patient made up for a question: what the rules would say of this reading, this session, this answer."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any, Final, NamedTuple

from domain.course.course import Course
from domain.course.dose_given import DoseGiven
from domain.course.recorded import Recorded
from domain.course.rules.vitals import verdict
from domain.course.session import MedicineSession, Reading, ReadingSeries, Stage
from domain.course.state import Phase
from domain.course.transition import OpenEscalation
from domain.course.verdict import VerdictSeverity
from domain.events.clinic_events import (
    CourseReferred,
    DoseAdministered,
    MeasureRecorded,
    SessionCleared,
    VitalsRecorded,
)
from domain.last_answer import keeps_last_answer
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import Vital, is_listed
from domain.protocol.vital_checks import MEASURED
from domain.values import Actor, Code, Role, Severity

DOSED_AT: Final = datetime(2026, 1, 5, 9, tzinfo=UTC)
"""When the patient was dosed; any moment would do."""

NURSE: Final = Actor(id="nobody", role=Role.MONITOR)
PRESCRIBER: Final = Actor(id="nobody", role=Role.PRESCRIBER)
COURSE: Final = "NOBODY"

WELL: Final[Mapping[Vital, int]] = {
    Vital.SYSTOLIC: 120,
    Vital.DIASTOLIC: 80,
    Vital.HEART_RATE: 70,
    Vital.SPO2: 98,
    Vital.RESPIRATORY_RATE: 14,
    Vital.MOAAS: 5,
}
"""Every sign, of somebody who is well."""

_MINUTE: Final = timedelta(minutes=1)


def recorded(at: datetime, data: Any) -> Recorded[Any]:
    """A fact of that moment, known at once."""
    return Recorded(at=at, recorded_at=at, data=data, sequence=1)


def reading(at: datetime, signs: Mapping[Vital, int]) -> Reading:
    """A reading of these signs, and of no symptom."""
    taken: dict[str, Any] = {sign.value: value for sign, value in signs.items()}
    return recorded(at, VitalsRecorded.Data(actor=NURSE, session=1, **taken))


def judged(protocol: Protocol, vital: Vital, *values: int, cleared_with: int | None = None) -> VerdictSeverity:
    """The verdict on the last of these values of one sign, taken a minute apart after a clearance on `cleared_with`."""
    series = taken(vital, values, cleared_with)
    return verdict(protocol, series, series.readings[-1]).severity


@lru_cache(maxsize=4096)
def taken(vital: Vital, values: tuple[int, ...], cleared_with: int | None) -> ReadingSeries:
    """These readings; the same ones are asked about under many rules."""
    clearance = None
    readings = [reading(DOSED_AT + number * _MINUTE, {vital: value}) for number, value in enumerate(values, start=1)]
    if cleared_with is not None:
        clearance = recorded(DOSED_AT, SessionCleared.Data(actor=PRESCRIBER, session=1))
        readings.insert(0, reading(DOSED_AT, {vital: cleared_with}))
    return ReadingSeries(clearance=clearance, readings=tuple(readings))


def dosed(protocol: Protocol, *readings: Reading) -> MedicineSession:
    """A session with one dose and these readings; nothing else is known of it."""
    given = DoseAdministered.Data(actor=NURSE, session=1, mg=1, route=protocol.route)
    dose = DoseGiven(at=DOSED_AT, recorded_at=DOSED_AT, data=given, sequence=1)
    return MedicineSession(number=1, stage=Stage.DOSED, starts_at=DOSED_AT, doses=(dose,), readings=readings)


def course(protocol: Protocol, *sessions: MedicineSession, **known: object) -> Course:
    """A course in the medicine phase with these sessions, and whatever else is `known` of it."""
    return _referred(protocol).but(sessions=sessions, **known)


@keeps_last_answer
def _referred(protocol: Protocol) -> Course:
    """A course in the medicine phase of which nothing else is known."""
    said = CourseReferred.Data(actor=NURSE, protocol=protocol.id, site="nowhere", indications=protocol.indications[:1])
    return Course(
        course_id=COURSE,
        protocol=protocol,
        protocol_hash="0" * 64,
        phase=Phase.MEDICINE,
        phase_entered_at=DOSED_AT,
        phase_learned_at=DOSED_AT,
        referral=recorded(DOSED_AT, said),
    )


class Answered(NamedTuple):
    """What follows from an answer: the course, and the severity of the escalation that it opens, if it opens one."""

    course: Course
    severity: Severity | None


def answered(protocol: Protocol, instrument: Code, items: tuple[int, ...]) -> Answered:
    """What follows from these answers of a patient in the medicine phase."""
    at = DOSED_AT + _MINUTE
    said = MeasureRecorded.Data(actor=NURSE, instrument=instrument, items=items)
    event = MeasureRecorded(specversion="1.0", id="asked", source="asked", subject=COURSE, time=at, data=said)
    decision = course(protocol).accept(event, at)
    opened = [one.opening.severity for one in decision.calls if isinstance(one, OpenEscalation)]
    return Answered(decision.course, max(opened, key=lambda severity: severity.rank, default=None))


def every_name(protocol: Protocol, code: Code) -> tuple[Code, ...]:
    """The code, and its other names in the protocol's vocabulary."""
    others = (names for name, names in protocol.vocabulary.items() if is_listed(name, (code,)))
    return (code, *chain.from_iterable(others))


def values_below(vital: Vital, bound: float) -> list[int]:
    """Every value of the sign that a reading can have below `bound`, rising."""
    return [value for value in every_value(vital) if value < bound]


def values_above(vital: Vital, bound: float) -> list[int]:
    """Every value of the sign that a reading can have above `bound`, rising."""
    return [value for value in every_value(vital) if value > bound]


def beyond(limit: Limit, cleared_with: int | None) -> list[int]:
    """Every value that crosses the limit, outwards from it."""
    crossing = [value for value in every_value(limit.vital) if limit.is_crossed_by(value, cleared_with)]
    return crossing[::-1] if limit.below is not None else crossing


def every_value(vital: Vital) -> range:
    """Every value that a reading of the sign can have."""
    return range(int(MEASURED[vital].low), int(MEASURED[vital].high) + 1)


def in_the_middle(values: list[int]) -> int:
    """One of these values that stands for all of them."""
    return values[len(values) // 2]
