"""A worker that has lost Temporal, or hangs, is not well to whoever looks at it from outside."""

import socket
from functools import partial

import httpx
import pytest

from program_http import listening
from settings import Misconfigured, read_settings
from tests.support.eventually import eventually
from tests.support.http_stack import House
from tests.support.running_stack import asleep

pytestmark = pytest.mark.xdist_group("outages")


async def looks(url: str, status: int) -> httpx.Response | None:
    """The answer of `/healthz`, once it has this status. A worker may be waiting for its restart."""
    async with httpx.AsyncClient(timeout=60) as outside:
        try:
            answer = await outside.get(f"{url}/healthz")
        except httpx.TransportError:
            return None
        return answer if answer.status_code == status else None


async def test_a_worker_without_temporal_says_so_and_is_well_again(house: House) -> None:
    """Its connection is gone: 503 that names Temporal. Once Temporal is back and it polls again: 200."""
    stack = await eventually(house.floor.stack)
    url = stack.worker_metrics[0]
    await eventually(partial(looks, url, 200))

    async with house.floor.without("temporal"):
        without = await eventually(partial(looks, url, 503))

    assert without.text == "Temporal does not answer\n"
    await eventually(partial(looks, url, 200))


async def test_a_worker_that_hangs_answers_nobody(house: House) -> None:
    """A process that stands still is not well: whoever asks waits in vain."""
    stack = await eventually(house.floor.stack)
    (url, _), (pid, _) = stack.worker_metrics, stack.pids.workers
    await eventually(partial(looks, url, 200))

    with asleep(pid):
        async with httpx.AsyncClient(timeout=2) as outside:
            with pytest.raises(httpx.TimeoutException):
                await outside.get(f"{url}/healthz")

    await eventually(partial(looks, url, 200))


def test_a_worker_that_cannot_listen_says_which_setting_is_wrong() -> None:
    """A port in use is an error at start that names the variable."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(Misconfigured, match=f"KAPSTAN_WORKER_METRICS: nothing can listen on {address}"):
            listening(address, "KAPSTAN_WORKER_METRICS")


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:0", "127.0.0.1:65536", ":9464", "9464"])
def test_an_address_that_is_none_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """It names a host and a port; the error names the variable."""
    monkeypatch.setenv("KAPSTAN_WORKER_METRICS", address)

    with pytest.raises(Misconfigured, match="KAPSTAN_WORKER_METRICS: "):
        read_settings()
