"""A very full floor: thousands of made-up courses as the record store would hold them, seeded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

import asyncpg

from domain.course.session import Stage
from domain.course.state import Phase
from domain.values import Severity
from domain.views.summary import CourseSummary
from records.projection import course_row
from records.statements import statement

NOW: Final = datetime(2026, 6, 1, 14, tzinfo=UTC)
"""The moment at which the floor is viewed."""

SITES: Final = ("bend", "cork", "oslo", "turin")
PROTOCOLS: Final = ("kap-im-weekly", "kap-iv-weekly", "kap-sl-weekly")
SHARES: Final = {
    Phase.SCREENING: 12,
    Phase.PREPARATION: 10,
    Phase.MEDICINE: 25,
    Phase.INTEGRATION: 13,
    Phase.FOLLOW_UP: 40,
}
"""How many of a hundred open courses are in each phase: follow-up lasts half a year."""

UNDER_WAY: Final = (Stage.CHECKED_IN, Stage.CLEARED, Stage.DOSED, Stage.RECOVERING)


def courses(count: int, *, closed: int = 0, seed: int = 7) -> Iterator[CourseSummary]:
    """So many open courses, and so many closed ones."""
    chance = Random(seed)  # noqa: S311  not a secret
    phases = [*chance.choices(list(SHARES), weights=list(SHARES.values()), k=count), *[Phase.CLOSED] * closed]
    for number, phase in enumerate(phases):
        yield _course(chance, f"C-{number:05}", phase)


async def fill(connection: asyncpg.Connection, summaries: Iterator[CourseSummary]) -> None:
    """Inserts these courses into the record store, and updates its statistics."""
    async with connection.transaction():
        await connection.executemany(statement("project_course"), [course_row(one) for one in summaries])
    await connection.execute("ANALYZE courses")


def _course(chance: Random, course_id: str, phase: Phase) -> CourseSummary:
    is_open = phase is not Phase.CLOSED
    attention = chance.choices([None, *Severity], weights=[90, 6, 3, 1])[0] if is_open else None
    is_here = phase is Phase.MEDICINE and chance.random() < 0.02
    stage = chance.choice(UNDER_WAY) if is_here else Stage.BOOKED if phase is Phase.MEDICINE else None
    due_at = NOW + timedelta(minutes=chance.uniform(-60, 20_000)) if is_open else None
    return CourseSummary(
        course_id=course_id,
        site=chance.choice(SITES),
        protocol_id=chance.choice(PROTOCOLS),
        protocol_version="1.0.0",
        phase=phase,
        outcome=None if is_open else "completed",
        held=is_open and chance.random() < 0.03,
        hold_reason=None,
        session=chance.randint(1, 6) if phase is not Phase.SCREENING else None,
        stage=stage,
        attention=attention,
        open_escalations=1 if attention else 0,
        next_kind="checkpoint" if is_here else "phase",
        next_due_at=due_at,
        started_at=NOW - timedelta(minutes=chance.uniform(0, 250_000)),
        closed_at=None if is_open else NOW - timedelta(days=chance.uniform(0, 90)),
        sequence=chance.randint(3, 130),
        ledger_head=f"{chance.getrandbits(256):064x}",
        planned_sessions=6,
        to_do="Preparation: safety plan, coping tools to come",
        to_do_by=due_at,
        blocked_by=("Safety plan, coping tools to come", "Preparation talk to come"),
        dosed_at=NOW - timedelta(minutes=chance.uniform(0, 120)) if is_here else None,
        reading_due_at=NOW + timedelta(minutes=chance.uniform(-8, 15)) if is_here else None,
    )
