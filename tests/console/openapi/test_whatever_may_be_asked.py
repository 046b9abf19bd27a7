"""Requests made up from the document, right ones and wrong ones by the thousand: each is answered as it says.

`schemathesis` makes them up, the same ones each time, and sends them to the running Kapstan. `GET /v1/stream` is the
one route that is left out: it never ends, and is listened to in `test_stream.py`.
"""

import asyncio
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest

from domain.access import TokenRole
from tests.support.cast import vitals
from tests.support.http_stack import House, example_events
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("openapi")

AT_LEAST: Final = 60
"""Requests that each of those who ask makes up; fewer would be a test of nothing."""


@dataclass(frozen=True)
class Asking:
    """How much somebody asks: of these phases, so many requests of each route."""

    phases: str
    of_a_route: int


ASKING: Final[Mapping[TokenRole, Asking]] = {
    TokenRole.ADMIN: Asking("examples,coverage,fuzzing,stateful", 6),
    TokenRole.CLINIC: Asking("fuzzing", 4),
    TokenRole.ONCALL: Asking("fuzzing", 4),
}
"""Who asks: of each route the edges of whatever it takes, then any of it, then one route after another."""

BEYOND_ITS_SCHEMA: Final = """
# Whether an event is right is for the protocol to say, and in binary mode for the head as well as for the body.
[[operations]]
include-path = "/v1/events"
checks.positive_data_acceptance.enabled = false
# In a batch each event is refused on its own.
checks.negative_data_rejection.enabled = false
# The edges of all that thirty-one events may hold would be sixteen thousand requests.
phases.coverage.enabled = false
generation.max-examples = 100

# Whether a cursor is one is for the list to say that gave it, and so is whether one moment is after another.
[[operations]]
include-path-regex = "^/v1/(courses|bookings|escalations|protocols)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "403", "422", "429"]

# Whether a moment lies after the course began is for the course to say, and its years stand in words alone.
[[operations]]
include-path-regex = "^/v1/courses/[^/]+(/ledger)?$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "401", "403", "404", "409", "422", "429"]

# Whether it may be done is for the on-call file to say.
[[operations]]
include-path-regex = "/v1/escalations/.+/(acknowledge|resolve|snooze|reassign)"
checks.positive_data_acceptance.enabled = false
"""


def known_words(**known: Sequence[str]) -> str:
    """Half the time what is asked for is something that there is."""
    values = "\n".join(f"[dictionaries.{name}]\nvalues = {list(words)}" for name, words in known.items())
    places = {
        "path.course_id": "courses",
        "query.course_id": "courses",
        "body.subject": "courses",
        "header.ce-subject": "courses",
        "path.escalation_id": "escalations",
        "path.protocol_id": "protocols",
        "body.by": "people",
        "body.to": "people",
    }
    bound = "\n".join(f'"{place}" = {{ dictionary = "{name}", probability = 0.7 }}' for place, name in places.items())
    return f"{values}\n[parameters]\n{bound}\n"


@pytest.fixture(scope="module")
async def words(house: House) -> str:
    """What there is in a ward in which something is going on."""
    ended = house.expects("EX")
    for event in example_events(ended):
        await house.admin.post("/v1/events", json=event)
    dosed = [await house.has(Ward.dosed) for _ in range(2)]
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84) for course in dosed])
    courses = [ended, *dosed, await house.has(Ward.checked_in), await house.has(Ward.screened)]
    escalations = [f"{course}~vitals_emergency~1~1" for course in dosed]
    return known_words(
        courses=courses, escalations=escalations, protocols=["kap-im-weekly"], people=["lind", "osei", "ward"]
    )


def settings(folder: Path, role: TokenRole, words: str) -> Path:
    """What `schemathesis` reads."""
    file = folder / f"{role}.toml"
    much = f"generation.max-examples = {ASKING[role].of_a_route}\n"
    file.write_text(f"{much}{words}{BEYOND_ITS_SCHEMA}", encoding="utf-8")
    return file


async def asked(house: House, role: TokenRole, file: Path) -> tuple[int, str]:
    """How it ended, and what is told of it."""
    token = await house.token(role)
    asking = await asyncio.create_subprocess_exec(
        Path(sys.executable).with_name("schemathesis"),
        *("--config-file", file, "run", f"{house.url}/openapi.json", "--exclude-path", "/v1/stream"),
        *("--header", f"Authorization: Bearer {token.token}"),
        *("--request-timeout", "60"),  # a busy machine is no failure
        *("--phases", ASKING[role].phases, "--generation-deterministic", "--continue-on-failure", "--no-color"),
        cwd=file.parent,
        env={**os.environ, "COLUMNS": "160"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asking.communicate()
    return asking.returncode or 0, said.decode()


@pytest.mark.timeout(1200)
async def test_every_answer_is_one_that_the_document_describes(house: House, words: str, tmp_path: Path) -> None:
    """No 5xx; status, type, head and body as described; what is wrong is refused, and without a token everything."""
    async with asyncio.TaskGroup() as asking:
        tasks = {role: asking.create_task(asked(house, role, settings(tmp_path, role, words))) for role in ASKING}

    for role, task in tasks.items():
        code, said = task.result()
        made_up = re.search(r"([\d,]+) generated", said)
        assert code == 0, f"{role}\n{said}"
        assert made_up, f"{role}\n{said}"
        assert int(made_up[1].replace(",", "")) >= AT_LEAST, f"{role}\n{said}"
