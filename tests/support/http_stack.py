"""The house for the console's tests: the whole stack as `kapstan up` runs it, and clients with tokens of every kind."""

import json
import secrets
import ssl
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from itertools import count
from typing import Any

import asyncpg
import httpx
from temporalio.service import RPCError

from domain.access import Grant, TokenRole
from domain.escalation.ids import EscalationKey
from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent
from domain.values import Role
from gateway.host_account import sent_from_here
from gateway.temporal import connect
from gateway.tokens import NewToken, Tokens
from records.access import AccessStore, CourseRead
from records.connections import Connections, open_connections
from stack.stackfile import StackFile
from tests.support.eventually import eventually
from tests.support.openapi_document import Document
from tests.support.paths import ROOT
from tests.support.running_stack import Floor, Inbox, fresh_folder, inbox, on_call_file
from tests.support.ward import Ward

_courses = count(1)
_standing: list["House"] = []

FORGOTTEN_IN = {
    "watch_silences": "course_id",
    "course_measures": "course_id",
    "course_figures": "course_id",
    "bookings": "course_id",
    "escalation_pages": "split_part(escalation_id, '~', 1)",
    "escalations": "course_id",
    "courses": "course_id",
}
"""The tables in which a course is listed, and by what it is found there."""

ENOUGH = "1000000"
"""Requests a second: the tests' callers are in a hurry."""

TLS = ssl.create_default_context()
"""Not used, and made anew for each client where none is given: that takes longer than most requests."""


class House:
    """A running Kapstan, its address, and who may come in."""

    def __init__(self, floor: Floor, stack: StackFile, received: Inbox) -> None:
        self.floor = floor
        self.stack = stack
        self.inbox = received
        assert stack.console is not None
        self.url = stack.console
        self._clients: list[httpx.AsyncClient] = []
        self._begun: list[str] = []
        self._document: Document | None = None
        self._stays = AsyncExitStack()
        self._connected: Connections | None = None

    async def _connections(self) -> Connections:
        """To its database, until it closes: a fresh one takes longer than what is asked of it."""
        if self._connected is None:
            self._connected = await self._stays.enter_async_context(open_connections(self.stack.database))
        return self._connected

    @property
    def admin_token(self) -> str:
        assert self.stack.admin_token_file is not None
        return self.stack.admin_token_file.read_text(encoding="utf-8").strip()

    @cached_property
    def admin(self) -> httpx.AsyncClient:
        return self.client(self.admin_token)

    def client(self, token: str | None = None, url: str | None = None) -> httpx.AsyncClient:
        """Somebody who shows this token, or none; at another door where one is given."""
        shown = {"Authorization": f"Bearer {token}"} if token else {}
        hooks = {"response": [self._is_documented]}
        client = httpx.AsyncClient(base_url=url or self.url, headers=shown, timeout=60, verify=TLS, event_hooks=hooks)
        self._clients.append(client)
        return client

    async def document(self) -> Document:
        """What it says of itself."""
        if self._document is None:
            async with httpx.AsyncClient(base_url=self.url, timeout=60, verify=TLS) as reader:
                self._document = Document((await reader.get("/openapi.json")).json())
        return self._document

    async def _is_documented(self, response: httpx.Response) -> None:
        """Every answer that any test gets is one that the document foresees."""
        if not response.headers.get("content-type", "").startswith("text/event-stream"):
            await response.aread()
        (await self.document()).check(response)

    async def token(self, role: TokenRole, site: str | None = None) -> NewToken:
        """A new token of the role; the clinic's own system speaks for prescribers too."""
        speaks_as = tuple(Role) if role is TokenRole.CLINIC else None
        return await self.granted(Grant(roles=(role,), site=site, speaks_as=speaks_as), f"a {role}")

    async def phone_of(self, person: str) -> NewToken:
        """A new token of on-call staff that is bound to this person: nobody asks who they are."""
        return await self.granted(Grant(roles=(TokenRole.ONCALL,), person=person), f"{person}'s phone")

    async def granted(self, grant: Grant, name: str = "somebody") -> NewToken:
        """A new token that may do this, and speaks for these."""
        access = AccessStore(await self._connections())
        return await Tokens(access).create(grant, name=name, sent_by=sent_from_here())

    async def revokes(self, token: NewToken) -> None:
        await Tokens(AccessStore(await self._connections())).revoke(token.id, sent_by=sent_from_here())

    async def state_of(self, course: str) -> tuple[Any, Any]:
        """The course and its escalations, whole."""
        view = (await self.admin.get(f"/v1/courses/{course}")).json()
        escalations = (await self.admin.get("/v1/escalations", params={"course_id": course})).json()
        return {key: value for key, value in view.items() if key not in {"blockers", "deadlines"}}, [
            (one["id"], one["state"], one["acknowledged_by"]) for one in escalations["items"]
        ]

    async def reads_of(self, course: str, requests: frozenset[str]) -> list[CourseRead]:
        """Who read what of the course, as soon as these requests are among them."""
        async with open_connections(self.stack.database) as connections:
            access = AccessStore(connections)

            async def kept() -> list[CourseRead] | None:
                reads = await access.reads(course, limit=1000)
                return reads if requests <= {read.request_id for read in reads} else None

            return await eventually(kept)

    async def readings(self, requests: frozenset[str]) -> list[CourseRead]:
        """Every row that these requests left in the record of reads, as soon as each has left one."""
        async with open_connections(self.stack.database) as connections:

            async def kept() -> list[CourseRead] | None:
                async with connections.connection() as connection:
                    rows = await connection.fetch(
                        f"SELECT {', '.join(CourseRead.model_fields)} FROM course_reads WHERE request_id = ANY($1)",
                        sorted(requests),
                    )
                reads = [CourseRead.model_validate(dict(row)) for row in rows]
                return reads if requests <= {read.request_id for read in reads} else None

            return await eventually(kept)

    async def caller(self, role: TokenRole, site: str | None = None) -> httpx.AsyncClient:
        """Somebody with a new token of this role."""
        return self.client((await self.token(role, site)).token)

    async def forgets(self, *courses: str) -> None:
        """They are on no list any more: the other tests of this house shall not come upon them."""
        connection = await asyncpg.connect(self.stack.database)

        async def are_forgotten() -> bool:
            try:
                async with connection.transaction():
                    for table, column in FORGOTTEN_IN.items():
                        await connection.execute(f"DELETE FROM {table} WHERE {column} = ANY($1)", courses)
            except asyncpg.ForeignKeyViolationError:
                return False  # a worker has written of them meanwhile
            return True

        try:
            await eventually(are_forgotten)
        finally:
            await connection.close()

    async def is_left(self) -> None:
        """Nobody who came so far is watched and paged for any more: that goes on as long as a house stands."""
        begun, self._begun = self._begun, []
        if not begun:
            return
        await self.forgets(*begun)
        client = await connect(identity="a test that is over", target_host=self.stack.temporal)
        async for one in client.list_workflows('ExecutionStatus = "Running"'):
            if any(course in one.id for course in begun):
                with suppress(RPCError):  # it has ended by itself meanwhile
                    await client.get_workflow_handle(one.id).terminate(reason="its test is over")
        await self.forgets(*begun)

    def expects(self, name: str = "MARA") -> str:
        """The id of a course that nobody has begun."""
        course = f"{name}-{next(_courses)}-{secrets.token_hex(3)}"
        self._begun.append(course)
        return course

    async def has(self, so_far: Callable[[Ward], Ward], name: str = "MARA", ago: timedelta = timedelta()) -> str:
        """A course that has come so far on good days only, the last of them now, or that long ago."""
        course = self.expects(name)
        on_paper = so_far(Ward(course))
        past = so_far(Ward(course, now=on_paper.began_at + (datetime.now(UTC) - ago - on_paper.now)))
        await self.sends([event for event, _ in past.answers])
        return course

    async def sends(self, events: Iterable[ClinicEvent]) -> None:
        """The clinic reports them; each is accepted."""
        for event in events:
            response = await self.reports(on_the_wire(event))
            assert response.status_code in {200, 201}, response.text

    async def reports(self, event: Mapping[str, Any]) -> httpx.Response:
        """The answer of whoever decided it: until then it is sent again, as the contract tells a clinic's software."""
        return await eventually(partial(self._decided, event))

    async def _decided(self, event: Mapping[str, Any]) -> httpx.Response | None:
        response = await self.admin.post("/v1/events", json=event)
        return None if response.status_code in {429, 503} else response

    async def is_called_for(self, escalation: str) -> None:
        """Returns when this escalation answers and is listed: its course opens it, and neither waits for the ledger."""

        async def is_there() -> bool:
            answers = await self.admin.get(f"/v1/escalations/{escalation}")
            course = EscalationKey.parse(escalation).course_id
            return answers.is_success and escalation in {one["id"] for one in await self.escalations_of(course)}

        await eventually(is_there)

    async def resolves_all_but(self, escalation: str) -> None:
        """The others of this house, of which pages show the first few only."""
        for state in ("open", "acknowledged"):
            left = await self.admin.get("/v1/escalations", params={"state": state, "limit": 200})
            for one in left.json()["items"]:
                if one["id"] != escalation:
                    resolved = {"by": "osei", "note": "Dealt with"}
                    await self.admin.post(f"/v1/escalations/{one['id']}/resolve", json=resolved)

    async def escalations_of(self, course: str) -> list[dict[str, Any]]:
        """Those that the record lists of the course; none while it cannot be asked."""
        listed = await self.admin.get("/v1/escalations", params={"course_id": course})
        found: list[dict[str, Any]] = listed.json()["items"] if listed.is_success else []
        return found

    async def is_recorded(self, course: str) -> dict[str, Any]:
        """The course, as soon as the record store has all of it."""

        async def recorded() -> dict[str, Any] | None:
            view = await self.admin.get(f"/v1/courses/{course}")
            ledger = await self.admin.get(f"/v1/courses/{course}/ledger")
            if not view.is_success or not ledger.is_success:
                return None
            told: dict[str, Any] = view.json()
            return told if len(ledger.json()) == told["sequence"] else None

        return await eventually(recorded)

    async def close(self) -> None:
        for client in self._clients:
            await client.aclose()
        await self._stays.aclose()


def on_the_wire(event: ClinicEvent) -> dict[str, Any]:
    """The event as a clinic's software writes it."""
    written: dict[str, Any] = json.loads(CLINIC_EVENT.dump_json(event, exclude_none=True))
    return written


def example_events(course: str) -> Sequence[dict[str, Any]]:
    """The example course's events, of this course."""
    lines = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()
    return [{**json.loads(line), "subject": course} for line in lines]


def standing() -> tuple[House, ...]:
    """The houses that are open now."""
    return tuple(_standing)


@asynccontextmanager
async def open_house(*arguments: str, **environment: str) -> AsyncIterator[House]:
    """A house of one's own, gone afterwards."""
    with fresh_folder() as folder:
        async with inbox() as received:
            floor = Floor(
                folder / "data",
                "--oncall",
                str(on_call_file(folder, received)),
                *arguments,
                environment={"KAPSTAN_RATE": ENOUGH, **environment},
            )
            try:
                house = House(floor, await floor.up(), received)
                _standing.append(house)
                try:
                    yield house
                finally:
                    _standing.remove(house)
                    await house.close()
            finally:
                await floor.down()


@asynccontextmanager
async def beside(house: House, door: str) -> AsyncIterator[House]:
    """The same house, entered by another door; whom it brought in is gone afterwards."""
    entered = House(house.floor, house.stack.model_copy(update={"console": door}), house.inbox)
    try:
        yield entered
        await entered.is_left()
    finally:
        await entered.close()
