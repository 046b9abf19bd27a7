"""What lies ahead of a course: its deadlines, and who will be paged if nobody acts."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from console.pages.course.timeline import since_dose
from console.pages.frame.clock import Clock, WallClock
from console.pages.labels import DUE
from domain.codes import spoken
from domain.course.deadlines import DeadlineKind
from domain.durations import days, duration, in_words
from domain.escalation.messages import PHRASES
from domain.protocol.instruments import instrument_name
from domain.values import Frozen, Severity
from domain.views.course import CourseView, DeadlineView
from domain.views.forecast import Forecast, PageToCome

CALLS_SHOWN: Final = 4

REMINDERS: Final = frozenset({DeadlineKind.CHECK_IN_REMINDER, DeadlineKind.FORM_REMINDER})
"""Reminders of deadlines that are listed themselves."""


class UpcomingDeadline(Frozen):
    """One deadline."""

    words: str
    due: Clock


class UpcomingPage(Frozen):
    """Who will be paged at one moment, and about what."""

    at: Clock
    severity: Severity
    phrase: str
    people: str


class IfNobodyActs(Frozen):
    """The pages to come, soonest first; `unknown` says what could not be forecast."""

    calls: tuple[UpcomingPage, ...]
    more: int
    within: str
    unknown: tuple[str, ...]


def dues(view: CourseView, clock: WallClock) -> tuple[UpcomingDeadline, ...]:
    """Every open deadline once, longest overdue first."""
    awaited = sorted((one for one in view.deadlines if one.kind not in REMINDERS), key=lambda one: one.due_at)
    named = dict.fromkeys((in_a_phrase(view, one), one.due_at) for one in awaited)
    return tuple(UpcomingDeadline(words=words, due=clock.due(due_at)) for words, due_at in named)


def in_a_phrase(view: CourseView, one: DeadlineView) -> str:
    """What is due: `Reading at 30 min, session 1`."""
    return ", ".join(_parts(view, one))


def missed_first(view: CourseView, clock: WallClock) -> UpcomingDeadline | None:
    """What is missed first if nobody acts, and when it passes; None where nothing falls due."""
    first = min(view.deadlines, key=lambda one: one.passes_at, default=None)
    return UpcomingDeadline(words=in_a_phrase(view, first), due=clock.at(first.passes_at)) if first else None


def if_nobody_acts(forecast: Forecast, clock: WallClock) -> IfNobodyActs:
    """The forecast as lines: one line for all who are paged at one moment about one thing."""
    lines: dict[tuple[object, ...], list[PageToCome]] = {}
    for page in forecast.pages:
        lines.setdefault((page.at, page.kind, page.session), []).append(page)
    calls = [_call(pages, clock) for pages in lines.values()]
    return IfNobodyActs(
        calls=tuple(calls[:CALLS_SHOWN]),
        more=max(0, len(calls) - CALLS_SHOWN),
        within=in_words(_whole_days(forecast.until - forecast.at)),
        unknown=tuple(f"{PHRASES[one.kind].capitalize()}: {one.why}" for one in forecast.unanswered),
    )


def _call(pages: list[PageToCome], clock: WallClock) -> UpcomingPage:
    first = pages[0]
    return UpcomingPage(
        at=clock.at(first.at),
        severity=first.severity,
        phrase=PHRASES[first.kind],
        people=", ".join(dict.fromkeys(page.name for page in pages)),
    )


def _parts(view: CourseView, one: DeadlineView) -> Iterator[str]:
    phrase, subject = DUE[one.kind], one.subject or ""
    session = next((known for known in view.sessions if known.number == one.session), None)
    yield phrase.format(
        step=spoken(subject).capitalize(),
        form=spoken(subject),
        instrument=instrument_name(subject),
        since_dose=since_dose(session, one.due_at),
        day=days(duration(subject)) if "{day}" in phrase else None,
    ).rstrip()
    if one.session is not None:
        yield f"session {one.session}"


def _whole_days(length: timedelta) -> timedelta:
    return length - length % timedelta(days=1) if length >= timedelta(days=1) else length
