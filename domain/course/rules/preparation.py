"""Preparation: whether the required talks were held and topics covered."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from domain.course.event_rule import EventRule
from domain.course.recorded import Recorded
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.durations import in_words
from domain.events.clinic_events import IntegrationHeld, PreparationHeld
from domain.protocol.model import IntegrationRules, PreparationRules, Protocol
from domain.values import Blocker, Moment


def blockers(course: CourseState) -> Iterator[Blocker]:
    """The blockers of the first medicine session: preparation that is still missing."""
    rules = course.protocol.preparation
    if course.plan is None:
        yield Blocker(code="plan.missing", message="No plan has been prescribed", absolute=True)
    held = len(course.preparations)
    if held < rules.sessions:
        yield Blocker(
            code="preparation.sessions_missing",
            message=f"{held} of {rules.sessions} preparation sessions have been held",
            absolute=True,
            observed=held,
            limit=rules.sessions,
            source=course.protocol.source_of("preparation.sessions"),
        )
    if missing := topics_to_come(course):
        yield Blocker(
            code="preparation.topics_missing",
            message=f"{', '.join(missing).replace('_', ' ').capitalize()} to come",
            absolute=True,
            observed=", ".join(missing),
            source=course.protocol.source_of("preparation.topics"),
        )


def talk_blockers(course: CourseState, event: PreparationHeld) -> Iterator[Blocker]:
    """The blockers of counting a talk that was too short to be one, or was told before."""
    rules = course.protocol.preparation
    yield from too_short("preparation", event.data.minutes, rules.least_minutes, course.protocol)
    yield from told_before("preparation", event, course.preparations, rules)


def began_at(at: datetime, minutes: int) -> datetime:
    """When a talk began that was over at that moment."""
    return at - timedelta(minutes=minutes)


def told_before(
    table: str,
    event: PreparationHeld | IntegrationHeld,
    held: Iterable[Recorded[PreparationHeld.Data] | Recorded[IntegrationHeld.Data]],
    rules: PreparationRules | IntegrationRules,
) -> Iterator[Blocker]:
    """The blocker of a talk that went on while another one did: one talk, told twice. Without `roles` none is asked."""
    if rules.roles is None:
        return
    began = began_at(event.time, event.data.minutes)
    for one in held:
        if began < one.at and began_at(one.at, one.data.minutes) < event.time:
            yield Blocker(
                code=f"{table}.possible_duplicate",
                message=f"A talk of {one.data.minutes} min was reported that went on at the same time: "
                f"the two ended {in_words(abs(event.time - one.at))} apart",
                absolute=True,
                observed=event.data.minutes,
            )
            return


def too_short(table: str, minutes: int, least: int | None, protocol: Protocol) -> Iterator[Blocker]:
    """The blocker of a talk of fewer minutes than the protocol's table asks for; None asks for none."""
    if least is not None and minutes < least:
        yield Blocker(
            code=f"{table}.too_short",
            message=f"The talk took {minutes} min; must be at least {least} min",
            absolute=True,
            observed=minutes,
            limit=least,
            source=protocol.source_of(f"{table}.least_minutes"),
        )


def topics_to_come(course: CourseState) -> tuple[str, ...]:
    """The required topics that no preparation session has covered, in the protocol's order."""
    touched = {topic for held in course.preparations for topic in held.data.topics}
    return tuple(topic for topic in course.protocol.preparation.topics if topic not in touched)


def begin_medicine_when_prepared(transition: Transition[Any], at: Moment) -> None:
    """Enters the medicine phase once no preparation is missing."""
    if transition.course.phase is Phase.PREPARATION and not any(blockers(transition.course)):
        transition.enter(Phase.MEDICINE, at)


def _hold(transition: Transition[Any], event: PreparationHeld) -> None:
    transition.change(preparations=(*transition.course.preparations, transition.recorded(event)))
    begin_medicine_when_prepared(transition, event.time)


def _during_screening(course: CourseState) -> frozenset[Phase]:
    return frozenset({Phase.SCREENING}) if course.protocol.preparation.during_screening else frozenset()


HELD = EventRule(
    event=PreparationHeld,
    phases=frozenset({Phase.PREPARATION}),
    more_phases=_during_screening,
    only_roles=lambda protocol: protocol.preparation.roles,
    roles_key="preparation.roles",
    fulfils=True,
    blockers=talk_blockers,
    apply=_hold,
)
RULES = (HELD,)
