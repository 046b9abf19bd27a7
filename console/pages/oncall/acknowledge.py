"""The page that a paging link opens: one button acknowledges the escalation; opening it changes nothing."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final

from fastapi import APIRouter, Form, Path, Request, Response

from console.errors.problems import ProblemCode, problem_error
from console.pages import labels
from console.pages.course.ahead import UpcomingPage
from console.pages.frame.clock import zone_of
from console.pages.frame.error_pages import UNCERTAIN, ErrorPage
from console.pages.frame.rendering import page
from console.pages.frame.severity_marks import MARKS
from console.pages.frame.viewer import HX
from console.pages.oncall.page_context import Circumstances, PatientNow, circumstances
from console.services import Services, ServicesDep
from domain.durations import in_words
from domain.escalation.ids import RECORD, EscalationId, EscalationKey
from domain.escalation.messages import PHRASES, Acknowledge, EscalationState, EscalationView, Reassign
from domain.escalation.watchdog_alarm import is_of_the_watch
from domain.oncall.file import FALLBACK, OnCall
from domain.oncall.policy import Policy
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Frozen, PersonId, Severity
from domain.views.forecast import FALLBACK_NAME
from gateway.links import BadLink, Invitation, Links
from gateway.workflow_calls import TooMany, Unavailable
from records.access import OPENED

SILENT: Final = (
    "Kapstan no longer watches over this patient. Look at the patient now, measure by the clock until this alarm is "
    "over, and have Kapstan's machine looked after: its workers, or Temporal, have to be started again."
)
"""First advice when the watchdog found a dosed patient's course silent."""

UNWATCHED: Final = (
    "Kapstan no longer watches over this course, takes nothing for it and calls nobody about it. Others may stand "
    "still with it: the floor names them. Nobody dosed is behind this alarm. Answer the alarms of the course that are "
    "open, keep by hand what is due until this one is over, and have Kapstan's machine looked after: its workers, "
    "Temporal, or the workflow of this course."
)
"""First advice when no dosed patient is involved."""

GONE: Final = "This link was sent to somebody who is not in the on-call file any more: sign in, or tell who is on call"

READ: Final = "patient of a page"

QUICKER: Final = "Somebody was quicker: nothing more is asked of you."

BY_A_PAGE: Final = "page"
"""In the query of the way to all of it: whoever comes by it was reached by a page, and is not told that nobody was."""

Token = Annotated[str, Path(max_length=1000)]

router = APIRouter(include_in_schema=False)


class Colleague(Frozen):
    """Somebody to whom it can be passed on."""

    id: PersonId
    name: str


class AcknowledgePage(Frozen):
    """The escalation: how urgent, what, where, what happens without an answer, and what became of theirs.

    Whoever has it is shown how the patient is: `patient`, and where a reading is recorded; `is_patient_unknown` where
    the course does not say now. Their page fetches itself anew from `here`; `now` and `zone` are its clock's.
    """

    mark: str
    severity: Severity
    phrase: str
    course_id: str
    session: int | None
    where: str | None
    people: str | None
    waiting: str
    state: str
    unreached: tuple[str, ...]
    advice: str | None
    may_acknowledge: bool
    is_answered: bool
    calls: tuple[UpcomingPage, ...]
    if_nobody_answers: str | None
    colleagues: tuple[Colleague, ...]
    pass_on: str
    is_theirs: bool
    whole: str
    message: str | None
    patient: PatientNow | None = None
    is_patient_unknown: bool = False
    record_at: str | None = None
    here: str = ""
    now: str = ""
    zone: str = ""


Act = Callable[[Invitation], Awaitable[bool]]
"""Acts by the link, and says whether it did: somebody else may have been quicker."""


@router.get("/ack/{token}")
async def look(request: Request, services: ServicesDep, token: Token) -> Response:
    """Shows the escalation. A link preview sees the same and changes as little."""
    return await _answered(services, token, _look, None, is_live=HX in request.headers)


@router.post("/ack/{token}")
async def acknowledge(services: ServicesDep, token: Token, over: Annotated[str, Form(max_length=10)] = "") -> Response:
    """Acknowledges the escalation. From a colleague who has it meanwhile it is taken only by who says so (`over`)."""

    async def act(invited: Invitation) -> bool:
        view = await services.escalations.view(invited.escalation)
        if not over and view.state is EscalationState.ACKNOWLEDGED and not _has_it(view, invited.person):
            return False
        order = Acknowledge(by=invited.person, link=invited.link)
        await services.escalation_access.act_by_link(invited.escalation, order)
        return True

    return await _answered(services, token, act, "You have it. Thank you.")


@router.post("/ack/{token}/pass-on")
async def pass_on(
    services: ServicesDep, token: Token, to: Annotated[str, Form(min_length=1, max_length=64)]
) -> Response:
    """Passes it on to somebody else, who is paged at once."""

    async def act(invited: Invitation) -> bool:
        order = Reassign(by=invited.person, to=to, link=invited.link)
        await services.escalation_access.act_by_link(invited.escalation, order)
        return True

    return await _answered(services, token, act, "It is passed on; your colleague is being paged.")


async def _look(_invited: Invitation) -> bool:
    """No act: the escalation is only shown."""
    return True


async def _answered(services: Services, token: str, act: Act, done: str | None, *, is_live: bool = False) -> Response:
    """The page after the act. `is_live`: an open page fetches itself anew, which is noted only now and then."""
    if services.links is None:
        raise problem_error(ProblemCode.NOT_FOUND, ProblemCode.NOT_FOUND.meaning)
    try:
        invited = _invited(services.links, token, services.on_call.now())
        was_quicker = False
        try:
            was_quicker = not await act(invited)
        except Refused as refused:
            if refused.refusal.code is not RefusalCode.NOT_OPEN:
                raise
            done = QUICKER
        view = await services.escalations.view(invited.escalation)
        around = await circumstances(services, view, datetime.now(UTC))
        if not is_live or _is_worth_noting(services, invited.person, OPENED, view.course_id):
            services.audit_log.note_by_link(invited.person, f"{OPENED}{view.id}", view.course_id)
        whole = f"{services.links.alarm(invited.escalation)}?{BY_A_PAGE}"
        if around.patient and _has_it(view, invited.person):
            _note_read(services, invited.person, view.course_id)
        shown = _page(services.on_call.now(), view, around, invited, token, whole, None if was_quicker else done)
        clock = zone_of(around.site, services.settings.timezones, services.on_call.now())
        shown = shown.but(
            message=QUICKER if was_quicker else shown.message, now=datetime.now(UTC).isoformat(), zone=str(clock)
        )
        return page("acknowledge.html", shown)
    except BadLink as bad:
        return _instead("This link opens nothing", str(bad), 410, "/escalations", "Sign in")
    except Refused as refused:
        whole = f"{services.links.alarm(invited.escalation)}?{BY_A_PAGE}"
        return _instead("Nothing was changed", refused.refusal.message, 409, whole, "Sign in to answer it")
    except (Unavailable, TooMany):
        return _instead("Not yet", UNCERTAIN, 503, f"/ack/{token}", "Try again")


def _invited(links: Links, token: str, on_call: OnCall) -> Invitation:
    """What the link holds. Raises `BadLink`, also for somebody whom the on-call file does not know any more."""
    invited = links.read(token, datetime.now(UTC))
    if invited.person not in on_call.people:
        raise BadLink(GONE)
    return invited


def _has_it(view: EscalationView, person: PersonId) -> bool:
    return view.state is EscalationState.ACKNOWLEDGED and view.acknowledged_by == person


def _note_read(services: Services, person: PersonId, course_id: CourseId) -> None:
    """Notes who was shown the patient's values by their page's link; of a page that stays open only now and then."""
    if _is_worth_noting(services, person, READ, course_id):
        services.audit_log.note_by_link(person, READ, course_id)


def _is_worth_noting(services: Services, person: PersonId, what: str, course_id: CourseId) -> bool:
    return services.audit_throttle.is_worth_noting(person, what, course_id, datetime.now(UTC))


def _instead(title: str, message: str, status: int, href: str, link: str) -> Response:
    return page("message.html", ErrorPage(title=title, message=message, href=href, link=link), status)


def _page(
    on_call: OnCall,
    view: EscalationView,
    around: Circumstances,
    invited: Invitation,
    token: str,
    whole: str,
    message: str | None,
) -> AcknowledgePage:
    person, policy = invited.person, on_call.policies[view.severity]
    is_theirs = _has_it(view, person)
    is_open = view.state is not EscalationState.RESOLVED
    may_answer = is_open and not is_theirs and message is None  # with a message the link has just answered
    return AcknowledgePage(
        mark=MARKS[view.severity],
        severity=view.severity,
        phrase=PHRASES[view.kind],
        course_id=view.course_id,
        session=view.session,
        where=around.where,
        people=around.people,
        waiting=in_words(_whole_minutes(datetime.now(UTC) - view.opened_at)),
        state=_state(view, person, on_call) + (labels.RESTS if is_open and around.rests_on_corrected else ""),
        unreached=tuple(_name(missed.person, on_call) for missed in view.unreached) if is_open else (),
        advice=advice(view.id) if is_open else None,
        may_acknowledge=may_answer,
        is_answered=view.state is EscalationState.ACKNOWLEDGED,
        calls=around.calls if is_open else (),
        if_nobody_answers=_if_nobody_answers(view, policy) if is_open else None,
        colleagues=tuple(
            Colleague(id=one, name=known.name) for one, known in on_call.people.items() if may_answer and one != person
        ),
        pass_on=f"/ack/{token}/pass-on",
        is_theirs=is_open and is_theirs,
        whole=whole,
        message=message,
        patient=around.patient if is_theirs else None,
        is_patient_unknown=is_theirs and not around.is_known,
        record_at=f"/courses/{view.course_id}/record/vitals.recorded"
        if is_theirs and view.course_id != RECORD
        else None,
        here=f"/ack/{token}",
    )


def _name(person: PersonId, on_call: OnCall) -> str:
    if person == FALLBACK:
        return FALLBACK_NAME
    return on_call.people[person].name if person in on_call.people else person


def advice(escalation: EscalationId) -> str | None:
    """What to do first, if the watchdog raised it."""
    if not is_of_the_watch(escalation):
        return None
    return UNWATCHED if EscalationKey.parse(escalation).session is None else SILENT


def _state(view: EscalationView, person: PersonId, on_call: OnCall) -> str:
    match view.state:
        case EscalationState.OPEN:
            return labels.NOBODY_HAS_IT.capitalize()
        case EscalationState.ACKNOWLEDGED if view.acknowledged_by == person:
            return "You have it"
        case EscalationState.ACKNOWLEDGED:
            return labels.HAS_IT.format(name=_name(view.acknowledged_by or "", on_call))
        case EscalationState.RESOLVED:
            return (
                labels.RESOLVED_BY.capitalize().format(name=_name(view.resolved_by, on_call))
                if view.resolved_by
                else labels.RESOLVED_BY_ARRIVAL.capitalize()
            )


def _if_nobody_answers(view: EscalationView, policy: Policy) -> str:
    if view.state is EscalationState.ACKNOWLEDGED:
        return f"Not resolved within {in_words(policy.resolve_within)}, it is open again and pages the next step"
    reached = min(max(view.step, 1), len(policy.steps))
    wait = in_words(policy.wait_after(reached))
    opening = ", or when the policy's hours begin" if policy.hours else ""
    step = f"step {policy.step_after(reached)} of {len(policy.steps)}"
    return f"{wait} after this page the next one goes out, to {step}{opening}"


def _whole_minutes(length: timedelta) -> timedelta:
    return length - length % timedelta(minutes=1) if length >= timedelta(minutes=1) else length
