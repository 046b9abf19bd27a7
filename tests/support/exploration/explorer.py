"""Explores a course: whatever may happen, from each abstract state once, until no new one is found."""

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from domain.views.next_task import to_do
from tests.support.corrected_ledger import is_in_doubt
from tests.support.course_invariants import (
    assert_a_dosed_patient_is_waited_for,
    assert_each_accepted_event_is_written_once,
    assert_one_escalation_is_open_a_kind_and_session,
    assert_somebody_has_something_to_do,
    assert_what_is_offered_is_accepted,
    assert_what_was_passed_passes_once,
    assert_whatever_reads_as_dangerous_is_open_or_was_answered,
    assert_who_was_sent_home_too_soon_is_watched_again,
    assert_whoever_told_of_suicide_is_at_risk,
)
from tests.support.exploration.abstraction import State, abstracted
from tests.support.exploration.moves import moves
from tests.support.exploration.small_protocol import SMALL
from tests.support.ward import Reached, Ward, taken_in_again


class Step(NamedTuple):
    """One step from state to state, by the name of what happened."""

    origin: State
    by: str
    target: State


class Found(NamedTuple):
    """The course that was the first in its state, by what way it came there, and whether nothing is waited for."""

    reached: Reached
    story: tuple[str, ...]
    is_final: bool


class Explored(NamedTuple):
    """What was found, in that order; `tried` is how often something happened to a course, and was accepted."""

    states: dict[State, Found]
    steps: frozenset[Step]
    gone_on_from: frozenset[State]
    tried: int

    @property
    def is_whole(self) -> bool:
        """Whether no state is left from which nobody has gone on."""
        return len(self.gone_on_from) == len(self.states)

    def dead_ends(self) -> list[State]:
        """The states that were gone on from, and from which no course came to its end, nor where nobody went on."""
        before: dict[State, set[State]] = {}
        for step in self.steps:
            before.setdefault(step.target, set()).add(step.origin)
        good = {state for state, found in self.states.items() if found.is_final or state not in self.gone_on_from}
        ahead = deque(good)
        while ahead:
            ahead.extend(more := before.get(ahead.popleft(), set()) - good)
            good |= more
        return [state for state in self.states if state not in good]


def explore(start: Reached, most: int | None = None) -> Explored:
    """Goes on from the first course in each state, breadth first; from `most` states, or from all that there are.

    Raises `AssertionError` with the shortest story to it if anything does not hold.
    """
    ward = Ward(protocol=SMALL)
    ward.takes_over(start)
    first = abstracted(start.course, start.now)
    states = {first: Found(start, (), _is_final(ward))}
    ahead, steps, gone_on_from, tried = deque([first]), set[Step](), set[State](), 0
    while ahead and (most is None or len(gone_on_from) < most):
        origin = ahead.popleft()
        gone_on_from.add(origin)
        for by, target in _steps(ward, states[origin]):
            tried += 1
            steps.add(Step(origin, by, target))
            if target not in states:
                story = (*states[origin].story, by)
                with _told_with(story):
                    _holds(ward, states[origin].reached)
                reached = Reached(ward.now, ward.course, tuple(ward.entries), tuple(ward.calls), tuple(ward.answers))
                states[target] = Found(reached, story, _is_final(ward))
                ahead.append(target)
    return Explored(states, frozenset(steps), frozenset(gone_on_from), tried)


def _steps(ward: Ward, found: Found) -> Iterator[tuple[str, State]]:
    """What happened, and the state that the ward's course is in then."""
    ward.takes_over(found.reached)
    for move in tuple(moves(ward)):
        ward.takes_over(found.reached)
        with _told_with((*found.story, move.name)):
            has_happened = move.makes(ward)
        if has_happened:
            yield move.name, abstracted(ward.course, ward.now)


@contextmanager
def _told_with(story: Iterable[str]) -> Iterator[None]:
    """What does not hold is told with the story that led to it."""
    try:
        yield
    except Exception as failed:
        failed.add_note(f"After {', '.join(story)}")
        raise


def _holds(ward: Ward, before: Reached) -> None:
    """Everything that must hold in any state, and that this one is no dead end."""
    in_doubt = is_in_doubt(ward.entries)
    assert taken_in_again(before.course, ward.entries, ward.versions) == ward.course
    assert_each_accepted_event_is_written_once(ward)
    assert_what_is_offered_is_accepted(ward)
    assert_a_dosed_patient_is_waited_for(ward, ward.entries, is_in_doubt=in_doubt)
    assert_who_was_sent_home_too_soon_is_watched_again(ward)
    assert_whatever_reads_as_dangerous_is_open_or_was_answered(ward)
    assert_whoever_told_of_suicide_is_at_risk(ward, ward.entries)
    assert_somebody_has_something_to_do(ward)
    assert_one_escalation_is_open_a_kind_and_session(ward)
    assert_what_was_passed_passes_once(ward)
    assert _is_final(ward) or to_do(ward.course, ward.now) is not None or ward.course.deadlines()


def _is_final(ward: Ward) -> bool:
    """Whether the course is closed, and waits for nothing."""
    return ward.course.is_closed and not ward.course.deadlines()
