"""The journal of a course: its events as they were accepted, and what corrections have made of them since."""

from domain.events.clinic_events import ClinicEvent
from domain.values import Frozen, Moment


class Version(Frozen):
    """What is known of an event since ledger entry `sequence`; without an `event` it never happened."""

    sequence: int
    recorded_at: Moment
    event: ClinicEvent | None


class KeptEvent(Frozen):
    """One accepted event, ledger entry `sequence`, with what each correction of it said, in the order of arrival."""

    sequence: int
    recorded_at: Moment
    event: ClinicEvent
    versions: tuple[Version, ...] = ()

    @property
    def in_force(self) -> Version:
        """The event as it reads now."""
        return self.versions[-1] if self.versions else self.first

    @property
    def first(self) -> Version:
        """The event as it was accepted."""
        return Version(sequence=self.sequence, recorded_at=self.recorded_at, event=self.event)

    def before(self, sequence: int) -> Version:
        """The event as it read before the correction of that ledger entry."""
        earlier = [one for one in self.versions if one.sequence < sequence]
        return earlier[-1] if earlier else self.first
