"""The page of one course: phase, timeline, measures, sessions, deadlines, blockers, escalations, forecast."""

import asyncio
import json
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Response

from console.pages.course.ahead import IfNobodyActs, UpcomingDeadline, dues, if_nobody_acts
from console.pages.course.blockers import Block, block, blocks_what
from console.pages.course.escalations import EscalationLine, escalation_lines
from console.pages.course.event_choices import EventChoices, acts
from console.pages.course.ledger_state import LedgerState, ledger_state, unreadable
from console.pages.course.medicine_sessions import SessionShown, visits
from console.pages.course.outcomes import InstrumentScores, outcomes
from console.pages.course.phase_bar import PhaseStep, phase_bar
from console.pages.course.readers import Readers, readers
from console.pages.course.timeline import TimelineLine, from_ledger, from_view, severity_of, story, who
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.days import DayOrTime
from console.pages.frame.rendering import floor_page
from console.pages.frame.shell import SEES_COURSES
from console.pages.frame.silent_courses import SilentCourse, silence_of
from console.pages.frame.unreadable_rows import Unread, unread
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import EVENTS
from console.recorded_answers import RecordedAnswer
from domain.access import Right
from domain.codes import spoken
from domain.escalation.messages import EscalationView
from domain.ledger import Entry
from domain.refusal import Refused
from domain.values import CourseId, Frozen, count_of
from domain.views.blocker_labels import words_of_code
from domain.views.course import CourseView, OverrideView
from gateway.forecasts import forecast_of
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import RecordStoreError
from records.store import EscalationFilter
from records.unreadable_rows import Found

PATH: Final = "/courses/{course_id}"
ESCALATIONS_SHOWN: Final = 50
LINES_SHOWN: Final = 20
"""Timeline lines that are shown; older ones are folded."""

Course = Annotated[CourseId, Path()]

router = APIRouter(include_in_schema=False)


class Overridden(Frozen):
    """A prescriber's override: of what, and `words`, the blockers of the next step that it lifts now."""

    at: Clock
    by: str
    session: int | None
    what: str
    words: tuple[str, ...]
    rationale: str


class Deviated(Frozen):
    """A fact that deviated from the protocol, and what the protocol has against it."""

    at: Clock
    by: str
    session: int | None
    what: str
    blocks: tuple[Block, ...]


class EntryRow(Frozen):
    """One entry of the ledger. `wall` is when it happened by the site's clock, in ISO 8601 to the second.

    `content` is its data as JSON: what is hashed.
    """

    sequence: int
    at: Clock
    wall: str
    type: str
    by: str
    event: str
    late: bool
    hash: str
    content: str


class HoldShown(Frozen):
    """One reason why the course is held, and since when."""

    since: Clock
    reason: str
    is_safety: bool


class CoursePage(Frozen):
    """Everything about the course that this viewer may see."""

    course_id: CourseId
    version: int
    answered: RecordedAnswer | None
    title: str
    site: str
    outcome: str | None
    holds: tuple[HoldShown, ...]
    plan: str | None
    goals: tuple[str, ...]
    cautions: tuple[str, ...]
    phases: tuple[PhaseStep, ...]
    escalations: tuple[EscalationLine, ...]
    unread: tuple[Unread, ...]
    visits: tuple[SessionShown, ...]
    silent: tuple[SilentCourse, ...]
    wants_human: bool
    story: tuple[TimelineLine, ...]
    story_shown: int
    story_is_whole: bool
    acts: EventChoices
    blocks_what: str
    blocks: tuple[Block, ...]
    lifted: tuple[Overridden, ...]
    if_nobody_acts: IfNobodyActs | None
    no_forecast: str | None
    dues: tuple[UpcomingDeadline, ...]
    outcomes: tuple[InstrumentScores, ...]
    overrides: tuple[Overridden, ...]
    deviations: tuple[Deviated, ...]
    ledger: LedgerState
    entries: tuple[EntryRow, ...] | None
    readers: Readers | None = None


@router.get(PATH)
async def course(
    viewer: Annotated[Viewer, Depends(looking(*SEES_COURSES))],
    course_id: Course,
    since: DayOrTime = None,
    until: DayOrTime = None,
) -> Response:
    """The course as its workflow holds it now, with its ledger and escalations from the record store.

    `since` and `until` narrow who read it.
    """
    view = await viewer.services.course_access.view(viewer.caller, course_id)
    viewer.saw("course", course_id)
    shown = (await _page(viewer, view)).but(readers=await readers(viewer, course_id, view.site, since, until))
    return await floor_page(viewer, f"/courses/{course_id}", "course.html", shown)


async def _page(viewer: Viewer, view: CourseView) -> CoursePage:
    clock = viewer.clock(view.site)
    (ledger, entries), recorded, (foretold, no_forecast), silent = await asyncio.gather(
        _ledger(viewer, view),
        _escalations(viewer, view),
        _forecast(viewer, view, clock),
        silence_of(viewer, view.course_id, clock),
    )
    lines = escalation_lines(viewer, view, recorded, clock)
    reads_ledger = viewer.caller.has(Right.READ_LEDGER)
    if reads_ledger:
        viewer.saw("ledger", view.course_id)
    told = from_ledger(entries, view) if reads_ledger and entries else from_view(view, recorded)
    overrides = tuple(_overridden(viewer, one, clock) for one in view.overrides)
    return CoursePage(
        course_id=view.course_id,
        version=view.sequence,
        answered=viewer.services.recorded_answers.answer(
            viewer.whose, f"/courses/{view.course_id}", viewer.request.query_params.get("answered", "")
        ),
        title=title_of(viewer, view),
        site=view.site,
        outcome=spoken(view.outcome) if view.outcome else None,
        holds=tuple(
            HoldShown(since=clock.at(one.since), reason=one.reason, is_safety=one.is_safety) for one in view.holds
        ),
        plan=_plan(view),
        goals=view.plan.goals if view.plan else (),
        cautions=tuple(map(spoken, view.cautions)),
        phases=phase_bar(view),
        escalations=lines,
        unread=unread(recorded.unreadable, "/escalations"),
        visits=visits(viewer, view, clock),
        silent=silent,
        wants_human=any(one.is_open for one in lines),
        story=story(viewer, view, told, clock, severity_of(entries or () if reads_ledger else (), view, recorded)),
        story_shown=LINES_SHOWN,
        story_is_whole=reads_ledger and entries is not None and not entries.unreadable,
        acts=acts(viewer.caller, view),
        blocks_what=blocks_what(view),
        blocks=tuple(block(one) for one in view.in_the_way),
        lifted=tuple(one for one in overrides if one.words),
        if_nobody_acts=foretold,
        no_forecast=no_forecast,
        dues=dues(view, clock),
        outcomes=outcomes(view, clock),
        overrides=overrides,
        deviations=tuple(
            Deviated(
                at=clock.at(one.at),
                by=who(viewer, one.by.id, one.by.role),
                session=one.session,
                what=EVENTS[one.type],
                blocks=tuple(map(block, one.deviations)),
            )
            for one in reversed(view.deviations)
        ),
        ledger=ledger,
        entries=tuple(_entry(viewer, one, clock) for one in reversed(entries)) if reads_ledger and entries else None,
    )


def _overridden(viewer: Viewer, one: OverrideView, clock: WallClock) -> Overridden:
    return Overridden(
        at=clock.at(one.at),
        by=who(viewer, one.by),
        session=one.session,
        what=words_of_code(one.code),
        words=tuple(lifted.message for lifted in one.lifts),
        rationale=one.rationale,
    )


async def _ledger(viewer: Viewer, view: CourseView) -> tuple[LedgerState, Found[Entry] | None]:
    """Whether the recorded ledger matches the course's, for everybody; its entries for auditors alone."""
    try:
        entries = await viewer.services.store.entries(view.course_id)
    except RecordStoreError:
        return ledger_state(None, view.sequence, view.ledger_head), None
    if entries.unreadable:
        return unreadable(entries.unreadable[0], view.sequence, view.ledger_head), entries
    return ledger_state(entries, view.sequence, view.ledger_head), entries


async def _escalations(viewer: Viewer, view: CourseView) -> Found[EscalationView]:
    """The recorded escalations, if the viewer may read them; the course itself knows which are not resolved."""
    if not viewer.caller.has(Right.READ_ESCALATIONS):
        return Found()
    try:
        return await viewer.services.store.escalations(
            EscalationFilter(course_id=view.course_id, limit=ESCALATIONS_SHOWN)
        )
    except RecordStoreError:
        return Found()


async def _forecast(viewer: Viewer, view: CourseView, clock: WallClock) -> tuple[IfNobodyActs | None, str | None]:
    """Who will be paged if nobody acts, or why that cannot be said; neither if the viewer may not read it."""
    if not viewer.caller.has(Right.READ_ONCALL):
        return None, None
    services = viewer.services
    try:
        foretold = await forecast_of(
            view.course_id, viewer.now, services.courses, services.escalations, on_call=services.on_call.now()
        )
    except (Unavailable, TooMany, Refused):
        return None, "Nobody can tell now who would be called: the course did not answer."
    viewer.saw("forecast", view.course_id)
    return if_nobody_acts(foretold, clock), None


def title_of(viewer: Viewer, view: CourseView) -> str:
    """The protocol's title and the version that the course follows."""
    known = viewer.services.library.get(view.protocol.id, view.protocol.version)
    return f"{known.title if known else view.protocol.id} {view.protocol.version}"


def _plan(view: CourseView) -> str | None:
    if view.plan is None:
        return None
    dose = view.plan.dose
    each = f"{dose.mg_per_kg:g} mg/kg" if dose.mg_per_kg is not None else f"{dose.mg:g} mg"
    sessions, interval = view.plan.medicine_sessions, view.plan.interval_days
    return f"{count_of(sessions, 'session')} of {each}, every {count_of(interval, 'day')}"


def _entry(viewer: Viewer, entry: Entry, clock: WallClock) -> EntryRow:
    return EntryRow(
        sequence=entry.sequence,
        at=clock.to_the_second(entry.time),
        wall=f"{entry.time.astimezone(clock.zone):%Y-%m-%dT%H:%M:%S}",
        type=entry.type.removeprefix("kap."),
        by=_by(viewer, entry),
        event=entry.event_id or "",
        late=entry.late,
        hash=entry.hash,
        content=json.dumps(entry.data, indent=2, ensure_ascii=False),
    )


def _by(viewer: Viewer, entry: Entry) -> str:
    """Who reported it, or who acted on the escalation that it is about; Kapstan, where nobody did."""
    if entry.actor is not None:
        return who(viewer, entry.actor.id, entry.actor.role)
    acted = entry.data.get("by")
    return who(viewer, acted) if isinstance(acted, str) else "Kapstan"
