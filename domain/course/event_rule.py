"""Event rules: for one clinic event, the phases it belongs to, who may report it, what blocks it, and its effects."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from domain.course.state import CourseState, MedicineSession, Phase, Stage
from domain.course.transition import Transition
from domain.events.clinic_events import Event
from domain.events.fields import Override
from domain.values import Blocker, Role

ANY_PHASE = frozenset(Phase) - {Phase.CLOSED}
TREATMENT = frozenset({Phase.PREPARATION, Phase.MEDICINE, Phase.INTEGRATION})
MEDICINE = frozenset({Phase.MEDICINE})

MONITORED = frozenset({Stage.DOSED, Stage.RECOVERING})
DISCHARGED = frozenset({Stage.DISCHARGED})

PRESCRIBER = frozenset({Role.PRESCRIBER})
STAFF = frozenset(Role) - {Role.PATIENT}
ANYONE = frozenset(Role)

E = TypeVar("E", bound=Event)


def _none(*_: object) -> tuple[()]:
    return ()


@dataclass(frozen=True, kw_only=True)
class _Rule(Generic[E]):
    event: type[E]
    phases: frozenset[Phase]
    roles: frozenset[Role] = STAFF
    check: Callable[[CourseState, E], object] = _none
    overrides: Callable[[E], tuple[Override, ...]] = _none


@dataclass(frozen=True, kw_only=True)
class EventRule(_Rule[E]):
    """The rule of one clinic event of a course.

    `check` raises `Refused` if a field does not fit the course. `standing` yields what blocks every such event whatever
    its content; `blockers` what blocks this one, by default what is standing at its time. `overrides` are those of its
    overrides that count. `apply` carries out its effects once it is accepted.
    """

    stages: ClassVar[None] = None
    apply: Callable[[Transition[Any], E], None]
    standing: Callable[[CourseState, datetime], Iterable[Blocker]] = _none
    blockers: Callable[[CourseState, E], Iterable[Blocker]] | None = None

    def may_come(self, course: CourseState, now: datetime) -> bool:
        """Whether no absolute blocker stands against every event of this type now; the phase is checked elsewhere."""
        return not any(blocker.absolute for blocker in self.standing(course, now))

    def blockers_of(self, course: CourseState, _session: MedicineSession | None, event: E) -> Iterable[Blocker]:
        """The rule's own blockers of this event, beyond role, phase and stage."""
        return self.standing(course, event.time) if self.blockers is None else self.blockers(course, event)

    def follow(self, transition: Transition[Any], event: E) -> None:
        """Applies the event to the transition: every state change, entry, escalation and change of phase."""
        self.apply(transition, event)


@dataclass(frozen=True, kw_only=True)
class SessionEventRule(_Rule[E]):
    """The rule of one clinic event of a medicine session: an `EventRule` whose parts are also given the session."""

    stages: frozenset[Stage]
    apply: Callable[[Transition[Any], MedicineSession, E], None]
    standing: Callable[[CourseState, MedicineSession, datetime], Iterable[Blocker]] = _none
    blockers: Callable[[CourseState, MedicineSession, E], Iterable[Blocker]] | None = None

    def may_come(self, course: CourseState, now: datetime) -> bool:
        """Whether some session at a fitting stage has no absolute blocker standing; the phase is checked elsewhere."""
        return any(
            not any(blocker.absolute for blocker in self.standing(course, session, now))
            for session in course.sessions
            if session.stage in self.stages
        )

    def blockers_of(self, course: CourseState, session: MedicineSession | None, event: E) -> Iterable[Blocker]:
        """The rule's own blockers of this event, beyond role, phase and stage."""
        if session is None:
            return ()
        if self.blockers is None:
            return self.standing(course, session, event.time)
        return self.blockers(course, session, event)

    def follow(self, transition: Transition[Any], event: E) -> None:
        """Applies the event to the transition: every state change, entry, escalation and change of phase."""
        session = transition.session_of(event)
        assert session is not None, "an event of a session that was never booked is not accepted"
        self.apply(transition, session, event)
