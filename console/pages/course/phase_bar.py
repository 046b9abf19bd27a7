"""The phase bar of a course: its five phases, which are done, which is current, and what happened in each."""

from typing import Final

from console.pages.labels import PHASES
from domain.course.state import Outcome, Phase
from domain.values import Frozen, count_of
from domain.views.course import CourseView

OPEN_PHASES: Final = tuple(phase for phase in Phase if phase is not Phase.CLOSED)


class PhaseStep(Frozen):
    """One phase in the bar."""

    label: str
    detail: str
    is_done: bool
    is_now: bool


def phase_bar(view: CourseView) -> tuple[PhaseStep, ...]:
    """The five phases. A course alternates between medicine and integration until its last session."""
    return tuple(
        PhaseStep(
            label=PHASES[phase],
            detail=_phase_detail(view, phase),
            is_done=_lies_behind(view, phase),
            is_now=phase is view.phase,
        )
        for phase in OPEN_PHASES
    )


def _lies_behind(view: CourseView, phase: Phase) -> bool:
    """Whether the phase is done. In a course that ended early, only phases in which something was done are."""
    if view.phase is Phase.CLOSED:
        return view.outcome is Outcome.COMPLETED or bool(_phase_detail(view, phase))
    return OPEN_PHASES.index(phase) < OPEN_PHASES.index(view.phase)


def _phase_detail(view: CourseView, phase: Phase) -> str:
    def counted(kind: str, thing: str) -> str:
        number = sum(one.type == kind for one in view.happened)
        return count_of(number, thing) if number else ""

    match phase:
        case Phase.SCREENING:
            return "visit done" if counted("kap.screening.recorded", "visit") else ""
        case Phase.PREPARATION:
            return counted("kap.preparation.held", "talk")
        case Phase.MEDICINE if view.sessions:
            return f"session {view.sessions[-1].number} of {view.planned_sessions}"
        case Phase.MEDICINE:
            return count_of(view.planned_sessions, "session") if view.plan else ""
        case Phase.INTEGRATION:
            return counted("kap.integration.held", "talk")
        case _:
            return counted("kap.follow_up.held", "visit")
