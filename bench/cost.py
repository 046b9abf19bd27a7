"""What an accepted event takes of the processors' time, program by program, until all that follows is written."""

from bench.clinic_load import LOADS, ClinicLoad
from bench.load import Kind
from bench.run import Run
from bench.table import Bound, Figure, Row

MILLISECONDS = 1000
TIMES_THE_FLOOR = 1.5
CONSOLE_MS = 3
POSTGRESQL_MS = 2


async def rows(run: Run) -> list[Row]:
    """The rows of `cost`."""
    return told(await LOADS.of(run))


def told(load: ClinicLoad) -> list[Row]:
    """Worker and Temporal beside the floor that records; the others by themselves."""
    as_the_floor = Bound.at_most_times(TIMES_THE_FLOOR)
    return [
        _row("worker", _each(load, Kind.CLINIC, "workers"), _each(load, Kind.RECORDED, "floor"), as_the_floor),
        _row("Temporal", _each(load, Kind.CLINIC, "Temporal"), _each(load, Kind.RECORDED, "Temporal"), as_the_floor),
        _row("console", _each(load, Kind.CLINIC, "console"), None, Bound.at_most(CONSOLE_MS)),
        _row(
            "PostgreSQL",
            _each(load, Kind.CLINIC, "PostgreSQL"),
            _each(load, Kind.RECORDED, "PostgreSQL"),
            Bound.at_most(POSTGRESQL_MS),
        ),
        _row(
            "the measurement's own clients",
            _each(load, Kind.CLINIC, "clients"),
            _each(load, Kind.RECORDED, "clients"),
            None,
        ),
    ]


def _row(what: str, ours: Figure, floor: Figure | None, bound: Bound | None) -> Row:
    return Row(what=what, unit="ms an event", ours=ours, floor=floor, bound=bound)


def _each(load: ClinicLoad, kind: Kind, program: str) -> Figure:
    return Figure.of(*(one.spent[program] * MILLISECONDS / len(one.tally.seconds) for one in load.rounds[kind]))
