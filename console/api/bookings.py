"""The route for bookings: which visit takes which room and which people, and what is booked twice."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BeforeValidator

from console.access.bookings import ListedBooking, Wanted, listed_bookings
from console.api.answers import problems
from console.api.courses import Reader
from console.api.lists import Items, Limit, lost
from console.errors.problems import ProblemCode, problem_error
from console.services import AuditLogDep, StoreDep
from domain.moments import moment
from domain.refusal import FieldError
from domain.values import Code, CourseId, GroupId, Name, PersonId
from records.unreadable_rows import RowId

A_DAY: Final = timedelta(days=1)
LONGEST: Final = timedelta(days=100)
"""The longest span of one list: what is booked twice is looked for among all bookings of it."""

Since = Annotated[
    datetime | None,
    BeforeValidator(lambda told: None if told is None else moment(told)),
    Query(alias="from", description="Those that end after it, RFC 3339 with an offset; now if left out"),
]
Until = Annotated[
    datetime | None,
    BeforeValidator(lambda told: None if told is None else moment(told)),
    Query(description="Those that start before it; a day after `from` if left out, at most 100 days after"),
]


class ListedBookingList(Items[ListedBooking]):
    """One page of the list of bookings. `next` is null on the last page."""


router = APIRouter(prefix="/v1/bookings", tags=["courses"])


@router.get("", responses=problems(ProblemCode.FORBIDDEN))
async def bookings(
    store: StoreDep,
    audit: AuditLogDep,
    caller: Reader,
    since: Since = None,
    until: Until = None,
    site: Annotated[Code | None, Query(description="Only this site")] = None,
    room: Annotated[Name | None, Query(description="Only this room, in whatever case")] = None,
    person: Annotated[PersonId | None, Query(description="Only those with this member of staff")] = None,
    group: Annotated[GroupId | None, Query(description="Only those of this group")] = None,
    off: Annotated[
        bool, Query(description="Also those that take nothing: canceled, missed, of a closed course")
    ] = False,
    limit: Limit = 50,
    cursor: Annotated[RowId | None, Query(description="`next` of the page before")] = None,
) -> ListedBookingList:
    """Who comes when, to which room and whom, as recorded; first those that start first, with what is booked twice.

    A booking that is moved between two pages may be on both, or on neither. Each page is asked for with the same span.
    """
    if site is not None and not caller.may_see_site(site):
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {caller.site}, not {site}")
    now = datetime.now(UTC)
    since = since or now
    until = until or since + A_DAY
    if not since < until <= since + LONGEST:
        detail = f"must be after `from`, and at most {LONGEST.days} days"
        raise problem_error(ProblemCode.INVALID, f"until {detail}", FieldError(pointer="/query/until", detail=detail))
    after = _place_of(cursor) if cursor is not None else None
    wanted = Wanted(since=since, until=until, site=site, room=room, person=person, group=group, off=off)
    found = await listed_bookings(store, caller, wanted, now)
    left = [one for one in found if after is None or _place(one) > after]
    audit.note(caller, "bookings")
    return ListedBookingList(
        items=tuple(left[:limit]),
        next=_cursor(left[limit - 1]) if len(left) > limit else None,
        unreadable=found.unreadable if after is None else (),
    )


Place = tuple[datetime, CourseId, int]


def _place(one: ListedBooking) -> Place:
    """By what the list is ordered."""
    return one.starts_at, one.course_id, one.session


def _cursor(one: ListedBooking) -> str:
    return f"{one.starts_at.astimezone(UTC).isoformat()}~{one.id}"


def _place_of(cursor: str) -> Place:
    """Raises `ProblemError` (`invalid`)."""
    try:
        starts_at, course_id, session = cursor.split("~")
        return datetime.fromisoformat(starts_at).astimezone(UTC), course_id, int(session)
    except (ValueError, OverflowError):
        raise lost(cursor) from None
