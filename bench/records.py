"""How many ledger entries a second are recorded under the mixed clinic load, and how long an entry waits for it."""

from bench.clinic_load import LOADS, ClinicLoad
from bench.load import Kind
from bench.run import Run, percentile
from bench.table import Bound, Figure, Row

LAG_SECONDS = 2


async def rows(run: Run) -> list[Row]:
    """The rows of `records`."""
    return told(await LOADS.of(run))


def told(load: ClinicLoad) -> list[Row]:
    """Lag is from the moment a course accepted an entry until the record store held it."""
    lasted = [one.tally.lasted for one in load.rounds[Kind.CLINIC]]
    rates = (len(lags) / seconds for lags, seconds in zip(load.lags, lasted, strict=True))
    return [
        Row(what="recorded", unit="entries/s", ours=Figure.of(*rates)),
        _lag(load, 50, None),
        _lag(load, 99, Bound.at_most(LAG_SECONDS)),
    ]


def _lag(load: ClinicLoad, percent: int, bound: Bound | None) -> Row:
    lags = (percentile(one, percent) for one in load.lags)
    return Row(what=f"behind the course, p{percent}", unit="s", ours=Figure.of(*lags), bound=bound)
