"""The proof of an on-call file for the terminal: the worst of each severity in a table, and every gap with its time."""

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from domain.coverage.findings import CoverageFinding, alike
from domain.coverage.proof import Proof, Worst
from domain.durations import in_words
from domain.moments import on_its_clock
from domain.oncall.file import OnCall
from domain.values import count_of
from terminal.formatting import marked, severity

SHOWN: Final = 3
"""How many times of the same gap are told one by one: one of every night fills a year. As JSON there are all."""


def proof_page(proof: Proof, on_call: OnCall) -> RenderableType:
    """The proof as `kapstan oncall prove` prints it."""
    return Group(*_parts(proof, on_call))


def _parts(proof: Proof, on_call: OnCall) -> Iterator[RenderableType]:
    period = f"from {on_its_clock(proof.begins_at)} until {on_its_clock(proof.ends_at)}, {escape(proof.timezone)}"
    yield marked(f"If nobody answers, at the worst, {period}")
    yield _table(proof, on_call)
    for line in (*_told(proof.gaps, "[red]✗[/]"), *_told(proof.absences, "[yellow]![/]")):
        yield marked(line)
    if not proof.gaps:
        yield marked("[green]✓[/] no gap: at every moment each step reaches somebody")


def _table(proof: Proof, on_call: OnCall) -> Table:
    table = Table(box=None)
    for heading in ("severity", "until", "takes at most", "if opened", "step"):
        table.add_column(heading, no_wrap=True)
    table.add_column("who")
    named = None
    for row in proof.rows:
        table.add_row("" if row.severity is named else severity(row.severity), row.until, *_cells(row.worst, on_call))
        named = row.severity
    return table


def _cells(worst: Worst | None, on_call: OnCall) -> tuple[str, str, str, str]:
    if worst is None:
        return "[red]never[/]", "at some time", "–", "nobody"
    return (
        in_words(worst.after) if worst.after else "at once",
        "at any time" if worst.is_constant else on_its_clock(worst.opened_at),
        str(worst.step),
        _who(worst, on_call),
    )


def _who(worst: Worst, on_call: OnCall) -> str:
    names = ", ".join(f"{escape(on_call.people[one].name)} [dim]({escape(one)})[/]" for one in worst.people)
    return f"{names or 'nobody'} or others" if worst.is_constant and not worst.is_always_them else names or "nobody"


def _told(findings: Iterable[CoverageFinding], mark: str) -> Iterator[str]:
    """Each kind of finding with its first times, and how many more there are."""
    for times in alike(findings):
        for one in times[:SHOWN]:
            yield f"{mark} {escape(one.what)} {_time(one)}: {escape(one.why)}"
        if more := times[SHOWN:]:
            yield f"  [dim]and {count_of(len(more), 'time')} more, the last {_time(more[-1])}[/]"


def _time(one: CoverageFinding) -> str:
    return f"from {on_its_clock(one.begins_at)} until {on_its_clock(one.ends_at)}"
