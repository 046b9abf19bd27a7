"""Connects the commands to a running Kapstan, found by the environment or by `stack.json`."""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import TypeVar

from temporalio.client import Client

from domain.escalation.ids import EscalationId
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.values import Frozen
from gateway.codec import EncryptionCodec
from gateway.courses import Courses
from gateway.erasing import Erasing
from gateway.escalations import Escalations
from gateway.list_verification import ListVerification
from gateway.oncall import OnCallBook
from gateway.protocols import load_folder
from gateway.temporal import connect
from gateway.tokens import Tokens
from gateway.verification import Verification
from gateway.verification_schedule import newest_report
from gateway.watchdog_alarms import WatchdogAlarms
from records.access import AccessStore
from records.audit_chains import AuditChains
from records.connections import open_connections
from records.record_keys import RecordKeys
from records.sealing import Keyring
from records.store import RecordStore, open_store
from records.watchdog import WatchdogStore
from settings import Misconfigured, read_settings
from stack.payload_keys import codec_of, keyring_of
from stack.stackfile import StackFile, read_stack_file

Opened = TypeVar("Opened")
Answer = TypeVar("Answer")


class Target(Frozen):
    """The addresses of a running Kapstan, and the files it uses; `stack` if an `up` runs it, which has payload keys.

    What it opens raises `TemporalUnreachable`, `RecordStoreError`, or `Misconfigured` if no database is named.
    """

    temporal: str | None
    database: str | None
    protocols: Path
    oncall: Path
    allow_unapproved: bool
    stack: StackFile | None = None

    @property
    def database_url(self) -> str:
        """The database's URL. Raises `Misconfigured` if none is named."""
        if self.database is None:
            raise Misconfigured("KAPSTAN_DATABASE_URL: must be a URL such as postgresql://user@host/database")
        return self.database

    @property
    def keyring(self) -> Keyring:
        """The keys of the record. Raises `Misconfigured` or `StackMisconfigured`."""
        if self.stack:
            return keyring_of(self.stack)
        settings = read_settings()
        return Keyring.of(settings.payload_keys, encrypts=settings.encrypt_records)

    @asynccontextmanager
    async def courses(self) -> AsyncIterator[Courses]:
        """Connects to the courses."""
        library, on_call, client = load_folder(self.protocols), OnCallBook(self.oncall), await self._client()
        async with self.store() as store:
            yield Courses(
                client,
                library,
                store,
                allow_unapproved=self.allow_unapproved,
                timezone_of=lambda site: on_call.now().timezone_of(site),
            )

    @asynccontextmanager
    async def escalations(self, about: EscalationId | None = None) -> AsyncIterator[Escalations]:
        """Connects to the escalations. One of the watchdog's, named by `about`, also works while Temporal is away."""
        if about is None or not is_of_the_watch(about):
            yield Escalations(await self._client())
            return
        client = await self._client(lazy=True)
        async with open_connections(self.database_url, self.keyring) as connections:
            yield Escalations(client, WatchdogAlarms(WatchdogStore(connections), OnCallBook(self.oncall).now))

    @asynccontextmanager
    async def store(self) -> AsyncIterator[RecordStore]:
        """Connects to the record store."""
        async with open_store(self.database_url, self.keyring) as store:
            yield store

    @asynccontextmanager
    async def both_memories(self) -> AsyncIterator[tuple[RecordStore, WatchdogStore, Courses, Escalations]]:
        """Connects to the record store, with the watchdog's part of it, and to courses and escalations."""
        async with (
            open_connections(self.database_url, self.keyring) as connections,
            self.courses() as courses,
            self.escalations() as escalations,
        ):
            yield RecordStore(connections), WatchdogStore(connections), courses, escalations

    @asynccontextmanager
    async def record_keys(self) -> AsyncIterator[tuple[RecordStore, RecordKeys]]:
        """Connects to the record store, as its owner, and to its keys."""
        async with open_connections(self.database_url, self.keyring) as connections:
            yield RecordStore(connections), RecordKeys(connections)

    @asynccontextmanager
    async def erasing(self) -> AsyncIterator[Erasing]:
        """Connects to both, to erase a course."""
        async with (
            open_connections(self.database_url, self.keyring) as connections,
            self.courses() as courses,
        ):
            yield Erasing(await self._client(), courses, RecordStore(connections), RecordKeys(connections))

    @asynccontextmanager
    async def verification(self) -> AsyncIterator[Verification]:
        """Connects to both, to verify them."""
        async with (
            open_connections(self.database_url, self.keyring) as connections,
            self.courses() as courses,
            self.escalations() as escalations,
        ):
            store = RecordStore(connections)
            lists = ListVerification(store, WatchdogStore(connections), courses, escalations)
            before = await newest_report(await self._client())
            yield Verification(store, courses, lists, AuditChains(connections), before)

    @asynccontextmanager
    async def tokens(self) -> AsyncIterator[Tokens]:
        """Connects to the API tokens."""
        async with open_connections(self.database_url, self.keyring) as connections:
            yield Tokens(AccessStore(connections))

    @asynccontextmanager
    async def access(self) -> AsyncIterator[AccessStore]:
        """Connects to the audit."""
        async with open_connections(self.database_url, self.keyring) as connections:
            yield AccessStore(connections)

    @asynccontextmanager
    async def temporal_client(self) -> AsyncIterator[Client]:
        """Connects to Temporal."""
        yield await self._client()

    async def _client(self, *, lazy: bool = False) -> Client:
        settings = read_settings()
        codec = (
            codec_of(self.stack)
            if self.stack
            else EncryptionCodec.of(settings.payload_keys, allow_plain=settings.allow_plain_payloads)
        )
        who = f"kapstan-command-{os.getpid()}"
        return await connect(identity=who, target_host=self.temporal, codec=codec, for_callers=True, lazy=lazy)


def place(data: Path) -> Target:
    """The running Kapstan that the environment names, else the one whose `up` wrote `stack.json` in `data`.

    Raises `Misconfigured`, and `NoStackRuns` if there is none.
    """
    settings = read_settings()
    if "TEMPORAL_ADDRESS" in os.environ or settings.database_url is not None:
        return Target(
            temporal=None,
            database=settings.database_url,
            protocols=settings.protocols,
            oncall=settings.oncall,
            allow_unapproved=settings.allow_unapproved,
        )
    running = read_stack_file(data)
    return Target(
        temporal=running.temporal,
        database=running.database,
        protocols=running.protocols,
        oncall=running.oncall,
        allow_unapproved=True,
        stack=running,
    )


def asked(opening: AbstractAsyncContextManager[Opened], ask: Callable[[Opened], Awaitable[Answer]]) -> Answer:
    """Opens the connection, asks, closes it, and returns the answer."""

    async def asking() -> Answer:
        async with opening as opened:
            return await ask(opened)

    return asyncio.run(asking())
