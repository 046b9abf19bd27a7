"""Whoever breaks into a worker or the console adds to the record at most: what stands there only its owner changes."""

import re
from datetime import timedelta

import asyncpg
import pytest

from domain.access import Grant, TokenRole
from domain.escalation.silence import Silence, SilenceReason
from domain.escalation.watchdog import Tick
from domain.escalation.watchdog_alarm import raised
from domain.sign_in import Screen, SignIn
from domain.views.figures import CourseFigures, MeasureFigures
from gateway.host_account import sent_from_here
from gateway.tokens import Tokens
from records.access import AccessStore, AdministrationAct, CourseRead, FailedSignIn
from records.connections import open_connections
from records.errors import RoleMayNot
from records.schema import CONSOLE_ROLE, WORKER_ROLE
from records.sign_ins import SignInStore
from records.statements import statement
from records.store import migrate, open_store
from records.watchdog import WatchdogStore
from tests.records.test_record_schema import QUERIES
from tests.support.record_samples import MARA, MONDAY, batch, ledger, readings, view

pytestmark = pytest.mark.xdist_group("postgres")

FIGURES = CourseFigures(
    sessions=1,
    checkpoints_met=1,
    checkpoints_late=0,
    checkpoints_missed=0,
    integrations_in_time=0,
    integrations_late=0,
    integrations_owed=0,
    measures=(MeasureFigures(instrument="phq9", baseline=18, latest=9, is_response=True, is_remission=False),),
)

OF_NEITHER = [
    "UPDATE ledger SET late = true",
    "DELETE FROM ledger",
    "TRUNCATE ledger",
    "ALTER TABLE ledger DISABLE TRIGGER ALL",
    "DROP TRIGGER ledger_is_append_only ON ledger",
    "DROP TABLE ledger",
    "ALTER TABLE ledger OWNER TO CURRENT_USER",
    "CREATE OR REPLACE FUNCTION refuse_to_rewrite() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
    "CREATE TABLE anything (n int)",
    "SET session_replication_role = replica",
    "DELETE FROM courses",
    "DELETE FROM escalations",
    "UPDATE course_reads SET name = 'nobody'",
    "DELETE FROM course_reads",
    "ALTER TABLE course_reads DISABLE TRIGGER ALL",
    "INSERT INTO administration (at, what, about, request_id) VALUES (now(), 'token created', 't', 'r')",
    "UPDATE administration SET what = 'nothing'",
    "DELETE FROM failed_sign_ins",
    "DELETE FROM sign_ins",
    "DELETE FROM course_keys",
    "UPDATE course_keys SET wrapped = ''",
    "INSERT INTO course_keys (course_id, erased_at, ended_with, ended_hash) VALUES ('MARA-1', now(), 1, '')",
    "UPDATE sign_ins SET hash = ''",
    "UPDATE audit_heads SET sequence = 0",
    "INSERT INTO audit_heads VALUES ('other', 0, '')",
    "CREATE TEMP TABLE mine (n int); CREATE TRIGGER t BEFORE INSERT ON mine EXECUTE FUNCTION chain_the_row('hash')",
    "UPDATE tokens SET role = 'admin'",
    "UPDATE tokens SET revoked_at = NULL",
    "DELETE FROM tokens",
    "INSERT INTO tokens (id, name, role, salt, hash, created_at) VALUES ('t', 't', 'admin', '', '', now())",
    "UPDATE schema_migrations SET checksum = ''",
    "SET ROLE postgres",
]


@pytest.mark.parametrize("role", [WORKER_ROLE, CONSOLE_ROLE])
async def test_neither_changes_what_stands_in_the_record(database_url: str, role: str) -> None:
    """No row of the ledger, no trigger, no table, no token's role; nobody makes themselves the owner."""
    async with open_store(database_url) as owners:
        await owners.append(batch(ledger(readings(2))))
    connection = await asyncpg.connect(database_url.replace("postgres:@", f"{role}:@"))
    try:
        await connection.execute("GRANT ALL ON ledger TO CURRENT_USER")  # a warning, and nothing is granted
        done = [one for one in OF_NEITHER if not await _is_refused(connection, one)]
        kept = await connection.fetchval("SELECT count(*) FROM ledger")
    finally:
        await connection.close()

    assert (done, kept) == ([], 2)


async def test_the_console_adds_nothing_to_a_ledger(console_url: str) -> None:
    """It reads ledgers; what is in them comes from courses, by their workers."""
    async with open_store(console_url) as store:
        with pytest.raises(RoleMayNot, match="permission denied for table ledger"):
            await store.append(batch(ledger(readings(1))))

        assert await store.ledger(MARA) == []


async def test_a_worker_does_its_work(worker_url: str) -> None:
    """It writes ledgers, lists, figures and escalations, each again too, and reads what its commands show."""
    opened = view()
    entries = ledger(readings(3))
    async with open_store(worker_url) as store:
        for so_far in (entries[:2], entries[2:]):
            await store.append(batch(so_far).but(figures=FIGURES))
        await store.record_escalation(opened)
        await store.record_escalation(opened.but(revision=2, pages=()))

        assert len(await store.ledger(MARA)) == 3
        assert [one.course_id for one in await store.courses()] == [MARA]
        assert [one.id for one in await store.escalations()] == [opened.id]


async def test_the_console_does_its_work(database_url: str, console_url: str, worker_url: str) -> None:
    """It watches, raises alarms by itself, notes who read what and that a token was used; a command may acknowledge."""
    async with open_connections(database_url) as connections:
        tokens = Tokens(AccessStore(connections))
        made = await tokens.create(Grant(roles=(TokenRole.CLINIC,)), name="the EHR", sent_by=sent_from_here())
    alarm = raised(MARA, 1, 1, MONDAY)
    async with open_connections(console_url) as connections:
        assert await connections.can_write()
        watch, access = WatchdogStore(connections), AccessStore(connections)
        for _ in range(2):
            await watch.look(Tick(looked_at=MONDAY, watching_since=MONDAY))
            await watch.silent(
                [Silence(course_id=MARA, session=1, found=SilenceReason.UNANSWERED, since=MONDAY)], dosed=True
            )
        await watch.silent([], dosed=True)
        await watch.add(alarm)
        await access.used(made.id, MONDAY)
        read = CourseRead(
            at=MONDAY,
            token_id=made.id,
            name="the EHR",
            role=TokenRole.CLINIC,
            course_id=MARA,
            what="view",
            request_id="r-1",
        )
        act = AdministrationAct(at=MONDAY, what="escalation resolved", about=alarm.id, sent_by=sent_from_here())
        failed = FailedSignIn(at=MONDAY, token_id=made.id, address="192.0.2.1", request_id="r-2")
        await access.record([read, act, failed])
        sign_ins = SignInStore(connections)
        begun = SignIn(id="a" * 64, token_id=made.id, screen=Screen.PERSONAL, began_at=MONDAY, used_at=MONDAY)
        await sign_ins.begin(begun)
        await sign_ins.use(begun.id, MONDAY + timedelta(minutes=1))
        await sign_ins.end(begun.id, MONDAY + timedelta(minutes=2))

        assert [one.last_used_at for one in await access.tokens()] == [MONDAY]
        assert await access.reads(MARA) == [read]
        assert act in await access.administration()
        assert await access.failed_sign_ins() == [failed]
    async with open_connections(worker_url) as connections:
        moved = await WatchdogStore(connections).move(alarm.id, lambda one: one)

    assert moved is not None


async def test_who_may_what_of_each_table(superuser: asyncpg.Connection) -> None:
    """A table that somebody adds is nobody's until it stands here, and in `grant_to_runtime_roles.sql`."""
    rows = await superuser.fetch(
        """
        SELECT relname, role, string_agg(left(privilege, 1), '' ORDER BY privilege) AS may
        FROM pg_class, unnest($1::text[]) AS role, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE}'::text[]) AS privilege
        WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')
            AND has_table_privilege(role, pg_class.oid, privilege)
        GROUP BY relname, role
        """,
        [WORKER_ROLE, CONSOLE_ROLE],
    )
    may = {(row["relname"], row["role"]): row["may"] for row in rows}
    every = await superuser.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
    )

    assert {
        row["relname"]: (may.get((row["relname"], WORKER_ROLE), ""), may.get((row["relname"], CONSOLE_ROLE), ""))
        for row in every
    } == {
        "ledger": ("IS", "S"),
        "course_keys": ("S", "S"),  # and of three columns I
        "courses": ("ISU", "S"),
        "course_cards": ("S", "S"),
        "course_summaries": ("S", "S"),
        "course_figures": ("ISU", "S"),
        "course_measures": ("DISU", "S"),
        "bookings": ("ISU", "S"),
        "escalations": ("ISU", "ISU"),
        "escalation_views": ("S", "S"),
        "escalation_pages": ("DISU", "DISU"),
        "watch_incidents": ("SU", "ISU"),
        "watch_looks": ("S", "ISU"),
        "watch_silences": ("S", "DISU"),
        "course_reads": ("IS", "IS"),
        "administration": ("IS", "IS"),
        "failed_sign_ins": ("S", "IS"),
        "sign_ins": ("S", "IS"),
        "audit_heads": ("S", "S"),
        "tokens": ("S", "S"),
        "verifications": ("IS", "IS"),
        "ended_courses": ("ISU", "S"),
        "schema_migrations": ("S", "S"),
    }


async def test_each_statement_has_somebody_who_may_run_it(superuser: asyncpg.Connection) -> None:
    """The console runs its own, workers theirs; tokens, migrations and lists made anew are the owner's."""
    refused: dict[str, set[str]] = {WORKER_ROLE: set(), CONSOLE_ROLE: set()}
    for role, names in refused.items():
        await superuser.execute(f"SET ROLE {role}")
        for name in QUERIES:
            sql = statement(name)
            if re.search(r"^(SELECT|INSERT|UPDATE|DELETE|WITH)", sql, re.MULTILINE) is None:
                continue
            if await _is_refused(superuser, f"EXPLAIN (GENERIC_PLAN) {sql}"):
                names.add(name)
        await superuser.execute("RESET ROLE")

    owners = {
        "create_token",
        "drop_bookings_but",
        "encrypt_ledger",
        "erase_course_key",
        "record_migration",
        "revoke_token",
        "unlist_course",
        "unlist_escalation",
        "wrap_course_key",
    }
    assert refused == {
        WORKER_ROLE: owners
        | {"end_silences", "keep_silence", "look", "raise_incident"}
        | {"record_failed_sign_in", "use_token"}
        | {"begin_sign_in", "end_sign_in", "take_sign_in", "use_sign_in"},
        CONSOLE_ROLE: owners
        | {"append_entry", "drop_measures_but", "project_course", "project_figures", "project_measure"}
        | {"encrypt_ended_course", "keep_ended_course", "project_booking"}
        | {"set_back_course"},
    }


async def test_what_was_granted_by_hand_is_taken_back(superuser: asyncpg.Connection, database_url: str) -> None:
    """Each migration leaves the roles with what they need, whatever somebody gave them meanwhile."""
    await superuser.execute(
        f"GRANT ALL ON ledger, tokens TO {WORKER_ROLE}; GRANT UPDATE (late) ON ledger TO {CONSOLE_ROLE}"
    )

    await migrate(database_url)

    assert not await superuser.fetchval(f"SELECT has_table_privilege('{WORKER_ROLE}', 'ledger', 'UPDATE')")
    assert not await superuser.fetchval(f"SELECT has_any_column_privilege('{CONSOLE_ROLE}', 'ledger', 'UPDATE')")


@pytest.mark.parametrize("role", [WORKER_ROLE, CONSOLE_ROLE])
async def test_who_does_not_own_the_schema_is_told_that_they_do_not(database_url: str, role: str) -> None:
    """A migration by the wrong role says in one sentence what it needs."""
    with pytest.raises(RoleMayNot, match="this needs the role that owns the database"):
        await migrate(database_url.replace("postgres:@", f"{role}:@"))


async def _is_refused(connection: asyncpg.Connection, sql: str) -> bool:
    try:
        await connection.execute(sql)
    except (asyncpg.InsufficientPrivilegeError, asyncpg.RestrictViolationError):
        return True
    return False
