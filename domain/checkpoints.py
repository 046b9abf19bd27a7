"""When vitals are due after a dose, and which reading answered which moment."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import StrEnum
from itertools import zip_longest

from domain.protocol import CheckpointRules, Protocol
from domain.state import MedicineSession, Reading
from domain.values import Frozen, Moment
from domain.vitals import recheck_due_at


class CheckpointStatus(StrEnum):
    """`met` in its window, `late` after its grace, `missed` where nobody came, `pending` before that."""

    PENDING = "pending"
    MET = "met"
    LATE = "late"
    MISSED = "missed"


class Checkpoint(Frozen):
    """A moment by which vitals are due. It is known since `learned_at`, which lies after `due_at` in an import.

    A reading from `opens_at` on answers it, and is late after `grace_ends_at`.
    """

    due_at: Moment
    learned_at: Moment
    status: CheckpointStatus
    reading_at: Moment | None = None
    opens_at: Moment | None = None
    grace_ends_at: Moment | None = None

    @property
    def is_answered(self) -> bool:
        """Whether a reading belongs to it, late or not."""
        return self.reading_at is not None


def key(session: int, due_at: datetime) -> str:
    """How a passed checkpoint is remembered."""
    return f"checkpoint/{session}/{due_at.timestamp():.0f}"


def checkpoints(
    rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]
) -> tuple[Checkpoint, ...]:
    """Every checkpoint of the session up to the first that waits for its reading, in order.

    A reading belongs to the latest checkpoint whose window has opened (`early` before it is due) when it was taken. A
    booster starts the offsets again. After the last offset they go on every `then_every` until discharge: the next one
    follows the one before, or the moment that one was missed, so that a forgotten discharge asks again without a storm.
    """
    found: list[Checkpoint] = []
    planned = tuple(_planned(rules, session))
    for (due_at, learned_at), following in zip_longest(planned, planned[1:]):
        if following is not None:
            found.append(_judged(rules, session, due_at, following[0], learned_at, passed))
        elif session.discharge is not None:
            found.append(_judged(rules, session, due_at, None, learned_at, passed))
        else:
            found.extend(_until_discharge(rules, session, due_at, learned_at, passed))
    return tuple(found)


def is_overdue(rules: CheckpointRules, session: MedicineSession, passed: Mapping[str, datetime]) -> bool:
    """Whether a checkpoint was missed and no reading has been taken since its window opened."""
    newest = session.readings[-1].at if session.readings else None
    return any(
        one.status is CheckpointStatus.MISSED and (newest is None or newest < one.due_at - rules.early)
        for one in checkpoints(rules, session, passed)
    )


def reading_due_at(protocol: Protocol, session: MedicineSession, passed: Mapping[str, datetime]) -> datetime | None:
    """When the session's next reading is due, or has been since; None where no dosed patient is watched.

    A missed checkpoint is waited for until there is a reading: a hole that a later one has made up for is not.
    """
    rules = protocol.medicine.checkpoints
    newest = session.readings[-1].at if session.readings else None
    awaited = [due_at for _, due_at in rechecks(protocol, session)]
    if session.is_monitored:
        awaited += [
            one.due_at
            for one in checkpoints(rules, session, passed)
            if not one.is_answered and (newest is None or newest < one.due_at - rules.early)
        ]
    return min(awaited, default=None)


def rechecks(protocol: Protocol, session: MedicineSession) -> Iterator[tuple[Reading, datetime]]:
    """The last reading, with the moment by which its second one is due, if the protocol still waits for one."""
    if session.readings and session.discharge is None:
        newest = session.readings[-1]
        if (due_at := recheck_due_at(protocol, session, newest)) is not None:
            yield newest, due_at


def _planned(rules: CheckpointRules, session: MedicineSession) -> Iterator[tuple[datetime, datetime]]:
    """Each dose's offsets, up to the next dose or the discharge: when due, and since when known."""
    end_of_all = session.discharge.at if session.discharge else None
    for dose, next_dose in zip_longest(session.doses, session.doses[1:]):
        end = next_dose.at if next_dose else end_of_all
        for offset in rules.offsets:
            if end is None or dose.at + offset < end:
                yield dose.at + offset, dose.recorded_at


def _until_discharge(
    rules: CheckpointRules,
    session: MedicineSession,
    due_at: datetime,
    learned_at: datetime,
    passed: Mapping[str, datetime],
) -> Iterator[Checkpoint]:
    """The last offset, then one checkpoint every `then_every`, up to the first that still waits."""
    while True:
        following = due_at + rules.then_every
        checkpoint = _judged(rules, session, due_at, following, learned_at, passed)
        yield checkpoint
        if checkpoint.status is CheckpointStatus.PENDING:
            return
        missed_at = passed.get(key(session.number, due_at))
        learned_at = _settled_at(session, checkpoint, missed_at)
        if missed_at is not None and following <= missed_at:
            following = due_at + ((missed_at - due_at) // rules.then_every + 1) * rules.then_every
        due_at = following


def _judged(
    rules: CheckpointRules,
    session: MedicineSession,
    due: datetime,
    following: datetime | None,
    learned_at: datetime,
    passed: Mapping[str, datetime],
) -> Checkpoint:
    opens, closes = due - rules.early, following - rules.early if following else None
    # No window opens before the first dose's, so that the reading at clearance answers none.
    answer = next((one for one in session.readings if opens <= one.at and (closes is None or one.at < closes)), None)
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


def _settled_at(session: MedicineSession, checkpoint: Checkpoint, missed_at: datetime | None) -> datetime:
    recorded = next((reading.recorded_at for reading in session.readings if reading.at == checkpoint.reading_at), None)
    return max(moment for moment in (missed_at, recorded) if moment is not None)
