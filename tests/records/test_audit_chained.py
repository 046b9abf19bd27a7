"""Whoever changes the audit by hand is found out: a row that was deleted, added or changed is named."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta

import asyncpg
import pytest

from domain.access import Grant, TokenRole
from domain.ledger import GENESIS
from domain.sign_in import Screen, SignIn
from domain.verification import ChainHead
from gateway.host_account import sent_from_here
from gateway.tokens import NewToken, Tokens
from records.access import AccessStore, AdministrationAct, AuditEntry, CourseRead, FailedSignIn
from records.audit_chains import MOST_NAMED, AuditChain, AuditChains
from records.connections import Connections, open_connections
from records.errors import RecordStoreError
from records.schema import migrations
from records.sign_ins import SignInStore
from records.store import migrate
from tests.support.record_samples import MARA, MONDAY

pytestmark = pytest.mark.xdist_group("postgres")


def read(request: str = "r-1") -> CourseRead:
    return CourseRead(
        at=MONDAY, token_id=None, name="Lind's phone", role="clinic", course_id=MARA, what="course", request_id=request
    )


def act(about: str = "every course") -> AdministrationAct:
    return AdministrationAct(at=MONDAY, what="lists made anew", about=about, sent_by=sent_from_here())


def failed() -> FailedSignIn:
    return FailedSignIn(at=MONDAY, token_id=None, address="192.0.2.1", request_id="r-2")


def five_of_each() -> list[AuditEntry]:
    return [made for n in range(5) for made in (read(f"r-{n}"), act(f"course {n}"), failed())]


@pytest.fixture
async def connections(database_url: str) -> AsyncIterator[Connections]:
    async with open_connections(database_url) as opened:
        yield opened


@pytest.fixture
async def token(connections: Connections) -> NewToken:
    """The only token: the first act of administration."""
    tokens = Tokens(AccessStore(connections))
    return await tokens.create(Grant(roles=(TokenRole.CLINIC,)), name="the EHR", sent_by=sent_from_here())


@pytest.fixture
async def audit(connections: Connections, token: NewToken) -> AuditChains:
    """Five rows in each chain, and one more for the token."""
    await AccessStore(connections).record(five_of_each())
    for n in range(5):
        begun = SignIn(id=f"{n}" * 64, token_id=token.id, screen=Screen.PERSONAL, began_at=MONDAY, used_at=MONDAY)
        await SignInStore(connections).begin(begun)
    return AuditChains(connections)


async def found(audit: AuditChains) -> list[str]:
    """What verification finds wrong, in words."""
    verdicts = [await audit.verify(chain) for chain in AuditChain]
    said = [f"{one.chain}: row {fault.sequence}: {fault.reason}" for one in verdicts for fault in one.faults]
    return [*said, *(f"tokens: {one.differs}" for one in await audit.tokens())]


async def has_by_hand(superuser: asyncpg.Connection, sql: str) -> None:
    """Somebody writes to the record whom no trigger keeps from it."""
    await superuser.execute(f"SET session_replication_role = replica; {sql}; RESET session_replication_role")


async def test_what_nobody_touched_is_whole(audit: AuditChains) -> None:
    """Each chain to its newest row; a sign-in may be used and end."""
    assert await found(audit) == []
    assert [(await audit.verify(chain)).sequence for chain in AuditChain] == [5, 6, 5, 5]


async def test_a_chain_is_one_whoever_appends_at_once(audit: AuditChains, console_url: str, worker_url: str) -> None:
    """Three consoles write, and commands in a worker's container: each row follows the one before it."""
    async with AsyncExitStack() as stack:
        consoles = [AccessStore(await stack.enter_async_context(open_connections(console_url))) for _ in range(3)]
        worker = AccessStore(await stack.enter_async_context(open_connections(worker_url)))
        await asyncio.gather(
            *(console.record(five_of_each()) for console in consoles for _ in range(10)),
            *(worker.record([read(), act()]) for _ in range(10)),
        )

    assert await found(audit) == []
    assert [(await audit.verify(chain)).sequence for chain in AuditChain] == [165, 166, 155, 5]


async def test_what_was_not_written_in_the_end_leaves_no_gap(connections: Connections, audit: AuditChains) -> None:
    """A transaction that fails takes its place in the chain back."""
    access = AccessStore(connections)
    with pytest.raises(RecordStoreError):
        await access.record([failed(), act("a NUL: \x00, which PostgreSQL takes from nobody")])
    await access.record([failed()])

    assert await found(audit) == []


DELETED = {
    "DELETE FROM course_reads WHERE sequence = 3": "course_reads: row 3: row 3 is missing; the next one is 4",
    "DELETE FROM administration WHERE sequence IN (3, 4)": (
        "administration: row 3: rows 3 to 4 are missing; the next one is 5"
    ),
    "DELETE FROM failed_sign_ins WHERE sequence = 5": ("failed_sign_ins: row 5: row 5 is missing; the newest one is 5"),
    "TRUNCATE sign_ins": "sign_ins: row 1: rows 1 to 5 are missing; the newest one is 5",
    "DELETE FROM tokens": "tokens: an act of administration made it, and it is gone",
}
CHANGED = {
    f"UPDATE {chain} SET {change} WHERE sequence = {row}": f"{chain}: row {row}: its content does not match its hash"
    for chain, change, row in (
        ("course_reads", "person = 'osei'", 1),
        ("course_reads", "name = 'nobody'", 2),
        ("course_reads", "course_id = NULL", 3),
        ("course_reads", "hash = repeat('a', 64)", 4),
        ("course_reads", "at = at - interval '1 microsecond'", 5),
        ("administration", "about = 'nothing'", 3),
        ("failed_sign_ins", "address = '192.0.2.2'", 3),
        ("sign_ins", "screen = 'wall'", 3),
    )
} | {"UPDATE tokens SET role = 'admin'": "tokens: no act of administration made it what it is"}
ADDED = {
    """
    INSERT INTO course_reads (at, name, role, what, request_id, sequence, previous_hash, hash)
    SELECT at, name, role, what, request_id, 6, hash, repeat('a', 64) FROM course_reads WHERE sequence = 5
    """: "course_reads: row 6: its content does not match its hash",
    "SELECT": "course_reads: row 6: audit_heads knows nothing of it; it ends at row 5",
    "UPDATE audit_heads SET sequence = 4 WHERE chain = 'failed_sign_ins'": (
        "failed_sign_ins: row 5: audit_heads knows nothing of it; it ends at row 4"
    ),
    "DELETE FROM audit_heads WHERE chain = 'sign_ins'": (
        "sign_ins: row 5: audit_heads does not say whether it is the newest"
    ),
    "INSERT INTO tokens (id, name, role, salt, hash, created_at) VALUES ('t', 't', 'admin', '', '', now())": (
        "tokens: no act of administration made it"
    ),
}


@pytest.mark.parametrize("by_hand", [DELETED, CHANGED, ADDED], ids=["deleted", "changed", "added"])
async def test_what_was_done_by_hand_is_named(
    audit: AuditChains, superuser: asyncpg.Connection, by_hand: dict[str, str]
) -> None:
    """The row, and what is wrong with it; nothing else is."""
    await has_by_hand(superuser, ";".join(by_hand))

    assert sorted(await found(audit)) == sorted(by_hand.values())


async def test_a_row_whose_hash_was_made_to_fit_breaks_the_chain_behind_it(
    audit: AuditChains, superuser: asyncpg.Connection
) -> None:
    """Whoever hashes what they changed has to hash all that follows, and the head."""
    await has_by_hand(
        superuser,
        """
        UPDATE course_reads SET name = 'nobody' WHERE sequence = 2;
        SET timezone = 'UTC';
        UPDATE course_reads AS one SET hash = encode(sha256(convert_to(
            jsonb_strip_nulls(to_jsonb(one) - 'hash')::text, 'UTF8')), 'hex') WHERE sequence IN (2, 5)
        """,
    )

    assert await found(audit) == [
        "course_reads: row 3: it does not name the hash of the row before it: one of the two was changed"
    ]


async def test_a_chain_that_was_written_anew_to_its_end_is_not_the_one_that_temporal_remembers(
    audit: AuditChains, superuser: asyncpg.Connection
) -> None:
    """Whoever hashes all that follows, and the head, is found by what the schedule's newest run has seen."""
    seen = await audit.verify(AuditChain.FAILED_SIGN_INS)
    remembered = ChainHead(chain=seen.chain, sequence=seen.sequence, hash=seen.head)
    await has_by_hand(
        superuser,
        """
        DELETE FROM failed_sign_ins;
        UPDATE audit_heads SET sequence = 0, hash = repeat('0', 64) WHERE chain = 'failed_sign_ins';
        SET session_replication_role = origin;
        SET application_name = 'kapstan';
        INSERT INTO failed_sign_ins (at, request_id) SELECT now(), n::text FROM generate_series(1, 5) AS n
        """,
    )

    assert await found(audit) == []
    (fault,) = (await audit.verify(AuditChain.FAILED_SIGN_INS, remembered)).faults
    assert (fault.sequence, fault.reason) == (
        5,
        "Temporal remembers a row, and it is not that row: the chain was written anew",
    )


async def test_a_chain_that_goes_on_from_what_temporal_remembers_is_whole(
    connections: Connections, audit: AuditChains
) -> None:
    """What is appended after it changes nothing of that; a chain that was empty then is remembered by no row."""
    seen = await audit.verify(AuditChain.READS)
    await AccessStore(connections).record([read()])

    remembered = ChainHead(chain=seen.chain, sequence=seen.sequence, hash=seen.head)
    assert (await audit.verify(AuditChain.READS, remembered)).is_whole
    assert (await audit.verify(AuditChain.READS, remembered.but(sequence=0, hash=GENESIS))).is_whole


async def test_of_many_rows_the_first_are_named_and_all_are_counted(
    connections: Connections, audit: AuditChains, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many pages the chain is read in."""
    monkeypatch.setattr("records.audit_chains.ROWS_AT_ONCE", 4)
    await AccessStore(connections).record([read(f"r-{n}") for n in range(35)])
    assert await found(audit) == []

    await has_by_hand(superuser, "UPDATE course_reads SET name = 'nobody' WHERE sequence > 10")

    verdict = await audit.verify(AuditChain.READS)
    assert (verdict.differing, len(verdict.faults)) == (30, MOST_NAMED)
    assert [fault.sequence for fault in verdict.faults[:2]] == [11, 12]


@pytest.mark.parametrize("user", ["postgres", "kapstan_console", "kapstan_worker"])
async def test_nobody_appends_by_hand(database_url: str, audit: AuditChains, user: str) -> None:
    """Not even the owner, as long as they leave the trigger on."""
    somebody = await asyncpg.connect(database_url.replace("postgres:@", f"{user}:@"))
    try:
        with pytest.raises(asyncpg.RestrictViolationError, match="only Kapstan appends to the audit"):
            await somebody.execute(
                "INSERT INTO course_reads (at, name, role, what, request_id) VALUES (now(), 'n', 'r', 'w', 'i')"
            )
    finally:
        await somebody.close()

    assert await found(audit) == []


async def test_a_token_is_what_the_newest_act_about_it_says(connections: Connections, token: NewToken) -> None:
    """Its use changes nothing of that; revoking it is an act. Undoing it by hand is named."""
    access, audit = AccessStore(connections), AuditChains(connections)
    await access.used(token.id, MONDAY)
    await Tokens(access).revoke(token.id, sent_by=sent_from_here())
    assert await found(audit) == []

    async with connections.transaction() as connection:
        await connection.execute("UPDATE tokens SET revoked_at = NULL")

    assert await found(audit) == ["tokens: no act of administration made it what it is"]


async def test_a_sign_in_may_be_used_and_end(connections: Connections, audit: AuditChains) -> None:
    """When is not in its chain."""
    sign_ins = SignInStore(connections)
    await sign_ins.use("1" * 64, MONDAY + timedelta(minutes=1))
    await sign_ins.end("1" * 64, MONDAY + timedelta(minutes=2))

    assert await found(audit) == []


async def test_what_an_earlier_release_wrote_is_chained_as_this_one_comes(empty_database: str) -> None:
    """In the order in which it was written; from then on a change of it is named, and what is new follows it."""
    before = migrations()[:13]
    assert before[-1].version == 13
    await migrate(empty_database, before)
    somebody = await asyncpg.connect(empty_database, server_settings={"timezone": "Asia/Kathmandu"})
    try:
        await somebody.execute("""
            INSERT INTO tokens (id, name, role, salt, hash, created_at) VALUES ('t', 't', 'admin', 's', 'h', now());
            INSERT INTO course_reads (at, name, role, what, request_id)
                SELECT now() - make_interval(hours => n), 'n', 'r', 'w', n::text FROM generate_series(1, 50) AS n;
            INSERT INTO administration (at, what, about, request_id) VALUES (now(), 'token created', 't (t)', 'r');
            INSERT INTO failed_sign_ins (at, request_id) VALUES (now(), 'r');
            INSERT INTO sign_ins (id, token_id, screen, began_at, used_at) VALUES ('s', 't', 'personal', now(), now());
        """)
        assert await migrate(empty_database) == [step.name for step in migrations()[13:]]
        async with open_connections(empty_database) as connections:
            await AccessStore(connections).record(five_of_each())
            audit = AuditChains(connections)
            assert await found(audit) == []
            assert [(await audit.verify(chain)).sequence for chain in AuditChain] == [55, 7, 6, 1]

            await has_by_hand(somebody, "UPDATE course_reads SET name = 'nobody' WHERE request_id = '50'")
            assert await found(audit) == ["course_reads: row 1: its content does not match its hash"]
    finally:
        await somebody.close()


async def test_an_earlier_release_goes_on_writing_while_this_one_comes(audit: AuditChains, console_url: str) -> None:
    """It knows nothing of chains, and what it writes has its place in them, whatever its time zone."""
    earlier = await asyncpg.connect(
        console_url, server_settings={"application_name": "kapstan", "timezone": "Asia/Kathmandu"}
    )
    try:
        await earlier.execute(
            "INSERT INTO course_reads (at, token_id, name, role, course_id, what, request_id, person, own_request_id)"
            " VALUES (now(), NULL, 'n', 'r', 'MARA-1', 'w', 'i', NULL, 'o')"
        )
    finally:
        await earlier.close()

    assert await found(audit) == []
    assert (await audit.verify(AuditChain.READS)).sequence == 6
