"""The timeline of a course: what happened, when, and who reported it, without measurements or remarks."""

import heapq
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, Literal

from pydantic import JsonValue

from domain.course.recorded import Recorded
from domain.course.rules.checkpoints import checkpoints, key
from domain.course.rules.deviations import RECORDED
from domain.course.rules.endings import overlooked
from domain.course.state import CourseState, Outcome
from domain.events.clinic_events import MODELS, AdverseEventReported, ClinicEvent
from domain.ledger import Entry
from domain.values import Blocker, Frozen, Moment, PersonId, Role
from domain.views.blocker_labels import words_of

MOST_TOLD: Final = 2_000
"""Most timeline items in one view: more than anybody reads, and no more than a query may take."""


_ADVERSE_EVENT: Final = str(AdverseEventReported.model_fields["type"].default)

ReadsNow = Literal["corrected", "retracted"]
"""What a correction has made of a fact."""


class Happening(Frozen):
    """One thing that happened: a clinic event, or what Kapstan itself wrote down.

    `what` is a detail: the topics of a talk, the form that was filed, the start of a booked session, the id of an
    escalation, what a fact deviates by. Measurements are shown with the session; remarks are never included.
    `sequence` is a clinic event's ledger entry. `reads_now` says that a fact was corrected, or taken back;
    `was` is then what had been reported, by field, lists and free text apart.
    """

    at: Moment
    type: str
    by: PersonId | None = None
    role: Role | None = None
    session: int | None = None
    what: str | None = None
    sequence: int | None = None
    reads_now: ReadsNow | None = None
    was: Mapping[str, bool | int | float | str] = {}


def happenings(course: CourseState) -> tuple[Happening, ...]:
    """The timeline as far as the course's state holds it, oldest first; of a long course the newest `MOST_TOLD`.

    Only what is still in force: a lifted hold, or a session that was booked again, is only in the ledger.
    """
    facts = heapq.nlargest(MOST_TOLD, _facts(course), key=lambda fact: fact.at)
    told = [*map(_of_fact, facts), *_measures(course), *_corrected(course), *_of_our_own(course)]
    return tuple(sorted(told, key=lambda one: one.at)[-MOST_TOLD:])


def happening(entry: Entry) -> Happening:
    """One ledger entry as a timeline item."""
    session, acted_on_call = entry.data.get("session"), entry.data.get("by")
    return Happening(
        at=entry.time,
        type=entry.type,
        by=entry.actor.id if entry.actor else str(acted_on_call) if acted_on_call else None,
        role=entry.actor.role if entry.actor else None,
        session=session if isinstance(session, int) else None,
        what=_particular(entry.type, entry.data),
        sequence=entry.sequence if entry.event_id is not None else None,
    )


def _of_fact(fact: Recorded[Any]) -> Happening:
    kind = _TYPES[type(fact.data)]
    return Happening(
        at=fact.at,
        type=kind,
        by=fact.data.actor.id,
        role=fact.data.actor.role,
        session=getattr(fact.data, "session", None),
        what=_particular(kind, fact.data.model_dump(mode="json", exclude_none=True)),
        sequence=fact.sequence,
    )


def _facts(course: CourseState) -> Iterator[Recorded[Any]]:
    yield from _known(course.referral, course.screening, *_consents(course), course.eligibility)
    yield from _known(*course.plans, *course.preparations, *course.follow_ups, *course.results)
    yield from _known(course.withdrew, course.died, *course.outside.readings, *course.left_behind)
    for session in course.sessions:
        yield from _known(session.booking, session.check_in, session.clearance, session.abort, session.assessment)
        yield from _known(session.discharge, session.handover, *session.readings, *session.medications)
        yield from _known(*session.departures, *session.returns, *(fact for one in session.doses for fact in one.facts))
        yield from _known(*session.check_ins, *session.integrations, *session.forms)


def _consents(course: CourseState) -> Iterator[Recorded[Any] | None]:
    """The newest, and of each further document that is asked for the newest signature."""
    further = course.protocol.screening.further_consents or {}
    signed = {getattr(one.data, "document", None): one for one in course.consents if one is not course.consent}
    yield from (one for document, one in signed.items() if document in further)
    yield course.consent


def _known(*facts: Recorded[Any] | None) -> Iterator[Recorded[Any]]:
    yield from (fact for fact in facts if fact is not None)


def _measures(course: CourseState) -> Iterator[Happening]:
    for taken in course.measures:
        yield Happening(at=taken.at, type="kap.measure.recorded", what=taken.scored.instrument, sequence=taken.sequence)


def _corrected(course: CourseState) -> Iterator[Happening]:
    """Facts as they were first reported, where they read differently now, and the reports of adverse events."""
    for kept in course.journal:
        if not kept.versions and kept.type != _ADVERSE_EVENT:
            continue
        event = kept.in_force.event
        if kept.versions and event != kept.event:
            was = plain_values(kept.event.data.model_dump(mode="json"))
            reads_now = "corrected" if event else "retracted"
            yield _of_event(kept.event, kept.sequence).but(reads_now=reads_now, was=was)
        if isinstance(event, AdverseEventReported):
            yield _of_event(event, kept.sequence)


def plain_values(data: Mapping[str, JsonValue]) -> dict[str, bool | int | float | str]:
    """The values of a report that are neither lists nor free text, nor where it belongs."""
    left_out = {"session", "note", "reason"}
    return {
        name: value
        for name, value in data.items()
        if isinstance(value, bool | int | float | str) and name not in left_out
    }


def _of_event(event: ClinicEvent, sequence: int) -> Happening:
    return Happening(
        at=event.time,
        type=event.type,
        by=event.data.actor.id,
        role=event.data.actor.role,
        session=getattr(event.data, "session", None),
        what=_particular(event.type, event.data.model_dump(mode="json", exclude_none=True)),
        sequence=sequence,
    )


def _of_our_own(course: CourseState) -> Iterator[Happening]:
    for session in course.sessions:
        for one in checkpoints(course.protocol.medicine.checkpoints, session, course.passed):
            if (missed_at := course.passed.get(key(session.number, one.due_at))) is not None:
                yield Happening(
                    at=missed_at,
                    type="kap.checkpoint.missed",
                    session=session.number,
                    what=one.due_at.isoformat(),
                )
    for deviated in course.deviations:
        yield Happening(
            at=deviated.at,
            type=RECORDED,
            session=deviated.session,
            what=_deviating(deviated.model_dump(mode="json", include={"deviations"})),
        )
    for opened in course.escalations:
        yield Happening(at=opened.opened_at, type="kap.escalation.opened", session=opened.session, what=opened.id)
    for hold in course.holds:
        yield Happening(at=hold.since, type="kap.course.held")
    if course.phase_entered_at is not None and not course.is_closed:
        yield Happening(at=course.phase_entered_at, type="kap.phase.entered", what=course.phase)
    if course.closed_at is not None:
        yield Happening(at=course.closed_at, type="kap.course.closed", what=_ended(course, course.closed_at))


def _ended(course: CourseState, closed_at: datetime) -> str | None:
    """The outcome; of a course that is marked as entered in error also which patient nobody calls any more."""
    if course.outcome is Outcome.ENTERED_IN_ERROR and (found := tuple(overlooked(course, closed_at))):
        return f"{course.outcome}; {' and '.join(found)}, and nobody calls this patient any more"
    return course.outcome


def _particular(kind: str, data: Mapping[str, JsonValue]) -> str | None:
    tell = _PARTICULARS.get(kind)
    found = tell(data) if tell else None
    return None if found is None else str(found)


def _named(field: str) -> Callable[[Mapping[str, JsonValue]], JsonValue]:
    return lambda data: data.get(field)


def _topics(data: Mapping[str, JsonValue]) -> str | None:
    topics = data.get("topics")
    return ", ".join(map(str, topics)) if isinstance(topics, list) else None


def _deviating(data: Mapping[str, JsonValue]) -> str | None:
    """What the protocol has against a fact, in short words: "Clearance to come, Dose above its bound"."""
    told = data.get("deviations")
    if not isinstance(told, list):
        return None
    # The ledger keeps no sentences.
    found = (Blocker.model_validate({"message": "", **one}) for one in told if isinstance(one, dict))
    return "; ".join(dict.fromkeys(map(words_of, found))) or None


_TYPES: Final[Mapping[Any, str]] = {model.model_fields["data"].annotation: name for name, model in MODELS.items()}

_PARTICULARS: Final[Mapping[str, Callable[[Mapping[str, JsonValue]], JsonValue]]] = {
    "kap.consent.signed": _named("version"),
    "kap.measure.recorded": _named("instrument"),
    "kap.result.recorded": _named("test"),
    "kap.eligibility.decided": _named("decision"),
    "kap.preparation.held": _topics,
    "kap.session.booked": _named("starts_at"),
    "kap.session.rebooked": _named("starts_at"),
    "kap.medication.administered": _named("code"),
    "kap.adverse_event.reported": lambda data: f"grade {data.get('grade')}",
    "kap.check_in.completed": _named("days_after"),
    "kap.form.filed": _named("form"),
    "kap.follow_up.held": _named("days_after"),
    "kap.protocol.migrated": _named("to_version"),
    RECORDED: _deviating,
    "kap.checkpoint.missed": _named("due_at"),
    "kap.deadline.passed": _named("kind"),
    "kap.phase.entered": _named("phase"),
    "kap.course.closed": _named("outcome"),
    "kap.escalation.opened": _named("id"),
    "kap.escalation.raised": _named("id"),
    "kap.escalation.acknowledged": _named("id"),
    "kap.escalation.reopened": _named("id"),
    "kap.escalation.corrected": _named("id"),
    "kap.escalation.resolved": _named("id"),
}
