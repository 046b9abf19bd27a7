"""Tables for the terminal: courses, escalations, builds, who is on call, a protocol's evidence, tokens, reads."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from rich.markup import escape
from rich.table import Table

from domain.durations import in_words
from domain.escalation.messages import EscalationState, EscalationView
from domain.oncall.file import OnCall, OnCallSnapshot
from domain.protocol.changes import ProtocolChange
from domain.protocol.parameters import ParameterRow
from domain.values import PersonId, Severity
from domain.views.summary import CourseSummary
from gateway.builds import BuildInUse
from gateway.tokens import NewToken, TokenShown
from records.access import CourseRead
from terminal.formatting import away, moment, plain, severity

STATES = {
    EscalationState.OPEN: "[bold red]open[/]",
    EscalationState.ACKNOWLEDGED: "[yellow]acknowledged[/]",
    EscalationState.RESOLVED: "[green]✓ resolved[/]",
}


def fleet(courses: Iterable[CourseSummary], now: datetime) -> Table:
    """A line for each course."""
    table = Table(box=None)
    for heading in ("course", "site", "phase", "session", "next due", "", "attention"):
        table.add_column(heading, no_wrap=True)
    for course in courses:
        phase = escape(plain(course.phase) + (f" / {plain(course.outcome)}" if course.outcome else ""))
        session = escape(f"{course.session}: {plain(course.stage)}") if course.session and course.stage else "–"
        due = "–"
        if course.next_kind is not None and course.next_due_at is not None:
            due = f"{escape(plain(course.next_kind))} {away(course.next_due_at, now)}"
        held = "[magenta]‖ held[/]" if course.held else ""
        table.add_row(
            f"[cyan]{course.course_id}[/]", escape(course.site), phase, session, due, held, severity(course.attention)
        )
    return table


def escalations(views: Iterable[EscalationView]) -> Table:
    """A line for each escalation, with the last page that was sent."""
    table = Table(box=None)
    for heading in ("escalation", "severity", "state", "opened", "pages", "last page to", "by"):
        table.add_column(heading, no_wrap=True)
    for view in views:
        sent = [page for page in view.pages if page.ok]
        last = f"{escape(sent[-1].person)} {moment(sent[-1].at)}" if sent else "[red]nobody yet[/]"
        if sent and view.unreached and view.state is not EscalationState.RESOLVED:
            last += f", [red]not to {escape(', '.join(missed.person for missed in view.unreached))}[/]"
        table.add_row(
            f"[cyan]{view.id}[/]",
            severity(view.severity),
            STATES[view.state],
            moment(view.opened_at),
            str(len(sent)),
            last,
            escape(view.resolved_by or view.acknowledged_by or "–"),
        )
    return table


def on_call_now(snapshots: Mapping[Severity, OnCallSnapshot], on_call: OnCall, now: datetime) -> Table:
    """Who would be paged now, per severity, step by step, and who of them is not there."""
    table = Table(box=None)
    for heading in ("severity", "step", "who", "then waits"):
        table.add_column(heading)
    for level, snapshot in snapshots.items():
        for number, (step, people) in enumerate(zip(snapshot.policy.steps, snapshot.called, strict=True), start=1):
            who = ", ".join(_name(person, on_call, now) for person in people)
            table.add_row(severity(level) if number == 1 else "", str(number), who, in_words(step.wait))
    return table


def _name(person: PersonId, on_call: OnCall, now: datetime) -> str:
    known = on_call.people[person]
    absence = known.absence(now)
    return f"{escape(known.name)} [dim]({escape(person)})[/]{f' [red]{absence}[/]' if absence else ''}"


def protocol(rows: Iterable[ParameterRow]) -> Table:
    """Each value of a protocol with its evidence."""
    table = Table(box=None)
    for heading in ("key", "value", "evidence", "source", "note"):
        table.add_column(heading)
    for row in rows:
        grade = plain(row.grade) if row.grade else "–"
        table.add_row(
            f"[cyan]{escape(row.key)}[/]", escape(row.value), grade, escape(row.source or "–"), escape(row.note or "")
        )
    return table


def protocol_changes(changes: Iterable[ProtocolChange]) -> Table:
    """A line for each value that a new version of a protocol changes, and one for its evidence where that differs."""
    table = Table(box=None)
    for heading in ("key", "for the patient", "was", "becomes"):
        table.add_column(heading)
    for one in changes:
        was, becomes = one.before or "–", one.after or "–"
        if one.added or one.removed:
            was = ", ".join(f"without {code}" for code in one.removed) if one.removed else "–"
            becomes = ", ".join(f"with {code}" for code in one.added) if one.added else "–"
        if one.is_of_evidence_alone:
            was = becomes = "the same"
        way = str(one.strictness or "–")
        table.add_row(f"[cyan]{escape(one.key)}[/]", way, escape(was), escape(becomes))
        if (one.evidence_before, one.evidence_after) != (None, None):
            founded = [escape(told or "nothing") for told in (one.evidence_before, one.evidence_after)]
            table.add_row("", "[dim]founded on[/]", *(f"[dim]{told}[/]" for told in founded))
    return table


def builds(found: Iterable[BuildInUse]) -> Table:
    """A line for each build."""
    table = Table(box=None)
    for heading in ("build", "courses", "patient here", "escalations", ""):
        table.add_column(heading, no_wrap=True)
    for one in found:
        if one.is_current:
            said = "[green]current[/]"
        else:
            said = "[yellow]needed[/]" if one.is_needed else "its workers may end"
        numbers = (one.courses, one.with_the_patient_here, one.escalations)
        table.add_row(escape(one.build or "none"), *map(str, numbers), said)
    return table


def tokens(found: Iterable[TokenShown]) -> Table:
    """A line for each token, oldest first."""
    table = Table(box=None)
    for heading in ("token", "role", "name", "site", "speaks for", "created", "last used", "expires", ""):
        table.add_column(heading, no_wrap=True)
    for token in found:
        used = moment(token.last_used_at) if token.last_used_at else "never"
        ended = f"[red]revoked {moment(token.revoked_at)}[/]" if token.revoked_at else ""
        table.add_row(
            f"[cyan]{token.id}[/]",
            escape(token.role),
            escape(token.name),
            escape(token.site or "every site"),
            escape(_speaks_for(token)),
            moment(token.created_at),
            used,
            moment(token.expires_at) if token.expires_at else "never",
            ended,
        )
    return table


def _speaks_for(token: NewToken | TokenShown) -> str:
    roles = ", ".join(token.speaks_as)
    if token.person is None:
        return roles or "–"
    return f"{token.person} ({roles})" if roles else token.person


def reads(found: Iterable[CourseRead]) -> Table:
    """A line for each read, newest first."""
    table = Table(box=None)
    for heading in ("at", "course", "what", "who", "role", "person", "token", "request"):
        table.add_column(heading, no_wrap=True)
    for read in found:
        table.add_row(
            moment(read.at),
            f"[cyan]{escape(read.course_id)}[/]" if read.course_id else "–",
            escape(read.what),
            escape(read.name),
            escape(read.role),
            escape(read.person or "–"),
            read.token_id or "–",
            escape(read.own_request_id or read.request_id),
        )
    return table


def new_token(made: NewToken) -> Table:
    """A new token with its secret, which is shown only this once."""
    table = Table(box=None, show_header=False)
    table.add_row("token", f"[bold]{made.token}[/]")
    table.add_row("id", f"[cyan]{made.id}[/]")
    table.add_row("role", made.role)
    table.add_row("site", escape(made.site or "every site"))
    table.add_row("speaks for", escape(_speaks_for(made)))
    table.add_row("expires", moment(made.expires_at) if made.expires_at else "never")
    table.add_row("", "It is shown this once: keep it now.")
    return table
