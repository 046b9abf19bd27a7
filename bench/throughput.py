"""How many events a second of a mixed clinic load one worker accepts, beside the floor's updates."""

from bench.clinic_load import LOADS, ClinicLoad
from bench.load import Kind
from bench.run import Run
from bench.table import Bound, Figure, Row

ACCEPTED = {"200", "201"}


async def rows(run: Run) -> list[Row]:
    """The rows of `throughput`."""
    return told(await LOADS.of(run), run.sizes.clinic_clients)


def told(load: ClinicLoad, clients: int) -> list[Row]:
    """Ours over the floor that records, as a course does, and over the bare counter."""
    ours = _rates(load, Kind.CLINIC)
    turned_away = sum(
        times
        for one in load.rounds[Kind.CLINIC]
        for answer, times in one.tally.answers.items()
        if answer not in ACCEPTED
    )
    return [
        Row(
            what=f"accepted, {clients} clients",
            unit="events/s",
            floor=_rates(load, Kind.RECORDED),
            ours=ours,
            bound=Bound.at_least_times(0.7),
        ),
        Row(
            what=f"accepted, {clients} clients, over the bare counter",
            unit="events/s",
            floor=_rates(load, Kind.COUNTER),
            ours=ours,
        ),
        Row(what="not accepted", unit="events", ours=Figure.of(turned_away), bound=Bound.at_most(0)),
    ]


def _rates(load: ClinicLoad, kind: Kind) -> Figure:
    return Figure.of(*(one.tally.rate for one in load.rounds[kind]))
