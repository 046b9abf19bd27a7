"""What the demonstration shows: the courses as they are played, the pages that arrived, and what came of it all."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

from domain.answer import Answer
from domain.escalation import PHRASES, Kind
from domain.events import ClinicEvent
from domain.state import Phase
from domain.values import CourseId, Frozen, in_words
from simulation.cast import Part
from simulation.clinic import Played
from simulation.inbox import ReceivedPage


class Position(Frozen):
    """Where a course is in the display. `events` counts what was accepted."""

    script: str
    started_at: datetime | None = None
    now: datetime | None = None
    phase: Phase | None = None
    session: int | None = None
    events: int = 0
    last: str = ""


class Board:
    """The courses as they are played, one line each; rich draws it as it is at that moment."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._positions = {part.patient.course_id: Position(script=part.script.name) for part in parts}

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        """The course stands where the answer says."""
        known = self._positions[event.subject]
        self._positions[event.subject] = known.but(
            started_at=known.started_at or event.time,
            now=event.time,
            phase=answer.phase,
            session=answer.session.number if answer.session else None,
            events=known.events + 1,
            last=event.type.removeprefix("kap.").replace(".", " ").replace("_", " "),
        )

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """Somebody was paged."""
        self._positions[course_id] = self._positions[course_id].but(last=f"[red]paged: {PHRASES[kind]}[/red]")

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = Table(box=box.SIMPLE, pad_edge=False)
        for column in ("patient", "script", "clinical time", "phase", "session", "events", "last"):
            table.add_column(column, no_wrap=True, min_width=24 if column == "last" else None)
        for course_id, position in self._positions.items():
            table.add_row(
                course_id,
                position.script,
                _clinical_time(position),
                (position.phase or "waits").replace("_", " "),
                str(position.session or ""),
                str(position.events),
                position.last,
            )
        yield table


def endings(played: Sequence[Played]) -> Table:
    """One line a patient. Every number is read from the course, its escalations and its ledger."""
    table = Table(box=box.SIMPLE, pad_edge=False, title="What came of it", title_justify="left")
    table.add_column("patient", no_wrap=True)
    table.add_column("outcome", no_wrap=True)
    table.add_column("as scripted")
    for column in ("sessions", "on time", "late", "pages"):
        table.add_column(column, justify="right")
    table.add_column("acknowledged")
    table.add_column("PHQ-9", no_wrap=True)
    for one in played:
        found, is_good = one.ending, one.is_as_expected
        table.add_row(
            one.part.patient.course_id,
            f"{(found and found.outcome) or 'none'}",
            f"[green]yes[/green]: {one.part.script.name}" if is_good else f"[red]no[/red]: {one.part.script.name}",
            *(
                (
                    str(found.sessions),
                    str(found.on_time),
                    str(found.late),
                    str(len(found.paged)),
                    _rounded(found.acknowledged_after),
                    f"{found.phq9[0]} → {found.phq9[1]}" if found.phq9 else "",
                )
                if found
                else ()
            ),
        )
    return table


def inbox(pages: Sequence[ReceivedPage]) -> Table:
    """Every page as it arrived, oldest first."""
    table = Table(box=box.SIMPLE, pad_edge=False, title="The inbox", title_justify="left")
    for column in ("to", "page", "says"):
        table.add_column(column)
    for page in pages:
        table.add_row(page.person, page.title, page.body.splitlines()[0] if page.body else "")
    return table


def _clinical_time(position: Position) -> str:
    if position.now is None or position.started_at is None:
        return ""
    return f"day {(position.now - position.started_at).days}"


def _rounded(length: timedelta | None) -> str:
    return f"after {in_words(timedelta(seconds=round(length.total_seconds())))}" if length is not None else ""
