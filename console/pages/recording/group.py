"""The page of a group: several courses in one room at one time, how each stands, and one act that moves them all."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import RedirectResponse
from pydantic import JsonValue

from console.access.bookings import ListedBooking, bookings_of_group
from console.errors.mapping import problem_of
from console.errors.problems import ProblemCode, ProblemError, problem_error
from console.pages.course.timeline import who
from console.pages.floor.rooms import taken_twice
from console.pages.frame.clock import Clock
from console.pages.frame.last_reporter import keep_reporter
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import HX, Viewer, acting, looking
from console.pages.labels import STAGES, not_yours
from console.pages.recording.booking_ahead import CHECK, MOVED, NOT_KNOWN, clashes_of_all, passed, starts_at_of
from console.pages.recording.confirmation import HAPPENED, NO, YES, Confirmation, confirmation
from console.pages.recording.fields import all_fields
from console.pages.recording.form_parsing import Entered, data_of, entered_in
from console.pages.recording.form_view import ShownForm, shown
from console.pages.recording.prefill import offers
from console.pages.recording.record import SOURCE, event_id, form_zone, said_actor, with_role
from console.pages.recording.reporter import (
    ReporterShown,
    as_offered,
    reporter_here,
    reporter_shown,
    signed_in_as,
)
from console.recorded_answers import RecordedAnswer
from domain.access import Right
from domain.course.session import Stage
from domain.events.parsing import Decoded
from domain.refusal import FieldError
from domain.values import CourseId, Frozen, GroupId, Severity, count_of
from domain.views.bookings import Booking, watched_at_once
from domain.views.summary import CourseSummary
from records.unreadable_rows import RowUnreadable

PATH: Final = "/groups/{group}"

OTHERS: Final = "others"
"""The name of the button that moves those that may be moved, though others may not."""

FIELDS: Final = tuple(one for one in all_fields(MOVED) if one.pointer not in {"/data/session", "/time"})
"""What is asked once for all: who moves them, to when, a remark. Which session it is each course knows."""

Group = Annotated[GroupId, Path()]

router = APIRouter(include_in_schema=False)


class Member(Frozen):
    """One course of the group with its newest visit in it; `apart` says what is other than with most of the group."""

    course_id: CourseId
    session: int
    stage: str
    starts: Clock
    ends: Clock
    room: str | None
    people: tuple[str, ...]
    apart: tuple[str, ...]
    twice: tuple[str, ...]
    attention: Severity | None
    to_do: str | None
    is_waiting: bool


class Foretold(Frozen):
    """What would become, or became, of one course when the group is moved."""

    course_id: CourseId
    mark: str
    words: str
    is_moved: bool


class GroupPage(Frozen):
    """The group. `form` moves those that are still to come, `waiting` of them; None for whoever may not.

    `watched` says that more patients come to one monitor at once than their protocol lets them watch; None if not.
    `foretold` is what would become of each, once it was asked; `refused` counts those that would stay. `doubts` are
    what may be a slip, as sentences: the start has passed, or who else has the rooms and the people then. With a
    `question` it asks whether that is right, instead of the form.
    """

    group: str
    zone: str
    action: str
    form_key: str
    move_id: str
    members: tuple[Member, ...]
    waiting: int
    reporter: ReporterShown | None
    form: ShownForm | None
    foretold: tuple[Foretold, ...]
    refused: int
    doubts: tuple[str, ...]
    question: Confirmation | None
    watched: str | None
    answered: RecordedAnswer | None
    unread: tuple[Unread, ...]


@router.get(PATH)
async def group_page(viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))], group: Group) -> Response:
    """Everybody in the group, and the form that moves them."""
    members, broken = await _members(viewer, group)
    zone = viewer.clock(members[0].site).zone
    return await _page(viewer, group, members, broken, reporter_here(viewer), zone)


@router.post(PATH)
async def move(viewer: Annotated[Viewer, Depends(acting(Right.REPORT, Right.STEER))], group: Group) -> Response:
    """Moves every visit of the group that is still to come, after each course was asked whether it may be.

    Where one may not, none is moved, unless the others are to be. What may be a slip is asked about once before. Sent
    again it moves nothing twice.
    """
    if not viewer.caller.may_report(MOVED):
        raise problem_error(ProblemCode.FORBIDDEN, not_yours(viewer.caller.role, MOVED))
    members, broken = await _members(viewer, group)
    posted = [(name, value) for name, value in (await viewer.request.form()).multi_items() if isinstance(value, str)]
    entered = {**with_role(viewer, MOVED, entered_in(FIELDS, posted)), **signed_in_as(viewer)}
    zone = _zone(viewer, entered, members)
    events = {one.course_id: _event(viewer, one, entered, zone) for one in members if _is_waiting(one)}
    if not events:
        raise problem_error(ProblemCode.INVALID, "No visit of this group is still to come")
    if NO in entered.get(HAPPENED, ()):
        return await _page(viewer, group, members, broken, entered, zone)
    foretold = [await _foretold(viewer, one, event) for one, event in events.items()]
    errors = next((told for told in foretold if isinstance(told, tuple)), ())
    asked = [told for told in foretold if isinstance(told, Foretold)]
    refused = sum(not one.is_moved for one in asked)
    is_sure = YES in entered.get(HAPPENED, ())
    moving = {one.course_id: events[one.course_id] for one in asked if one.is_moved}
    slips = () if errors or is_sure else await _slips(viewer, members, moving, is_checked=CHECK in entered)
    if errors or CHECK in entered or (refused and (OTHERS not in entered or refused == len(asked))):
        status = 422 if errors else 200 if CHECK in entered else 409
        return await _page(
            viewer, group, members, broken, entered, zone, asked=asked, errors=errors, slips=slips, status=status
        )
    if slips:
        question = confirmation((), slips, FIELDS, entered, next(iter(moving.values())), viewer.name_of)
        return await _page(
            viewer, group, members, broken, entered, zone, asked=asked, slips=slips, question=question, status=409
        )
    done = [await _moved(viewer, one.course_id, events[one.course_id]) if one.is_moved else one for one in asked]
    return _on(viewer, group, entered, done, next(iter(events.values())))


async def _members(viewer: Viewer, group: str) -> tuple[Sequence[ListedBooking], tuple[Unread, ...]]:
    """The newest visit of each course in the group that the viewer may see. Raises `ProblemError` (`not_found`)."""
    found = await bookings_of_group(viewer.services.store, viewer.caller, group, viewer.now)
    if not found.ids:
        raise problem_error(ProblemCode.NOT_FOUND, f"No visit that you may see is booked in a group {group}")
    newest = {one.course_id: one for one in sorted(found, key=lambda one: one.session)}
    viewer.saw("group")
    if not newest:
        raise problem_error(ProblemCode.UNAVAILABLE, "No visit of this group can be read from the record")
    named = unread((row.but(id=row.id.partition("~")[0]) for row in found.unreadable), "/courses")
    return sorted(newest.values(), key=lambda one: (one.starts_at, one.course_id)), named


async def _page(
    viewer: Viewer,
    group: str,
    members: Sequence[ListedBooking],
    broken: tuple[Unread, ...],
    entered: Entered,
    zone: ZoneInfo,
    *,
    asked: Sequence[Foretold] = (),
    errors: Iterable[FieldError] = (),
    slips: Sequence[str] = (),
    question: Confirmation | None = None,
    status: int = 200,
) -> Response:
    may_move = viewer.caller.may_report(MOVED) and any(map(_is_waiting, members))
    offered = offers(MOVED, None, viewer.services.on_call.now(), None)
    site = members[0].site
    summaries = {one.course_id: await _summary(viewer, one.course_id) for one in members}
    for one in members:
        viewer.saw("group", one.course_id)
    page = GroupPage(
        group=group,
        zone=zone.key,
        action=viewer.request.url.path,
        form_key=viewer.form_key,
        # A form that was answered is another act when it is sent once more.
        move_id=event_id({}),
        members=tuple(_member(viewer, one, members, summaries[one.course_id]) for one in members),
        waiting=sum(map(_is_waiting, members)),
        reporter=reporter_shown(viewer),
        form=shown(as_offered(viewer, FIELDS), entered, offered, errors) if may_move else None,
        foretold=tuple(asked),
        refused=sum(not one.is_moved for one in asked),
        doubts=tuple(slips),
        question=question,
        watched=_watched(viewer, members, summaries.values()),
        answered=viewer.services.recorded_answers.answer(
            viewer.whose, viewer.request.url.path, viewer.request.query_params.get("answered", "")
        ),
        unread=broken,
    )
    return await floor_page(viewer, "/rooms", "group.html", page, status, site=site)


def _member(
    viewer: Viewer, one: ListedBooking, members: Sequence[ListedBooking], summary: CourseSummary | None
) -> Member:
    clock = viewer.clock(one.site)
    return Member(
        course_id=one.course_id,
        session=one.session,
        stage=STAGES[one.stage],
        starts=clock.at(one.starts_at),
        ends=clock.at(one.taken_until(viewer.now)),
        room=one.room,
        people=tuple(who(viewer, member.id, member.role) for member in one.staff),
        apart=tuple(_apart(one, members)),
        twice=tuple(
            f"{taken_twice(viewer, clash)} also with {clash.course_id} session {clash.session}"
            for clash in one.double_booked
        ),
        attention=summary.attention if summary else None,
        to_do=summary.to_do if summary else None,
        is_waiting=_is_waiting(one),
    )


def _apart(one: ListedBooking, members: Sequence[ListedBooking]) -> Iterator[str]:
    """What of it is other than with most of those that take place."""
    here = [member for member in members if not member.is_off]
    if one.is_off or len(here) == 1:
        return
    if one.starts_at != Counter(member.starts_at for member in here).most_common(1)[0][0]:
        yield "at another time"
    if one.room != Counter(member.room for member in here).most_common(1)[0][0]:
        yield "in another room"
    if set(one.staff) != set(Counter(frozenset(member.staff) for member in here).most_common(1)[0][0]):
        yield "with other people"


def _watched(viewer: Viewer, members: Sequence[ListedBooking], summaries: Iterable[CourseSummary | None]) -> str | None:
    """By the protocol of those of its courses that asks for the most."""
    known = [viewer.services.library.get(one.protocol_id, one.protocol_version) for one in summaries if one]
    asked = [one for one in known if one is not None and one.medicine.watched_at_once_max is not None]
    protocol = min(asked, key=lambda one: one.medicine.watched_at_once_max or 0, default=None)
    found = watched_at_once(members, viewer.now)
    if protocol is None or protocol.medicine.watched_at_once_max is None:
        return None
    most = protocol.medicine.watched_at_once_max
    if not found.is_too_many(most):
        return None
    patients, monitors = count_of(found.patients, "patient"), count_of(found.monitors, "monitor")
    source = protocol.source_of("medicine.watched_at_once_max")
    return f"{patients} at once and {monitors}: by {protocol.id} one watches {most} at most" + (
        f" ({source})" if source else ""
    )


def _is_waiting(one: ListedBooking) -> bool:
    """Whether it is still to come, so that it can be moved."""
    return one.stage is Stage.BOOKED and not one.is_off


def _zone(viewer: Viewer, entered: Entered, members: Sequence[ListedBooking]) -> ZoneInfo:
    return form_zone(viewer, None, entered) if "zone" in entered else viewer.clock(members[0].site).zone


def _event(viewer: Viewer, one: ListedBooking, entered: Entered, zone: ZoneInfo) -> dict[str, JsonValue]:
    """The event that moves this visit. Its id is that of the form and its course's: sent again, it is the same."""
    said = data_of(FIELDS, entered, zone, viewer.now)
    data = said["data"]
    assert isinstance(data, dict)
    return {
        "specversion": "1.0",
        "id": f"{event_id(entered)}~{one.course_id}",
        "source": SOURCE,
        "type": MOVED,
        "time": viewer.now.isoformat(),
        "subject": one.course_id,
        "data": {**data, "session": one.session},
    }


async def _slips(
    viewer: Viewer,
    members: Sequence[ListedBooking],
    moving: Mapping[CourseId, Mapping[str, JsonValue]],
    *,
    is_checked: bool,
) -> tuple[str, ...]:
    """What may be a slip in moving these, once for them all: that the start has passed, and who else is there then."""
    if not moving:
        return ()
    event = next(iter(moving.values()))
    planned = [_planned(one, event) for one in members if one.course_id in moving]
    taken = await clashes_of_all(viewer, planned, NOT_KNOWN if is_checked else None)
    return (*passed(viewer, members[0].site, event), *taken)


def _planned(one: ListedBooking, event: Mapping[str, JsonValue]) -> Booking:
    """The visit where this event would move it, as long as it is."""
    starts_at = starts_at_of(event)
    assert starts_at is not None, "The course would have refused it"
    return one.but(starts_at=starts_at, ends_at=starts_at + (one.ends_at - one.starts_at))


async def _foretold(
    viewer: Viewer, course_id: CourseId, event: Mapping[str, JsonValue]
) -> Foretold | tuple[FieldError, ...]:
    """What the course would answer, by a dry run; or what is wrong in the form, which is the same for all."""
    try:
        await viewer.services.reporting.ask(viewer.caller, Decoded(dict(event)))
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        if problem.problem.code is ProblemCode.EVENT_ID_REUSED:
            return _was_moved(course_id)
        return problem.problem.errors or _stays(course_id, problem)
    return Foretold(course_id=course_id, mark="well", words="may be moved", is_moved=True)


async def _moved(viewer: Viewer, course_id: CourseId, event: Mapping[str, JsonValue]) -> Foretold:
    """Moves the visit, and says what became of it."""
    try:
        await viewer.services.reporting.report(viewer.caller, Decoded(dict(event)))
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        if problem.problem.code is ProblemCode.EVENT_ID_REUSED:
            return _was_moved(course_id)
        return _stays(course_id, problem)
    return Foretold(course_id=course_id, mark="well", words="moved", is_moved=True)


def _was_moved(course_id: CourseId) -> Foretold:
    return Foretold(course_id=course_id, mark="well", words="was moved by this form before", is_moved=True)


def _stays(course_id: CourseId, problem: ProblemError) -> Foretold:
    """Why it stays where it is; of one that did not answer nobody knows."""
    said = problem.problem
    if said.code in {ProblemCode.UNAVAILABLE, ProblemCode.TOO_MANY}:
        return Foretold(course_id=course_id, mark="unknown", words=f"did not answer: {said.detail}", is_moved=False)
    reasons = "; ".join(one.message for one in said.blockers or ()) or said.detail
    return Foretold(course_id=course_id, mark="urgent", words=reasons, is_moved=False)


def _on(
    viewer: Viewer, group: str, entered: Entered, done: Sequence[Foretold], event: Mapping[str, JsonValue]
) -> Response:
    """Redirects to the group's page, which says what became of each: whoever was not moved first."""
    moved = sum(one.is_moved for one in done)
    left = [f"{one.course_id} was not moved: {one.words}" for one in done if not one.is_moved]
    said = RecordedAnswer(
        event_id=event_id(entered),
        mark="urgent" if left else "well",
        words=(f"Moved: {count_of(moved, 'visit')} of {len(done)}.", *left),
    )
    page = PATH.format(group=group)
    viewer.services.recorded_answers.keep(viewer.whose, viewer.request.url.path, said)
    shown_at = f"{quote(page)}?answered={quote(said.event_id)}"
    in_place = HX in viewer.request.headers
    response = Response(headers={"HX-Redirect": shown_at}) if in_place else RedirectResponse(shown_at, status_code=303)
    if (by := said_actor(dict(event))) is not None:
        keep_reporter(viewer, response, by)
    return response


async def _summary(viewer: Viewer, course_id: CourseId) -> CourseSummary | None:
    try:
        return await viewer.services.store.course(course_id)
    except RowUnreadable:
        return None
