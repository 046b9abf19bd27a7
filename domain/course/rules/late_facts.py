"""Late facts: what speaks against a dose or a discharge, but was learned only after it. People are told as of it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from domain.course.dose_given import DoseGiven
from domain.course.rules import deviations, dosing
from domain.course.rules.dose_bounds import as_offered
from domain.course.rules.sent_home import Judged
from domain.course.session import MedicineSession, Stage
from domain.course.state import CourseState, Phase
from domain.course.transition import Transition
from domain.events.clinic_events import ClinicEvent, DoseAdministered, InfusionStarted, InfusionStopped
from domain.values import Blocker


def judge_doses(
    transition: Transition[Any], before: CourseState, event: ClinicEvent, learned_at: datetime | None = None
) -> None:
    """Records what this event, learned after a dose that it happened before, would have had against that dose.

    Nothing if the dose came first: the event says nothing of it. Of an event that is corrected, `learned_at` is when it
    was first learned: doses recorded after that were given by it.
    """
    if (
        isinstance(event, DoseAdministered | InfusionStarted | InfusionStopped)
        or before.last_dose_at is None
        or event.time >= before.last_dose_at
    ):
        return
    for session in before.sessions:
        for dose in session.doses:
            if event.time < dose.at and (learned_at is None or dose.recorded_at < learned_at):
                known = {_finding(blocker) for blocker in _against(before, session, dose)}
                now = transition.course.session_numbered(session.number)
                found = tuple(one for one in _against(transition.course, now, dose) if _finding(one) not in known)
                if found:
                    deviations.record_of_dose(transition, event, session.number, dose, found)


def tell_discharges(transition: Transition[Any], judged: Iterable[Judged]) -> None:
    """Records what these discharges lack now, in words."""
    for one in judged:
        if one.told:
            kept = next(kept for kept in transition.course.journal if kept.sequence == one.sequence)
            deviations.record_of_discharge(transition, kept.event, one.session, one.told)


def _finding(blocker: Blocker) -> tuple[object, ...]:
    return blocker.code, blocker.observed, blocker.absolute


def _against(course: CourseState, session: MedicineSession | None, dose: DoseGiven) -> Iterator[Blocker]:
    """What the protocol had against the dose at its moment, as far as it is known in this course."""
    if session is None:
        return
    stage = Stage.CLEARED if session.clearance is not None else Stage.CHECKED_IN
    earlier = tuple(one for one in session.doses if one.at < dose.at)
    then = session.but(
        stage=Stage.DOSED if earlier else stage, doses=earlier, discharge=None, handover=None, death=None
    )
    # Holds and open escalations are of now, and were not known then.
    known = course.but(phase=Phase.MEDICINE, holds=(), escalations=(), sessions=course.sessions_with(then))
    yield from dosing.blockers(known, then, as_offered(dose))
