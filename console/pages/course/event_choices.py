"""Which events may be recorded in a course now, and which of them this viewer is offered."""

from collections.abc import Mapping
from typing import Final

from console.pages.labels import EVENTS
from domain.access import Caller
from domain.course.state import Phase
from domain.events.clinic_events import MODELS, Fact
from domain.events.parsing import CORRECTION
from domain.values import CourseId, Frozen
from domain.views.course import CourseView

AT_ANY_TIME: Final = frozenset(
    {
        "kap.screening.recorded",
        "kap.consent.signed",
        "kap.consent.withdrawn",
        "kap.measure.recorded",
        "kap.result.recorded",
        "kap.plan.prescribed",
        "kap.infusion.paused",
        "kap.medication.administered",
        "kap.patient.left",
        "kap.patient.handed_over",
        "kap.patient.died",
        "kap.adverse_event.reported",
        "kap.course.held",
        "kap.course.resumed",
        "kap.patient.withdrew",
        "kap.course.discontinued",
        "kap.course.transferred",
        "kap.course.voided",
        "kap.protocol.migrated",
    }
)
"""Events that are allowed in many phases. A course does not wait for them, except for those in `ASKED_FOR`."""

ASKED_FOR: Final[Mapping[Phase, frozenset[str]]] = {
    Phase.SCREENING: frozenset(
        {"kap.screening.recorded", "kap.measure.recorded", "kap.result.recorded", "kap.consent.signed"}
    ),
    Phase.PREPARATION: frozenset({"kap.plan.prescribed"}),
}

ELSEWHERE: Final = frozenset({"kap.course.referred", CORRECTION, "kap.note.added"})
"""Events that are not begun from a course's choices.

A referral makes a course, a correction begins at its fact, a note on its escalation's page.
"""

PAUSES: Final = frozenset({"kap.course.held", "kap.course.resumed"})


class EventChoice(Frozen):
    """One event to record. It has no `href` if the viewer may not record it."""

    type: str
    label: str
    href: str | None


class EventChoices(Frozen):
    """What the course waits for, what may come at any time, and what the protocol has something against now.

    Of a closed course the last are facts alone: what happened is recorded in any case.

    `pauses` are the buttons at the head of the page: hold or resume.
    """

    next: tuple[EventChoice, ...]
    at_any_time: tuple[EventChoice, ...]
    others: tuple[EventChoice, ...]
    pauses: tuple[EventChoice, ...]

    @property
    def may_record(self) -> bool:
        """Whether the viewer may record anything at all."""
        return any(one.href for one in (*self.next, *self.at_any_time, *self.others))


def acts(caller: Caller, view: CourseView) -> EventChoices:
    """The events that the viewer is offered in this course."""
    coming = set(view.next)
    unasked = AT_ANY_TIME - ASKED_FOR.get(view.phase, frozenset())
    every = [_act(caller, view.course_id, kind) for kind in MODELS if kind not in ELSEWHERE]
    return EventChoices(
        next=tuple(one for one in every if one.type in coming - unasked),
        at_any_time=tuple(one for one in every if one.type in coming & unasked and one.href),
        others=tuple(one for one in every if one.type not in coming and one.href and _may_be_told(one.type, view)),
        pauses=tuple(one for one in every if one.type in coming & PAUSES and one.href),
    )


def _may_be_told(kind: str, view: CourseView) -> bool:
    return view.outcome is None or issubclass(MODELS[kind], Fact)


def _act(caller: Caller, course_id: CourseId, kind: str) -> EventChoice:
    href = f"/courses/{course_id}/record/{kind.removeprefix('kap.')}" if caller.may_report(kind) else None
    return EventChoice(type=kind, label=EVENTS[kind], href=href)
