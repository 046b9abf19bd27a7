"""Deadlines that are never reached: nobody is asked in time, or the patient is gone before anybody is."""

from datetime import datetime, timedelta

from domain.course.deadline import Deadline, DeadlineKind
from domain.course.deadlines import deadlines
from domain.course.rules.vitals import is_not_falling
from domain.course.session import MedicineSession, Stage
from domain.course.state import Outcome, Phase
from domain.durations import in_words, iso_8601
from domain.events.clinic_events import PatientDischarged
from domain.holes.asked import DOSED_AT, NURSE, WELL, course, dosed, reading, recorded, values_above
from domain.holes.hole import Hole, Holes
from domain.holes.published import SHORT_COURSE
from domain.protocol.model import Protocol
from domain.protocol.values import Vital


def deadline_holes(protocol: Protocol) -> Holes:
    """A hole for each thing that is due after a dose and that nobody would be asked for while it matters."""
    yield from _checkpoints(protocol)
    yield from _pressure(protocol)
    yield from _calls(protocol)
    yield from _review(protocol)


def _checkpoints(protocol: Protocol) -> Holes:
    table, stay = "medicine.checkpoints", protocol.medicine.minimum_observation
    read_once = dosed(protocol, reading(DOSED_AT, WELL))
    asked = _of(deadlines(course(protocol, read_once)), DeadlineKind.CHECKPOINT)
    if not any(timedelta() < one.due_at - DOSED_AT <= stay for one in asked):
        yield Hole(
            key=f"{table}.offsets",
            lets_through=f"after the dose nobody would be asked for a reading within {in_words(stay)}",
            mend=f"must name a moment within minimum_observation ({iso_8601(stay)})",
        )
    emergencies = _of(deadlines(course(protocol, dosed(protocol))), DeadlineKind.CHECKPOINT_EMERGENCY)
    if emergencies and (waits := emergencies[0].passes_at - DOSED_AT) > stay:
        yield Hole(
            key=f"{table}.emergency_after",
            lets_through=f"a dosed patient of whom nobody takes a reading would be no emergency for {in_words(waits)}",
            mend=f"must end within minimum_observation ({iso_8601(stay)}) of the dose",
        )


def _pressure(protocol: Protocol) -> Holes:
    """Whoever is here when the discharge is overdue is the last whose pressure anybody looks at."""
    hold, last = protocol.medicine.clearance.hold.systolic, protocol.medicine.discharge_overdue
    high = values_above(Vital.SYSTOLIC, hold.high) if hold is not None else []
    stays = [reading(DOSED_AT + since, {Vital.SYSTOLIC: high[0]}) for since in (last / 2, last) if high]
    if stays and not is_not_falling(protocol, dosed(protocol, *stays), stays[-1]):
        yield Hole(
            key="medicine.discharge.bp_not_falling_after",
            lets_through=f"a systolic pressure that stays at {high[0]} would call nobody for {in_words(last)}, "
            "when the discharge is overdue",
            mend=f"must be at most medicine.discharge_overdue ({iso_8601(last)})",
        )


def _calls(protocol: Protocol) -> Holes:
    """The calls are owed also to whoever has left the course."""
    key, after = "check_ins.after", protocol.check_ins.after
    if not after:
        yield Hole(key=key, lets_through="nobody would call a patient after a session", mend="must name a call")
    left = _discharged(protocol)
    gone_at = left.discharge.at if left.discharge is not None else DOSED_AT
    closed = course(
        protocol,
        left,
        phase=Phase.CLOSED,
        outcome=Outcome.DISCONTINUED,
        closed_at=gone_at,
        phase_entered_at=gone_at,
        phase_learned_at=gone_at,
    )
    owed = {one.subject for one in _of(deadlines(closed), DeadlineKind.CHECK_IN)}
    for one in after:
        if iso_8601(one) not in owed:
            yield Hole(
                key=key,
                lets_through=f"the call after {in_words(one)} would be owed to nobody whose course was ended before it",
                mend=f"must be due within course.safety_window ({iso_8601(protocol.course.safety_window)}) of the dose",
                # A window is counted from the dose, a call from the discharge: the same length is hours apart.
                is_remark=one <= protocol.course.safety_window,
            )


def _review(protocol: Protocol) -> Holes:
    after, planned = protocol.course.review_after_session, protocol.course.medicine_sessions
    if after is not None and after >= planned > SHORT_COURSE:
        yield Hole(
            key="course.review_after_session",
            lets_through=f"a course of {planned} sessions, as it is planned by default, would end without its review",
            mend=f"must be less than medicine_sessions ({planned})",
        )


def _discharged(protocol: Protocol) -> MedicineSession:
    said = PatientDischarged.Data(actor=NURSE, session=1, escort=True, instructions_given=True)
    leaves_at: datetime = DOSED_AT + protocol.medicine.minimum_observation
    return dosed(protocol).but(stage=Stage.DISCHARGED, discharge=recorded(leaves_at, said))


def _of(found: tuple[Deadline, ...], kind: DeadlineKind) -> list[Deadline]:
    return sorted((one for one in found if one.kind is kind), key=lambda one: one.due_at)
