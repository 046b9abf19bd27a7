"""A clinic's file of events on its way to the courses, one after the other, each with its answer."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator

from pydantic import JsonValue

from domain.course.answer import Answer
from domain.events.parsing import event_from, parse_json
from domain.refusal import Refusal, RefusalCode, Refused
from domain.values import Frozen
from gateway.courses import Courses
from gateway.workflow_calls import Defect, Ended


class Sent(Frozen):
    """What became of one event: `accepted`, `replayed`, or refused with the code that `status` then is."""

    event_id: str | None
    status: str
    answer: Answer | None = None
    refusal: Refusal | None = None


def events_in(text: str) -> Iterator[str]:
    """Each event of a JSON object, an array, or JSON lines, as its own text; what is no JSON comes as it is."""
    try:
        whole: JsonValue = json.loads(text)
    except ValueError:
        # Not `splitlines`: a JSON text may hold U+2028 and its like, at which no line of JSON lines ends.
        yield from (line for line in text.split("\n") if line.strip())
        return
    for value in whole if isinstance(whole, list) else [whole]:
        yield json.dumps(value)


async def send_all(courses: Courses, events: Iterable[str]) -> AsyncIterator[Sent]:
    """Reports each event in turn; one that is refused, or fails by a fault of ours, keeps no other from being sent.

    Raises `Unavailable` or `TooMany`: what was sent before stays accepted, and the same file may be sent again.
    """
    for raw in events:
        yield await _send(courses, raw)


async def _send(courses: Courses, raw: str) -> Sent:
    event_id = None
    try:
        value = parse_json(raw)
        event_id = _id(value)
        reported = await courses.report(event_from(value))
    except Refused as refused:
        return Sent(event_id=event_id, status=refused.refusal.code, refusal=refused.refusal)
    except (Defect, Ended) as broken:
        refusal = Refusal(code=RefusalCode.INTERNAL, message=str(broken))
        return Sent(event_id=event_id, status=refusal.code, refusal=refusal)
    status = "replayed" if reported.replayed else "accepted"
    return Sent(event_id=event_id, status=status, answer=reported.answer)


def _id(value: JsonValue) -> str | None:
    named = value.get("id") if isinstance(value, dict) else None
    return named if isinstance(named, str) else None
