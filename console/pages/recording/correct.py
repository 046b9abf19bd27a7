"""The form that corrects one fact: its own form with what was recorded, the reason, and 'entered in error'."""

from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Path, Response
from pydantic import JsonValue

from console.errors.mapping import problem_of
from console.errors.problems import Problem, ProblemCode, problem_error
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, acting, looking
from console.pages.labels import EVENTS, FIELDS, not_yours
from console.pages.recording.answer import Known, recorded, recorded_before
from console.pages.recording.fields import Field, FieldKind, all_fields
from console.pages.recording.form_parsing import Entered, data_of, entered_in
from console.pages.recording.form_view import shown
from console.pages.recording.obstacles import obstacles
from console.pages.recording.prefill import as_entered, offers
from console.pages.recording.record import (
    REPORTS,
    SOURCE,
    RecordPage,
    event_id,
    form_zone,
    on_to,
    protocol_of,
    refusal_shown,
    said_actor,
    with_role,
)
from console.pages.recording.reporter import as_offered, reporter_here, reporter_shown, signed_in_as
from domain.events.clinic_events import MODELS, Fact
from domain.events.parsing import CORRECTION, Decoded
from domain.ledger import Entry
from domain.refusal import FieldError
from domain.values import CourseId
from domain.views.corrected_entries import as_corrected
from domain.views.course import CourseView

PATH: Final = "/courses/{course_id}/correct/{sequence}"
REASON: Final = Field(
    pointer="/reason", label=FIELDS["reason"], kind=FieldKind.LONG_TEXT, is_required=True, longest=4000
)
RETRACTED: Final = Field(pointer="/retracted", label=FIELDS["retracted"], kind=FieldKind.YES_NO, is_required=True)
EXPLANATION: Final = "Correct what was recorded. Both stay in the record; what followed is judged anew."

Course = Annotated[CourseId, Path()]
Sequence = Annotated[int, Path(ge=1, le=10_000_000)]

router = APIRouter(include_in_schema=False)


@router.get(PATH)
async def ask_to_correct(
    viewer: Annotated[Viewer, Depends(looking(*REPORTS))], course_id: Course, sequence: Sequence
) -> Response:
    """The form with the fact as it reads now."""
    view = await viewer.services.course_access.view(viewer.caller, course_id)
    viewer.saw("course", course_id)
    entry, now = await _fact(viewer, course_id, sequence)
    zone = viewer.clock(view.site).zone
    known = {
        **as_entered(all_fields(entry.type), _as_event(now), zone),
        RETRACTED.pointer: ("no",),
        **reporter_here(viewer),
    }
    return await _form(viewer, view, entry, known, zone)


@router.post(PATH)
async def correct(
    viewer: Annotated[Viewer, Depends(acting(*REPORTS))], course_id: Course, sequence: Sequence
) -> Response:
    """Reports the correction; if it is refused, shows the form again with the reasons and all values."""
    view = await viewer.services.course_access.view(viewer.caller, course_id)
    entry, now = await _fact(viewer, course_id, sequence)
    posted = [(name, value) for name, value in (await viewer.request.form()).multi_items() if isinstance(value, str)]
    asked = with_role(viewer, entry.type, entered_in(_fields(entry.type), posted))
    entered = {**asked, **signed_in_as(viewer)}
    zone = form_zone(viewer, view, entered)
    event = _event(viewer, course_id, entry, now, entered, zone)
    try:
        reported = await viewer.services.reporting.report(viewer.caller, Decoded(event))
    except Exception as error:
        problem = problem_of(error)
        if problem is None:
            raise
        if problem.problem.code is ProblemCode.EVENT_ID_REUSED:
            return on_to(viewer, course_id, recorded_before(str(event["id"])), said_actor(event), entered)
        return await _form(viewer, view, entry, entered, zone, problem.problem)
    said = recorded(viewer, event, reported, view, Known())
    return on_to(viewer, course_id, said, said_actor(event), entered)


def _fields(kind: str) -> tuple[Field, ...]:
    """Who corrects it, why, whether it happened at all, when, and its own fields."""
    person, role, *others = all_fields(kind)
    return (person, role, REASON, RETRACTED, *others)


async def _fact(viewer: Viewer, course_id: CourseId, sequence: int) -> tuple[Entry, Entry]:
    """The entry of that number, and the same as it reads now. Raises `ProblemError` if it is no fact."""
    if not viewer.caller.may_report(CORRECTION):
        raise problem_error(ProblemCode.FORBIDDEN, not_yours(viewer.caller.role, CORRECTION))
    entries = await viewer.services.store.entries(course_id)
    entry = next((one for one in entries if one.sequence == sequence and one.event_id is not None), None)
    if entry is None or entry.type == CORRECTION or not issubclass(MODELS[entry.type], Fact):
        raise problem_error(ProblemCode.NOT_FOUND, f"Entry {sequence} is no fact that can be corrected")
    named_alike = sum((one.source, one.event_id) == (entry.source, entry.event_id) for one in entries)
    if named_alike > 1 and (entry.sent_by is None or entry.sent_by.token != viewer.caller.token_id):
        told = f"Another sender's event has the same id as entry {sequence}: only who sent it can correct it"
        raise problem_error(ProblemCode.FORBIDDEN, told)
    return entry, as_corrected(entries).get(sequence) or entry


def _as_event(entry: Entry) -> dict[str, JsonValue]:
    return {"time": entry.time.isoformat(), "data": entry.data}


def _event(
    viewer: Viewer, course_id: CourseId, entry: Entry, now: Entry, entered: Entered, zone: ZoneInfo
) -> dict[str, JsonValue]:
    """The form as a correction. The time is told only where it was changed."""
    said: dict[str, Any] = data_of(_fields(entry.type), entered, zone, viewer.now)
    actor = said["data"].pop("actor")
    data: dict[str, JsonValue] = {
        "actor": actor,
        "corrects": {"source": entry.source, "id": entry.event_id},
        **({"reason": said["reason"]} if "reason" in said else {}),
    }
    if said.get("retracted") is True:
        data["retracted"] = True
    else:
        data["data"] = said["data"]
        before = as_entered(all_fields(entry.type), _as_event(now), zone).get("/time")
        if "time" in said and entered.get("/time") != before:
            data["at"] = said["time"]
    return {
        "specversion": "1.0",
        "id": event_id(entered),
        "source": SOURCE,
        "type": CORRECTION,
        "subject": course_id,
        "time": viewer.now.isoformat(),
        "data": data,
    }


async def _form(
    viewer: Viewer, view: CourseView, entry: Entry, entered: Entered, zone: ZoneInfo, problem: Problem | None = None
) -> Response:
    errors = tuple(map(_of_the_form, problem.errors or ())) if problem else ()
    offered = offers(entry.type, protocol_of(viewer, view), viewer.services.on_call.now(), view)
    page = RecordPage(
        course_id=view.course_id,
        title=f"Correct: {EVENTS[entry.type]}",
        explanation=EXPLANATION,
        action=viewer.request.url.path,
        event_id=event_id(entered),
        zone=zone.key,
        form_key=viewer.form_key,
        reporter=reporter_shown(viewer),
        form=shown(as_offered(viewer, _fields(entry.type)), entered, offered, errors, zone=zone),
        in_the_way=obstacles(entry.type, (problem.blockers or ()) if problem else (), (), entered, ()),
        refusal=refusal_shown(viewer, problem, view) if problem else None,
        question=None,
        is_begun="/id" in entered,
        is_fact=False,
        folds_codes=True,
        back=f"/courses/{view.course_id}",
    )
    return await floor_page(viewer, "", "record.html", page, problem.status if problem else 200)


def _of_the_form(error: FieldError) -> FieldError:
    """The error at the field of the form: the right data lies within the correction's own."""
    pointer = {"/data/reason": "/reason", "/data/at": "/time"}.get(error.pointer, error.pointer)
    return error.but(pointer=pointer.replace("/data/data/", "/data/", 1))
