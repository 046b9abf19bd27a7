"""A rehearsal that can be looked at: how the course stood, and who had been paged, at each moment of its timeline.

What is asked of whom at a moment, and what would follow if nobody acted from there on, is worked out when it is asked
for. Nothing of it touches a real course, and nobody is called.
"""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from domain.course.answer import Answer
from domain.course.course import Course
from domain.course.deadlines import DeadlineKind
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.projection import Ahead, calls_to_come
from domain.escalation.escalation import Escalation
from domain.escalation.ids import EscalationId
from domain.escalation.messages import EscalationState, EscalationView, Order
from domain.events.clinic_events import MODELS, ClinicEvent
from domain.oncall.file import OnCall
from domain.oncall.rota import Zone
from domain.protocol.pinned import PinnedProtocol
from domain.rehearsal.lines import EndLine, Line, PageLine
from domain.rehearsal.played_course import Played, PlayedCourse
from domain.rehearsal.rehearsal import Rehearsal
from domain.rehearsal.script import Script
from domain.values import CourseId, Frozen, PersonId, Role
from domain.views.course import CourseView, DeadlineView, course_view
from domain.views.forecast import AHEAD, Forecast, forecast
from domain.views.next_task import ToDo, to_do

MOST_LINES: Final = 250
"""Most lines of a script that is followed: the longest of the whole courses that ship has some 250."""

MOST_STEPS: Final = 2_000
"""How often time moves on to what is due, or a ladder pages, in a story that is followed: somebody waits for it.

An emergency that nobody answers for a day pages every few minutes, and each of several that are open by itself.
"""


MET_BY: Final[Mapping[DeadlineKind, str]] = {
    DeadlineKind.ATTENDANCE: "kap.patient.checked_in",
    DeadlineKind.CLEARANCE: "kap.session.cleared",
    DeadlineKind.DOSE: "kap.dose.administered",
    DeadlineKind.NEXT_DOSE: "kap.dose.administered",
    DeadlineKind.CHECKPOINT: "kap.vitals.recorded",
    DeadlineKind.CHECKPOINT_EMERGENCY: "kap.vitals.recorded",
    DeadlineKind.RECHECK: "kap.vitals.recorded",
    DeadlineKind.INFUSION: "kap.infusion.stopped",
    DeadlineKind.DISCHARGE: "kap.patient.discharged",
    DeadlineKind.RISK_SCREEN: "kap.measure.recorded",
    DeadlineKind.CHECK_IN: "kap.check_in.completed",
    DeadlineKind.INTEGRATION: "kap.integration.held",
    DeadlineKind.FORM: "kap.form.filed",
    DeadlineKind.FOLLOW_UP: "kap.follow_up.held",
}
"""By what each deadline is met, where it is one event whatever the course; reminders are of others that stand here."""


class StoryTooLong(Exception):  # noqa: N818  it is shown to a person, who shortens it
    """A story is longer than is followed; the message says what it must be."""


class AskedOf(Frozen):
    """What may come next, and the roles that may report it by the protocol."""

    type: str
    roles: tuple[Role, ...]


class DueOf(Frozen):
    """What is due, and the roles that may report it; none where more than one event would do."""

    deadline: DeadlineView
    roles: tuple[Role, ...]


class PersonAsked(Frozen):
    """An escalation that is not resolved, and who was asked to see to it: whoever has it, or was paged last."""

    escalation: EscalationView
    people: tuple[PersonId, ...]


class StoryMoment(Frozen):
    """How the story stands once all of one moment has happened.

    Without a referral there is no course: `view` and `forecast` are None. `pages` are all that were sent by then.
    """

    at: datetime
    view: CourseView | None
    task: ToDo | None
    asked: tuple[AskedOf, ...] = ()
    due: tuple[DueOf, ...] = ()
    wanting: tuple[PersonAsked, ...] = ()
    pages: tuple[PageLine, ...]
    forecast: Forecast | None


class _Snapshot(NamedTuple):
    at: datetime
    course: Course
    escalations: tuple[Escalation, ...]


class _FollowedCourse(PlayedCourse):
    """A played course that keeps how it stood after each step. Raises `StoryTooLong` once there are too many."""

    def __init__(self, kept: list[_Snapshot], most_steps: int, *course: object) -> None:
        super().__init__(*course)  # type: ignore[arg-type]
        self._kept = kept
        self._most_steps = most_steps
        self._steps = 0

    def report(self, event: ClinicEvent, offered: PinnedProtocol | None = None) -> Answer:
        answer = super().report(event, offered)
        self._keep_standing()
        return answer

    def act(self, escalation_id: EscalationId, order: Order, now: datetime | None = None) -> None:
        super().act(escalation_id, order, now)
        self._keep_standing()

    def _move_on(self, at: datetime) -> None:
        self._step()
        super()._move_on(at)
        self._keep_standing()

    def _climb(self, escalation_id: EscalationId, now: datetime) -> None:
        self._step()
        super()._climb(escalation_id, now)

    def _step(self) -> None:
        if self._steps >= self._most_steps:
            told = f"by {self.now.astimezone(UTC):%Y-%m-%d %H:%M} UTC deadlines had passed and ladders had paged"
            raise StoryTooLong(f"must come to its end sooner: {told} {self._most_steps:,} times")
        self._steps += 1

    def _keep_standing(self) -> None:
        self._kept.append(_Snapshot(self.now, self.course, tuple(self._escalations.values())))


class FollowedStory:
    """A script that was played: its `lines` as a rehearsal prints them, and how it stood at any moment."""

    def __init__(self, script: Script, on_call: OnCall, lines: tuple[Line, ...], kept: tuple[_Snapshot, ...]) -> None:
        self.script = script
        self.lines = lines
        self._on_call = on_call
        self._kept = kept
        self._kept_at = [one.at for one in kept]

    @property
    def end(self) -> EndLine:
        """Where it ends."""
        end = self.lines[-1]
        assert isinstance(end, EndLine)
        return end

    @property
    def site(self) -> str | None:
        """The site of its referral; None where none was accepted."""
        first = next((one.course.referral for one in self._kept if one.course.referral is not None), None)
        return first.data.site if first is not None else None

    @property
    def nobody_acts_from(self) -> datetime:
        """The last line of the script: from then on nobody acts."""
        return self.script.lines[-1].at

    def at(self, moment: datetime) -> StoryMoment:
        """How it stands once all of that moment has happened."""
        pages = tuple(line for line in self.lines if isinstance(line, PageLine) and line.at <= moment)
        place = bisect_right(self._kept_at, moment)
        if not place or (then := self._kept[place - 1]).course.referral is None:
            return StoryMoment(at=moment, view=None, task=None, pages=pages, forecast=None)
        course, view = then.course, course_view(then.course, moment)
        return StoryMoment(
            at=moment,
            view=view,
            task=to_do(course, moment),
            asked=tuple(AskedOf(type=type_, roles=_roles(course, type_)) for type_ in view.next),
            due=tuple(DueOf(deadline=one, roles=_roles(course, MET_BY.get(one.kind))) for one in view.deadlines),
            wanting=tuple(_wanting(then.escalations)),
            pages=pages,
            forecast=self._forecast(then, moment),
        )

    def _forecast(self, then: _Snapshot, moment: datetime) -> Forecast:
        to_come = calls_to_come(then.course, Ahead(at=moment, until=moment + AHEAD))
        return forecast(to_come, {one.view.id: one.progress for one in then.escalations}, self._on_call, {})


def followed(
    script: Script,
    protocol: PinnedProtocol,
    on_call: OnCall,
    versions: Mapping[str, PinnedProtocol],
    until: datetime | None = None,
    most_steps: int = MOST_STEPS,
) -> FollowedStory:
    """The script, played on the rules and the ladder alone as `Rehearsal` does. Raises `StoryTooLong`."""
    if len(script.lines) > MOST_LINES:
        raise StoryTooLong(f"must have at most {MOST_LINES} events and acts: it has {len(script.lines)}")
    kept: list[_Snapshot] = []

    def play(course_id: CourseId, pinned: PinnedProtocol, people: OnCall, starts_at: datetime, zone: Zone) -> Played:
        return _FollowedCourse(kept, most_steps, course_id, pinned, people, starts_at, zone)

    lines = tuple(Rehearsal(script, protocol, on_call, versions, play).lines(until))
    return FollowedStory(script, on_call, lines, tuple(kept))


def _roles(course: Course, type_: str | None) -> tuple[Role, ...]:
    """The roles that may report such an event by this course's protocol, in their order."""
    if type_ is None:
        return ()
    allowed = EVENT_RULES[MODELS[type_]].roles_in(course.protocol)
    return tuple(role for role in Role if role in allowed)


def _wanting(escalations: tuple[Escalation, ...]) -> Iterator[PersonAsked]:
    """Those that are not resolved, most severe first."""
    views = (one.view for one in escalations if one.view.state is not EscalationState.RESOLVED)
    for view in sorted(views, key=lambda one: (-one.severity.rank, one.opened_at)):
        yield PersonAsked(escalation=view, people=_people_asked(view))


def _people_asked(view: EscalationView) -> tuple[PersonId, ...]:
    if view.acknowledged_by is not None and view.state is EscalationState.ACKNOWLEDGED:
        return (view.acknowledged_by,)
    last_at = view.pages[-1].at if view.pages else None
    return tuple(dict.fromkeys(page.person for page in view.pages if page.at == last_at))
