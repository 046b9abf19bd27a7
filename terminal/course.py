"""One course for the terminal: where it is, what may come next, what blocks it, what is due when."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from domain.course.deadlines import DeadlineKind
from domain.course.rules.checkpoints import CheckpointStatus
from domain.past.as_of import Learned, LearnedSince, PastCourse
from domain.values import count_of
from domain.views.course import CourseView, DeadlineView, MeasureView
from domain.views.session import SessionView
from terminal.formatting import away, deviations, marked, moment, plain, severity

DUE = {
    DeadlineKind.PHASE: "phase to be finished",
    DeadlineKind.NEXT_DOSE: "next dose",
    DeadlineKind.HOLD_REVIEW: "review of the hold",
    DeadlineKind.ATTENDANCE: "report of the visit",
    DeadlineKind.CLEARANCE: "clearance, or the end of the visit",
    DeadlineKind.DOSE: "dose, or the end of the visit",
    DeadlineKind.CHECKPOINT: "vitals",
    DeadlineKind.RECHECK: "second reading",
    DeadlineKind.RISK_SCREEN: "risk screen",
    DeadlineKind.DISCHARGE: "discharge",
    DeadlineKind.INFUSION: "infusion to be stopped",
    DeadlineKind.CHECK_IN: "after-session call",
    DeadlineKind.INTEGRATION: "integration talk",
    DeadlineKind.FOLLOW_UP: "follow-up visit",
    DeadlineKind.FORM_REMINDER: "form (reminder)",
    DeadlineKind.FORM: "form",
    DeadlineKind.EVENT_REVIEW: "a clinician's review of the event",
}
"""Deadlines that are shown. A second deadline of the same thing, after its first has passed, is left out."""

LEARNED = {
    Learned.LATE: "reported after it:",
    Learned.CORRECTED: "corrected after it:",
    Learned.RETRACTED: "retracted after it:",
}
"""How the record learned of a fact only after the moment that is shown."""

CHECKPOINTS = {
    CheckpointStatus.MET: "[green]✓[/]",
    CheckpointStatus.LATE: "[yellow]◆[/]",
    CheckpointStatus.MISSED: "[red]✗[/]",
    CheckpointStatus.PENDING: "·",
}


def course_page(course: CourseView, now: datetime) -> RenderableType:
    """The course as `kapstan show` prints it."""
    return Group(*_parts(course, now))


def past_course_page(course: PastCourse) -> RenderableType:
    """A course as it stood at an earlier moment, with what the record did not know then."""
    past = course.as_of
    how = "as the record knew it then" if past.as_known else "as everything until then reads today"
    rests_on = f"{'the first ' if past.as_known else ''}{count_of(past.entries, 'entry', 'entries')}"
    return Group(
        marked(f"[bold]as of {past.at.astimezone():%Y-%m-%d %H:%M:%S %Z}[/], {how}: by {rests_on} of its ledger"),
        *_parts(course, past.at),
        *(_learned(one) for one in past.learned_since),
    )


def _learned(one: LearnedSince) -> RenderableType:
    what = escape(one.type.removeprefix("kap."))
    return marked(
        f"[yellow]{LEARNED[one.how]}[/] {what} of {moment(one.time)}, entry {one.sequence}: "
        f"known since {moment(one.learned_at)}"
    )


def _parts(course: CourseView, now: datetime) -> Iterator[RenderableType]:
    yield _headline(course)
    for hold in course.holds:
        kind = "safety hold" if hold.is_safety else "hold"
        yield marked(f"[magenta]‖ {kind}[/] since {moment(hold.since)}: {escape(hold.reason)}")
    for one in course.escalations:
        where = f", session {one.session}" if one.session else ""
        yield marked(f"{severity(one.severity)}  {plain(one.kind)}{where}: {one.state}  [dim]{one.id}[/]")
    if course.outcome is None or course.next:
        yield _next(course)
    for made in course.overrides:
        where = f", session {made.session}" if made.session else ""
        told = f"over {escape(made.code)}{where}: {escape(made.rationale)}"
        yield marked(f"[yellow]overridden[/] {moment(made.at)} by {escape(made.by)} {told}")
    for fact in course.deviations:
        where = f", session {fact.session}" if fact.session else ""
        what = escape(fact.type.removeprefix("kap."))
        yield marked(f"{what} {moment(fact.at)} by {escape(fact.by.id)}{where}{deviations(fact.deviations)}")
    if course.sessions:
        yield _sessions(course)
    if course.deadlines:
        yield _deadlines(course.deadlines, now)
    if course.measures:
        yield _measures(course)
    for owed in course.measures_due:
        late = " [yellow](late)[/]" if owed.late else ""
        yield marked(f"questionnaire due: {escape(plain(owed.instrument))} by {moment(owed.due_at)}{late}")
    entries = count_of(course.sequence, "entry", "entries")
    yield marked(f"[dim]ledger: {entries}, head {escape(course.ledger_head[:12])}…[/]")


def _headline(course: CourseView) -> RenderableType:
    phase = f"[bold]{plain(course.phase)}[/]" + (f" / [bold]{plain(course.outcome)}[/]" if course.outcome else "")
    pinned = f"{course.protocol.id} {course.protocol.version}"
    cautions = f"  cautions: {escape(', '.join(map(plain, course.cautions)))}" if course.cautions else ""
    return marked(
        f"[bold cyan]{course.course_id}[/]  {phase}  [dim]{escape(pinned)} · {escape(course.site)}{cautions}[/]"
    )


def _next(course: CourseView) -> RenderableType:
    names = ", ".join(name.removeprefix("kap.") for name in course.next)
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    table.add_row("may come next", escape(names) or "nothing")
    for position, blocker in enumerate(course.blockers):
        final = " [red](cannot be overridden)[/]" if blocker.absolute else ""
        source = f" [dim]{escape(blocker.source)}[/]" if blocker.source else ""
        table.add_row("" if position else "what blocks", f"{escape(blocker.message)}{final}{source}")
    return table


def _sessions(course: CourseView) -> RenderableType:
    table = Table(title=f"Medicine sessions, {course.planned_sessions} planned", title_justify="left", box=None)
    for heading in ("no.", "stage", "starts", "dose", "checkpoints", "last vitals", "talks", "calls"):
        table.add_column(heading, no_wrap=True)
    for session in course.sessions:
        table.add_row(
            str(session.number),
            plain(session.stage),
            moment(session.starts_at),
            " + ".join(f"{dose.mg:g} mg" for dose in session.doses) or "–",
            "".join(CHECKPOINTS[checkpoint.status] for checkpoint in session.checkpoints) or "–",
            _last_vitals(session),
            str(session.integrations),
            str(session.check_ins),
        )
    return table


def _measures(course: CourseView) -> RenderableType:
    newest = {measure.instrument: measure for measure in sorted(course.measures, key=lambda one: one.at)}
    table = Table(title="Questionnaires, the newest answers", title_justify="left", box=None, show_header=False)
    for _ in range(4):
        table.add_column(no_wrap=True)
    for measure in newest.values():
        score = "" if measure.score is None else f"{measure.score:g}"
        level = measure.band or (f"risk {measure.risk}" if measure.risk else "")
        found = escape(f"{score} {plain(level)}".strip())
        table.add_row(moment(measure.at), escape(plain(measure.instrument)), found, _moved(measure))
    return table


def _moved(measure: MeasureView) -> str:
    if (trend := measure.trend) is None:
        return ""
    words = [f"{trend.difference:+g} since the beginning"]
    words += ["response"] if trend.is_response else []
    words += ["remission"] if trend.is_remission else []
    words += [str(trend.direction)] if trend.direction else []
    return ", ".join(words)


def _last_vitals(session: SessionView) -> str:
    if not session.readings:
        return "–"
    newest = session.readings[-1]
    pressure = f"{newest.pressure} mmHg, " if newest.pressure is not None else ""
    return f"{pressure}{newest.verdict.severity}"


def _deadlines(deadlines: tuple[DeadlineView, ...], now: datetime) -> RenderableType:
    table = Table(title="Due", title_justify="left", box=None, show_header=False)
    for _ in range(4):
        table.add_column(no_wrap=True)
    shown = (deadline for deadline in deadlines if deadline.kind in DUE)
    for deadline in sorted(shown, key=lambda one: one.due_at):
        session = f"session {deadline.session}" if deadline.session else ""
        table.add_row(moment(deadline.due_at), away(deadline.due_at, now), DUE[deadline.kind], session)
    return table
