"""What answers on this machine in clear is asked without reading a certificate."""

import asyncio
import ssl

import pytest

from gateway.plain_http import is_well
from gateway.sdk_metrics import SdkMetrics


@pytest.fixture(autouse=True)
def no_authorities(monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails whoever reads the certificate authorities of the world."""

    def are_read(*_: object, **__: object) -> None:
        raise AssertionError("the certificate authorities were read, to ask in clear")

    monkeypatch.setattr(ssl, "create_default_context", are_read)


async def answers(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
    status = b"200 OK" if path == b"/well/healthz" else b"503 Service Unavailable"
    writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    await writer.drain()
    writer.close()


async def test_who_says_so_is_well() -> None:
    """Not who says otherwise, nor who is not there."""
    server = await asyncio.start_server(answers, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        found = [await is_well(f"{url}/{how}") for how in ("well", "ill")]

    assert found == [True, False]
    assert not await is_well("http://127.0.0.1:1")


async def test_the_sdks_metrics_are_read_in_clear() -> None:
    """They answer at each look of whoever watches."""
    assert isinstance(await SdkMetrics().text(), bytes)
