"""Deviations: what the protocol has against an accepted fact, kept in the ledger and told to people."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from domain.course.dose_given import DoseGiven
from domain.course.session import is_long_past
from domain.course.state import CourseState, Deviation
from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import (
    ClinicEvent,
    DoseAdministered,
    Event,
    InfusionResumed,
    InfusionStarted,
    InfusionStopped,
)
from domain.ledger import Note
from domain.protocol.medicine import ComparedRules
from domain.protocol.model import DeviationRules
from domain.values import Blocker, Severity

RECORDED: Final = "kap.deviation.recorded"
"""The type of the ledger entry."""

_IN_WORDS: Final = frozenset({"observed", "limit"})
"""Values that may be text, such as a length of time in words."""

_NOTHING_MORE: Final = frozenset({"infusion.not_paused", "infusion.not_running"})
_BEFORE_ITS_START: Final = frozenset({"session.wrong_stage", "infusion.not_running"})
_PLACES: Final = frozenset({"session.unknown", "session.wrong_stage", "value.impossible", "corrects.unknown"})
"""What says where a fact belongs, and nothing of whether it should have happened."""

KEPT: Final = 200
"""How many deviations a course keeps, the newest: all of them stand in its ledger."""


def record(
    transition: Transition[Any], event: ClinicEvent, session: int | None, deviations: tuple[Blocker, ...]
) -> None:
    """Writes the deviations of an accepted fact to the ledger, and escalates them as the protocol says."""
    severity = severity_of(transition.course, event, session, deviations, transition.now)
    _tell(transition, event, session, deviations, severity)


def record_of_dose(
    transition: Transition[Any], event: ClinicEvent, session: int, dose: DoseGiven, deviations: tuple[Blocker, ...]
) -> None:
    """Writes what an event that arrived late has against a dose given before, as severe as of the dose itself."""
    severity = _severity_of_dose(transition.course.protocol.deviations, dose.at, deviations, transition.now)
    _tell(transition, event, session, deviations, severity)


def record_of_discharge(
    transition: Transition[Any], discharge: ClinicEvent, session: int, deviations: tuple[Blocker, ...]
) -> None:
    """Writes what a discharge lacks, which was learned only after it: as severe as a dose outside its gates."""
    rules = transition.course.protocol.deviations
    is_told = any(deviation.code not in rules.silent for deviation in deviations)
    severity = Severity.ROUTINE if is_long_past(discharge.time, transition.now) else rules.dose
    _tell(transition, discharge, session, deviations, severity if is_told else None)


def _tell(
    transition: Transition[Any],
    event: ClinicEvent,
    session: int | None,
    deviations: tuple[Blocker, ...],
    severity: Severity | None,
) -> None:
    transition.deviations = (*transition.deviations, *deviations)
    kept = Deviation(
        at=event.time,
        type=event.type,
        event_id=event.id,
        source=event.source,
        session=session,
        by=event.data.actor,
        deviations=deviations,
    )
    told = kept.model_dump(mode="json", exclude={"at", "by", "deviations"}, exclude_none=True)
    told["deviations"] = [_written(one) for one in deviations]
    transition.write(Note(time=event.time, type=RECORDED, data=told))
    transition.change(deviations=(*transition.course.deviations, kept)[-KEPT:])
    if severity is not None:
        transition.escalate(Kind.PROTOCOL_DEVIATION, session, severity, event.time)


def _written(deviation: Blocker) -> dict[str, Any]:
    """A deviation without our own words: a replay writes the same entry, whatever a later release calls it."""
    whole = deviation.model_dump(mode="json", exclude={"message"}, exclude_none=True)
    return {name: value for name, value in whole.items() if name not in _IN_WORDS or not isinstance(value, str)}


def severity_of(
    course: CourseState, event: Event, session: int | None, deviations: Iterable[Blocker], now: datetime
) -> Severity | None:
    """The severity of the escalation for these deviations of `session`; None if nobody need be told."""
    rules = course.protocol.deviations
    if isinstance(event, DoseAdministered | InfusionStarted | InfusionStopped):
        visit = course.session_numbered(session) if session is not None else None
        deviations = tuple(deviations)
        if any(one.code == "infusion.told_twice" for one in deviations):
            return rules.other  # nothing was given by it, whoever told of it
        if course.protocol.medicine.dose.parts_apart is not None:
            deviations = _of_a_copy(deviations)
        if isinstance(event, InfusionStopped) and course.protocol.medicine.compared is not None:
            deviations = _of_a_stop(course.protocol.medicine.compared, deviations)
        given_at = visit.dosed_at(event.time, now) if visit is not None else event.time
        return _severity_of_dose(rules, given_at, deviations, now)
    if isinstance(event, InfusionResumed) and (of_more := _of_more(deviations)):
        return _severity_of_dose(rules, event.time, of_more, now)
    told = [deviation.code for deviation in deviations if deviation.code not in rules.silent]
    if "patient.deceased" in told:
        return Severity.URGENT
    return rules.other if told else None


def _of_more(deviations: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """What speaks against giving more by an infusion that was paused; nothing of one that was told to run already."""
    told = tuple(deviations)
    if any(one.code in _NOTHING_MORE for one in told):
        return ()
    return tuple(one for one in told if one.code not in _PLACES)


def _of_a_copy(deviations: tuple[Blocker, ...]) -> tuple[Blocker, ...]:
    """What may be a second report was not given by whoever sent it: their role makes no emergency of the question."""
    if not any(one.code == "dose.possible_duplicate" for one in deviations):
        return deviations
    return tuple(one.but(absolute=False) if one.code == "actor.role_not_allowed" else one for one in deviations)


def _of_a_stop(compared: ComparedRules, deviations: Iterable[Blocker]) -> tuple[Blocker, ...]:
    """A stop that is told before its start waits for it: what says only that is for somebody to look at."""
    if compared.same_dose_within is None:
        return tuple(deviations)
    return tuple(one.but(absolute=False) if one.code in _BEFORE_ITS_START else one for one in deviations)


def _severity_of_dose(
    rules: DeviationRules, given_at: datetime, deviations: Iterable[Blocker], now: datetime
) -> Severity | None:
    told = [deviation for deviation in deviations if deviation.code not in rules.silent]
    if not told:
        return None
    if is_long_past(given_at, now):
        return Severity.ROUTINE
    return rules.dose_absolute if any(deviation.absolute for deviation in told) else rules.dose
