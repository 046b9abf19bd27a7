"""The demonstration's terminal output: progress of the courses, received pages, and the results."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, ConsoleOptions, RenderResult
from rich.markup import escape
from rich.table import Table

from domain.course.answer import Answer
from domain.course.state import Phase
from domain.durations import in_words
from domain.escalation.messages import PHRASES, Kind
from domain.events.clinic_events import ClinicEvent
from domain.refusal import Refusal
from domain.values import CourseId, Frozen, count_of
from simulation.course.ending import Ending
from simulation.course.highlights import News
from simulation.demo.clinic import Played
from simulation.demo.figures import Figures
from simulation.demo.inbox import ReceivedPage
from simulation.scripts.scripts import ScriptPart

NONE = "–"
LONGEST_NEWS = 20
LONGEST_WORD = len("ineligible")


class Position(Frozen):
    """The place of a course in the display. `events` counts accepted events."""

    script: str
    started_at: datetime | None = None
    now: datetime | None = None
    phase: Phase | None = None
    session: int | None = None
    events: int = 0
    last: str = ""

    @property
    def day(self) -> int:
        """Clinical days since the course began."""
        return (self.now - self.started_at).days if self.now and self.started_at else 0


class ProgressBoard:
    """A line for each course while they are played; rich draws it as it is at that moment."""

    def __init__(self, parts: Sequence[ScriptPart]) -> None:
        self._positions = {part.patient.course_id: Position(script=part.script.name) for part in parts}

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        """Shows the course's place after the answer."""
        known = self._positions[event.subject]
        self._positions[event.subject] = known.but(
            started_at=known.started_at or event.time,
            now=event.time,
            phase=answer.phase,
            session=answer.session.number if answer.session else None,
            events=known.events + 1,
            last=_act(event),
        )

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        """Shows a refusal."""
        reason = refusal.blockers[0].code if refusal.blockers else refusal.code
        self._positions[event.subject] = self._positions[event.subject].but(last=f"[yellow]refused: {reason}[/yellow]")

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """Shows that somebody was paged."""
        self._positions[course_id] = self._positions[course_id].but(last=f"[red]paged: {PHRASES[kind]}[/red]")

    def saw_end(self, course_id: CourseId) -> None:
        """Leaves the line as it is."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        table = _table()
        table.add_column("patient", no_wrap=True)
        table.add_column("script", min_width=LONGEST_WORD)
        table.add_column("day", justify="right", min_width=3)
        table.add_column("phase", no_wrap=True, min_width=len(Phase.INTEGRATION))
        table.add_column("session", justify="right")
        table.add_column("events", justify="right")
        table.add_column("last", no_wrap=True, min_width=LONGEST_NEWS)
        for course_id, position in self._positions.items():
            table.add_row(
                course_id,
                position.script,
                str(position.day),
                (position.phase or "waits").replace("_", " "),
                str(position.session or ""),
                str(position.events),
                position.last,
            )
        yield table


def endings(played: Sequence[Played]) -> Table:
    """A line for each patient. Every number is read from the course, its escalations and its ledger."""
    table = _table("What came of it")
    table.add_column("patient", no_wrap=True)
    table.add_column("script", min_width=LONGEST_WORD)
    table.add_column("outcome", no_wrap=True)
    table.add_column("sessions", justify="right", no_wrap=True)
    table.add_column("on\ntime", justify="right", no_wrap=True)
    table.add_column("late", justify="right", no_wrap=True)
    table.add_column("pages", justify="right", no_wrap=True)
    table.add_column("answered\nmin:s", justify="right", no_wrap=True)
    table.add_column("PHQ-9", justify="right", no_wrap=True)
    for one in played:
        mark = "[green]✓[/green]" if one.is_as_expected else "[red]✗[/red]"
        outcome = (one.ending and one.ending.outcome) or "none"
        numbers = _numbers(one.ending) if one.ending else ()
        table.add_row(one.part.patient.course_id, one.part.script.name, f"{mark} {outcome}", *numbers)
    return table


def inbox(pages: Sequence[ReceivedPage]) -> Table:
    """Every received page, oldest first."""
    table = _table("The inbox")
    for column in ("to", "page", "says"):
        table.add_column(column)
    for page in pages:
        table.add_row(page.person, page.title, page.body.splitlines()[0] if page.body else "")
    return table


def news(told: Sequence[News]) -> Table:
    """Noteworthy events, patient by patient."""
    table = _table("What happened")
    table.add_column("patient", no_wrap=True)
    table.add_column("day", justify="right", no_wrap=True)
    table.add_column("news")
    for one in told:
        table.add_row(one.course_id, str(one.day), escape(one.says))
    return table


class Counter:
    """Progress of many courses as one number; rich draws it as it is at that moment."""

    def __init__(self, patients: int) -> None:
        self._patients = patients
        self._played = 0
        self._events = 0
        self._pages = 0

    def saw(self, event: ClinicEvent, answer: Answer) -> None:  # noqa: ARG002  the call alone counts
        """Counts an event."""
        self._events += 1

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        """Ignores a refusal."""

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:  # noqa: ARG002  the call alone counts
        """Counts an escalation."""
        self._pages += 1

    def saw_end(self, course_id: CourseId) -> None:  # noqa: ARG002  the call alone counts
        """Counts a finished course."""
        self._played += 1

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        courses, events = count_of(self._patients, "course"), count_of(self._events, "event")
        pages = count_of(self._pages, "call")
        yield f"{self._played} of {courses} played, {events}, {pages} for help"


class Ticker:
    """Prints events of a floor in real time, a line each with its time, once it `is_open`."""

    def __init__(self, console: Console, time_zone: str) -> None:
        self.is_open = False
        self._console = console
        self._zone = ZoneInfo(time_zone)

    def saw(self, event: ClinicEvent, answer: Answer) -> None:
        """Prints an accepted event."""
        session = (
            f", session {answer.session.number}" if getattr(event.data, "session", None) and answer.session else ""
        )
        verdict = f": {answer.verdict.severity}" if answer.verdict else ""
        self._tell(event.time, event.subject, f"{_act(event)}{session}{verdict}")

    def saw_refusal(self, event: ClinicEvent, refusal: Refusal) -> None:
        """Prints a refusal."""
        self._tell(event.time, event.subject, f"[yellow]{_act(event)} refused: {escape(refusal.message)}[/yellow]")

    def saw_page(self, course_id: CourseId, kind: Kind) -> None:
        """Prints that somebody was paged."""
        self._tell(datetime.now(UTC), course_id, f"[red]paged: {PHRASES[kind]}[/red]")

    def saw_end(self, course_id: CourseId) -> None:
        """Prints nothing: the course's events end here."""

    def _tell(self, at: datetime, course_id: CourseId, what: str) -> None:
        if self.is_open:
            self._console.print(f"{at.astimezone(self._zone):%H:%M:%S}  {course_id}  {what}")


def _act(event: ClinicEvent) -> str:
    return event.type.removeprefix("kap.").replace(".", " ").replace("_", " ")


def summary(found: Figures) -> Table:
    """The figures of many courses, one a line."""
    table = _table("What came of it all")
    table.add_column("figure")
    table.add_column("value")
    for name, value in _lines(found):
        table.add_row(name, value)
    return table


def _lines(found: Figures) -> Iterator[tuple[str, str]]:
    yield "outcomes", ", ".join(f"{number} {outcome}" for outcome, number in found.outcomes.items()) or NONE
    yield "sessions", str(found.sessions)
    yield "checkpoints", f"{found.on_time} on time, {found.late} late"
    yield "pages", str(found.pages)
    answered = found.answered
    told = f"median {_seconds(answered.median)}, p90 {_seconds(answered.ninth_tenth)}" if answered else NONE
    yield "time to acknowledge", told
    peak = found.peak
    rise = f"{peak.systolic:+.1f}/{peak.diastolic:+.1f} mmHg at {in_words(peak.after)}" if peak else NONE
    yield "mean pressure rise, at its peak", rise
    yield "sessions above 180/110", _percent(found.severe_share)
    yield "PHQ-9 response of completed", _percent(found.response_share)


def _percent(share: float | None) -> str:
    return NONE if share is None else f"{share:.1%}"


def _table(title: str | None = None) -> Table:
    """A table narrow enough for a terminal of 80 columns."""
    return Table(
        box=box.SIMPLE, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), title=title, title_justify="left"
    )


def _numbers(found: Ending) -> tuple[str, ...]:
    longest = max(found.answered_after, default=None)
    return (
        str(found.sessions),
        str(found.on_time),
        str(found.late),
        str(found.pages),
        _minutes_and_seconds(longest) if longest is not None else "",
        f"{found.phq9[0]}→{found.phq9[1]}" if found.phq9 else "",
    )


def _minutes_and_seconds(length: timedelta) -> str:
    """Minutes and seconds as digits, to save room."""
    minutes, seconds = divmod(round(length.total_seconds()), 60)
    return f"{minutes}:{seconds:02}"


def _seconds(length: timedelta) -> str:
    return in_words(timedelta(seconds=round(length.total_seconds())))
