"""`kapstan demo --serve`: a live floor on a system in real time, and how to sign in."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from domain.access import Grant, TokenRole
from domain.escalation.messages import EscalationState
from domain.values import CourseId, Frozen, Role, count_of
from gateway.courses import Courses
from gateway.escalations import Escalations
from gateway.host_account import sent_from_here
from gateway.oncall import OnCallBook
from gateway.protocols import load_folder
from gateway.temporal import connect
from gateway.tokens import NewToken, Tokens
from records.access import AccessStore
from records.connections import open_connections
from records.store import EscalationFilter, RecordStore, migrate, open_store
from simulation.course.calendar import EVERY_DAY, Practice, where_it_is_morning
from simulation.demo.display import Ticker
from simulation.demo.inbox import Inbox, ReceivedPage
from simulation.demo.oncall import on_call_file
from simulation.live.live_clinic import LiveClinic
from simulation.live.patients_on_the_floor import FloorRoster
from simulation.live.real_time import RealWall
from stack.errors import StoppedEarly
from stack.payload_keys import codec_of, keyring_of
from stack.supervisor import Stack, StackPlan

IDENTITY = "kapstan-demo-floor"
HOST = "127.0.0.1"
ON_CALL_FILE = "floor-oncall.toml"

MAY_SIGN_IN = {
    "Operations desk": Grant(roles=(TokenRole.OPERATIONS,)),
    # One sign-in for the whole of a nurse's work: they are paged, measure, and tell what became of it.
    "Duty nurse Lind": Grant(roles=(TokenRole.ONCALL, TokenRole.CLINIC), speaks_as=(Role.MONITOR,), person="lind"),
    # It reports for prescribers too.
    "The clinic's own system": Grant(roles=(TokenRole.CLINIC,), speaks_as=tuple(Role)),
    "Auditor": Grant(roles=(TokenRole.AUDITOR,)),
}
"""Tokens to make, besides the administrator's, which the stack makes itself."""

LEFT_OPEN = "URGENT"
"""How the page starts that stays unanswered for a while; an emergency is answered at once."""

LINK = re.compile(r"https?://\S+/ack/\S+")


class FloorPlan(Frozen):
    """The clinic to open; all its files are in `scratch`. A port of None is any free one."""

    scratch: Path
    protocols: Path
    protocol: str
    seed: int
    port: int | None


async def keep_a_floor(plan: FloorPlan, console: Console) -> None:
    """Runs a live floor until it is asked to stop; then no process is left.

    Raises `StackMisconfigured` or `ServiceDown` if it does not come up, `StoppedEarly` for a signal before it is open.
    """
    console.print("[bold]A floor in real time[/bold]: its patients are where a clinic would have them at this moment.")
    time_zone = where_it_is_morning(datetime.now(UTC))
    async with AsyncExitStack() as exits:
        inbox = await exits.enter_async_context(Inbox())
        on_call = plan.scratch / ON_CALL_FILE
        on_call.write_text(on_call_file(inbox.channels, Practice(time_zone=time_zone, working_days=EVERY_DAY)))
        to_run = StackPlan(
            data=plan.scratch / "floor",
            protocols=plan.protocols,
            oncall=on_call,
            migrate=migrate,
            host=HOST,
            port=plan.port,
        )
        stack = await exits.enter_async_context(
            Stack(to_run, lambda line: console.print(line, markup=False, soft_wrap=True))
        )
        store = await exits.enter_async_context(open_store(stack.file.database, keyring_of(stack.file)))
        served = Served(plan, stack, store, inbox, Ticker(console, time_zone), console)
        try:
            await stack.unless_stopped(served.live())
        except StoppedEarly:
            if not served.is_open:
                raise


class Served:
    """The floor on a running stack."""

    def __init__(
        self, plan: FloorPlan, stack: Stack, store: RecordStore, inbox: Inbox, ticker: Ticker, console: Console
    ) -> None:
        self._plan = plan
        self._ticker = ticker
        self._stack = stack
        self._store = store
        self._inbox = inbox
        self._console = console

    @property
    def is_open(self) -> bool:
        """Whether every patient has reached the present."""
        return self._ticker.is_open

    async def live(self) -> None:
        """Opens the floor, prints how to sign in, and goes on without end."""
        library = load_folder(self._plan.protocols)
        protocol = library.latest(self._plan.protocol)
        assert protocol is not None
        stack = self._stack.file
        client = await connect(identity=IDENTITY, target_host=stack.temporal, codec=codec_of(stack))
        on_call = OnCallBook(self._plan.scratch / ON_CALL_FILE)
        living = LiveClinic(
            Courses(
                client,
                library,
                self._store,
                allow_unapproved=True,
                timezone_of=lambda site: on_call.now().timezone_of(site),
            ),
            Escalations(client),
            RealWall(),
            self._ticker,
            self._say,
        )
        roster = FloorRoster(protocol, datetime.now(UTC), self._plan.seed)
        async with asyncio.TaskGroup() as lives:
            await living.open(roster.here, lives)
            await self._announce(len(roster.here))
            await living.go_on(roster.coming(), lives)

    async def _announce(self, courses: int) -> None:
        console, file = self._stack.file.console, self._stack.file
        assert file.admin_token_file is not None
        self._console.print(
            f"\nThe floor is open: {count_of(courses, 'course')} at two sites, in real time, until Ctrl-C."
        )
        self._console.print(
            f"Pages        {console}/  Sign in with one of these tokens, or send it as `Authorization: Bearer …`:"
        )
        self._console.print(f"  {TokenRole.ADMIN:<15}{file.admin_token_file.read_text().strip()}")
        for token in await self._tokens():
            self._console.print(f"  {token.role:<15}{token.token}")
        if (page := await self._unanswered()) is not None:
            link = LINK.search(page.body)
            assert link is not None
            self._console.print(f"A page       {page.person}: {page.title}; on their phone: {link[0]}")
        self._console.print()
        self._ticker.is_open = True

    async def _tokens(self) -> list[NewToken]:
        async with open_connections(self._stack.file.database) as connections:
            tokens = Tokens(AccessStore(connections))
            return [
                await tokens.create(grant, name=name, sent_by=sent_from_here()) for name, grant in MAY_SIGN_IN.items()
            ]

    async def _unanswered(self) -> ReceivedPage | None:
        """The page of an escalation that is open, and stays so for a while."""
        found = await self._store.escalations(EscalationFilter(state=EscalationState.OPEN, limit=100))
        return next(self._pages_of({one.course_id for one in found}), None)

    def _pages_of(self, courses: set[CourseId]) -> Iterator[ReceivedPage]:
        for page in self._inbox.pages:
            if page.title.startswith(LEFT_OPEN) and any(f"Course {course}," in page.body for course in courses):
                yield page

    def _say(self, course_id: CourseId, why: str) -> None:
        self._console.print(f"[dim]{course_id} is in other hands now: {escape(why)}[/dim]")
