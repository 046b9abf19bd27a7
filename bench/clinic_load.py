"""A mixed clinic load beside the floor's, round by round: what `throughput`, `cost` and `records` are read from.

The load is example courses over HTTP, each client at another place of its course: readings, calls, doses, follow-ups.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import asyncpg

from bench import on_paper
from bench.house import House
from bench.load import Begun, Kind, Loader, Order, Tally
from bench.run import Run, settled

ROUNDS: Final = (Kind.CLINIC, Kind.RECORDED, Kind.COUNTER)
LAGS: Final = """
SELECT extract(epoch FROM stored_at - recorded_at)::float8 AS lag, stored_at
FROM ledger
WHERE course_id LIKE 'CLINIC-%' AND stored_at > $1
"""


@dataclass
class Round:
    """One load: its tally, and the processor seconds that each program spent until everything was written."""

    tally: Tally
    spent: dict[str, float]


@dataclass
class ClinicLoad:
    """All rounds, by kind, and how long each ledger entry of the clinic waited for the record store, by round."""

    rounds: dict[Kind, list[Round]] = field(default_factory=lambda: {kind: [] for kind in ROUNDS})
    lags: list[list[float]] = field(default_factory=list)


class ClinicLoads:
    """Makes the load once a run, for whichever measurement comes first."""

    def __init__(self) -> None:
        self._made: dict[Run, ClinicLoad] = {}

    async def of(self, run: Run) -> ClinicLoad:
        """The load of this run."""
        if run not in self._made:
            self._made[run] = await _made(run)
        return self._made[run]


LOADS: Final = ClinicLoads()


async def _made(run: Run) -> ClinicLoad:
    house, loader = await run.shared()
    begun = await _begun(house, run.sizes.clinic_clients)
    warm = Order(kind=Kind.CLINIC, clients=run.sizes.clinic_clients, seconds=run.sizes.clinic_seconds / 2, begun=begun)
    await loader.does(warm)
    await settled(house)
    load = ClinicLoad()
    for number in range(run.sizes.rounds):
        for kind in ROUNDS if number % 2 == 0 else reversed(ROUNDS):
            order = Order(kind=kind, clients=run.sizes.clinic_clients, seconds=run.sizes.clinic_seconds)
            since = datetime.now(UTC)
            load.rounds[kind].append(await _spent(house, loader, order))
            if kind is Kind.CLINIC:
                load.lags.append(await _lags(house, since))
    return load


async def _begun(house: House, clients: int) -> tuple[Begun, ...]:
    """A course for each client, begun so that all of them together are everywhere between referral and follow-up."""
    events = [len(on_paper.EXAMPLE) * number // clients for number in range(clients)]
    begun = tuple(Begun(course=f"CLINIC-{number:02}-0", events=had) for number, had in enumerate(events) if had)
    await on_paper.started(house, [on_paper.example(one.course, one.events) for one in begun])
    return (Begun(course="CLINIC-00-0", events=0), *begun)


async def _spent(house: House, loader: Loader, order: Order) -> Round:
    before = house.seconds()
    tally = await loader.does(order)
    await settled(house)
    spent = {name: now - before[name] for name, now in house.seconds().items()}
    return Round(tally, {**spent, "clients": tally.processor_seconds})


async def _lags(house: House, since: datetime) -> list[float]:
    connection = await asyncpg.connect(house.database)
    try:
        return [row["lag"] for row in await connection.fetch(LAGS, since)]
    finally:
        await connection.close()
