"""Commands about releases: which build each course is with, and what a new one would break."""

import asyncio
from typing import Final

import typer
from rich.markup import escape

from domain.values import count_of
from gateway.builds import Builds, deployed_as, needs_deployment
from gateway.parallel_queries import Silent
from gateway.release_check import ReleaseCheck
from settings import read_settings
from terminal import lists
from terminal.commands.options import DONE, HERE, REFUSED, AsJson, Data, printed
from terminal.printing import complain, out
from terminal.target import asked, place

commands: Final = typer.Typer(help="Releases of Kapstan, and which build each course is with.", no_args_is_help=True)

NO_DEPLOYMENT: Final = "KAPSTAN_DEPLOYMENT is not set: workers have no build, and each takes every course"


@commands.command("status")
def status(data: Data = HERE, as_json: AsJson = False) -> None:
    """The builds, what is with each, and whose workers may end."""
    deployed = needs_deployment(read_settings())
    found = asked(place(data).temporal_client(), lambda client: Builds(client, deployed).in_use())
    printed(found, lambda: lists.builds(found), as_json=as_json)


@commands.command("use")
def use(data: Data = HERE) -> None:
    """Makes the build at hand current, and calls the courses of other builds over to it."""
    deployed = deployed_as(read_settings())
    if deployed is None:
        out.print(NO_DEPLOYMENT)
        return

    async def run() -> int:
        async with place(data).temporal_client() as client:
            builds = Builds(client, deployed)
            is_readable = True
            async for found in builds.would_not_read():
                match found:
                    case Silent(id=course_id, why=why):
                        complain(f"kapstan: {course_id} cannot be asked what it would hand on: {why}")
                    case unread:
                        is_readable = False
                        complain(f"kapstan: {unread.course_id}: this build cannot read it: {unread.why}")
            if not is_readable:
                complain(
                    "kapstan: nothing was changed: these courses can only stay with their build, or go to a later one"
                )
                return REFUSED
            await builds.make_current()
            left = await builds.call_over()
        out.print(f"Build [bold]{escape(deployed.build_id)}[/] is current")
        if left:
            out.print(
                f"{count_of(len(left), 'course')} will go over at a quiet moment: {escape(', '.join(sorted(left)))}"
            )
        return DONE

    raise typer.Exit(asyncio.run(run()))


@commands.command("check")
def check(data: Data = HERE, as_json: AsJson = False) -> None:
    """Replays every course and escalation by the code at hand, and names each that it would break."""
    deployed = deployed_as(read_settings())

    async def run() -> int:
        checked = broken = 0
        async with place(data).temporal_client() as client:
            async for found in ReleaseCheck(client, deployed).run():
                checked += 1
                broken += bool(found.why)
                if as_json:
                    out.print(found.model_dump_json(), markup=False)
                elif found.why:
                    out.print(f"[red]✗[/] {escape(found.id)}: {escape(found.why)}")
        complain(f"{count_of(checked, 'workflow')} checked, {broken} would break")
        return REFUSED if broken else DONE

    raise typer.Exit(asyncio.run(run()))
