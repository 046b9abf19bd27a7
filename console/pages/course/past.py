"""The page of a course as it stood at an earlier moment: as all of it reads today, or as the record knew it then."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Path, Query, Response

from console.errors.problems import ProblemCode, ProblemError, problem_error
from console.pages.course.ahead import UpcomingDeadline, dues
from console.pages.course.blockers import Block, block, blocks_what
from console.pages.course.course import HoldShown, title_of
from console.pages.course.escalations import EscalationLine, escalation_lines
from console.pages.course.medicine_sessions import SessionShown, visits
from console.pages.course.phase_bar import PhaseStep, phase_bar
from console.pages.course.timeline import TimelineLine, severity_of, story
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import EVENTS, LEARNED
from domain.codes import spoken
from domain.ledger import Entry
from domain.moments import instant, local_moment, moment, rfc_3339
from domain.past.as_of import LearnedSince, PastCourse, Wanted
from domain.refusal import FieldError
from domain.values import CourseId, Frozen
from gateway.past_courses import WrongMoment

PATH: Final = "/courses/{course_id}/past"

_A_SECOND: Final = timedelta(seconds=1)

router = APIRouter(include_in_schema=False)


class LearnedLater(Frozen):
    """A fact that the record learned of, or learned to read otherwise, only later."""

    what: str
    at: Clock
    how: str
    learned: Clock
    sequence: int


class StepTo(Frozen):
    """A link to the moment before or after at which something happened."""

    rel: str
    words: str
    at: Clock
    href: str


class PastPage(Frozen):
    """The course as it stood. `entry` is the newest of `most` entries by then; `typed` the moment as a form has it."""

    course_id: CourseId
    title: str
    site: str
    at: Clock
    typed: str
    as_known: bool
    entries: int
    entry: int
    most: int
    steps: tuple[StepTo, ...]
    learned: tuple[LearnedLater, ...]
    outcome: str | None
    holds: tuple[HoldShown, ...]
    phases: tuple[PhaseStep, ...]
    escalations: tuple[EscalationLine, ...]
    blocks_what: str
    blocks: tuple[Block, ...]
    dues: tuple[UpcomingDeadline, ...]
    visits: tuple[SessionShown, ...]
    story: tuple[TimelineLine, ...]


@router.get(PATH)
async def past_course(
    viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))],
    course_id: Annotated[CourseId, Path()],
    at: Annotated[str | None, Query()] = None,
    entry: Annotated[int | None, Query(ge=1)] = None,
    as_known: Annotated[bool, Query()] = False,
) -> Response:
    """The course at a moment, by the site's clock where it has no offset, or at an entry; without either, now."""
    now = await viewer.services.course_access.view(viewer.caller, course_id)
    entries = await viewer.services.store.ledger(course_id)
    clock = viewer.clock(now.site)
    wanted = Wanted(_moment(viewer, clock, entries, at, entry, as_known=as_known), as_known)
    try:
        view = await viewer.services.course_access.past(viewer.caller, course_id, wanted)
    except WrongMoment as wrong:
        raise _wrong(str(wrong)) from None
    viewer.saw("past course", course_id)
    shown = _page(viewer, view, entries, WallClock(clock.zone, wanted.at))
    return await floor_page(viewer, f"/courses/{course_id}", "past.html", shown, site=now.site)


def _moment(
    viewer: Viewer, clock: WallClock, entries: Sequence[Entry], at: str | None, entry: int | None, *, as_known: bool
) -> datetime:
    if at is None:
        if entry is None or not entries:
            return viewer.now
        named = entries[min(entry, len(entries)) - 1]
        return named.recorded_at if as_known else named.time
    try:
        return moment(at)
    except ValueError:
        try:
            return instant(local_moment(at), clock.zone)
        except ValueError:
            raise _wrong("must be a day and a time between the years 1900 and 2200") from None


def _wrong(why: str) -> ProblemError:
    return problem_error(ProblemCode.INVALID, f"The moment {why}", FieldError(pointer="/query/at", detail=why))


def _page(viewer: Viewer, view: PastCourse, entries: Sequence[Entry], clock: WallClock) -> PastPage:
    past = view.as_of
    by_then = [one for one in entries if (one.recorded_at if past.as_known else one.time) <= past.at]
    return PastPage(
        course_id=view.course_id,
        title=title_of(viewer, view),
        site=view.site,
        at=clock.to_the_second(past.at).but(words=f"{clock.local(past.at)}:{past.at.astimezone(clock.zone):%S}"),
        typed=_typed(past.at, clock),
        as_known=past.as_known,
        entries=past.entries,
        entry=max((one.sequence for one in by_then), default=1),
        most=len(entries),
        steps=tuple(_steps(view, clock)),
        learned=tuple(_learned(one, clock) for one in past.learned_since),
        outcome=spoken(view.outcome) if view.outcome else None,
        holds=tuple(
            HoldShown(since=clock.at(one.since), reason=one.reason, is_safety=one.is_safety) for one in view.holds
        ),
        phases=phase_bar(view),
        escalations=tuple(
            one.but(raised=_still(one.raised), href=None) for one in escalation_lines(viewer, view, (), clock)
        ),
        blocks_what=blocks_what(view),
        blocks=tuple(block(one) for one in view.in_the_way),
        dues=tuple(one.but(due=_still(one.due)) for one in dues(view, clock)),
        visits=tuple(
            one.but(since_dose=one.since_dose and _still(one.since_dose), due=one.due and _still(one.due))
            for one in visits(viewer, view, clock)
        ),
        story=tuple(
            line.but(correct_at=None) for line in story(viewer, view, view.happened, clock, severity_of((), view, ()))
        ),
    )


def _still(clock: Clock) -> Clock:
    """The clock as it stood: no browser counts on from it."""
    return clock.but(counting=None)


def _typed(at: datetime, clock: WallClock) -> str:
    """The moment on the site's clock as a form has it, up to the next whole second, so that it takes nothing back."""
    local = at.astimezone(clock.zone)
    whole = local if not local.microsecond else local.replace(microsecond=0) + _A_SECOND
    return f"{whole:%Y-%m-%dT%H:%M:%S}"


def _steps(view: PastCourse, clock: WallClock) -> Iterator[StepTo]:
    past = view.as_of
    for rel, words, at in (("prev", "← before,", past.before), ("next", "after, →", past.after)):
        if at is not None:
            query = urlencode({"at": rfc_3339(at, clock.zone), "as_known": str(past.as_known).lower()})
            href = f"/courses/{view.course_id}/past?{query}"
            yield StepTo(rel=rel, words=words, at=clock.to_the_second(at), href=href)


def _learned(one: LearnedSince, clock: WallClock) -> LearnedLater:
    return LearnedLater(
        what=EVENTS[one.type],
        at=clock.at(one.time),
        how=LEARNED[one.how],
        learned=clock.at(one.learned_at),
        sequence=one.sequence,
    )
