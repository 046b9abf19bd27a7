"""The escalations page: unresolved ones, most severe first, with every page sent and the acts on them."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from types import MappingProxyType
from typing import Annotated, Final, Never, TypeAlias
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import ValidationError
from starlette.datastructures import FormData

from console.access.escalations import ACTING
from console.api.escalations import Acknowledge, Escalation, Reassign, Resolve, Snooze
from console.auth import Authenticator, AuthenticatorDep
from console.errors.mapping import EXPECTED, problem_of
from console.errors.problems import ProblemCode, ProblemError, problem_error
from console.pages.floor.needs import Need, needs
from console.pages.frame.acting_person import me, remember
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.error_pages import ErrorPage, in_a_sentence
from console.pages.frame.rendering import floor_page, page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import FORM_KEY, HX, HX_PAGE, Viewer, acting, looking, viewer_of
from console.pages.oncall.acknowledge import BY_A_PAGE, Token, advice
from console.pages.oncall.notes import NoteForm, NoteShown, is_added, new_id, note_of, notes
from console.pages.oncall.open_work import open_work
from console.pages.oncall.page_context import KNOWN_WITHIN, PatientNow, circumstances
from console.pages.oncall.pages_sent import PageSent, openings, pages_sent
from console.pages.recording.error_words import in_words
from console.services import Services, ServicesDep
from domain.access import Right
from domain.durations import in_words as length_in_words
from domain.durations import iso_8601
from domain.escalation.ids import RECORD, EscalationId
from domain.escalation.messages import EscalationState, EscalationView
from domain.escalation.watchdog_alarm import has_no_ledger
from domain.events.parsing import field_error
from domain.values import Frozen
from gateway.links import ALARM
from gateway.workflow_calls import Unavailable
from records.access import PageOpened
from records.errors import RecordStoreError

PATH: Final = "/escalations"

SNOOZES: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60, 240, 1440))
"""Snooze lengths to choose from, as far as the severity's policy allows."""

RECORDED_WITHIN: Final = timedelta(seconds=1)
LOOKED_AFTER: Final = timedelta(milliseconds=50)

Told: TypeAlias = Mapping[EscalationId, str]
Kept: TypeAlias = Mapping[EscalationId, "Unsent"]
NOTHING: Final[Mapping[EscalationId, Never]] = MappingProxyType({})

Reader = Annotated[Viewer, Depends(looking(Right.READ_ESCALATIONS))]
OnCallStaff = Annotated[Viewer, Depends(acting(*ACTING))]


ASKED: Final[Mapping[str, str]] = {"by": "I am", "note": "Note", "to": "To", "for": "No page for", "id": "This form"}
"""What the forms call their fields."""


class EscalationAct(StrEnum):
    """An act on an escalation."""

    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"
    SNOOZE = "snooze"
    REASSIGN = "reassign"

    @property
    def form(self) -> type[Acknowledge | Resolve | Snooze | Reassign]:
        """The request model of the act."""
        return FORMS[self]


FORMS: Final[Mapping[EscalationAct, type[Acknowledge | Resolve | Snooze | Reassign]]] = {
    EscalationAct.ACKNOWLEDGE: Acknowledge,
    EscalationAct.RESOLVE: Resolve,
    EscalationAct.SNOOZE: Snooze,
    EscalationAct.REASSIGN: Reassign,
}

router = APIRouter(include_in_schema=False)


class Choice(Frozen):
    """One choice of a form."""

    value: str
    label: str
    is_chosen: bool = False


class Unsent(Frozen):
    """A note that was not noted down, and who wrote it, as far as they said."""

    note: str
    by: str


class Work(Frozen):
    """One escalation with all that is known of it, and the acts that are allowed.

    `put_off` is until when no page is sent, which lists from the record do not know. `actors` are those of the people
    for whom this viewer may act on it. `unsent` is a note that came too late to be noted down; `note_id` names the next
    note that is added.
    """

    need: Need
    state: EscalationState
    opened: Clock
    answered: Clock | None
    settled: Clock | None
    settled_by: str | None
    note: str | None
    pages: tuple[PageSent, ...]
    may_act: bool
    actors: tuple[Choice, ...]
    snoozes: tuple[Choice, ...]
    put_off: Clock | None
    may_note: bool
    note_id: str
    refused: str | None = None
    unsent: Unsent | None = None


class EscalationsPage(Frozen):
    """Unresolved escalations, then those resolved last; or one escalation by itself.

    `is_recorded` and `unanswered` as in `OpenWork`. `refused`: the refusal of an act on an escalation not shown.
    `rests_on_corrected`: what raised the one that is shown has been corrected since. `patient` is how they are, for
    who may read it, `where` they are and `people_booked` there; `is_patient_unknown` where the course does not say now.
    `record_at` is where a reading is recorded. `notes` are those that people added to the one that is shown. `is_known`
    says that the one who acts is signed in, and is not asked; `is_known_now` that the one that is shown stands as it
    does now, and not as it was recorded last.
    """

    works: tuple[Work, ...]
    resolved: tuple[Work, ...]
    people: tuple[Choice, ...]
    is_known: bool
    is_one: bool
    rests_on_corrected: bool = False
    patient: PatientNow | None = None
    is_patient_unknown: bool = False
    where: str | None = None
    people_booked: str | None = None
    record_at: str | None = None
    notes: tuple[NoteShown, ...] = ()
    is_recorded: bool = True
    is_known_now: bool = True
    unanswered: int = 0
    refused: tuple[str, ...] = ()
    unread: tuple[Unread, ...] = ()


@router.get(PATH)
async def work(viewer: Reader) -> Response:
    """All unresolved escalations."""
    return await _all(viewer)


@router.get(PATH + "/{escalation_id}")
async def one(
    request: Request, services: ServicesDep, authenticator: AuthenticatorDep, escalation_id: Escalation
) -> Response:
    """One escalation. Where a clinic seals no links, it tells whoever is not signed in how to answer."""
    if services.links is None and await _signed_in(request, services, authenticator) is None:
        return _how_to_answer(advice(escalation_id), escalation_id, f"{PATH}/{escalation_id}")
    viewer = await viewer_of(request, services, authenticator)
    await looking(Right.READ_ESCALATIONS)(viewer)
    return await _one(viewer, escalation_id)


@router.get(ALARM)
async def any_alarm(request: Request, services: ServicesDep, authenticator: AuthenticatorDep) -> Response:
    """How to answer, where links are not sealed; for somebody who is signed in, all unresolved escalations."""
    if await _signed_in(request, services, authenticator) is None:
        return _how_to_answer(None, None, PATH)
    return RedirectResponse(PATH, status_code=303)


@router.get(ALARM + "/{token}")
async def alarm(request: Request, services: ServicesDep, authenticator: AuthenticatorDep, token: Token) -> Response:
    """How to answer, for whoever reads a fallback's page, until somebody has; the escalation, once signed in.

    Whoever comes from a page of their own is asked to sign in at once: they were reached.
    """
    escalation_id = services.links.alarm_of(token) if services.links else None
    if escalation_id is None:
        raise problem_error(ProblemCode.NOT_FOUND, "This link is not one of ours, or not all of it arrived")
    is_signed_in = await _signed_in(request, services, authenticator) is not None
    if not is_signed_in and BY_A_PAGE not in request.query_params and await _is_unanswered(services, escalation_id):
        return _how_to_answer(advice(escalation_id), None, f"{ALARM}/{token}")
    await viewer_of(request, services, authenticator)
    return RedirectResponse(f"{PATH}/{escalation_id}", status_code=303)


async def _signed_in(request: Request, services: Services, authenticator: Authenticator) -> Viewer | None:
    try:
        return await viewer_of(request, services, authenticator)
    except ProblemError as no:
        if no.problem.code is not ProblemCode.UNAUTHENTICATED:
            raise
        return None


@router.post(PATH + "/{escalation_id}/note")
async def add_note(viewer: OnCallStaff, escalation_id: Escalation) -> Response:
    """Adds a person's note, also once it is resolved; a refusal is shown in place, with the note."""
    form = await viewer.request.form()
    written = _unsent(form)
    try:
        said = NoteForm.model_validate(_entered(viewer, form))
        await viewer.services.escalation_access.add_note(viewer.caller, note_of(viewer, escalation_id, said))
    except ValidationError as wrong:
        return await _one(viewer, escalation_id, _in_words(wrong), HTTPStatus.UNPROCESSABLE_ENTITY, written)
    except EXPECTED as error:
        problem = problem_of(error)
        assert problem is not None
        if problem.problem.code is not ProblemCode.EVENT_ID_REUSED:  # else it was added before: sent twice, added once
            why = in_a_sentence(problem.problem).message
            return await _one(viewer, escalation_id, why, problem.problem.status, written)
    await _until(lambda: is_added(viewer, escalation_id, said.id))
    response = RedirectResponse(f"{PATH}/{escalation_id}", status_code=303)
    remember(response, said.by, viewer.services.settings)
    return response


@router.post(PATH + "/{escalation_id}/{act}")
async def act(viewer: OnCallStaff, escalation_id: Escalation, act: EscalationAct) -> Response:
    """Acknowledges, resolves, snoozes or reassigns; a refusal is shown in place."""
    form = await viewer.request.form()
    try:
        said = act.form.model_validate(_entered(viewer, form))
        moved = await viewer.services.escalation_access.act(viewer.caller, escalation_id, said.order)
    except ValidationError as wrong:
        return await _again(viewer, escalation_id, _in_words(wrong), HTTPStatus.UNPROCESSABLE_ENTITY)
    except EXPECTED as error:
        problem = problem_of(error)
        assert problem is not None
        why = await _resolved_already(viewer, escalation_id) if problem.problem.code is ProblemCode.NOT_OPEN else None
        return await _again(
            viewer,
            escalation_id,
            why or in_a_sentence(problem.problem).message,
            problem.problem.status,
            _unsent(form) if why else None,
        )
    if HX in viewer.request.headers:
        await _until(lambda: _is_recorded(viewer, moved))
    back = PATH if _is_among_others(viewer) else f"{PATH}/{escalation_id}"
    response = RedirectResponse(back, status_code=303)
    remember(response, said.by, viewer.services.settings)
    return response


async def _resolved_already(viewer: Viewer, escalation_id: EscalationId) -> str | None:
    """Who resolved it and when, if it is known."""
    with suppress(*EXPECTED):
        view = await viewer.services.escalation_access.view(viewer.caller, escalation_id)
        if view.resolved_at is not None:
            by = f" by {viewer.name_of(view.resolved_by)}" if view.resolved_by else ""
            return f"Resolved{by} at {viewer.clock().at(view.resolved_at).words}: what you sent came after that"
    return None


def _entered(viewer: Viewer, form: FormData) -> dict[str, object]:
    """What was entered, by the person who is signed in where there is one."""
    known = {"by": viewer.caller.person} if viewer.caller.person is not None else {}
    return {**{name: value for name, value in form.items() if value and name != FORM_KEY}, **known}


def _unsent(form: FormData) -> Unsent | None:
    """The note of a form, to be kept; None if it has none."""
    note = str(form.get("note", ""))
    return Unsent(note=note, by=str(form.get("by", ""))) if note else None


def _is_among_others(viewer: Viewer) -> bool:
    """Whether a form was sent in place from the page of all escalations."""
    shown = urlsplit(viewer.request.headers.get(HX_PAGE, "")).path
    return HX in viewer.request.headers and not shown.startswith(f"{PATH}/")


async def _until(is_recorded: Callable[[], Awaitable[bool]]) -> None:
    """Waits until it is recorded, so that the page shows it; if that takes long, the page updates later."""
    with suppress(RecordStoreError, TimeoutError):
        async with asyncio.timeout(RECORDED_WITHIN.total_seconds()):
            while not await is_recorded():  # noqa: ASYNC110  another process writes it
                await asyncio.sleep(LOOKED_AFTER.total_seconds())


async def _is_recorded(viewer: Viewer, moved: EscalationView) -> bool:
    recorded = await viewer.services.store.escalation(moved.id)
    return recorded is not None and recorded.revision >= moved.revision


def _in_words(wrong: ValidationError) -> str:
    return "; ".join(
        f"{ASKED.get(str(one['loc'][0]), '')}: {in_words(field_error(one['loc'], one['msg']).detail)}"
        for one in wrong.errors()
    )


async def _again(
    viewer: Viewer, escalation_id: EscalationId, refused: str, status: int, unsent: Unsent | None = None
) -> Response:
    if _is_among_others(viewer):
        return await _all(viewer, {escalation_id: refused}, {escalation_id: unsent} if unsent else {}, status)
    return await _one(viewer, escalation_id, refused, status, unsent)


async def _all(viewer: Viewer, refused: Told = NOTHING, unsent: Kept = NOTHING, status: int = 200) -> Response:
    found = await open_work(viewer)
    viewer.saw("escalations")
    opened = await openings(viewer, (*found.unresolved, *found.resolved))
    shown_ids = {view.id for view in (*found.unresolved, *found.resolved)}
    shown = EscalationsPage(
        works=_works(viewer, found.unresolved, opened, refused, unsent),
        resolved=_works(viewer, found.resolved, opened, refused, unsent),
        people=_people(viewer),
        is_known=viewer.caller.person is not None,
        is_one=False,
        is_recorded=found.is_recorded,
        unanswered=found.unanswered,
        unread=unread(found.unreadable, PATH),
        refused=tuple(why for escalation_id, why in refused.items() if escalation_id not in shown_ids),
    )
    return await floor_page(viewer, PATH, "escalations.html", shown, status)


async def _one(
    viewer: Viewer,
    escalation_id: EscalationId,
    refused: str | None = None,
    status: int = 200,
    unsent: Unsent | None = None,
) -> Response:
    view, is_known_now = await _known(viewer, escalation_id)
    viewer.saw("escalation", view.course_id)
    told = {escalation_id: refused} if refused else {}
    kept = {escalation_id: unsent} if unsent else {}
    around = await circumstances(viewer.services, view, viewer.now)
    is_open = view.state is not EscalationState.RESOLVED
    may_see = is_open and viewer.caller.has(*SEES_COURSES)
    if may_see and around.patient:
        viewer.saw("patient of a page", view.course_id)
    record_at = f"/courses/{view.course_id}/record/vitals.recorded"
    shown = EscalationsPage(
        works=_works(viewer, [view], await openings(viewer, [view]), told, kept),
        resolved=(),
        people=_people(viewer),
        is_known=viewer.caller.person is not None,
        is_one=True,
        rests_on_corrected=around.rests_on_corrected,
        patient=around.patient if may_see else None,
        is_patient_unknown=may_see and not around.is_known,
        where=around.where if may_see else None,
        people_booked=around.people if may_see else None,
        record_at=record_at if viewer.caller.may_report("kap.vitals.recorded") and view.course_id != RECORD else None,
        notes=await notes(viewer, view, viewer.clock()),
        is_known_now=is_known_now,
    )
    return await floor_page(viewer, PATH, "escalations.html", shown, status, here=f"{PATH}/{escalation_id}")


async def _known(viewer: Viewer, escalation_id: EscalationId) -> tuple[EscalationView, bool]:
    """The escalation as it is, or, where it does not answer, as it was recorded; and whether it is as it is."""
    try:
        return await viewer.services.escalation_access.view(viewer.caller, escalation_id), True
    except Unavailable:
        recorded = await viewer.services.store.escalation(escalation_id)
        if recorded is None:
            raise
        await viewer.services.site_scope.check(viewer.caller, recorded.course_id)
        return recorded, False


def _works(
    viewer: Viewer, escalations: Sequence[EscalationView], opened: Sequence[PageOpened], refused: Told, unsent: Kept
) -> tuple[Work, ...]:
    clock = viewer.clock()
    return tuple(
        _as_left(_work(viewer, view, need, opened, clock), unsent.get(view.id)).but(refused=refused.get(view.id))
        for view, need in zip(escalations, needs(viewer, escalations, clock), strict=True)
    )


def _as_left(work: Work, unsent: Unsent | None) -> Work:
    """The work with a note that was not noted down, and whoever wrote it chosen as they had chosen."""
    if unsent is None or unsent.by not in {one.value for one in work.actors}:
        return work.but(unsent=unsent)
    return work.but(unsent=unsent, actors=tuple(one.but(is_chosen=one.value == unsent.by) for one in work.actors))


def _work(viewer: Viewer, view: EscalationView, need: Need, opened: Sequence[PageOpened], clock: WallClock) -> Work:
    is_open, actors = view.state is not EscalationState.RESOLVED, _actors(viewer, view)
    may_act = viewer.caller.has(Right.ACT_ON_ESCALATIONS) or bool(actors)
    most = viewer.services.on_call.now().policies[view.severity].max_snooze
    return Work(
        need=need,
        state=view.state,
        opened=clock.at(view.opened_at),
        answered=clock.at(view.acknowledged_at) if view.acknowledged_at else None,
        settled=clock.at(view.resolved_at) if view.resolved_at else None,
        settled_by=viewer.name_of(view.resolved_by) if view.resolved_by else None,
        note=view.note,
        pages=pages_sent(viewer, view, opened, clock),
        may_act=is_open and may_act,
        actors=actors,
        snoozes=tuple(Choice(value=iso_8601(one), label=length_in_words(one)) for one in SNOOZES if one <= most),
        put_off=clock.at(view.snoozed_until) if view.snoozed_until and view.snoozed_until > viewer.now else None,
        may_note=may_act and not has_no_ledger(view.id),
        note_id=new_id(),
    )


def _people(viewer: Viewer) -> tuple[Choice, ...]:
    """Everybody of the on-call file."""
    return tuple(Choice(value=one, label=known.name) for one, known in viewer.services.on_call.now().people.items())


def _actors(viewer: Viewer, view: EscalationView) -> tuple[Choice, ...]:
    """Who may have acted on it: suggests whoever acted last at this screen, and nobody else.

    Whoever is signed in as one person is that person.
    """
    chosen = {viewer.caller.person, me(viewer)}
    return tuple(
        Choice(value=one, label=viewer.name_of(one), is_chosen=one in chosen)
        for one in viewer.services.escalation_access.actors(viewer.caller, view)
    )


async def _is_unanswered(services: Services, escalation_id: EscalationId) -> bool:
    """Whether nobody has it yet, as far as Temporal tells in time."""
    try:
        async with asyncio.timeout(KNOWN_WITHIN.total_seconds()):
            return (await services.escalations.view(escalation_id)).state is EscalationState.OPEN
    except (*EXPECTED, TimeoutError):
        return True


def _how_to_answer(first: str | None, escalation_id: EscalationId | None, to: str) -> Response:
    """How to answer, for somebody whom a fallback page reached. It says nothing about the escalation."""
    by_hand = (
        f"kapstan ack {escalation_id} --by YOUR-ID"
        if escalation_id
        else "kapstan escalations, then kapstan ack with its id and --by YOUR-ID"
    )
    return page(
        "message.html",
        ErrorPage(
            title="Somebody has to answer this",
            message=f"{f'{first} ' if first else ''}Nobody on duty could be reached, or this clinic's links are not "
            "sealed. Whoever is there: look at the patient, and say that you have it: sign in, or on Kapstan's "
            f"machine: {by_hand}",
            href=f"/sign-in?{urlencode({'to': to})}",
            link="Sign in",
        ),
    )
