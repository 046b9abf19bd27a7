"""What idle streams cost the console, and how soon all of them get a change: `python -m bench.streams`."""

import argparse
import asyncio
import json
import sys
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from time import perf_counter
from urllib.parse import urlsplit

from bench.house import ROOT, House, open_house

MIB = 1024 * 1024
IDLE_SECONDS = 30.0
AT_ONCE = 50
"""Streams opened at the same time: the backlog of a listening socket is short."""


async def main(listeners: int, idle: float) -> None:
    """Prints the cost of so many idle streams, and the delay of a change to the first and the last of them."""
    async with open_house() as house, AsyncExitStack() as open_lines:
        where = urlsplit(house.url)
        assert where.hostname is not None
        assert where.port is not None
        await _heard_by_all([await _line(house, open_lines)], house, "warm-up")
        memory, at = house.console.memory_info().rss, perf_counter()
        lines: list[asyncio.StreamReader] = []
        while len(lines) < listeners:
            more = min(AT_ONCE, listeners - len(lines))
            lines += await asyncio.gather(*(_line(house, open_lines) for _ in range(more)))
        opened_in = perf_counter() - at
        before = house.console.cpu_times()
        await asyncio.sleep(idle)
        after = house.console.cpu_times()
        busy = (after.user + after.system - before.user - before.system) / idle
        grown = (house.console.memory_info().rss - memory) / MIB
        first, last = await _heard_by_all(lines, house, "measured")
    sys.stdout.write(
        f"{listeners} streams opened in {opened_in:.1f} s\n"
        f"{grown:.0f} MiB more in the console, {grown * 1024 / listeners:.0f} KiB a stream\n"
        f"{busy:.1%} of one core over {idle:.0f} s in which nothing happens\n"
        f"a referral is heard after {first * 1000:.0f} ms by the first and after {last * 1000:.0f} ms by the last\n"
    )


async def _line(house: House, open_lines: AsyncExitStack) -> asyncio.StreamReader:
    """An open stream that has been confirmed."""
    where = urlsplit(house.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    open_lines.callback(writer.close)
    writer.write(f"GET /v1/stream HTTP/1.1\r\nHost: kapstan\r\nAuthorization: Bearer {house.token}\r\n\r\n".encode())
    await reader.readuntil(b": listening")
    return reader


async def _heard_by_all(lines: list[asyncio.StreamReader], house: House, course: str) -> tuple[float, float]:
    """Seconds from sending a referral until the first and the last stream got the course."""
    example = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()[0]
    referral = {**json.loads(example), "subject": course, "time": datetime.now(UTC).isoformat()}

    async def hears(reader: asyncio.StreamReader) -> float:
        await reader.readuntil(f'"course_id":"{course}"'.encode())
        return perf_counter() - sent_at

    hearing = [asyncio.create_task(hears(reader)) for reader in lines]
    sent_at = perf_counter()
    async with house.client() as client:
        (await client.post("/v1/events", json=referral)).raise_for_status()
    heard_after = await asyncio.gather(*hearing)
    return min(heard_after), max(heard_after)


if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--listeners", type=int, default=1000)
    asked.add_argument("--idle", type=float, default=IDLE_SECONDS, help="seconds")
    told = asked.parse_args()
    asyncio.run(main(told.listeners, told.idle))
