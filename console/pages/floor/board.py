"""The board: a column for each phase, a card for each course, and above them what needs a human now."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Annotated, Final, TypeVar

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from console.errors.problems import ProblemCode, problem_error
from console.pages.floor.needs import NOWHERE, Need, needs, where_they_are
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.csv_file import csv_href
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES, SEES_FLOOR
from console.pages.frame.silent_courses import SilentCourses, silent_courses
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import PHASES
from domain.access import Right
from domain.codes import spoken
from domain.course.session import HERE, Stage
from domain.course.state import Phase
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.values import Code, Frozen, Name, Severity, count_of
from domain.views.summary import CourseSummary
from records.board import BoardFilter, Column
from records.unreadable_rows import Found

PATH: Final = "/"
NEEDS_SHOWN: Final = 6
NEEDS_READ: Final = 200
"""Beyond those that are shown: an emergency that somebody has hides none that nobody has."""
CARDS_A_COLUMN: Final = 40
CARDS_OF_ONE_PHASE: Final = 200
BLOCKS_SHOWN: Final = 3

SEES_EVERY_COURSE: Final = (Right.READ_COURSES, Right.SEE_FLOOR)


Chosen = TypeVar("Chosen")
OrAny = Annotated[Chosen | None, BeforeValidator(lambda value: value.strip() or None if value else None), Query()]
"""A filter of a form; empty means no filter."""

router = APIRouter(include_in_schema=False)


class Dot(Frozen):
    """One planned medicine session: done, under way, or to come."""

    is_done: bool
    is_now: bool


class Card(Frozen):
    """One course and what it needs. No reading or score is on a card: a wall screen has many readers."""

    course_id: str
    protocol: str
    version: int
    attention: Severity | None
    held: bool
    is_under_way: bool
    due: Clock | None
    to_do: str | None
    blocked_by: tuple[str, ...]
    more_blocks: int
    dots: tuple[Dot, ...]
    sessions: str
    since_dose: Clock | None
    site: str


class PhaseColumn(Frozen):
    """The courses of a phase, most urgent first; `more` is how many are not shown."""

    phase: Phase
    label: str
    courses: int
    under_way: int
    late: int
    cards: tuple[Card, ...]
    more: int
    more_href: str


class Filters(Frozen):
    """The filters in use, and the choices of each."""

    site: str | None
    phase: Phase | None
    attention: Severity | None
    protocol: str | None
    q: str | None
    late: bool
    sites: tuple[str, ...]
    protocols: tuple[str, ...]
    phases: tuple[tuple[Phase, str], ...] = tuple(PHASES.items())
    severities: tuple[Severity, ...] = tuple(Severity)

    @property
    def is_any(self) -> bool:
        """Whether any filter is in use."""
        return any((self.site, self.phase, self.attention, self.protocol, self.q, self.late))

    @property
    def in_words(self) -> str:
        """What is asked for: `open course at bend that is late with “1025” in its id`."""
        where = f" at {self.site}" if self.site else ""
        of = f" of {self.protocol}" if self.protocol else ""
        which = f"course in {PHASES[self.phase].lower()}" if self.phase else "open course"
        wanting = f" that wants somebody ({self.attention} or more)" if self.attention else ""
        late = f" {'and' if wanting else 'that'} is late" if self.late else ""
        named = f" with “{self.q}” in its id" if self.q else ""
        return f"{which}{of}{where}{wanting}{late}{named}"


class BoardPage(Frozen):
    """What needs a human, then every course in its phase. `may_refer`: the viewer may start a course.

    `sees_all`: not only the courses behind escalations. `wall` is the address of the same on a wall, and `among_closed`
    that of the closed courses, where no open one was found. `csv` is the address of the same as CSV, for who may open
    a course. `shows_sites`: the cards are of several sites.
    `may_open`: a card leads to its course. `emergencies` are all that nobody has, also beyond the needs that are shown.
    """

    needs: tuple[Need, ...]
    emergencies: tuple[EscalationId, ...]
    more_needs: int
    silent: SilentCourses
    may_see_needs: bool
    may_refer: bool
    sees_all: bool
    may_open: bool
    filters: Filters
    columns: tuple[PhaseColumn, ...]
    wall: str
    csv: str | None
    shows_sites: bool
    among_closed: str | None = None
    unread: tuple[Unread, ...] = ()
    unread_needs: tuple[Unread, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no course in any column."""
        return not any(column.courses for column in self.columns)

    @property
    def under_way(self) -> int:
        """How many patients are here."""
        return sum(column.under_way for column in self.columns)

    @property
    def late(self) -> int:
        """How many courses are late."""
        return sum(column.late for column in self.columns)


async def board_filter(
    viewer: Annotated[Viewer, Depends(looking(*SEES_FLOOR))],
    site: OrAny[Code] = None,
    phase: OrAny[Phase] = None,
    attention: OrAny[Severity] = None,
    protocol: OrAny[Name] = None,
    q: OrAny[Name] = None,
    late: OrAny[bool] = None,
) -> BoardFilter:
    """A dependency: the filters of the address, of what this viewer may see. Raises `ProblemError` (`forbidden`)."""
    if site is not None and not viewer.caller.may_see_site(site):
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {viewer.caller.site}, not {site}")
    return BoardFilter(
        site=site,
        phase=phase,
        attention=attention,
        protocol=protocol,
        search=q,
        seen_site=viewer.caller.site,
        behind_escalations=not viewer.caller.has(*SEES_EVERY_COURSE),
        late=bool(late),
    )


Wanted = Annotated[BoardFilter, Depends(board_filter)]


@router.get(PATH)
async def board(
    viewer: Annotated[Viewer, Depends(looking(*SEES_FLOOR))],
    wanted: Wanted,
    wall: Annotated[str | None, Query(max_length=10)] = None,
) -> Response:
    """The board. Its filters are in the address, so that a wall screen keeps them; with `wall` it fits any screen."""
    is_wall, site = wall is not None, wanted.site
    services, clock, seen_site = viewer.services, viewer.clock(site), site or viewer.caller.site
    limit = CARDS_OF_ONE_PHASE if wanted.phase and not is_wall else CARDS_A_COLUMN
    may_see_needs = viewer.caller.has(Right.READ_ESCALATIONS, Right.SEE_FLOOR)
    found, open_now, floor, silent = await asyncio.gather(
        services.store.board(wanted.but(limit=limit), viewer.now),
        services.store.unresolved(seen_site, limit=NEEDS_READ) if may_see_needs else _nothing(Found[EscalationView]()),
        services.store.floor(seen_site),
        silent_courses(viewer, clock, site=seen_site)
        if may_see_needs
        else _nothing(SilentCourses(shown=(), are_more=False)),
    )
    by_place = sorted(open_now, key=lambda one: one.state is not EscalationState.OPEN) if is_wall else open_now
    wanting: Sequence[EscalationView] = by_place[:NEEDS_SHOWN]
    viewer.saw("board")
    url = viewer.request.url
    is_among_open = wanted.search is not None and wanted.phase is None
    shown = BoardPage(
        needs=needs(viewer, wanting, clock, await where_they_are(viewer, wanting) if is_wall else NOWHERE),
        emergencies=tuple(
            one.id for one in open_now if one.severity is Severity.EMERGENCY and one.state is EscalationState.OPEN
        ),
        more_needs=max(0, floor.unresolved - NEEDS_SHOWN),
        silent=silent,
        may_see_needs=may_see_needs,
        may_refer=viewer.caller.may_report("kap.course.referred"),
        sees_all=viewer.caller.has(*SEES_EVERY_COURSE),
        may_open=viewer.caller.has(*SEES_COURSES),
        filters=Filters(
            site=site,
            phase=wanted.phase,
            attention=wanted.attention,
            protocol=wanted.protocol,
            q=wanted.search,
            late=wanted.late,
            sites=found.sites,
            protocols=found.protocols,
        ),
        columns=tuple(_column(viewer, column, clock) for column in found.columns),
        wall=f"{PATH}?{url.include_query_params(wall='').query}",
        csv=csv_href(viewer, "/courses.csv") if viewer.caller.has(*SEES_COURSES) else None,
        shows_sites=len({card.site for column in found.columns for card in column.cards}) > 1,
        among_closed=f"{PATH}?{url.include_query_params(phase=Phase.CLOSED.value).query}" if is_among_open else None,
        unread=unread((*found.unreadable, *(one for column in found.columns for one in column.unreadable)), "/courses"),
        unread_needs=unread(open_now.unreadable, "/escalations"),
    )
    return await floor_page(viewer, PATH, "wall.html" if is_wall else "board.html", shown, site=site)


async def _nothing(instead: Chosen) -> Chosen:
    return instead


def _column(viewer: Viewer, column: Column, clock: WallClock) -> PhaseColumn:
    return PhaseColumn(
        phase=column.phase,
        label=PHASES[column.phase],
        courses=column.courses,
        under_way=column.under_way,
        late=column.late,
        cards=tuple(_card(course, clock, tells_outcome=viewer.caller.has(*SEES_COURSES)) for course in column.cards),
        more=column.courses - len(column.cards) - len(column.unreadable),
        more_href=f"{PATH}?{viewer.request.url.include_query_params(phase=column.phase.value).query}",
    )


def _is_under_way(course: CourseSummary) -> bool:
    return course.dosed_at is not None or course.stage in HERE


def _due(course: CourseSummary) -> datetime | None:
    return course.reading_due_at if course.reading_due_at and _is_under_way(course) else course.to_do_by


@lru_cache(maxsize=1024)
def _dots(planned: int, done: int, now: int | None) -> tuple[Dot, ...]:
    """A dot for each planned session, which are few: `now` is the number of the one under way."""
    return tuple(Dot(is_done=place <= done, is_now=place == now) for place in range(1, planned + 1))


def _card(course: CourseSummary, clock: WallClock, *, tells_outcome: bool) -> Card:
    is_under_way, due = _is_under_way(course), _due(course)
    ended = f"Closed: {spoken(course.outcome)}" if course.outcome and tells_outcome else None
    planned, number = course.planned_sessions or 0, course.session or 0
    blocked_by = tuple(words for words in course.blocked_by if words not in (course.to_do or ""))
    done = number if course.stage == Stage.DISCHARGED else max(number - 1, 0)
    return Card(
        course_id=course.course_id,
        protocol=course.protocol_id,
        version=course.sequence,
        attention=course.attention,
        held=course.held,
        is_under_way=is_under_way,
        due=clock.due(due) if due else None,
        to_do=course.to_do or ended,
        blocked_by=blocked_by[:BLOCKS_SHOWN],
        more_blocks=max(0, len(blocked_by) - BLOCKS_SHOWN),
        dots=_dots(planned, done, number if is_under_way else None),
        sessions=f"session {number} of {planned}" if number else f"{count_of(planned, 'session')} planned",
        since_dose=clock.since(course.dosed_at) if course.dosed_at and is_under_way else None,
        site=course.site,
    )
