"""What a migration changes in a course, for the terminal: a line for the course, and one for each change."""

from collections.abc import Iterator
from datetime import datetime

from rich.markup import escape
from rich.text import Text

from domain.values import count_of
from domain.views.migration import DeadlineMoved, MigrationEffect
from gateway.migrations import Migrated
from terminal.course import DUE
from terminal.formatting import marked, moment, plain, severity


def migration_lines(one: Migrated, *, is_foreseen: bool) -> Iterator[Text]:
    """The course, whether it goes over or has gone, and what that changes."""
    course_id, effect = escape(one.course_id), one.effect
    if one.refusal is not None:
        yield marked(f"[red]✗[/] {course_id}: refused: {escape(one.refusal.message)}")
    else:
        verb = "would go over" if is_foreseen else "has gone over"
        same = ", and nothing else changes" if effect is None or effect.is_none else ""
        yield marked(f"[green]✓[/] {course_id}: {verb}{same}")
    if one.differs:
        yield marked("    [yellow]not as foreseen[/]: something else happened meanwhile")
    if effect is not None:
        for line in _changes(effect):
            yield marked(f"    {line}")


def _changes(effect: MigrationEffect) -> Iterator[str]:
    if effect.phase is not None:
        outcome = f" / {plain(effect.outcome)}" if effect.outcome else ""
        yield f"enters {plain(effect.phase)}{outcome}"
    if effect.sessions_planned is not None:
        was, now = effect.sessions_planned
        yield f"{count_of(now, 'medicine session')} planned, not {was}"
    for blocker in effect.blockers_added:
        yield f"blocked by: {escape(blocker.message)}"
    for blocker in effect.blockers_gone:
        yield f"no longer blocked by: {escape(blocker.message)}"
    yield from map(_deadline, effect.deadlines)
    for checkpoint in effect.checkpoints:
        due = "no longer due" if checkpoint.is_gone else "due"
        yield f"vitals {due} at {moment(checkpoint.due_at)}, session {checkpoint.session}"
    for call in effect.calls:
        where = f", session {call.session}" if call.session else ""
        yield f"calls at once: {severity(call.severity)} {plain(call.kind)}{where}"


def _deadline(one: DeadlineMoved) -> str:
    what = DUE.get(one.kind, plain(one.kind))
    parts = (escape(one.subject or ""), f"session {one.session}" if one.session else "")
    named = ", ".join(part for part in parts if part)
    return f"{what}{f' ({named})' if named else ''}: {_moved(one.before, one.after)}"


def _moved(before: datetime | None, after: datetime | None) -> str:
    if before is None:
        return f"due {moment(after)}"
    if after is None:
        return f"no longer due {moment(before)}"
    return f"due {moment(after)}, not {moment(before)}"
