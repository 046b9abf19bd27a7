"""How long an accepted reading takes through the Temporal client and over HTTP: one patient at a time, then a crowd."""

from collections.abc import Sequence

from bench.load import Kind, Order, Tally
from bench.run import Run, percentile, settled
from bench.table import Bound, Figure, Row
from domain.values import Frozen

KINDS = (Kind.COUNTER, Kind.RECORDED, Kind.REPORTS, Kind.READINGS)
MILLISECONDS = 1000


class Door(Frozen):
    """One way in, and what it must reach."""

    name: str
    kind: Kind
    bound: float


DOORS = (
    Door(name="by the client", kind=Kind.REPORTS, bound=1.25),
    Door(name="over HTTP", kind=Kind.READINGS, bound=1.6),
)


async def rows(run: Run) -> list[Row]:
    """The rows of `transition`. The floor records, as a course does; one row each is over the bare counter."""
    return [
        *told(await taken(run, 1), "one at a time"),
        *told(await taken(run, run.sizes.crowd), f"{run.sizes.crowd} at once"),
    ]


async def taken(run: Run, clients: int) -> dict[Kind, list[Tally]]:
    """The tallies of each kind, a round after the other; every second round in reverse."""
    house, loader = await run.shared()
    courses = await run.crowd()
    tallies: dict[Kind, list[Tally]] = {kind: [] for kind in KINDS}
    for number in range(run.sizes.rounds):
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            order = Order(kind=kind, clients=clients, seconds=run.sizes.transition_seconds, courses=courses)
            tallies[kind].append(await loader.does(order))
            await settled(house)
    return tallies


def told(tallies: dict[Kind, list[Tally]], how: str) -> list[Row]:
    """The rows for one number of clients."""
    bounded = [_row(tallies, door, how, percent) for door in DOORS for percent in (50, 99)]
    bare = [
        Row(
            what=f"{door.name}, {how}, p50, over the bare counter",
            unit="ms",
            floor=_figure(tallies[Kind.COUNTER], 50),
            ours=_figure(tallies[door.kind], 50),
        )
        for door in DOORS
    ]
    return [*bounded, *bare]


def _row(tallies: dict[Kind, list[Tally]], door: Door, how: str, percent: int) -> Row:
    return Row(
        what=f"{door.name}, {how}, p{percent}",
        unit="ms",
        floor=_figure(tallies[Kind.RECORDED], percent),
        ours=_figure(tallies[door.kind], percent),
        bound=Bound.at_most_times(door.bound),
    )


def _figure(tallies: Sequence[Tally], percent: int) -> Figure:
    return Figure.of(*(percentile(tally.seconds, percent) * MILLISECONDS for tally in tallies))
