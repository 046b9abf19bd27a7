"""The page of rooms: a day's visits by room or by person, and what is booked twice."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Query, Response

from console.access.bookings import ListedBooking, Wanted, listed_bookings
from console.errors.problems import ProblemCode, problem_error
from console.pages.course.timeline import who
from console.pages.floor.board import OrAny
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.csv_file import csv_href, csv_list, in_zone
from console.pages.frame.days import Day, begins, ends
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import STAGES
from domain.access import Right
from domain.course.session import Stage
from domain.values import Code, CourseId, Frozen
from domain.views.bookings import DoubleBooking
from records.unreadable_rows import Found

PATH: Final = "/rooms"
NO_ROOM: Final = "No room named"
NO_STAFF: Final = "Nobody named"

MOVE: Final = "kap.session.rebooked"
MOVE_FORM: Final = "/courses/{course_id}/record/session.rebooked"

EAST: Final = timedelta(hours=14)
WEST: Final = timedelta(hours=12)
"""How long before that of UTC a day of some time zone begins, and how long after it one ends."""

COLUMNS: Final = (
    "course_id",
    "site",
    "session",
    "stage",
    "starts_at",
    "ends_at",
    "room",
    "staff",
    "group",
    "double_booked",
)

Reader = Annotated[Viewer, Depends(looking(*SEES_COURSES))]

router = APIRouter(include_in_schema=False)


class By(StrEnum):
    """What the day's visits are told apart by."""

    ROOM = "room"
    PERSON = "person"


class Visit(Frozen):
    """One booking on the page. `twice` says what else takes the same at the same time.

    `move_at` is where this viewer moves it to another time; None if they may not, or it has begun.
    """

    course_id: CourseId
    session: int
    starts: Clock
    ends: Clock
    stage: str
    room: str | None
    people: tuple[str, ...]
    twice: tuple[str, ...]
    group: str | None
    is_off: bool
    move_at: str | None


class Place(Frozen):
    """A room, or a person, with the visits of the day."""

    id: str
    name: str
    visits: tuple[Visit, ...]


class RoomsPage(Frozen):
    """A day of one site, or of all. `site` is whose clock counts; `shows_sites`: rooms are named with their site.

    `sees_all`: not only the courses behind escalations.
    """

    day: date
    day_label: str
    before: str
    after: str
    today: str | None
    by: By
    site: str | None
    sites: tuple[str, ...]
    off: bool
    places: tuple[Place, ...]
    visits: int
    twice: int
    zone: str
    csv: str
    sees_all: bool
    unread: tuple[Unread, ...]


class Asked(Frozen):
    """What the page and its file were asked for."""

    day: date
    site: Code | None
    off: bool


async def asked_for(
    viewer: Reader,
    day: Day = None,
    site: OrAny[Code] = None,
    off: OrAny[bool] = None,
) -> Asked:
    """A dependency: the filters of the address. Raises `ProblemError` (`forbidden`)."""
    if site is not None and not viewer.caller.may_see_site(site):
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {viewer.caller.site}, not {site}")
    return Asked(day=day or _today(viewer, site), site=site or viewer.caller.site, off=bool(off))


@router.get(PATH)
async def rooms(
    viewer: Reader, asked: Annotated[Asked, Depends(asked_for)], by: Annotated[By, Query()] = By.ROOM
) -> Response:
    """The visits of one day by each site's own clock, by room or by person."""
    found = await _of_the_day(viewer, asked)
    viewer.saw("bookings")
    clock = viewer.clock(asked.site)
    sites = tuple(sorted({*(one.site for one in found), *([asked.site] if asked.site else [])}))
    today = _today(viewer, asked.site)
    url = viewer.request.url
    shown = RoomsPage(
        day=asked.day,
        day_label=f"{asked.day:%A} {asked.day.day} {asked.day:%B %Y}",
        before=_on(viewer, asked.day - timedelta(days=1)),
        after=_on(viewer, asked.day + timedelta(days=1)),
        today=f"{PATH}?{url.remove_query_params('day').query}".rstrip("?") if asked.day != today else None,
        by=by,
        site=asked.site,
        sites=sites,
        off=asked.off,
        places=tuple(_places(viewer, found, by, asked.day, shows_sites=len(sites) > 1)),
        visits=len(found),
        twice=sum(bool(one.double_booked) for one in found),
        zone=clock.zone.key,
        csv=csv_href(viewer, "/rooms.csv"),
        sees_all=viewer.caller.has(Right.READ_COURSES),
        unread=unread((row.but(id=row.id.partition("~")[0]) for row in found.unreadable), "/courses"),
    )
    return await floor_page(viewer, PATH, "rooms.html", shown, site=asked.site)


@router.get("/rooms.csv")
async def rooms_file(viewer: Reader, asked: Annotated[Asked, Depends(asked_for)]) -> Response:
    """The visits of the day, first those that start first; times by each site's own clock."""
    found = await _of_the_day(viewer, asked)
    viewer.saw("bookings")
    return csv_list("kapstan-rooms", COLUMNS, (_row(viewer, one) for one in found), found.unreadable)


async def _of_the_day(viewer: Viewer, asked: Asked) -> Found[ListedBooking]:
    """Those that take something on that day, which is each site's own."""
    midnight = datetime.combine(asked.day, time.min, UTC)
    wanted = Wanted(since=midnight - EAST, until=midnight + timedelta(days=1) + WEST, site=asked.site, off=asked.off)
    found = await listed_bookings(viewer.services.store, viewer.caller, wanted, viewer.now)
    return Found((one for one in found if _is_on(viewer, one, asked.day)), found.unreadable, found.ids)


def _is_on(viewer: Viewer, one: ListedBooking, day: date) -> bool:
    zone = viewer.clock(one.site).zone
    begin, end = begins(day, zone), ends(day, zone)
    assert begin is not None
    assert end is not None
    return one.starts_at < end and one.taken_until(viewer.now) > begin


def _places(viewer: Viewer, found: Iterable[ListedBooking], by: By, day: date, *, shows_sites: bool) -> Iterator[Place]:
    """Each room, or person, that has a visit; those of no room, or of nobody, last."""
    places: dict[tuple[bool, str], list[ListedBooking]] = {}
    names: dict[tuple[bool, str], str] = {}
    for one in found:
        for key, name in _keys(viewer, one, by, shows_sites=shows_sites):
            names.setdefault(key, name)
            places.setdefault(key, []).append(one)
    for number, key in enumerate(sorted(places), start=1):
        visits = tuple(_visit(viewer, one, day) for one in places[key])
        yield Place(id=f"place-{number}", name=names[key], visits=visits)


def _keys(viewer: Viewer, one: ListedBooking, by: By, *, shows_sites: bool) -> Iterator[tuple[tuple[bool, str], str]]:
    """Where it stands: sorted by the first, which says whether nothing is named, and called by the second."""
    if by is By.ROOM:
        name = one.room or NO_ROOM
        key = " ".join(name.casefold().split())
        yield (one.room is None, f"{key} {one.site}"), f"{name} · {one.site}" if shows_sites else name
        return
    if not one.staff:
        yield (True, NO_STAFF), NO_STAFF
    for member in {member.id: member for member in one.staff}.values():
        name = who(viewer, member.id, member.role)
        yield (False, f"{name.casefold()} {member.id}"), name


def _visit(viewer: Viewer, one: ListedBooking, day: date) -> Visit:
    clock = viewer.clock(one.site)
    may_move = one.stage is Stage.BOOKED and not one.is_off and viewer.caller.may_report(MOVE)
    return Visit(
        course_id=one.course_id,
        session=one.session,
        starts=_time(clock, one.starts_at, day),
        ends=_time(clock, one.taken_until(viewer.now), day),
        stage=STAGES[one.stage],
        room=one.room,
        people=tuple(who(viewer, member.id, member.role) for member in one.staff),
        twice=tuple(_in_words(viewer, one.double_booked)),
        group=one.group,
        is_off=one.is_off,
        move_at=MOVE_FORM.format(course_id=one.course_id) if may_move else None,
    )


def _time(clock: WallClock, at: datetime, day: date) -> Clock:
    """The time of day, with the day where it is another one."""
    local = at.astimezone(clock.zone)
    words = f"{local:%H:%M}" if local.date() == day else f"{local:%a %H:%M}"
    return clock.at(at).but(words=words)


def _in_words(viewer: Viewer, clashes: Iterable[DoubleBooking]) -> Iterator[str]:
    """What is taken twice, with every other that takes the same; what has the room as well comes first."""
    taken: dict[str, list[str]] = {}
    for clash in sorted(clashes, key=lambda one: one.room is None):
        taken.setdefault(taken_twice(viewer, clash), []).append(f"{clash.course_id} session {clash.session}")
    for shared, others in taken.items():
        yield f"{shared} also with {', '.join(others)}"


def taken_twice(viewer: Viewer, clash: DoubleBooking) -> str:
    """What two visits take at once: `room willow, Dr Osei`."""
    rooms_of_it: Sequence[str] = (f"room {clash.room}",) if clash.room else ()
    return ", ".join((*rooms_of_it, *(viewer.name_of(person) for person in clash.people)))


def _row(viewer: Viewer, one: ListedBooking) -> Mapping[str, object]:
    return {
        **in_zone(one, viewer.clock(one.site).zone),
        "staff": tuple(f"{member.id} ({member.role})" for member in one.staff),
        "double_booked": tuple(f"{clash.course_id} {clash.session}" for clash in one.double_booked),
    }


def _today(viewer: Viewer, site: str | None) -> date:
    return viewer.now.astimezone(viewer.clock(site).zone).date()


def _on(viewer: Viewer, day: date) -> str:
    return f"{PATH}?{viewer.request.url.include_query_params(day=day.isoformat()).query}"
