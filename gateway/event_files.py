"""Reports a file of clinic events one after the other, with a result for each."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator

from pydantic import JsonValue

from domain.course.answer import Answer, DryRunAnswer
from domain.events.parsing import event_in, parse_json
from domain.refusal import Refusal, RefusalCode, Refused
from domain.values import Frozen
from gateway.courses import Courses
from gateway.host_account import sent_from_here
from gateway.workflow_calls import Defect, Ended


class Sent(Frozen):
    """The result of one event. `status` is `accepted`, `replayed`, or the code of its refusal."""

    event_id: str | None
    status: str
    answer: DryRunAnswer | Answer | None = None
    refusal: Refusal | None = None


def events_in(text: str) -> Iterator[str]:
    """Splits a JSON object, an array, or JSON lines into the text of each event; invalid JSON is yielded as is."""
    try:
        whole: JsonValue = json.loads(text)
    except ValueError:
        # Not `splitlines`: JSON text may hold U+2028 and the like, which do not end a line of JSON lines.
        yield from (line for line in text.split("\n") if line.strip())
        return
    for value in whole if isinstance(whole, list) else [whole]:
        yield json.dumps(value)


async def send_all(courses: Courses, events: Iterable[str], *, dry_run: bool = False) -> AsyncIterator[Sent]:
    """Reports each event in turn, and goes on after one that is refused or fails by a defect of Kapstan.

    Their sender is this machine's account. In a dry run each is decided on its course as it stands, and nothing is
    recorded. Raises `Unavailable` or `TooMany`: earlier events stay accepted, and the same file may be sent again.
    """
    for raw in events:
        yield await _send(courses, raw, dry_run=dry_run)


async def _send(courses: Courses, raw: str, *, dry_run: bool) -> Sent:
    event_id = None
    try:
        sent = parse_json(raw)
        event_id = _id(sent.value)
        event = event_in(sent)
        sent_by = sent_from_here()
        reported = await (courses.ask(event, sent_by=sent_by) if dry_run else courses.report(event, sent_by=sent_by))
    except Refused as refused:
        return Sent(event_id=event_id, status=refused.refusal.code, refusal=refused.refusal)
    except (Defect, Ended) as broken:
        refusal = Refusal(code=RefusalCode.INTERNAL, message=str(broken))
        return Sent(event_id=event_id, status=refusal.code, refusal=refusal)
    if reported.replayed:
        return Sent(event_id=event_id, status="replayed", answer=reported.answer)
    answer = DryRunAnswer.of(reported.answer) if dry_run else reported.answer
    return Sent(event_id=event_id, status="accepted", answer=answer)


def _id(value: JsonValue) -> str | None:
    named = value.get("id") if isinstance(value, dict) else None
    return named if isinstance(named, str) else None
