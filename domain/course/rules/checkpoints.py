"""Vitals checkpoints: when vitals are due after a dose, and which reading answered which checkpoint."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import chain, pairwise, takewhile, zip_longest

from domain.course.rules import vitals
from domain.course.rules.signs import measured_since, value_of
from domain.course.rules.vitals import Recheck
from domain.course.session import Checkpoint, CheckpointStatus, MedicineSession, Reading, ReadingSeries
from domain.course.whereabouts import Absence
from domain.last_answer import keeps_last_answer
from domain.protocol.medicine import CheckpointRules
from domain.protocol.model import Protocol

__all__ = [
    "Checkpoint",
    "CheckpointStatus",
    "asking",
    "checkpoints",
    "emergency_key",
    "is_overdue",
    "key",
    "reading_due_at",
    "rechecks",
    "settle",
]


def key(session: int, due_at: datetime) -> str:
    """The key under which a missed checkpoint is remembered."""
    return f"checkpoint/{session}/{due_at.timestamp():.0f}"


def emergency_key(session: int, due_at: datetime) -> str:
    """The key under which a missed checkpoint's emergency is remembered."""
    return f"checkpoint_emergency/{session}/{due_at.timestamp():.0f}"


def checkpoints(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> tuple[Checkpoint, ...]:
    """Every checkpoint of the session, in order, up to the first one that is pending.

    A reading belongs to the latest checkpoint whose window was open when it was taken (from `early` before it is due),
    which is answered once every required sign has been taken within it, by one reading or several. A booster restarts
    the offsets, and a patient who had left is measured when they are back. After the last offset there is one every
    `then_every` until discharge, counted from the one before or from when that was missed, so that a forgotten
    discharge does not cause a storm of pages.
    """
    return (*session.settled, *asking(rules, session, passed))


def asking(rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]) -> tuple[Checkpoint, ...]:
    """The checkpoints that are not settled yet; few, however long the session."""
    return tuple(checkpoint for checkpoint, _ in _with_ends(rules, session, passed))


def settle(rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]) -> MedicineSession:
    """Marks the session's first checkpoints as settled, as far as nothing about them can still change.

    A checkpoint is settled once it was answered or missed and a later reading was taken after its window closed, or
    once it has become an emergency.
    """
    settled = [*takewhile(lambda one: _is_settled(session, passed, *one), _with_ends(rules, session, passed))]
    if not settled:
        return session
    return session.but(settled=(*session.settled, *(one for one, _ in settled)), settled_until=settled[-1][1])


def _is_settled(
    session: MedicineSession, passed: Mapping[str, datetime], checkpoint: Checkpoint, end: datetime | None
) -> bool:
    if end is None or emergency_key(session.number, checkpoint.due_at) in passed:
        return end is not None
    is_behind = bool(session.readings) and session.readings[-1].at >= end
    return is_behind and (checkpoint.is_answered or key(session.number, checkpoint.due_at) in passed)


def unsettled(session: MedicineSession) -> MedicineSession:
    """Discards the settled checkpoints, so that all are computed again: what they depend on has changed."""
    return session.but(settled=(), settled_until=None) if session.settled else session


def unsettled_by(session: MedicineSession, moment: datetime) -> MedicineSession:
    """Discards them only if something has arrived that happened before `settled_until`."""
    is_behind = session.settled_until is not None and moment < session.settled_until
    return unsettled(session) if is_behind else session


def is_overdue(rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]) -> bool:
    """Whether a checkpoint was missed and a required sign has not been taken since its window opened."""
    return any(one.status is CheckpointStatus.MISSED for one in _unmeasured_since(rules, session, passed))


def _unmeasured_since(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> Iterator[Checkpoint]:
    """The checkpoints since whose window opened some required sign has not been taken, settled ones last."""
    measured = measured_since(session, rules.required)
    newest_first = chain(reversed(asking(rules, session, passed)), reversed(session.settled))
    return takewhile(lambda one: measured is None or measured < one.due_at - rules.early, newest_first)


def reading_due_at(protocol: Protocol, session: MedicineSession, passed: Mapping[str, datetime]) -> datetime | None:
    """When the session's next reading is due, or since when it is overdue; None if no dosed patient is watched here.

    A missed checkpoint counts until the next reading; a gap that a later reading has covered does not.
    """
    if session.is_away:
        return None
    awaited = [recheck.due_at for recheck in rechecks(protocol, session)]
    if session.is_watched:
        unmeasured = _unmeasured_since(protocol.medicine.checkpoints, session, passed)
        awaited += [one.due_at for one in unmeasured if not one.is_answered]
    return min(awaited, default=None)


def rechecks(protocol: Protocol, session: ReadingSeries) -> Iterator[Recheck]:
    """The readings that still want a second one, while the patient is watched; later of one who had left meanwhile."""
    if session.watched_until is None:
        for recheck in vitals.rechecks(protocol, session):
            yield recheck._replace(due_at=recheck.due_at + _until_back(session, recheck.reading))


def _until_back(session: ReadingSeries, reading: Reading) -> timedelta:
    """How long after the reading the patient was last back from an absence: nobody could measure them before."""
    absences = session.departed if isinstance(session, MedicineSession) else ()
    over = (one for one in absences if one.back_at is not None and one.left_at >= reading.at)
    return max((one.back_at - reading.at for one in over if one.back_at is not None), default=timedelta())


def _planned(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """When vitals are due, and when that was learned, in order: after each dose, and whenever the patient is back."""
    due = _after_doses(rules, session)
    returns = ((_due_at_return(session, one), one.back_recorded_at) for one in session.absences)
    back = {(at, learned_at or at) for at, learned_at in returns if at is not None}
    kept = (one for one in due if not _is_excused(rules, session, one[0], passed))
    yield from sorted((*kept, *back))


def _due_at_return(session: MedicineSession, absence: Absence) -> datetime | None:
    """When vitals are due because they are back; never at a return of before any dose."""
    at = absence.back_at
    return at if at is not None and session.doses and at >= session.doses[0].at else None


def _after_doses(rules: CheckpointRules, session: MedicineSession) -> Iterator[tuple[datetime, datetime]]:
    """Each dose's offsets up to the next dose or the end of monitoring: when due, and when learned."""
    end_of_all = session.watched_until
    for dose, next_dose in zip_longest(session.doses, session.doses[1:]):
        end = next_dose.at if next_dose else end_of_all
        for offset in rules.offsets:
            if end is None or dose.at + offset < end:
                yield dose.at + offset, dose.recorded_at


def _is_excused(
    rules: CheckpointRules, session: MedicineSession, due: datetime, passed: Mapping[str, datetime]
) -> bool:
    """Whether nobody is asked for this reading: the patient was away, or left before it was missed."""
    is_missed = key(session.number, due) in passed
    for one in session.absences:
        is_before = due < one.left_at and not is_missed
        is_unanswered = is_before and _answer(rules, session, due - rules.early, one.left_at) is None
        # So soon after a return that a reading would belong to both, the return's own checkpoint stands for it.
        back_at = _due_at_return(session, one)
        is_near = back_at is not None and back_at <= due <= back_at + rules.grace + rules.early
        if is_unanswered or is_near or one.holds(due):
            return True
    return False


@keeps_last_answer
def _with_ends(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> tuple[tuple[Checkpoint, datetime | None], ...]:
    """Each unsettled checkpoint, and when its window closes; None if no other follows."""
    return tuple(_each_with_its_end(rules, session, passed))


def _each_with_its_end(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> Iterator[tuple[Checkpoint, datetime | None]]:
    planned = tuple(_planned(rules, session, passed))[len(session.settled) :]
    for (due_at, learned_at), (following, _) in pairwise(planned):
        yield _judged(rules, session, due_at, following, learned_at, passed), following - rules.early
    if planned:
        due_at, learned_at = planned[-1]
    elif session.settled:
        due_at, learned_at = _after(rules, session, session.settled[-1], passed)
    else:
        return
    if session.watched_until is not None or session.is_away:
        yield _judged(rules, session, due_at, None, learned_at, passed), None
        return
    while True:
        checkpoint = _judged(rules, session, due_at, due_at + rules.then_every, learned_at, passed)
        yield checkpoint, due_at + rules.then_every - rules.early
        if checkpoint.status is CheckpointStatus.PENDING:
            return
        due_at, learned_at = _after(rules, session, checkpoint, passed)


def _after(
    rules: CheckpointRules, session: MedicineSession, checkpoint: Checkpoint, passed: Mapping[str, datetime]
) -> tuple[datetime, datetime]:
    """The checkpoint that follows this one after the last offset: when due, and when learned."""
    due_at = checkpoint.due_at
    following = due_at + rules.then_every
    missed_at = passed.get(key(session.number, due_at))
    if missed_at is not None and following <= missed_at:
        following = due_at + ((missed_at - due_at) // rules.then_every + 1) * rules.then_every
    return following, _settled_at(session, checkpoint, missed_at)


def _judged(
    rules: CheckpointRules,
    session: MedicineSession,
    due: datetime,
    following: datetime | None,
    learned_at: datetime,
    passed: Mapping[str, datetime],
) -> Checkpoint:
    opens, closes = due - rules.early, following - rules.early if following else None
    # No window opens before the first dose's, so the reading at clearance answers no checkpoint.
    answer = _answer(rules, session, opens, closes)
    if answer is not None:
        status = CheckpointStatus.MET if answer.at <= due + rules.grace else CheckpointStatus.LATE
    else:
        status = CheckpointStatus.MISSED if key(session.number, due) in passed else CheckpointStatus.PENDING
    return Checkpoint(
        due_at=due,
        learned_at=learned_at,
        status=status,
        reading_at=answer.at if answer else None,
        opens_at=opens,
        grace_ends_at=due + rules.grace,
    )


def _answer(
    rules: CheckpointRules, session: MedicineSession, opens: datetime, closes: datetime | None
) -> Reading | None:
    """The reading with which every required sign was taken within the window; it may complete what others began."""
    missing = list(rules.required)
    for place in range(bisect_left(session.readings, opens, key=lambda reading: reading.at), len(session.readings)):
        reading = session.readings[place]
        if closes is not None and reading.at >= closes:
            return None
        missing = [vital for vital in missing if value_of(reading, vital) is None]
        if not missing:
            return reading
    return None


def _first_from(session: MedicineSession, moment: datetime) -> Reading | None:
    """The first reading taken at or after `moment`."""
    place = bisect_left(session.readings, moment, key=lambda reading: reading.at)
    return session.readings[place] if place < len(session.readings) else None


def _settled_at(session: MedicineSession, checkpoint: Checkpoint, missed_at: datetime | None) -> datetime:
    recorded = None
    if checkpoint.reading_at is not None and (answer := _first_from(session, checkpoint.reading_at)) is not None:
        recorded = answer.recorded_at
    return max(moment for moment in (missed_at, recorded) if moment is not None)
