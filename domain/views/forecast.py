"""The forecast: who will be paged, when and by which channels, if nobody acts from now on."""

from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from heapq import merge
from typing import Final

from pydantic import Field

from domain.course.projection import CallsToCome, CallToCome
from domain.course.transition import AutoResolve, OpenEscalation, RepeatEscalation
from domain.escalation.escalation import opened
from domain.escalation.ids import EscalationId
from domain.escalation.ladder import EscalationProgress, NextStep, climbing
from domain.escalation.messages import EscalationState, Kind
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery
from domain.oncall.policy import Policy
from domain.values import CourseId, Frozen, Moment, PersonId, Severity

AHEAD: Final = timedelta(days=7)
"""How far ahead a forecast looks."""

MOST_PAGES: Final = 100
"""Most pages in a forecast: a ladder that nobody answers never ends."""

FALLBACK_NAME: Final = "the fallback channels"


class Because(StrEnum):
    """Why a page goes out at its moment: the last thing that it waited for."""

    OPENED = "opened"
    RAISED = "raised"
    HAPPENED_AGAIN = "happened_again"
    NO_ANSWER = "no_answer"
    PROMISE_LAPSED = "promise_lapsed"
    SNOOZE_ENDED = "snooze_ended"
    HOURS_BEGIN = "hours_begin"
    NOBODY_REACHED = "nobody_reached"


class Move(StrEnum):
    """How an escalation changes without anybody's act, in the ledger's words."""

    OPENED = "opened"
    RAISED = "raised"
    REOPENED = "reopened"
    RESOLVED = "resolved"


class About(Frozen):
    """The escalation it is about. Without an id it does not exist yet: the course will open it."""

    escalation: EscalationId | None = Field(description="Its id; null while it is still to be opened")
    kind: Kind
    session: int | None
    severity: Severity


class ChangeToCome(About):
    """A future change of an escalation. It is resolved without a human only if what was missing has arrived already."""

    at: Moment
    change: Move


class PageToCome(About):
    """One person who will be paged. `channels` are the kinds of their channels: all are tried at once."""

    at: Moment
    step: int = Field(description="The step of the severity's policy, from 1; 0 is the fallback")
    person: PersonId
    name: str
    channels: tuple[str, ...]
    because: Because = Field(
        description="`opened`: nobody has been paged of it before. `raised`: it has become worse. `happened_again`: "
        "behind a promise or a snooze. `no_answer`: nobody answered the step before in time. `promise_lapsed`: "
        "acknowledged, and not resolved in time. `snooze_ended`, `hours_begin`: it was put off until then. "
        "`nobody_reached`: nobody of the step has a channel, so the fallback sounds"
    )


class NotForetold(About):
    """An escalation that did not report its progress: the pages it will send are not in the forecast."""

    why: str


class Forecast(Frozen):
    """Who will be paged if nobody acts from `at` on. Complete before `until`.

    `fallback` are the kinds of channel used in addition if every channel of a step fails.
    """

    course_id: CourseId
    at: Moment
    until: Moment
    cut: bool = Field(description="Whether there is more within the next seven days than it says: it ends at `until`")
    changes: tuple[ChangeToCome, ...]
    pages: tuple[PageToCome, ...]
    unanswered: tuple[NotForetold, ...]
    fallback: tuple[str, ...]


class _Happening(Frozen):
    """A page or change of one escalation at one moment."""

    at: Moment
    changes: tuple[ChangeToCome, ...] = ()
    pages: tuple[PageToCome, ...] = ()


def forecast(
    to_come: CallsToCome,
    progresses: Mapping[EscalationId, EscalationProgress],
    on_call: OnCall,
    why_silent: Mapping[EscalationId, str],
    most_pages: int = MOST_PAGES,
) -> Forecast:
    """Computes the forecast from the course's commands and the ladders' progress; each page names those on call then.

    `progresses` holds the progress of each escalation that answered, `why_silent` the reason of each that did not. It
    ends after `most_pages`.
    """
    changes: list[ChangeToCome] = []
    pages: list[PageToCome] = []
    until, is_cut = to_come.until, to_come.cut
    for happening in merge(*_stories(to_come, progresses, on_call), key=lambda one: one.at):
        if happening.at >= until:
            break
        if len(pages) >= most_pages:
            until, is_cut = happening.at, True
            break
        changes.extend(happening.changes)
        pages.extend(happening.pages)
    return Forecast(
        course_id=to_come.course_id,
        at=to_come.at,
        until=until,
        cut=is_cut,
        changes=tuple(changes),
        pages=tuple(pages),
        unanswered=tuple(
            NotForetold(escalation=one.id, kind=one.kind, session=one.session, severity=one.severity, why=why)
            for one in to_come.escalations
            if (why := why_silent.get(one.id))
        ),
        fallback=on_call.schemes_of(FALLBACK),
    )


def _stories(
    to_come: CallsToCome, progresses: Mapping[EscalationId, EscalationProgress], on_call: OnCall
) -> Iterator[Iterator[_Happening]]:
    """The pages and changes of each escalation, existing or future; none for one whose progress is not known."""
    known = {one.id: one for one in to_come.escalations}
    heard: dict[EscalationId, list[CallToCome]] = {one: [] for one in known}
    for call in to_come.calls:
        heard.setdefault(_callee(call), []).append(call)
    for escalation, calls in heard.items():
        first = known.get(escalation) or next(
            (one.call.opening for one in calls if isinstance(one.call, OpenEscalation)), None
        )
        if first is not None:
            about = About(
                escalation=escalation if escalation in known else None,
                kind=first.kind,
                session=first.session,
                severity=first.severity,
            )
            yield _Story(about, on_call, to_come.at, to_come.until).told(progresses.get(escalation), calls)


def _callee(to_come: CallToCome) -> EscalationId:
    match to_come.call:
        case OpenEscalation(opening=opening):
            return opening.id
        case RepeatEscalation(id=escalation) | AutoResolve(id=escalation):
            return escalation


class _Story:
    """Simulates one escalation from `now` on as its workflow would run it, with input only from its course."""

    def __init__(self, about: About, on_call: OnCall, now: datetime, until: datetime) -> None:
        self._about = about
        self._on_call = on_call
        self._now = now
        self._until = until

    def told(self, progress: EscalationProgress | None, calls: Iterable[CallToCome]) -> Iterator[_Happening]:
        """Its pages and changes in order of time. Without a `progress` it begins with the command that opens it."""
        why: Because | None = None
        for call in calls:
            if progress is not None:
                progress = yield from self._climbs(progress, call.at, why)
                progress = progress.lapsed(call.at)
            heard = self._hears(progress, call)
            if progress is not None and heard is not None:
                yield _Happening(at=call.at, changes=tuple(self._changes(progress, heard, call.at)))
            elif heard is not None and self._about.escalation is None:
                yield _Happening(at=call.at, changes=(self._change(Move.OPENED, heard, call.at),))
            why = _why(progress, heard)
            progress = heard
        if progress is not None:
            yield from self._climbs(progress, self._until, why)

    def _hears(self, progress: EscalationProgress | None, call: CallToCome) -> EscalationProgress | None:
        match call.call:
            case OpenEscalation(opening=opening) if progress is None:
                return opened(opening, call.at).progress
            case RepeatEscalation(repeat=repeat) if progress is not None:
                return progress.repeated(repeat.severity, call.at)
            case AutoResolve() if progress is not None:
                return progress.resolved()
            case _:
                return progress

    def _climbs(
        self, progress: EscalationProgress, until: datetime, why: Because | None
    ) -> Generator[_Happening, None, EscalationProgress]:
        """Yields every page before `until`, and returns the progress then.

        At the exact moment of a command, the command comes first: an escalation begins a little after its course issued
        the command, so its waits end a little later.
        """
        policy = self._on_call.policies[progress.severity]
        wakes_at = progress.wakes_at(policy)
        if progress.state is EscalationState.ACKNOWLEDGED and wakes_at is not None and wakes_at <= until:
            lapses_at = max(wakes_at, self._now)
            yield _Happening(at=lapses_at, changes=(self._change(Move.REOPENED, progress, lapses_at),))
        for next_step, after in climbing(policy, progress, self._now):
            if next_step.at >= until:
                break
            because = _because(policy, progress, next_step, self._now, why)
            yield _Happening(at=next_step.at, pages=tuple(self._pages(progress.severity, next_step, because)))
            progress, why = after, None
        return progress

    def _pages(self, severity: Severity, next_step: NextStep, because: Because) -> Iterator[PageToCome]:
        """The pages of a step to those on call at that moment."""
        called = self._on_call.standing(OnCallQuery(severity=severity, at=next_step.at)).called[next_step.step - 1]
        for person in called:
            yield self._page(severity, next_step, person, because)
        if not any(self._on_call.channels_of(person) for person in called):
            yield self._page(severity, next_step.but(step=0), FALLBACK, Because.NOBODY_REACHED)

    def _page(self, severity: Severity, next_step: NextStep, person: PersonId, because: Because) -> PageToCome:
        known = self._on_call.people.get(person)
        return PageToCome(
            **dict(self._about.but(severity=severity)),
            at=next_step.at,
            step=next_step.step,
            person=person,
            name=known.name if known else FALLBACK_NAME,
            channels=self._on_call.schemes_of(person),
            because=because,
        )

    def _changes(self, before: EscalationProgress, after: EscalationProgress, at: datetime) -> Iterator[ChangeToCome]:
        if after.severity is not before.severity:
            yield self._change(Move.RAISED, after, at)
        if after.is_open and not before.is_open:
            yield self._change(Move.REOPENED, after, at)
        if after.state is EscalationState.RESOLVED and before.state is not EscalationState.RESOLVED:
            yield self._change(Move.RESOLVED, after, at)

    def _change(self, change: Move, progress: EscalationProgress, at: datetime) -> ChangeToCome:
        return ChangeToCome(**dict(self._about.but(severity=progress.severity)), at=at, change=change)


def _why(before: EscalationProgress | None, after: EscalationProgress | None) -> Because | None:
    """Why the page after a command goes out; None if the command changed nothing."""
    if before is None or after is None or before == after:
        return None
    return Because.RAISED if before.severity is not after.severity else Because.HAPPENED_AGAIN


def _because(
    policy: Policy, progress: EscalationProgress, next_step: NextStep, now: datetime, why: Because | None
) -> Because:
    """The last thing that the step waited for."""
    at_any_hour = progress.upcoming(policy.but(hours=None))
    if at_any_hour and next_step.at > max(at_any_hour.at, now):
        return Because.HOURS_BEGIN
    if progress.quiet and progress.quiet.until > progress.due_at:
        return Because.SNOOZE_ENDED
    if why is not None:
        return why
    if progress.state is EscalationState.ACKNOWLEDGED:
        return Because.PROMISE_LAPSED
    return Because.NO_ANSWER if progress.step else Because.OPENED
