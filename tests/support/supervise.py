"""`kapstan up` as the tests run it: with a tiny worker in the place of its own."""

import asyncio
import sys
from pathlib import Path

import asyncpg

from stack.errors import StoppedEarly
from stack.supervisor import Stack, StackPlan

ROOT = Path(__file__).parent.parent.parent


async def migrate(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute("CREATE TABLE IF NOT EXISTS notes (note text NOT NULL)")
    finally:
        await connection.close()


async def up(plan: StackPlan) -> None:
    async with Stack(plan, print) as running:
        await running.until_stopped()


def main() -> int:
    data, *worker = sys.argv[1:]
    plan = StackPlan(
        data=Path(data),
        protocols=ROOT / "protocols",
        oncall=ROOT / "examples" / "oncall.toml",
        migrate=migrate,
        workers=1,
        worker_command=tuple(worker),
        with_console=False,
    )
    try:
        asyncio.run(up(plan))
    except StoppedEarly:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
