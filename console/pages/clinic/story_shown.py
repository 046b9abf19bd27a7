"""A story on its page: the timeline by days, and what there is to know at the cursor."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Final

from console.pages import labels
from console.pages.course.ahead import (
    REMINDERS,
    IfNobodyActs,
    UpcomingDeadline,
    if_nobody_acts,
    in_a_phrase,
    missed_first,
)
from console.pages.course.blockers import Block, block, blocks_what
from console.pages.course.event_choices import ASKED_FOR, AT_ANY_TIME, ELSEWHERE
from console.pages.course.medicine_sessions import stage_of
from console.pages.course.readings import MARK_OF
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.labels import EVENTS, PHASES
from console.rehearsing import Wanted
from domain.access import Right
from domain.codes import spoken
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import PHRASES, EscalationState
from domain.rehearsal.followed import FollowedStory, PersonAsked, StoryMoment
from domain.rehearsal.lines import EscalationChange, PageLine, Reception
from domain.rehearsal.telling import PASSED, Piece, Sentence, Told, Tone, told, unfinished
from domain.values import Frozen, PersonId, Role, Severity, count_of
from domain.views.course import CourseView

MOST_PAGES: Final = 60
"""How many pages are listed at all; how many there were before them is said."""

STAFF: Final = frozenset(Role) - {Role.PATIENT, Role.SYSTEM}


class PieceShown(Frozen):
    """A piece of a sentence; its `sign` gives it mark and colour."""

    text: str
    sign: str | None = None
    is_soft: bool = False
    is_strong: bool = False


class TimelineStep(Frozen):
    """One line of the timeline. `moment` is its place of the cursor, None where it tells of several moments.

    `is_ahead`: it lies beyond the cursor.
    """

    moment: int | None
    at: Clock
    what: str
    sign: str | None
    words: tuple[PieceShown, ...]
    beneath: tuple[tuple[PieceShown, ...], ...]
    is_here: bool
    is_ahead: bool


class StoryDay(Frozen):
    """The lines of one day."""

    name: str
    steps: tuple[TimelineStep, ...]


class WantsSomebody(Frozen):
    """An escalation that is not resolved, and what is known of who sees to it.

    `people` are those who were asked; None once somebody has it, which `state` says.
    """

    severity: Severity
    phrase: str
    session: int | None
    people: str | None
    state: str


class DueShown(Frozen):
    """What is due when, and whose it is, where that can be said."""

    words: str
    due: Clock
    whose: str | None


class AskedShown(Frozen):
    """What may come next, and whose it is."""

    label: str
    whose: str | None


class PageSent(Frozen):
    """Who was paged at one moment about one thing, and how."""

    at: Clock
    severity: Severity
    phrase: str
    session: int | None
    step: int
    people: tuple[str, ...]


class CourseThen(Frozen):
    """Where the course stood, what was asked of whom, and what blocked its next step."""

    phase: str
    where: str
    held: tuple[str, ...]
    outcome: str | None
    task: str | None
    task_due: Clock | None
    wanting: tuple[WantsSomebody, ...]
    dues: tuple[DueShown, ...]
    asked: tuple[AskedShown, ...]
    blocks_what: str
    blocks: tuple[Block, ...]
    missed_first: UpcomingDeadline | None


class AtCursor(Frozen):
    """What there is to know at the cursor.

    `course` is None before the referral. `pages` and `if_nobody_acts` are None for whoever may not read who is on call.
    """

    at: Clock
    course: CourseThen | None
    pages: tuple[PageSent, ...] | None
    pages_in_all: int
    earlier: int
    if_nobody_acts: IfNobodyActs | None


class StoryShown(Frozen):
    """A story that was played: its timeline, and how it stood at the cursor, the `here`th of `most` moments.

    `unfinished` says what has no end. `before` and `after` are the places of the cursor on either side.
    """

    days: tuple[StoryDay, ...]
    here: int
    most: int
    before: int | None
    after: int | None
    nobody_acts_from: Clock
    sent: str
    unfinished: tuple[str, ...]
    zone: str
    at_cursor: AtCursor


async def story_shown(viewer: Viewer, wanted: Wanted, place: int) -> StoryShown:
    """The story, with the cursor at this place of its moments; 0 is where nobody acts any more.

    Raises `ScriptUnreadable`, `StoryTooLong` and `TooMany`.
    """
    on_call = viewer.services.on_call.now()
    rehearsing = viewer.services.rehearsing
    played = await rehearsing.story(wanted, viewer.services.library, on_call, partial(_counted, viewer))
    zone = viewer.clock(played.site).zone
    steps = tuple(told(played.lines, zone))
    moments = tuple(dict.fromkeys(one.at for one in steps))
    here = _here(moments, played.nobody_acts_from, place)
    then = await rehearsing.at(played, moments[here - 1])
    clock = WallClock(zone, then.at)
    return StoryShown(
        days=tuple(_days(viewer, steps, moments, here, clock)),
        here=here,
        most=len(moments),
        before=here - 1 if here > 1 else None,
        after=here + 1 if here < len(moments) else None,
        nobody_acts_from=clock.at(played.nobody_acts_from),
        sent=_sent_in_all(played),
        unfinished=tuple(f"{one.why}; “time goes on until” {one.until}" for one in unfinished(played.end)),
        zone=zone.key,
        at_cursor=_at_cursor(viewer, then, clock),
    )


def _counted(viewer: Viewer, events: int) -> None:
    """In the token's rate a story that is played counts its events, as a batch of them does."""
    viewer.services.rate_limit.owe(viewer.caller.token_id, events - 1)


def _here(moments: Sequence[datetime], nobody_acts_from: datetime, place: int) -> int:
    if place:
        return min(place, len(moments))
    return max((number for number, at in enumerate(moments, start=1) if at <= nobody_acts_from), default=1)


def _sent_in_all(played: FollowedStory) -> str:
    sent = played.end.pages
    return ", ".join(f"{sent[one]} {one}" for one in reversed(Severity) if sent[one]) or "none"


def _days(
    viewer: Viewer, steps: Sequence[Told], moments: Sequence[datetime], here: int, clock: WallClock
) -> Iterator[StoryDay]:
    places = {at: number for number, at in enumerate(moments, start=1)}
    for day, of_day in groupby(steps, lambda one: one.at.astimezone(clock.zone).date()):
        yield StoryDay(
            name=f"{day:%A} {day.day} {day:%B %Y}",
            steps=tuple(_step(viewer, one, places[one.at], here, clock) for one in of_day),
        )


def _step(viewer: Viewer, one: Told, place: int, here: int, clock: WallClock) -> TimelineStep:
    return TimelineStep(
        moment=place if one.what else None,
        at=clock.at(one.at).but(words=f"{one.at.astimezone(clock.zone):%H:%M}"),
        what=one.what,
        sign=_sign(one),
        words=_pieces(viewer, one.words, one),
        beneath=tuple(_pieces(viewer, sentence, one) for sentence in one.beneath),
        is_here=place == here,
        is_ahead=place > here,
    )


_SIGNS: Final = {Reception.REFUSED.value: "caution", PASSED: "late", EscalationChange.RESOLVED.value: "well"}


def _sign(one: Told) -> str | None:
    if one.what in _SIGNS:
        return _SIGNS[one.what]
    for piece in one.words:
        if piece.tone is Tone.SEVERITY:
            return piece.text
        if piece.tone is Tone.VERDICT:
            return MARK_OF[VerdictSeverity(piece.text)]
    return "caution" if any(piece.tone is Tone.DEVIATES for sentence in one.beneath for piece in sentence) else None


def _pieces(viewer: Viewer, sentence: Sentence, one: Told) -> tuple[PieceShown, ...]:
    if _may_see_people(viewer) or not (paged := sum(isinstance(line, PageLine) for line in one.lines)):
        return tuple(_piece(viewer, piece) for piece in sentence)
    first_after = next((at for at, piece in enumerate(sentence) if piece.text == ": "), 0)
    told_of = [PieceShown(text=count_of(paged, "person", "people"))] if one.what else []
    return (*told_of, *(_piece(viewer, piece) for piece in sentence[first_after:]))


def _piece(viewer: Viewer, piece: Piece) -> PieceShown:
    match piece.tone:
        case Tone.SEVERITY:
            return PieceShown(text=piece.text, sign=piece.text)
        case Tone.VERDICT:
            return PieceShown(text=piece.text, sign=MARK_OF[VerdictSeverity(piece.text)])
        case Tone.PERSON:
            return PieceShown(text=viewer.name_of(piece.text) if _may_see_people(viewer) else piece.text)
        case Tone.MORE:
            return PieceShown(text=piece.text, is_soft=True)
        case None:
            return PieceShown(text=piece.text)
        case _:
            return PieceShown(text=piece.text, is_strong=True)


def _may_see_people(viewer: Viewer) -> bool:
    return viewer.caller.has(Right.READ_ONCALL)


def _at_cursor(viewer: Viewer, then: StoryMoment, clock: WallClock) -> AtCursor:
    may_see = _may_see_people(viewer)
    sent = tuple(_pages(viewer, then, clock)) if may_see else ()
    return AtCursor(
        at=clock.at(then.at).but(words=clock.local(then.at)),
        course=_course(viewer, then, then.view, clock) if then.view is not None else None,
        pages=sent[:MOST_PAGES] if may_see else None,
        pages_in_all=len(then.pages),
        earlier=max(0, len(sent) - MOST_PAGES),
        if_nobody_acts=if_nobody_acts(then.forecast, clock) if may_see and then.forecast is not None else None,
    )


def _course(viewer: Viewer, then: StoryMoment, view: CourseView, clock: WallClock) -> CourseThen:
    session = view.sessions[-1] if view.sessions else None
    unasked = ELSEWHERE | AT_ANY_TIME - ASKED_FOR.get(view.phase, frozenset())
    return CourseThen(
        phase=PHASES[view.phase],
        where=f"session {session.number} of {view.planned_sessions}: {stage_of(session)}" if session else "",
        held=tuple(one.reason for one in view.holds),
        outcome=spoken(view.outcome) if view.outcome else None,
        task=then.task.words if then.task else None,
        task_due=_still(clock.due(then.task.due_at)) if then.task and then.task.due_at else None,
        wanting=tuple(_wants(viewer, one) for one in then.wanting),
        dues=_dues(then, view, clock),
        asked=tuple(
            AskedShown(label=EVENTS[one.type], whose=_whose(one.roles)) for one in then.asked if one.type not in unasked
        ),
        blocks_what=blocks_what(view),
        blocks=tuple(block(one) for one in view.in_the_way),
        missed_first=missed_first(view, clock),
    )


def _still(clock: Clock) -> Clock:
    """The clock as it stood: no browser counts on from it."""
    return clock.but(counting=None)


def _wants(viewer: Viewer, one: PersonAsked) -> WantsSomebody:
    view = one.escalation
    people = _names(viewer, one.people) if _may_see_people(viewer) else count_of(len(one.people), "person", "people")
    is_answered = view.state is EscalationState.ACKNOWLEDGED
    return WantsSomebody(
        severity=view.severity,
        phrase=PHRASES[view.kind].capitalize(),
        session=view.session,
        people=None if is_answered else people,
        state=labels.HAS_IT.format(name=people) if is_answered else labels.NOBODY_HAS_IT,
    )


def _names(viewer: Viewer, people: Sequence[PersonId]) -> str:
    return ", ".join(map(viewer.name_of, people))


def _dues(then: StoryMoment, view: CourseView, clock: WallClock) -> tuple[DueShown, ...]:
    """Every open deadline once, longest overdue first."""
    awaited = sorted(
        (one for one in then.due if one.deadline.kind not in REMINDERS), key=lambda one: one.deadline.due_at
    )
    named = {(in_a_phrase(view, one.deadline), one.deadline.due_at): _whose(one.roles) for one in awaited}
    return tuple(DueShown(words=words, due=_still(clock.due(at)), whose=whose) for (words, at), whose in named.items())


def _whose(roles: Sequence[Role]) -> str | None:
    if frozenset(roles) >= STAFF:
        return "any of the staff"
    return " or ".join(role for role in roles if role is not Role.SYSTEM) or None


def _pages(viewer: Viewer, then: StoryMoment, clock: WallClock) -> Iterator[PageSent]:
    """Newest first; all who are paged at one moment about one thing stand together."""
    on_call = viewer.services.on_call.now()
    together: dict[tuple[object, ...], list[PageLine]] = {}
    for line in then.pages:
        together.setdefault((line.at, line.kind, line.session, line.severity, line.step), []).append(line)
    for lines in reversed(together.values()):
        first = lines[0]
        yield PageSent(
            at=clock.at(first.at),
            severity=first.severity,
            phrase=PHRASES[first.kind].capitalize(),
            session=first.session,
            step=first.step,
            people=tuple(
                f"{viewer.name_of(line.person)} ({', '.join(on_call.schemes_of(line.person)) or 'no channel'})"
                for line in lines
            ),
        )
