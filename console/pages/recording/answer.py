"""Turns the protocol's answer to a recorded event into sentences for its reporter."""

from collections.abc import Iterator
from typing import Final

from console.pages.course import readings
from console.pages.frame.clock import WallClock
from console.pages.frame.flash_cookies import RecordedFlash
from console.pages.labels import DEVIATION, EVENTS, PHASES, VERDICTS
from domain.course.answer import Answer
from domain.course.state import Phase
from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import PHRASES, Kind
from domain.values import Severity
from domain.views.blocker_labels import words_of
from domain.views.course import CourseView
from gateway.courses import Reported

TWICE: Final = "This form had been recorded before: nothing was recorded twice. To record another one, open it anew."


def recorded(kind: str, reported: Reported, before: CourseView | None, clock: WallClock) -> RecordedFlash:
    """What to tell: that it is recorded, the verdict, who was paged, and where the course is now."""
    answer = reported.answer
    opened = tuple(_opened(answer, before))
    verdict = answer.verdict
    mark = readings.MARK_OF[verdict.severity] if verdict else "caution" if answer.deviations else "well"
    first = TWICE if reported.replayed else f"Recorded: {EVENTS[kind]}."
    words = (first, *_said(verdict, clock), *_against(answer), *opened)
    return RecordedFlash(
        event_id=answer.event_id,
        mark=Severity.URGENT.value if opened and mark not in {"urgent", "emergency"} else mark,
        words=(*words, *_moved(answer, before)),
    )


def recorded_before(event_id: str) -> RecordedFlash:
    """What to tell when the same form was sent again with different content."""
    return RecordedFlash(event_id=event_id, mark="well", words=(TWICE,))


def _said(verdict: Verdict | None, clock: WallClock) -> Iterator[str]:
    if verdict is None:
        return
    yield f"The protocol says: {VERDICTS[verdict.severity]}."
    yield from (f"{finding}." for finding in readings.findings(verdict))
    if verdict.severity is VerdictSeverity.RECHECK and verdict.recheck_due_at is not None:
        yield f"The second reading is due at {clock.at(verdict.recheck_due_at).words}."


def _against(answer: Answer) -> Iterator[str]:
    # In short words: a browser keeps no cookie that is longer than a page of text.
    if answer.deviations:
        yield f"{DEVIATION}: {'; '.join(dict.fromkeys(map(words_of, answer.deviations)))}."


def _opened(answer: Answer, before: CourseView | None) -> Iterator[str]:
    known = {one.id for one in before.escalations} if before else set(answer.escalations)
    for escalation in answer.escalations:
        if escalation not in known:
            yield f"People are called: {PHRASES[Kind(escalation.split('~')[1])]}."


def _moved(answer: Answer, before: CourseView | None) -> Iterator[str]:
    if before is None:
        return
    if answer.phase is Phase.CLOSED:
        yield "The course is closed."
    elif answer.phase is not before.phase:
        yield f"The course is now in {PHASES[answer.phase].lower()}."
    if answer.held and not before.held:
        yield "The course is held: nothing is dosed until it is resumed."
    if before.held and not answer.held and answer.phase is not Phase.CLOSED:
        yield "The course goes on."
