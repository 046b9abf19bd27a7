"""What a reading counted for: the checkpoint that it answered, or why it answered none."""

from collections.abc import Iterable
from datetime import datetime

from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.session import Checkpoint
from domain.protocol.values import Vital
from domain.values import Frozen
from domain.views.session import SessionView


class Counted(Frozen):
    """One reading, told of its checkpoint.

    `answered` is the checkpoint that it answered; None if it answered none. `following` is the one that is awaited now,
    None where nobody waits for another. Where the reading lies in the window of `following`, `missing` are the required
    signs that nobody has taken within it yet.
    """

    answered: Checkpoint | None
    following: Checkpoint | None
    missing: tuple[Vital, ...] = ()

    def is_too_early(self, at: datetime) -> bool:
        """Whether it was taken at `at` before the window of the checkpoint that is awaited."""
        opens_at = self.following.opens_at if self.following else None
        return self.answered is None and opens_at is not None and at < opens_at


def counted(session: SessionView, at: datetime, required: Iterable[Vital]) -> Counted:
    """What the reading taken at that moment counted for; `required` are the signs that answer a checkpoint."""
    answered = next((one for one in session.checkpoints if one.reading_at == at), None)
    # Who is measured for a later one has been looked at: nobody waits for an earlier one any more.
    passed = max((number for number, one in enumerate(session.checkpoints) if one.is_answered), default=-1) + 1
    pending = next((one for one in session.checkpoints[passed:] if one.status is CheckpointStatus.PENDING), None)
    following = pending if session.ended_at is None and session.away_since is None else None
    opens_at = following.opens_at if following else None
    if answered is not None or opens_at is None or at < opens_at:
        return Counted(answered=answered, following=following)
    taken = [one.vitals for one in session.readings if one.at >= opens_at]
    missing = tuple(vital for vital in required if all(getattr(one, vital) is None for one in taken))
    return Counted(answered=None, following=following, missing=missing)
