"""Which fact a correction is of, and how it reads now. What follows from that stands in `consequences`."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import chain
from typing import Any, Final, NamedTuple

from pydantic import JsonValue, TypeAdapter

from domain.course.event_rule_registry import EVENT_RULES
from domain.course.journal import KeptEvent, Version
from domain.course.session import Reading
from domain.course.state import CourseState
from domain.events.clinic_events import (
    Act,
    ClinicEvent,
    CorrectionRecorded,
    CourseDiscontinued,
    CourseReferred,
    CourseResumed,
    CourseTransferred,
    CourseVoided,
    EligibilityDecided,
    Fact,
    PatientDischarged,
    PlanPrescribed,
    ProtocolMigrated,
    SessionBooked,
    SessionCanceled,
    SessionCleared,
    SessionRebooked,
    VitalsRecorded,
)
from domain.events.parsing import Decoded, validated
from domain.events.set_aside import without_impossible
from domain.refusal import FieldError, Refused, invalid
from domain.values import Blocker

MANY: Final = 200
"""Events, readings apart, from which on a correction takes so long that a workflow task decides only one."""


TAKEN_BACK_BY: Final[Mapping[type[ClinicEvent], str]] = {
    CourseReferred: "kap.course.voided closes a course that was entered in error",
    EligibilityDecided: "kap.course.discontinued ends a course that must not go on, and kap.course.referred begins "
    "another",
    PlanPrescribed: "the next kap.plan.prescribed replaces it",
    SessionBooked: "kap.session.canceled or kap.session.rebooked takes it back",
    SessionRebooked: "another kap.session.rebooked or kap.session.canceled takes it back",
    SessionCanceled: "kap.session.rebooked takes it back",
    SessionCleared: "kap.session.aborted takes it back, and another kap.session.cleared replaces it",
    PatientDischarged: "where the patient is still here, or back, kap.patient.returned has them watched again, "
    "until they are discharged anew",
    CourseResumed: "kap.course.held holds the course again",
    ProtocolMigrated: "another kap.protocol.migrated takes it back",
    CourseDiscontinued: "a patient who goes on is referred to a new course by kap.course.referred",
    CourseTransferred: "a patient who goes on is referred to a new course by kap.course.referred",
    CourseVoided: "a patient who goes on is referred to a new course by kap.course.referred",
}
"""What to report instead of correcting a decision, of each."""


class Correction(NamedTuple):
    """What a correction says: which event is corrected, and how it reads now; None where it never happened."""

    corrected: KeptEvent
    event: ClinicEvent | None


def named_by(event: ClinicEvent) -> tuple[str, str] | None:
    """The source and id of the event that this one corrects; None if it is no correction."""
    return event.corrects_named() if isinstance(event, Fact) else None


def is_long_to_retell(course: CourseState, event: ClinicEvent) -> bool:
    """Whether it takes long to decide on the event: it corrects a course of many events."""
    return named_by(event) is not None and len(course.journal) > MANY


def understood(course: CourseState, event: ClinicEvent, sequence: int | None) -> Correction | None:
    """Which fact is meant and how it reads now. `sequence` is the ledger entry of the event that was named.

    None for a new version of what this course has not accepted as such a fact: refused then, filed under another
    patient or as another kind. It tells what happened all the same.

    Raises `Refused` (`invalid`) if `kap.correction.recorded`, which says nothing by itself, names no fact that this
    course has accepted, or if the right data does not fit its type.
    """
    kept = _named(course, event, sequence) if sequence is not None else None
    if not isinstance(event, CorrectionRecorded):
        is_version = kept is not None and kept.event.type == event.type
        return Correction(kept, kept.event.but(time=event.time, data=event.data)) if kept and is_version else None
    pointer = "/data/corrects"
    if kept is None or sequence is None:
        raise _wrong(pointer, "must name a fact that this course has accepted")
    if isinstance(kept.event, Act):
        back = TAKEN_BACK_BY.get(type(kept.event), "no event takes it back")
        raise _wrong(pointer, f"must name a fact: {kept.event.type} is a decision; {back}")
    if event.data.retracted:
        # To take back a correction is to let stand what was there before it.
        return Correction(kept, kept.before(sequence).event if sequence != kept.sequence else None)
    known = _last_known(kept)
    data = known.data if event.data.data is None else _right_data(kept, event.data.data)
    return Correction(kept, kept.event.but(time=event.data.at or known.time, data=data))


def unknown_version(event: ClinicEvent) -> Iterator[Blocker]:
    """What is told of a fact in its own right that says of itself that it is a later version of another one."""
    named = named_by(event)
    if named is not None and not isinstance(event, CorrectionRecorded):
        yield Blocker(
            code="corrects.unknown",
            message=f"The earlier version that it names, {named[1]}, is no such fact here: it counts by itself",
            observed=named[1],
        )


def check(course: CourseState, event: ClinicEvent, correction: Correction, latest: datetime) -> None:
    """Raises `Refused` (`invalid`) if the right data does not fit the course, or lies after `latest`.

    Not asked of a correction that was accepted once: a later release may be stricter.
    """
    if not isinstance(event, CorrectionRecorded) or event.data.retracted or correction.event is None:
        return
    if event.data.at is not None and event.data.at > latest:
        raise _wrong("/data/at", "must not be in the future")
    try:
        EVENT_RULES[type(correction.event)].check(course, correction.event)
    except Refused as refused:
        raise invalid(*(_within_data(error) for error in refused.refusal.errors)) from None


def _named(course: CourseState, event: ClinicEvent, sequence: int) -> KeptEvent | None:
    """The event of that ledger entry, or the one that the correction of that entry was of."""
    for kept in course.journal:
        if kept.sequence == sequence or any(version.sequence == sequence for version in kept.versions):
            return kept
    readings = chain.from_iterable(one.readings for one in course.series)
    reading = next((one for one in readings if one.sequence == sequence), None)
    return _kept_reading(event, reading) if reading is not None else None


def _kept_reading(correction: ClinicEvent, reading: Reading) -> KeptEvent:
    named = named_by(correction)
    assert named is not None
    event = VitalsRecorded(id=named[1], source=named[0], subject=correction.subject, time=reading.at, data=reading.data)
    return KeptEvent.of(event, reading.sequence, reading.recorded_at)


def _last_known(kept: KeptEvent) -> ClinicEvent:
    """How the event last read: before it was retracted, if it was."""
    events = (version.event for version in (*reversed(kept.versions), kept.first))
    return next(event for event in events if event is not None)


def _right_data(kept: KeptEvent, data: dict[str, JsonValue]) -> Any:
    """The right data as data of the corrected event; who reported it stays, unless that was wrong too."""
    known = _last_known(kept).data.actor.model_dump(mode="json")
    model: TypeAdapter[Any] = TypeAdapter(type(kept.event.data))
    whole = without_impossible(type(kept.event.data), {"actor": known, **data})
    try:
        return validated(Decoded(whole, json.dumps(whole)), model)
    except Refused as refused:
        raise invalid(*(error.but(pointer=f"/data/data{error.pointer}") for error in refused.refusal.errors)) from None


def _within_data(error: FieldError) -> FieldError:
    return error.but(pointer=f"/data{error.pointer}")


def _wrong(pointer: str, detail: str) -> Refused:
    return invalid(FieldError(pointer=pointer, detail=detail))


def with_version(course: CourseState, correction: Correction, version: Version) -> tuple[KeptEvent, ...]:
    """The journal with this version of the corrected event, in order."""
    kept = correction.corrected.but(versions=(*correction.corrected.versions, version))
    others = (one for one in course.journal if one.sequence != kept.sequence)
    return tuple(sorted((*others, kept), key=lambda one: one.sequence))
