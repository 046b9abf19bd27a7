"""The proof that the on-call page shows: worked out beside the requests, once for as long as it is true."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from console.kept_proof import KeptProof
from domain.coverage.proof import Proof, prove
from domain.oncall.file import OnCall, parse_on_call
from tests.support.eventually import eventually
from tests.support.paths import ROOT

NOW = datetime(2026, 11, 29, 16, 20, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG = timedelta(seconds=60)


def example() -> OnCall:
    return parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")


def prove_an_hour(on_call: OnCall, begins_at: datetime, _: datetime) -> Proof:
    return prove(on_call, begins_at, begins_at + timedelta(hours=1))


async def test_a_file_is_proved_once_an_hour() -> None:
    """From the beginning of the hour; anew when the next one begins, or when the file is another one."""
    kept, on_call, edited = KeptProof(prove_an_hour, LONG), example(), example()

    first = await kept.of(on_call, NOW)

    assert first is not None
    assert first.begins_at == NOW.replace(minute=0)
    assert await kept.of(on_call, NOW + 39 * MINUTE) is first
    later = await kept.of(on_call, NOW + 40 * MINUTE)
    assert later is not None
    assert later.begins_at == first.begins_at + timedelta(hours=1)
    assert await kept.of(edited, NOW + 40 * MINUTE) is not later


async def test_nobody_waits_long_for_a_proof() -> None:
    """The page says that it is being worked out, and shows it once it is there."""
    may_end = Event()

    def slowly(on_call: OnCall, begins_at: datetime, ends_at: datetime) -> Proof:
        may_end.wait(LONG.total_seconds())
        return prove_an_hour(on_call, begins_at, ends_at)

    kept, on_call = KeptProof(slowly, timedelta(milliseconds=1)), example()

    assert await kept.of(on_call, NOW) is None
    may_end.set()

    async def is_there() -> bool:
        return await kept.of(on_call, NOW) is not None

    await eventually(is_there)


async def test_a_proof_that_fails_costs_nobody_the_page(caplog: pytest.LogCaptureFixture) -> None:
    """It is told in the log; who is on call is shown all the same."""

    def fails(_on_call: OnCall, _begins_at: datetime, _ends_at: datetime) -> Proof:
        raise ValueError("the proof is broken")

    assert await KeptProof(fails, LONG).of(example(), NOW) is None
    assert "The on-call file cannot be proved" in caplog.text
