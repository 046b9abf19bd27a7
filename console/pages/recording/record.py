"""The form for each clinic event, which reports it as the API does."""

import asyncio
import re
from datetime import timedelta
from typing import Annotated, Final
from urllib.parse import quote
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Depends, Path, Response
from fastapi.responses import RedirectResponse
from pydantic import JsonValue, ValidationError

from console.errors.mapping import problem_of
from console.errors.problems import Problem, ProblemCode, ProblemError, problem_error
from console.pages.course.event_choices import ELSEWHERE, EventChoice, acts
from console.pages.frame.last_reporter import keep_reporter
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import HX, Viewer, acting, looking
from console.pages.labels import EVENTS, label, not_yours
from console.pages.recording import referral
from console.pages.recording.answer import TOLD_AFTERWARDS, Known, recorded, recorded_before
from console.pages.recording.at_hand import READING, AtHand, at_hand, session_at_hand
from console.pages.recording.booking_ahead import (
    BOOKS,
    CHECK,
    BookingAhead,
    ahead,
    checked,
    clashes,
    refused,
    rooms_offered,
)
from console.pages.recording.confirmation import ASKED_AT, HAPPENED, NO, YES, Confirmation, confirmation, deviations
from console.pages.recording.doubts import doubts
from console.pages.recording.fields import PERSON, ROLE, TIME, Field, FieldKind, all_fields
from console.pages.recording.form_parsing import Entered, data_of, entered_in, out_of_bounds, still_ahead
from console.pages.recording.form_view import ShownForm, shown
from console.pages.recording.obstacles import Obstacles, obstacles
from console.pages.recording.prefill import as_entered, asked_for, beforehand, offers
from console.pages.recording.reporter import (
    ReporterShown,
    as_offered,
    reporter_here,
    reporter_shown,
    signed_in_as,
)
from console.recorded_answers import RecordedAnswer
from domain.access import Right
from domain.events.clinic_events import MODELS, Fact
from domain.events.parsing import Decoded, event_from
from domain.protocol.model import Protocol
from domain.refusal import FieldError, Refused, invalid
from domain.values import Actor, Blocker, CourseId, Frozen
from domain.views.course import CourseView
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import RecordStoreError

SOURCE: Final = "kapstan/console"
"""CloudEvents `source` of events from these forms."""

REFERRED: Final = "kap.course.referred"
PATH: Final = "/courses/{course_id}/record/{event}"
ONE_MORE_ROW: Final = "one_more_row"

SEEN_WITHIN: Final = timedelta(seconds=2)
"""Longest wait for the course's state before the event."""

TOLD_WITHIN: Final = timedelta(seconds=5)
"""Longest wait for what the course says after the event, which is recorded by then."""

FROM: Final = "from"
"""Where the form was opened, so that it leads back there."""
LIVE: Final = "sessions"

FOLDED: Final = {READING: ("/time", "/data/session", "/data/note")}
"""Fields that stand in a fold, by event: what is rarely other than it is anyway."""

REPORTS: Final = (Right.REPORT, Right.STEER)

Course = Annotated[CourseId, Path()]
EventName = Annotated[str, Path(max_length=64)]

router = APIRouter(include_in_schema=False)


class RefusalShown(Frozen):
    """Why the event was refused, and what may come instead; if it is blocked, by what stands in its way."""

    title: str
    message: str
    is_blocked: bool
    next: tuple[EventChoice, ...]


class RecordPage(Frozen):
    """The form, or the question about what was entered in it.

    Its `event_id` is made once, so that however often it is sent, it is one event. `back` is the page that it leads
    back to, `came_from` what says so. `ahead` is what a booking would meet. `folded` are the pointers of fields in a
    fold; with `folds_codes` so are all that may be chosen of a list, but for what is chosen of it already. `reporter`
    is who is signed in, and is not asked who they are.
    """

    course_id: CourseId | None
    title: str
    explanation: str
    action: str
    event_id: str
    zone: str
    form_key: str
    reporter: ReporterShown | None
    form: ShownForm
    in_the_way: Obstacles
    refusal: RefusalShown | None
    question: Confirmation | None
    is_begun: bool
    is_fact: bool
    back: str | None
    came_from: str = ""
    at_hand: AtHand | None = None
    ahead: BookingAhead | None = None
    folded: tuple[str, ...] = ()
    folds_codes: bool = False


@router.get(PATH)
async def ask(viewer: Annotated[Viewer, Depends(looking(*REPORTS))], course_id: Course, event: EventName) -> Response:
    """The form of one event, with initial values from the course."""
    kind = _kind(viewer, event)
    view = await viewer.services.course_access.view(viewer.caller, course_id)
    viewer.saw("course", course_id)
    came_from = viewer.request.query_params.get(FROM, "")
    known = {
        **reporter_here(viewer),
        **beforehand(kind, view, protocol_of(viewer, view)),
        **({FROM: (LIVE,)} if came_from == LIVE else {}),
    }
    return await _form(viewer, kind, course_id, view, known, zone=viewer.clock(view.site).zone)


@router.post(PATH)
async def record(viewer: Annotated[Viewer, Depends(acting(*REPORTS))], course_id: Course, event: EventName) -> Response:
    """Reports the event; if it is refused, shows the form again with the reasons and all values."""
    return await _record(viewer, _kind(viewer, event), course_id)


@router.get(referral.REFER)
async def ask_to_refer(viewer: Annotated[Viewer, Depends(looking(*REPORTS))]) -> Response:
    """The form of a referral, which starts a course."""
    fields = fields_here(viewer, REFERRED)
    known = {**reporter_here(viewer), **referral.beforehand(fields, viewer.request.query_params.get(referral.PROPOSED))}
    return await _form(viewer, REFERRED, None, None, known, zone=viewer.clock().zone)


@router.post(referral.REFER)
async def refer(viewer: Annotated[Viewer, Depends(acting(*REPORTS))]) -> Response:
    """Reports a referral."""
    return await _record(viewer, REFERRED, None)


async def _record(viewer: Viewer, kind: str, course_id: CourseId | None) -> Response:
    posted = [(name, value) for name, value in (await viewer.request.form()).multi_items() if isinstance(value, str)]
    fields = fields_here(viewer, kind)
    entered = {**with_role(viewer, kind, entered_in(fields, posted)), **signed_in_as(viewer)}
    view = await _seen(viewer, course_id) if course_id else None
    zone = form_zone(viewer, view, entered)
    if ONE_MORE_ROW in entered:
        return await _form(viewer, kind, course_id, view, entered, zone=zone, blank_rows=2)
    if NO in entered.get(HAPPENED, ()):
        return await _form(viewer, kind, course_id, view, entered, zone=zone)
    event = _event(kind, course_id, entered, zone, viewer)
    if kind in BOOKS and CHECK in entered and view is not None:
        return await _form(viewer, kind, course_id, view, entered, zone=zone, met=await checked(viewer, view, event))
    wrong = (
        *still_ahead(event, zone, viewer.now),
        *out_of_bounds(fields, entered),
        *(referral.not_offered(fields, entered) if kind == REFERRED else ()),
    )
    found = () if wrong else await deviations(viewer, kind, event, entered)
    is_sure = YES in entered.get(HAPPENED, ())
    slips = () if is_sure else doubts(viewer, fields, event, entered, view, session_at_hand(view, entered))
    if kind in BOOKS and not wrong and not is_sure and await refused(viewer, event) is None:
        slips = (*slips, *await clashes(viewer, view, event))
    if found or (slips and not wrong and not is_incomplete(event)):
        question = confirmation(found, slips, fields, entered, event, viewer.name_of)
        return await _form(viewer, kind, course_id, view, entered, zone=zone, question=question)
    try:
        _check(event, wrong)
        reported = await viewer.services.reporting.report(viewer.caller, Decoded(event))
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        if problem.problem.code is ProblemCode.EVENT_ID_REUSED:
            said = recorded_before(str(event["id"]))
            return on_to(viewer, str(event["subject"]), said, said_actor(event), entered)
        if problem.problem.code in UNDECIDED and issubclass(MODELS[kind], Fact):
            # It happened when it was first sent, however often and late it is sent again.
            entered = {**entered, **as_entered((TIME,), event, zone)}
        return await _form(viewer, kind, course_id, view, entered, zone=zone, problem=problem)
    answer = reported.answer
    now_known = await _known(viewer, answer.course_id) if kind in TOLD_AFTERWARDS else Known()
    said = recorded(viewer, event, reported, view, now_known)
    return on_to(viewer, answer.course_id, said, said_actor(event), entered)


def fields_here(viewer: Viewer, kind: str) -> tuple[Field, ...]:
    """The fields of this event's form, with what this clinic has to choose from."""
    return referral.chosen_from(viewer, all_fields(kind)) if kind == REFERRED else all_fields(kind)


def _check(event: dict[str, JsonValue], wrong: tuple[FieldError, ...]) -> None:
    """Raises `Refused` with what is `wrong` and everything else that is wrong with the event, at once."""
    if not wrong:
        return
    try:
        event_from(event)
    except Refused as refused:
        named = {one.pointer for one in wrong}
        raise invalid(*wrong, *(one for one in refused.refusal.errors if one.pointer not in named)) from None
    raise invalid(*wrong)


async def _known(viewer: Viewer, course_id: CourseId) -> Known:
    """The course as it is after the event, if it answers soon."""
    after = await _seen(viewer, course_id, TOLD_WITHIN)
    protocol = protocol_of(viewer, after)
    return Known(view=after, required=protocol.medicine.checkpoints.required if protocol else ())


def is_incomplete(event: dict[str, JsonValue]) -> bool:
    """Whether the event cannot be read as it is: what is wrong with it is told first, at its fields."""
    try:
        event_from(event)
    except Refused:
        return True
    return False


def with_role(viewer: Viewer, kind: str, entered: Entered) -> Entered:
    """What was entered, with the role of the person of the on-call file where nobody chose one."""
    person, role = PERSON.pointer, ROLE.pointer
    (named, *_) = (*(one.strip() for one in entered.get(person, ()) if one.strip()), "")
    known = viewer.services.on_call.now().people.get(named)
    if known is None or any(entered.get(role, ())):
        return entered
    may = {option.value for field in all_fields(kind) if field.pointer == role for option in field.options}
    return {**entered, role: (known.role.value,)} if known.role in may else entered


async def _form(
    viewer: Viewer,
    kind: str,
    course_id: CourseId | None,
    view: CourseView | None,
    entered: Entered,
    *,
    zone: ZoneInfo,
    blank_rows: int = 1,
    problem: ProblemError | None = None,
    question: Confirmation | None = None,
    met: BookingAhead | None = None,
) -> Response:
    """Renders the form with these values; after a refusal with the reasons, to be sent again as the same event.

    With a `question` it asks that instead; `met` is what a booking that was checked would meet.
    """
    told_now = problem.problem if problem else None
    session = session_at_hand(view, entered)
    of_session = at_hand(kind, view, session, viewer.clock(view.site)) if view and session else None
    protocol = protocol_of(viewer, view)
    offered = offers(kind, protocol, viewer.services.on_call.now(), view)
    if kind in BOOKS:
        offered = {**offered, **await rooms_offered(viewer, view)}
    form = shown(
        as_offered(viewer, asked_for(fields_here(viewer, kind), offered, protocol, entered)),
        entered,
        {**offered, **referral.offered(viewer)} if kind == REFERRED else offered,
        (told_now.errors or ()) if told_now else (),
        blank_rows,
        of_session.last if of_session else {},
        zone,
    )
    came_from = next(iter(entered.get(FROM, ())), "")
    page = RecordPage(
        course_id=course_id,
        title=EVENTS[kind],
        explanation=_explanation(kind),
        action=viewer.request.url.path,
        event_id=event_id(entered),
        zone=zone.key,
        form_key=viewer.form_key,
        reporter=reporter_shown(viewer),
        form=form,
        in_the_way=obstacles(
            kind,
            (told_now.blockers or ()) if told_now else (),
            await _in_the_way(viewer, kind, course_id, entered) if view and question is None else (),
            entered,
            next((one.errors for one in form.fields if one.kind is FieldKind.OVERRIDES), ()),
        ),
        refusal=refusal_shown(viewer, told_now, view) if told_now else None,
        question=question,
        is_begun="/id" in entered,
        is_fact=issubclass(MODELS[kind], Fact),
        back=page_of(course_id, entered) if course_id else None,
        came_from=came_from,
        at_hand=of_session,
        ahead=met or (ahead(viewer, view) if view and kind in BOOKS else None),
        folded=FOLDED.get(kind, ()),
    )
    status = told_now.status if told_now else 409 if question else 200
    here = referral.address(entered) if kind == REFERRED else None
    response = await floor_page(viewer, "", "record.html", page, status, here=here)
    if problem is not None:
        response.headers.update(problem.headers())
    return response


def refusal_shown(viewer: Viewer, problem: Problem, view: CourseView | None) -> RefusalShown:
    """The refusal in words, and what may come instead."""
    next_acts = acts(viewer.caller, view.but(next=problem.next)) if view and problem.next is not None else None
    return RefusalShown(
        title=_TITLES.get(problem.code, problem.title),
        message="" if problem.blockers or problem.errors else _MESSAGES.get(problem.code, problem.detail),
        is_blocked=bool(problem.blockers),
        next=next_acts.next if next_acts else (),
    )


_TITLES: Final = {
    ProblemCode.BLOCKED: "Not recorded: the protocol does not allow it now",
    ProblemCode.INVALID: "Not recorded yet: something in the form is wrong",
    ProblemCode.FORBIDDEN: "Not recorded: it is not yours to record",
    ProblemCode.UNKNOWN_COURSE: "Not recorded: there is no such course",
    ProblemCode.COURSE_CLOSED: "Not recorded: the course is closed",
    ProblemCode.COURSE_EXISTS: "Not recorded: this course exists already",
    ProblemCode.UNAVAILABLE: "Nobody knows yet whether it is recorded",
    ProblemCode.TOO_MANY: "Not recorded yet: too much at once",
}

UNDECIDED: Final = frozenset({ProblemCode.UNAVAILABLE, ProblemCode.TOO_MANY})
"""Problems after which the same form is sent again."""

_AGAIN: Final = "Send the form once more in a moment, as it stands: however often it is sent, it is recorded once."
_MESSAGES: Final = {
    ProblemCode.UNAVAILABLE: f"Kapstan did not answer in time. {_AGAIN} Look after the patient meanwhile.",
    ProblemCode.TOO_MANY: _AGAIN,
}


def page_of(course_id: CourseId, entered: Entered) -> str:
    """The page that the form leads back to: the live sessions if it was opened there, else the course's."""
    return f"/{LIVE}" if LIVE in entered.get(FROM, ()) else f"/courses/{course_id}"


def on_to(viewer: Viewer, course_id: CourseId, said: RecordedAnswer, by: Actor | None, entered: Entered) -> Response:
    """Redirects to the page that the form leads back to, which shows the answer."""
    page = page_of(course_id, entered)
    if page == f"/{LIVE}":
        said = said.but(words=(f"{course_id} · {said.words[0]}", *said.words[1:]))
    shown_at = f"{page}?answered={quote(said.event_id)}"
    # Sent in place, the browser has to go there itself.
    in_place = HX in viewer.request.headers
    response = Response(headers={"HX-Redirect": shown_at}) if in_place else RedirectResponse(shown_at, status_code=303)
    viewer.services.recorded_answers.keep(viewer.whose, page, said)
    if by is not None:
        keep_reporter(viewer, response, by)
    return response


def _event(
    kind: str, course_id: CourseId | None, entered: Entered, zone: ZoneInfo, viewer: Viewer
) -> dict[str, JsonValue]:
    """The form as a CloudEvent. Without a time it happened when it was first sent: now, or before the question."""
    about: dict[str, JsonValue] = {"subject": course_id} if course_id else {}
    return {
        "specversion": "1.0",
        "id": event_id(entered),
        "source": SOURCE,
        "type": kind,
        "time": next(iter(entered.get(ASKED_AT, ())), viewer.now.isoformat()),
        **about,
        **data_of(all_fields(kind), entered, zone, viewer.now),
    }


def event_id(entered: Entered) -> str:
    """The event's id, made when the form was first rendered."""
    (found, *_) = (*entered.get("/id", ()), "")
    return found or uuid4().hex


def _kind(viewer: Viewer, event: str) -> str:
    kind = f"kap.{event}"
    if kind not in MODELS or kind in ELSEWHERE:
        raise problem_error(ProblemCode.NOT_FOUND, f"There is no form for {event}")
    if not viewer.caller.may_report(kind):
        raise problem_error(ProblemCode.FORBIDDEN, not_yours(viewer.caller.role, kind))
    return kind


async def _seen(viewer: Viewer, course_id: CourseId, within: timedelta = SEEN_WITHIN) -> CourseView | None:
    """The course, if it answers soon and the viewer may see it; the form works without it."""
    try:
        async with asyncio.timeout(within.total_seconds()):
            return await viewer.services.course_access.view(viewer.caller, course_id)
    except (ProblemError, Refused, Unavailable, TooMany, RecordStoreError, TimeoutError):
        return None


async def _in_the_way(viewer: Viewer, kind: str, course_id: CourseId | None, entered: Entered) -> tuple[Blocker, ...]:
    """What stands in the way of such an event in the session that was entered, if the course answers soon."""
    if course_id is None:
        return ()
    (named, *_) = (*entered.get("/data/session", ()), "")
    session = int(named) if named.isdecimal() and len(named) < 3 else None
    try:
        async with asyncio.timeout(SEEN_WITHIN.total_seconds()):
            return await viewer.services.course_access.in_the_way(viewer.caller, course_id, kind, session)
    except (ProblemError, Refused, Unavailable, TooMany, RecordStoreError, TimeoutError):
        return ()


def protocol_of(viewer: Viewer, view: CourseView | None) -> Protocol | None:
    """The protocol that the course follows, if the clinic still has it."""
    return viewer.services.library.get(view.protocol.id, view.protocol.version) if view else None


def form_zone(viewer: Viewer, view: CourseView | None, entered: Entered) -> ZoneInfo:
    """The time zone of the form: the one in which it was first rendered."""
    (named, *_) = (*entered.get("zone", ()), "")
    try:
        return ZoneInfo(named)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return viewer.clock(view.site if view else None).zone


def said_actor(event: dict[str, JsonValue]) -> Actor | None:
    """Who the event says reported it."""
    data = event["data"]
    try:
        return Actor.model_validate(data["actor"]) if isinstance(data, dict) else None
    except ValidationError:
        return None


_NAMED_FIELD: Final = re.compile(r"`([a-z_]+)`")


def _explanation(kind: str) -> str:
    """What the event is, where fields are named as they are on the form."""
    told = (MODELS[kind].__doc__ or "").partition("\n")[0]
    return _NAMED_FIELD.sub(lambda found: f"“{label(found[1])}”", told).replace("`", "")
