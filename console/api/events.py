"""`POST /v1/events`: the clinic's software reports what happened, and is told at once what the protocol says."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field, JsonValue

from console.api.answers import answer, problems
from console.api.envelopes import Arrived, Envelopes
from console.auth import with_one_of
from console.errors.mapping import fault, problem_of
from console.errors.problems import Problem, ProblemCode, ProblemError
from console.services import EventReportingDep, RateLimitDep
from domain.access import Caller, Right
from domain.course.answer import Answer, DryRunAnswer
from domain.events.parsing import Decoded
from domain.values import Frozen
from gateway.courses import Reported
from gateway.workflow_calls import Defect, Ended, Unavailable

REPLAYED: Final = "Idempotent-Replayed"

DryRun = Annotated[
    bool,
    Query(
        description="Decides and records nothing: the same answer without `sequence`. An event that had been accepted "
        "gets its first answer; a fact that would deviate from the protocol is `blocked`, and `blockers` are the "
        "deviations. Each event of a batch is decided on the course as it stands."
    ),
]
Report = Callable[[Decoded], Awaitable[Reported]]
"""Reports one event for the caller, or asks what reporting it would be answered."""

Reporter = Annotated[Caller, Depends(with_one_of(Right.REPORT, Right.STEER))]

router = APIRouter(tags=["events"])


class BatchResult(Frozen):
    """The result of one event of a batch. `replayed` is present when this repeats its first answer."""

    status: int = Field(description="The status that the event would have been answered with on its own")
    body: Answer | DryRunAnswer | Problem
    replayed: Literal[True] | None = None


class BatchAnswer(Frozen):
    """The results of a batch's events, in their order."""

    results: tuple[BatchResult, ...]


@router.post(
    "/v1/events",
    response_model=Answer | DryRunAnswer | BatchAnswer,
    responses=answer(
        200,
        "The event is accepted; or the batch is answered, each event on its own",
        headers={REPLAYED: "`true` where this is the first answer again and nothing has changed"},
    )
    | answer(201, "The event is accepted and has started a course, or in a dry run would", model=Answer | DryRunAnswer)
    | problems(
        ProblemCode.FORBIDDEN,
        ProblemCode.UNKNOWN_COURSE,
        ProblemCode.BLOCKED,
        ProblemCode.COURSE_EXISTS,
        ProblemCode.COURSE_CLOSED,
        ProblemCode.COURSE_FULL,
        ProblemCode.EVENT_ID_REUSED,
    ),
)
async def report(
    reporting: EventReportingDep,
    caller: Reporter,
    arrived: Annotated[Arrived, Depends(Envelopes())],
    rate_limit: RateLimitDep,
    dry_run: DryRun = False,
) -> Response:
    """Reports one clinic event, or up to a hundred of them in order.

    An accepted event is durable before the answer. The same `source` and `id` again get the first answer again.
    Operations staff report referrals, bookings, holds and resumptions only. In binary mode the event's attributes
    stand in `ce-` headers, percent-encoded, and the body is its data alone. In the token's rate a batch counts its
    events.
    """
    decide = reporting.ask if dry_run else reporting.report

    async def one(sent: Decoded) -> Reported:
        reported = await decide(caller, sent)
        is_ahead = dry_run and not reported.replayed
        return reported.but(answer=DryRunAnswer.of(reported.answer)) if is_ahead else reported

    if arrived.is_batch:
        rate_limit.owe(caller.token_id, len(arrived.events) - 1)
        return await _many(one, arrived.events)
    (sent,) = arrived.events
    return await _one(one, sent)


async def _one(report: Report, sent: Decoded) -> Response:
    reported = await report(sent)
    return Response(
        reported.answer.model_dump_json(),
        status_code=_status(reported),
        media_type="application/json",
        headers={REPLAYED: "true"} if reported.replayed else None,
    )


async def _many(report: Report, events: Sequence[Decoded]) -> Response:
    results: list[Mapping[str, JsonValue]] = []
    silent: ProblemError | None = None
    for sent in events:
        # While Temporal does not answer, the rest of the batch is not tried: each event would wait for its timeout.
        result = _refused(silent) if silent else await _result(report, sent)
        if silent is None and isinstance(result, ProblemError):
            silent, result = result, _refused(result)
        assert not isinstance(result, ProblemError)
        results.append(result)
    return Response(json.dumps({"results": results}), media_type="application/json")


async def _result(report: Report, sent: Decoded) -> Mapping[str, JsonValue] | ProblemError:
    """The result of one event of a batch. Raises `ProblemError` if nobody answered, so that the rest is not tried."""
    try:
        reported = await report(sent)
    except Exception as error:  # noqa: BLE001  in a batch each event is answered on its own
        problem = problem_of(error) or fault(error)
        is_away = isinstance(error, Unavailable) and not isinstance(error, Defect | Ended)
        return problem if is_away else _refused(problem)
    replayed = {"replayed": True} if reported.replayed else {}
    return {"status": _status(reported), "body": reported.answer.model_dump(mode="json"), **replayed}


def _refused(problem: ProblemError) -> Mapping[str, JsonValue]:
    return {"status": problem.problem.status, "body": json.loads(problem.problem.body())}


def _status(reported: Reported) -> int:
    return 201 if reported.started else 200
