"""`GET /v1/stream`: courses, sessions and escalations as they change, as server-sent events."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header
from fastapi.responses import Response
from starlette.types import Receive, Scope, Send

from console.api.answers import answer
from console.auth import with_one_of
from console.errors.problems import AGAIN_AFTER, ProblemCode, problem_error
from console.live.stream import STREAMS_OF_A_TOKEN, Listener, Stream
from console.services import AuditLogDep, StreamDep
from domain.access import Caller, Right
from domain.sign_in import SignInId

FAREWELL_WITHIN: Final = timedelta(seconds=1)
"""How long closing a stream may wait for a client that does not read."""

Watcher = Annotated[Caller, Depends(with_one_of(Right.READ_COURSES, Right.READ_COURSES_BEHIND, Right.READ_ESCALATIONS))]
LastSeen = Annotated[
    str | None,
    Header(alias="Last-Event-ID", pattern=r"^[0-9]{1,18}$", description="The `id` of the last event that was seen"),
]

ABOUT: Final = """\
Server-sent events for as long as the listener stays. `event` is `course`, `session` or `escalation`; `data` is that
one as it is now, in JSON: a `CourseSummary`, where the course's newest medicine session is, or an `EscalationView`;
`id` rises, and is what `Last-Event-ID` says. `record_store` has no `id`: it says whether changes can be told now.
`alive` has none either and is nothing but a sign of life. A line that begins with a colon is a comment.
"""

EXAMPLE: Final = """\
: listening
id: 41

id: 42
event: session
data: {"course_id":"EX-1","site":"bend","phase":"medicine","session":1,"stage":"dosed"}

"""

router = APIRouter(tags=["stream"])


class StreamResponse(Response):
    """A server-sent events response that lasts as long as the client stays connected and keeps its right.

    Raises `ProblemError` (`too_many`) if the caller's token has too many of them open.
    """

    media_type = "text/event-stream"

    def __init__(self, stream: Stream, caller: Caller, after: int | None, sign_in: SignInId | None = None) -> None:
        super().__init__()
        if not stream.has_room_for(caller.token_id):
            detail = f"This token has {STREAMS_OF_A_TOKEN} streams open already"
            raise problem_error(ProblemCode.TOO_MANY, detail, retry_after=AGAIN_AFTER)
        del self.headers["content-length"]
        self.headers["X-Accel-Buffering"] = "no"
        self._stream = stream
        self._caller = caller
        self._after = after
        self._sign_in = sign_in

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI's own signature
        """Sends changes until the client disconnects or its listener ends."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with self._stream.listener(self._caller, self._after, self._sign_in) as listener:
            tasks = [
                asyncio.create_task(each) for each in (_tell(listener, send), _leaves(receive), listener.ended.wait())
            ]
            try:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_WITHIN.total_seconds()):
                await send({"type": "http.response.body", "body": b"", "more_body": False})


@router.get(
    "/v1/stream",
    status_code=200,
    response_class=StreamResponse,
    responses=answer(200, ABOUT, text={StreamResponse.media_type: EXAMPLE}),
)
async def changes(stream: StreamDep, audit: AuditLogDep, caller: Watcher, last_event_id: LastSeen = None) -> Response:
    """Every change of a course, a session or an escalation that the caller may see, from now on.

    With `Last-Event-ID` after a lost connection, what was missed is sent first: each changed course, session and
    escalation once, as it is now. While the record store is away no change can be sent: `record_store` says so, with
    `{"reachable": false}`, and when it is back, with `{"reachable": true}`; then what was missed follows.
    """
    audit.note(caller, "stream")
    return StreamResponse(stream, caller, None if last_event_id is None else int(last_event_id))


async def _tell(listener: Listener, send: Send) -> None:
    while True:
        message = await listener.waiting.get()
        await send({"type": "http.response.body", "body": message, "more_body": True})


async def _leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
