"""Routes for courses: the list of all courses, one course, its forecast and its ledger."""

from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BeforeValidator

from console.access.courses import CourseAccess, UnreadableEntry
from console.api.answers import problems
from console.api.lists import Items, Limit, lost, page
from console.auth import with_one_of
from console.errors.problems import ProblemCode, ProblemError, problem_error
from console.services import AuditLogDep, CourseAccessDep, CoursesDep, EscalationsDep, OnCallDep, StoreDep
from domain.access import Caller, Right
from domain.course.state import Outcome, Phase
from domain.ledger import Entry
from domain.moments import moment
from domain.past.as_of import PastCourse, Wanted
from domain.refusal import FieldError
from domain.values import Code, CourseId, Name, Severity
from domain.views.course import CourseView
from domain.views.forecast import Forecast
from domain.views.summary import CourseSummary
from gateway.forecasts import forecast_of
from gateway.past_courses import WrongMoment
from records.store import CourseFilter
from records.unreadable_rows import RowId

Reader = Annotated[Caller, Depends(with_one_of(Right.READ_COURSES, Right.READ_COURSES_BEHIND))]
Rostered = Annotated[Caller, Depends(with_one_of(Right.READ_ONCALL))]
Auditor = Annotated[Caller, Depends(with_one_of(Right.READ_LEDGER))]
Course = Annotated[CourseId, Path(description="The course's id", examples=["EX-1"])]

EarlierMoment = Annotated[
    datetime | None,
    BeforeValidator(lambda told: None if told is None else moment(told)),
    Query(description="How it was at that moment, RFC 3339 with an offset", examples=["2026-11-27T19:14:00Z"]),
]
AsKnown = Annotated[
    bool,
    Query(description="As the record knew it by `as_of`, not as it is known today; without that, both are the same"),
]

OF_A_COURSE: Final = problems(ProblemCode.FORBIDDEN, ProblemCode.UNKNOWN_COURSE)
"""Problems that every route about one course may return, besides those of authentication and middleware."""


class CourseSummaryList(Items[CourseSummary]):
    """One page of the list of courses. `next` is null on the last page."""


router = APIRouter(prefix="/v1/courses", tags=["courses"])


@router.get("", responses=problems(ProblemCode.FORBIDDEN))
async def fleet(
    store: StoreDep,
    audit: AuditLogDep,
    caller: Reader,
    phase: Annotated[Phase | None, Query(description="Only this phase")] = None,
    site: Annotated[Code | None, Query(description="Only this site")] = None,
    held: Annotated[bool | None, Query(description="Only those on hold, or only those that are not")] = None,
    attention: Annotated[Severity | None, Query(description="Only those that want a human this much, or more")] = None,
    protocol: Annotated[Name | None, Query(description="Only this protocol's")] = None,
    outcome: Annotated[Outcome | None, Query(description="Only those that ended so")] = None,
    limit: Limit = 50,
    cursor: Annotated[RowId | None, Query(description="`next` of the page before")] = None,
) -> CourseSummaryList:
    """All courses, newest start first, as recorded. Paging misses and repeats none while courses change."""
    if site is not None and not caller.may_see_site(site):
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {caller.site}, not {site}")
    filters = CourseFilter(
        phase=phase,
        site=site or caller.site,
        held=held,
        attention=attention,
        protocol=protocol,
        outcome=outcome,
        behind_escalations=not caller.has(Right.READ_COURSES),
        limit=limit + 1,
        cursor=cursor,
    )
    found = await store.courses(filters)
    if cursor is not None and not found.ids and not await store.has_course(cursor):
        raise lost(cursor)
    audit.note(caller, "courses")
    shown = page(found, limit, lambda course: course.course_id)
    return CourseSummaryList(items=shown.items, next=shown.next, unreadable=shown.unreadable)


@router.get("/{course_id}", responses=OF_A_COURSE)
async def course(
    access: CourseAccessDep,
    audit: AuditLogDep,
    caller: Reader,
    course_id: Course,
    as_of: EarlierMoment = None,
    as_known: AsKnown = False,
) -> PastCourse | CourseView:
    """One course as its workflow holds it now, with every event answered so far; or as it stood at `as_of`."""
    if as_of is None:
        view: PastCourse | CourseView = await access.view(caller, course_id)
    else:
        view = await _past(access, caller, course_id, Wanted(as_of, as_known))
    audit.note(caller, "course" if as_of is None else "past course", course_id)
    return view


async def _past(access: CourseAccess, caller: Caller, course_id: CourseId, wanted: Wanted) -> PastCourse:
    try:
        return await access.past(caller, course_id, wanted)
    except WrongMoment as wrong:
        raise _wrong_moment(str(wrong)) from None


def _wrong_moment(why: str) -> ProblemError:
    return problem_error(ProblemCode.INVALID, f"as_of {why}", FieldError(pointer="/query/as_of", detail=why))


@router.get("/{course_id}/forecast", responses=OF_A_COURSE)
async def forecast(
    access: CourseAccessDep,
    courses: CoursesDep,
    escalations: EscalationsDep,
    on_call: OnCallDep,
    audit: AuditLogDep,
    caller: Rostered,
    course_id: Course,
) -> Forecast:
    """Who will be paged about the course within the next seven days, when and how, if nobody acts from now on."""
    await access.view(caller, course_id)
    foretold = await forecast_of(course_id, datetime.now(UTC), courses, escalations, on_call=on_call.now())
    audit.note(caller, "forecast", course_id)
    return foretold


@router.get("/{course_id}/ledger", responses=OF_A_COURSE)
async def ledger(
    access: CourseAccessDep,
    audit: AuditLogDep,
    caller: Auditor,
    course_id: Course,
    as_of: EarlierMoment = None,
    as_known: AsKnown = False,
) -> tuple[Entry | UnreadableEntry, ...]:
    """Every recorded entry, in order, each with its hash. An unreadable row is named in its place.

    With `as_of` those of what had been said to happen by then, with `as_known` those that were recorded by then.
    """
    entries = await access.ledger(caller, course_id)
    audit.note(caller, "ledger", course_id)
    return tuple(one for one in entries if isinstance(one, UnreadableEntry) or _was_there(one, as_of, as_known))


def _was_there(one: Entry, as_of: datetime | None, as_known: bool) -> bool:
    return as_of is None or (one.recorded_at if as_known else one.time) <= as_of
