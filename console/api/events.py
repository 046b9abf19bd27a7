"""`POST /v1/events`: the clinic's software reports what happened, and is told at once what the protocol says."""

import asyncio
import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import unquote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import JsonValue
from starlette.datastructures import Headers

from console.admission import with_one_of
from console.answering import fault, problem_of
from console.bodies import media_type, read_body
from console.door import AtTheDoor, Door
from console.problems import ProblemCode, Told, told
from console.requests import request_id
from domain.access import Caller, Right
from domain.durations import in_words
from domain.reading_events import event_from, parse_json
from gateway.calls import Unavailable
from gateway.courses import Reported

BATCH: Final = 100
"""Events of one batch (the contract's bound)."""

STRUCTURED: Final = "application/cloudevents+json"
BATCHED: Final = "application/cloudevents-batch+json"
PLAIN: Final = "application/json"
REPLAYED: Final = {"Idempotent-Replayed": "true"}

TURN_WITHIN: Final = timedelta(seconds=5)
"""How long an event waits until fewer of its course are being decided; the rest is for its own decision."""

Reporter = Annotated[Caller, Depends(with_one_of(Right.REPORT, Right.STEER))]

router = APIRouter(tags=["events"])


@router.post("/v1/events")
async def report(request: Request, door: AtTheDoor, caller: Reporter) -> Response:
    """Reports one clinic event, or up to a hundred of them in order.

    An accepted event is durable before the answer. The same `source` and `id` again get the first answer again.
    """
    kind = media_type(request)
    is_binary = "ce-specversion" in request.headers and kind not in {STRUCTURED, BATCHED}
    body = await read_body(request)
    if is_binary:
        _expect(kind, PLAIN)
        return await _one(door, caller, _from_headers(request.headers, body))
    _expect(kind, STRUCTURED, PLAIN, BATCHED)
    if kind == BATCHED:
        return await _many(door, caller, parse_json(body))
    return await _one(door, caller, parse_json(body))


async def _one(door: Door, caller: Caller, value: JsonValue) -> Response:
    reported = await report_one(door, caller, value)
    return Response(
        reported.answer.model_dump_json(),
        status_code=_status(reported),
        media_type="application/json",
        headers=REPLAYED if reported.replayed else None,
    )


async def _many(door: Door, caller: Caller, values: JsonValue) -> Response:
    if not isinstance(values, list):
        raise told(ProblemCode.MALFORMED, "A batch is a JSON array of CloudEvents")
    if len(values) > BATCH:
        raise told(ProblemCode.TOO_LARGE, f"At most {BATCH} events in a batch were expected, not {len(values)}")
    results: list[Mapping[str, JsonValue]] = []
    silent: Told | None = None
    for value in values:
        # Where Temporal does not answer, nobody waits for it a hundred times over.
        result = _refused(silent) if silent else await _result(door, caller, value)
        if silent is None and isinstance(result, Told):
            silent, result = result, _refused(result)
        assert not isinstance(result, Told)
        results.append(result)
    return Response(json.dumps({"results": results}), media_type="application/json")


async def _result(door: Door, caller: Caller, value: JsonValue) -> Mapping[str, JsonValue] | Told:
    """What became of one event of a batch; a `Told` where nobody answers, so that the rest need not be tried."""
    try:
        reported = await report_one(door, caller, value)
    except Exception as error:  # noqa: BLE001  in a batch each event is answered on its own
        problem = problem_of(error) or fault(error)
        return problem if isinstance(error, Unavailable) else _refused(problem)
    replayed = {"replayed": True} if reported.replayed else {}
    return {"status": _status(reported), "body": reported.answer.model_dump(mode="json"), **replayed}


async def report_one(door: Door, caller: Caller, value: JsonValue) -> Reported:
    """One event as it arrived, accepted within its time, for a caller who may report it.

    Raises `Told` (`forbidden`), `Refused`, `Unavailable` or `TooMany`.
    """
    event = event_from(value)
    if not caller.may_report(event.type):
        raise told(ProblemCode.FORBIDDEN, f"A token of role {caller.role} may not report {event.type}")
    try:
        async with asyncio.timeout(door.answer_within.total_seconds()):
            await door.sites.check_event(caller, event)
            async with door.turns.turn(event.subject, within=TURN_WITHIN):
                return await door.courses.report(event, request_id=request_id())
    except TimeoutError:
        raise Unavailable(f"no answer within {in_words(door.answer_within)}; send the same event again") from None


def _refused(problem: Told) -> Mapping[str, JsonValue]:
    return {"status": problem.problem.status, "body": json.loads(problem.problem.body())}


def _status(reported: Reported) -> int:
    return 201 if reported.started else 200


def _from_headers(headers: Headers, body: bytes) -> JsonValue:
    """The event of CloudEvents' binary mode: attributes in `ce-` headers, percent-encoded; the body is its data."""
    attributes: dict[str, JsonValue] = {}
    for name, value in headers.items():
        if not name.startswith("ce-"):
            continue
        if (attribute := name.removeprefix("ce-")) in attributes:
            raise told(ProblemCode.MALFORMED, f"The header {name} stands there twice")
        try:
            attributes[attribute] = unquote(value, errors="strict")
        except UnicodeDecodeError:
            raise told(ProblemCode.MALFORMED, f"The header {name} was expected in UTF-8, percent-encoded") from None
    return {**attributes, "datacontenttype": PLAIN, "data": parse_json(body)}


def _expect(kind: str, *known: str) -> None:
    if kind not in known:
        raise told(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"One of {', '.join(known)} was expected")
