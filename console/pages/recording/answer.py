"""Turns the protocol's answer to a recorded event into sentences for its reporter."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from console.pages.course import readings
from console.pages.frame.clock import WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import DEVIATION, EVENTS, PHASES, VERDICTS
from console.pages.recording.at_hand import READING, minutes_since_dose, reading_of
from console.recorded_answers import RecordedAnswer
from domain.course.answer import Answer
from domain.course.rules.vitals import SPOKEN
from domain.course.session import CheckpointStatus, Stage
from domain.course.state import Phase
from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import PHRASES, Kind
from domain.protocol.values import Vital
from domain.values import Frozen, Severity
from domain.views.blocker_labels import words_of
from domain.views.counted import counted
from domain.views.course import CourseView
from domain.views.limits import unfit_for_a_dose
from domain.views.session import ReadingView, SessionView
from gateway.courses import Reported

CLEARED: Final = "kap.session.cleared"
TOLD_AFTERWARDS: Final = frozenset({READING, CLEARED})
"""Events whose answer tells what the course says after them."""

LIFTED_SHOWN: Final = 3
"""Most overridden blockers that an answer names: a browser keeps no long cookie."""


class Known(Frozen):
    """The course after the event, if it answered in time, and the signs that its protocol asks for in a reading."""

    view: CourseView | None = None
    required: tuple[Vital, ...] = ()


TWICE: Final = "This form had been recorded before: nothing was recorded twice. To record another one, open it anew."


def recorded(
    viewer: Viewer, event: Mapping[str, JsonValue], reported: Reported, before: CourseView | None, after: Known
) -> RecordedAnswer:
    """What to tell: that it is recorded, what it counted for, the verdict, who was paged, where the course is now."""
    kind, answer = str(event["type"]), reported.answer
    clock = viewer.clock(after.view.site if after.view else before.site if before else None)
    opened = tuple(_opened(answer, before))
    verdict = answer.verdict
    unfit = tuple(_unfit(event, after))
    mark = readings.MARK_OF[verdict.severity] if verdict else "caution" if answer.deviations else "well"
    if unfit and mark == "well":
        mark = "caution"
    first = TWICE if reported.replayed else f"Recorded: {EVENTS[kind]}."
    told = (
        *_counted(event, after, clock),
        *_said(verdict, unfit, clock),
        *_against(answer),
        *_lifted(viewer, event, after),
    )
    return RecordedAnswer(
        event_id=answer.event_id,
        mark=Severity.URGENT.value if opened and mark not in {"urgent", "emergency"} else mark,
        words=(first, *told, *opened, *_moved(answer, before)),
    )


def recorded_before(event_id: str) -> RecordedAnswer:
    """What to tell when the same form was sent again with different content."""
    return RecordedAnswer(event_id=event_id, mark="well", words=(TWICE,))


def _counted(event: Mapping[str, JsonValue], after: Known, clock: WallClock) -> Iterator[str]:
    """What a reading of a dosed patient counted for, and when the next one is due."""
    found = _reading(event, after)
    if found is None or not found[0].doses or found[1].at < found[0].doses[0].at:
        return
    session, reading = found
    told = counted(session, reading.at, after.required)
    taken = f"{readings.in_a_line(reading)} at {minutes_since_dose(session, reading.at)} min."
    next_one = told.following
    due = f"due {clock.at(next_one.due_at).words}" if next_one else ""
    if told.answered is not None:
        late = ", late" if told.answered.status is CheckpointStatus.LATE else ""
        yield f"{taken} It counts for the {reading_of(session, told.answered.due_at)}{late}."
        if next_one:
            yield f"The {reading_of(session, next_one.due_at)} is {due}."
    elif next_one is None:
        yield taken
    elif told.is_too_early(reading.at):
        yield f"{taken} Too early for the {reading_of(session, next_one.due_at)}: {due}."
    else:
        missing = ", ".join(SPOKEN[vital] for vital in told.missing)
        what = f"{missing} to come" if missing else due
        yield f"{taken} Not yet the whole {reading_of(session, next_one.due_at)}: {what}."


def _unfit(event: Mapping[str, JsonValue], after: Known) -> Iterator[str]:
    """What of a reading before the dose is beyond its limit for a dose, and is not what the clearance has weighed."""
    found = _reading(event, after)
    if found is None or after.view is None or found[0].doses:
        return
    in_the_way = any(one.code.startswith("vitals.") for one in after.view.in_the_way)
    if found[0].stage is Stage.CHECKED_IN or (found[0].stage is Stage.CLEARED and in_the_way):
        yield from unfit_for_a_dose(found[0].limits, found[1].vitals)


def _reading(event: Mapping[str, JsonValue], after: Known) -> tuple[SessionView, ReadingView] | None:
    """The reading that this event reported, with its session."""
    if event["type"] != READING or after.view is None:
        return None
    at = datetime.fromisoformat(str(event["time"]))
    every = ((session, one) for session in reversed(after.view.sessions) for one in reversed(session.readings))
    return next(((session, one) for session, one in every if one.at == at), None)


def _lifted(viewer: Viewer, event: Mapping[str, JsonValue], after: Known) -> Iterator[str]:
    """What a clearance has overridden, and whether anything still stands in the way of the dose."""
    if event["type"] != CLEARED or after.view is None:
        return
    clock = viewer.clock(after.view.site)
    for override in after.view.overrides:
        for blocker in override.lifts[:LIFTED_SHOWN]:
            by = f"{viewer.name_of(override.by)} {clock.at(override.at).words}"
            yield f"Overridden by {by}: {blocker.message}."
    if not after.view.in_the_way:
        yield "Nothing stands in the way of the dose now."


def _said(verdict: Verdict | None, unfit: Sequence[str], clock: WallClock) -> Iterator[str]:
    if verdict is None:
        return
    if verdict.severity is not VerdictSeverity.NORMAL or not unfit:
        yield f"The protocol says: {VERDICTS[verdict.severity]}."
    yield from (f"{finding}." for finding in (*readings.findings(verdict), *unfit))
    if verdict.recheck_due_at is not None:
        yield f"The second reading is due at {clock.at(verdict.recheck_due_at).words}."


def _against(answer: Answer) -> Iterator[str]:
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
