"""Event rules: for one clinic event, the phases it belongs to, who may report it, what blocks it, and its effects.

The protocol may refuse an act; a fact is never refused (`domain.events.clinic_events`). What blocks an act is, for a
fact, a deviation: the fact is accepted, and people are told of it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Generic, TypeVar

from domain.course.placement_blockers import wrong_role
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.events.clinic_events import Act, Event
from domain.events.fields import Override
from domain.protocol.model import Protocol
from domain.values import Blocker, Role

ALWAYS = frozenset(Phase)
ANY_PHASE = ALWAYS - {Phase.CLOSED}
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


def _nothing(*_: object) -> None:
    return None


def _always(_: object) -> bool:
    return True


def _no_phases(_: object) -> frozenset[Phase]:
    return frozenset()


def _no_roles(_: object) -> None:
    return None


def never(_: object) -> bool:
    """Of an event that no protocol ever wants: it is taken whenever it comes."""
    return False


@dataclass(frozen=True, kw_only=True)
class _Rule(Generic[E]):
    """What every rule has.

    `more_phases` are those that the course's protocol adds to `phases`. `only_roles` are those of `roles` that it
    names by `roles_key`; None leaves them all.
    `check` raises `Refused` if a field does not fit the course. `overrides` are those of the event's overrides that
    count. `is_wanted` says whether the course's protocol ever wants such an event; it is taken whenever it comes.
    `fulfils` says that the event fulfils a requirement, and counts only if the protocol has nothing against it; any
    other accepted fact counts in any case.
    """

    event: type[E]
    phases: frozenset[Phase]
    more_phases: Callable[[CourseState], frozenset[Phase]] = _no_phases
    roles: frozenset[Role] = STAFF
    only_roles: Callable[[Protocol], Collection[Role] | None] = _no_roles
    roles_key: str | None = None
    check: Callable[[CourseState, E], object] = _none
    overrides: Callable[[E], tuple[Override, ...]] = _none
    is_wanted: Callable[[CourseState], bool] = _always
    fulfils: bool = False

    def phases_in(self, course: CourseState) -> frozenset[Phase]:
        """The phases of this course that such an event belongs to."""
        return self.phases | self.more_phases(course)

    def roles_in(self, protocol: Protocol) -> frozenset[Role]:
        """The roles that may report such an event under this protocol."""
        named = self.only_roles(protocol)
        return self.roles if named is None else self.roles & frozenset(named)

    def by_role(self, course: CourseState, event: Event, role: Role) -> Iterator[Blocker]:
        """The blocker of this event if nobody in that role may report what the rule is about."""
        allowed = self.roles_in(course.protocol)
        if role not in allowed:
            source = course.protocol.source_of(self.roles_key) if self.roles_key and role in self.roles else None
            name = str(type(event).model_fields["type"].default).removeprefix("kap.")
            yield wrong_role(role, name, allowed, source)

    def may_lift(self, blocker: Blocker) -> bool:
        """Whether such an event may lift the blocker by an override; one that takes none lifts nothing."""
        return not blocker.absolute and self.overrides is not _none

    @property
    def is_act(self) -> bool:
        """Whether the event is somebody's decision, which the protocol may refuse."""
        return issubclass(self.event, Act)


@dataclass(frozen=True, kw_only=True)
class EventRule(_Rule[E]):
    """The rule of one clinic event of a course.

    `standing` yields what blocks every such event whatever its content; `blockers` what blocks this one, by default
    what is standing at its time. `foreseen` yields what is likely to block one that is about to be reported, by default
    what is standing. `apply` carries out its effects once it is accepted.
    """

    stages: ClassVar[None] = None
    apply: Callable[[Transition[Any], E], None]
    standing: Callable[[CourseState, datetime], Iterable[Blocker]] = _none
    blockers: Callable[[CourseState, E], Iterable[Blocker]] | None = None
    foreseen: Callable[[CourseState, datetime], Iterable[Blocker]] | None = None

    def may_come(self, course: CourseState, now: datetime) -> bool:
        """Whether nothing that it cannot lift stands against such an event now; the phase is checked elsewhere."""
        return self.is_wanted(course) and all(map(self.may_lift, self.standing(course, now)))

    def blockers_of(self, course: CourseState, _session: MedicineSession | None, event: E) -> Iterable[Blocker]:
        """The rule's own blockers of this event, beyond role, phase and stage."""
        return self.standing(course, event.time) if self.blockers is None else self.blockers(course, event)

    def follow(self, transition: Transition[Any], _session: MedicineSession | None, event: E, *, counts: bool) -> None:
        """Applies the event to the transition: every state change, entry, escalation and change of phase."""
        if counts:
            self.apply(transition, event)


def under_way(course: CourseState, rule: "SessionEventRule[Any]", event: Any) -> MedicineSession | None:
    """The last session at a fitting stage that was under way when the event happened."""
    fitting = (one for one in course.newest_first if one.stage in rule.stages)
    return next((one for one in fitting if one.was_under_way(event.time)), None)


@dataclass(frozen=True, kw_only=True)
class SessionEventRule(_Rule[E]):
    """The rule of one clinic event of a medicine session: an `EventRule` whose parts are also given the session.

    A fact that names no session, or one at another stage than `stages`, belongs to the one that `place` finds: by
    default the last one at a fitting stage that had begun. One that `needs_presence` shows the patient to be at a
    session: if it names one that was not under way then, it belongs to the one that was. One that `fits_away` belongs
    to a session that a dosed patient has left, too. `judge` opens escalations for what is dangerous in the event
    wherever it belongs; `apply_outside` takes its effects where it belongs to no session, and `may_be_outside` says
    that the protocol has nothing against that; `blockers_outside` is then what it has against the event itself.
    """

    stages: frozenset[Stage]
    apply: Callable[[Transition[Any], MedicineSession, E], None]
    standing: Callable[[CourseState, MedicineSession, datetime], Iterable[Blocker]] = _none
    blockers: Callable[[CourseState, MedicineSession, E], Iterable[Blocker]] | None = None
    judge: Callable[[Transition[Any], MedicineSession | None, E], None] = _nothing
    place: Callable[[CourseState, "SessionEventRule[E]", E], MedicineSession | None] = under_way
    apply_outside: Callable[[Transition[Any], E], None] = _nothing
    may_be_outside: bool = False
    blockers_outside: Callable[[CourseState, E], Iterable[Blocker]] = _none
    needs_presence: bool = False
    fits_away: bool = False

    def fits(self, session: MedicineSession) -> bool:
        """Whether the session is at a stage that the event belongs to."""
        return session.stage in self.stages or (self.fits_away and session.gone is not None)

    def may_come(self, course: CourseState, now: datetime) -> bool:
        """Whether some session at a fitting stage has nothing standing that it cannot lift; not asked of the phase."""
        return self.is_wanted(course) and any(
            all(map(self.may_lift, self.standing(course, session, now)))
            for session in course.sessions
            if self.fits(session)
        )

    def blockers_of(self, course: CourseState, session: MedicineSession | None, event: E) -> Iterable[Blocker]:
        """The rule's own blockers of this event, beyond role, phase and stage."""
        if session is None:
            return self.blockers_outside(course, event)
        if self.blockers is None:
            return self.standing(course, session, event.time)
        return self.blockers(course, session, event)

    def follow(self, transition: Transition[Any], session: MedicineSession | None, event: E, *, counts: bool) -> None:
        """Applies the event to the transition: every state change, entry, escalation and change of phase."""
        self.judge(transition, session, event)
        if session is None:
            self.apply_outside(transition, event)
        elif counts:
            self.apply(transition, session, event)
