"""Commands about the record's keys: encrypt what stands in clear, erase a course."""

import asyncio
from typing import Annotated, Final

import typer
from rich.markup import escape

from domain.values import count_of
from gateway.erasing import Erased
from gateway.host_account import sent_from_here
from records.errors import RecordLocked
from records.record_keys import Encrypted
from settings import Misconfigured, read_settings
from terminal.commands.options import DONE, HERE, REFUSED, AsJson, Data
from terminal.on_record import note_act
from terminal.printing import out
from terminal.target import asked, place

commands: Final = typer.Typer()


@commands.command()
def encrypt(data: Data = HERE, as_json: AsJson = False) -> None:
    """Encrypts what the record still holds of patients in clear, and wraps every course's key with the first key."""
    kapstan = place(data)
    if not read_settings().encrypt_records:
        raise Misconfigured("KAPSTAN_ENCRYPT_RECORDS: must be 1, here and for workers and console")

    async def run() -> int:
        is_done = True
        async with kapstan.record_keys() as (store, keys):
            for course_id in sorted({*(await store.heads()).ids, *await store.listed()}):
                try:
                    done = await keys.encrypt(course_id)
                except RecordLocked as locked:
                    done = Encrypted(course_id=course_id, left=str(locked))
                is_done &= done.left is None
                out.print(done.model_dump_json() if as_json else _encrypted(done), markup=not as_json)
        return DONE if is_done else REFUSED

    code = asyncio.run(run())
    note_act(kapstan, "record encrypted", "every course", sent_from_here())
    raise typer.Exit(code)


@commands.command()
def erase(
    course: Annotated[str, typer.Argument(help="a course that is closed")],
    is_sure: Annotated[
        bool, typer.Option("--for-ever", help="erases it: nobody brings it back but from a backup with its key")
    ] = False,
    data: Data = HERE,
    as_json: AsJson = False,
) -> None:
    """Erases for ever what is known of a course's patient: its key in the record, and its workflows in Temporal."""
    if not is_sure:
        raise Misconfigured("--for-ever: must be given, for nobody brings the course back")
    done = asked(place(data).erasing(), lambda erasing: erasing.erase(course, sent_from_here()))
    out.print(done.model_dump_json() if as_json else _erased(done), markup=not as_json)


def _encrypted(done: Encrypted) -> str:
    course_id = escape(done.course_id)
    wrapped = ", its key wrapped anew" if done.is_wrapped_anew else ""
    if done.erased is not None:
        return f"[green]✓[/] {course_id}: left as it is: {escape(done.erased)}"
    if done.left is not None:
        return f"[red]✗[/] {course_id}: left as it was{wrapped}: {escape(done.left)}"
    return (
        f"[green]✓[/] {course_id}: encrypted, {count_of(done.entries, 'entry', 'entries')} that stood in clear{wrapped}"
    )


def _erased(done: Erased) -> str:
    runs = f"{count_of(done.runs, 'run')} deleted in Temporal"
    if done.was_before is not None:
        return f"[green]✓[/] {escape(done.course_id)}: erased at {done.was_before:%Y-%m-%d %H:%M} UTC already; {runs}"
    entries = count_of(done.sequence, "entry", "entries")
    kept = f"its ledger keeps {entries} that nobody reads ({done.hash[:12]}…)"
    return f"[green]✓[/] {escape(done.course_id)}: erased; {kept}; {runs}"
