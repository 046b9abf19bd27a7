"""The journal of a course: its events as they were accepted, and what corrections have made of them since."""

from datetime import UTC, datetime
from functools import cached_property
from typing import Self

from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent
from domain.values import Frozen, Moment


class Lack(Frozen):
    """What a session's discharge lacks: a blocker's code, or `reading/` and its ledger entry; more weight is worse."""

    session: int
    code: str
    weight: float


class Version(Frozen):
    """What is known of an event since ledger entry `sequence`; without an `event` it never happened.

    `reopened` are the sessions whose patients, sent home before it was known, are watched again since then; `lacked` is
    what their discharges lacked already.
    """

    sequence: int
    recorded_at: Moment
    event: ClinicEvent | None
    reopened: tuple[int, ...] = ()
    lacked: tuple[Lack, ...] = ()


class KeptEvent(Frozen):
    """One accepted event, ledger entry `sequence`, with what each correction of it said, in the order of arrival.

    `written` is the event's JSON: it is read only when something is corrected, and not by every run of the course.
    """

    sequence: int
    recorded_at: Moment
    type: str
    written: str
    versions: tuple[Version, ...] = ()

    @classmethod
    def of(cls, event: ClinicEvent, sequence: int, recorded_at: datetime) -> Self:
        """The event as it was accepted, with its time in UTC as the ledger has it."""
        written = event.but(time=event.time.astimezone(UTC)).model_dump_json()
        return cls(sequence=sequence, recorded_at=recorded_at, type=event.type, written=written)

    @cached_property
    def event(self) -> ClinicEvent:
        """The event as it was accepted."""
        return CLINIC_EVENT.validate_json(self.written)

    @property
    def in_force(self) -> Version:
        """The event as it reads now."""
        return self.versions[-1] if self.versions else self.first

    @property
    def first(self) -> Version:
        """The event as it was accepted."""
        return Version(sequence=self.sequence, recorded_at=self.recorded_at, event=self.event)

    def known_since(self, version: Version) -> datetime:
        """Since when it has been known without a break that it happened, and when: a correction may change the rest."""
        since = version.recorded_at
        earlier = [self.first, *(one for one in self.versions if one.sequence < version.sequence)]
        for one in reversed(earlier):
            if version.event is None or one.event is None or one.event.time != version.event.time:
                break
            since = one.recorded_at
        return since

    def before(self, sequence: int) -> Version:
        """The event as it read before the correction of that ledger entry."""
        earlier = [one for one in self.versions if one.sequence < sequence]
        return earlier[-1] if earlier else self.first
