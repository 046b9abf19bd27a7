"""Instruments that nobody would take, or whose grave answer would call nobody (CLINICAL.md 5.1 and 5.2, S47)."""

from datetime import timedelta

from domain.codes import folded
from domain.course.rules import clearance, eligibility
from domain.course.session import MedicineSession
from domain.holes.asked import DOSED_AT, answered, course
from domain.holes.hole import Hole, Holes
from domain.holes.published import OF_SUICIDE_RISK
from domain.protocol.instruments import CSSRS, PHQ9, instrument_name
from domain.protocol.measures import MeasureMoment, MeasureRule
from domain.protocol.model import Protocol
from domain.values import Code, Severity

_HIGH, _MODERATE = (1, 1, 1, 1, 1, 1), (1, 1, 1, 0, 0, 0)
_ITEM9 = (0, 0, 0, 0, 0, 0, 0, 0, 3)


def instrument_holes(protocol: Protocol) -> Holes:
    """A hole for each gate without its risk screen, each answer that calls nobody, and each screen that is none."""
    yield from _gates(protocol)
    yield from _risks(protocol)
    yield from _item9(protocol)
    for instrument in protocol.medicine.measures:
        rule = protocol.measures.get(instrument)
        if rule is not None and not _is_asked_each_time(rule):
            yield Hole(
                key=f"measures.{instrument}.every",
                lets_through=f"each clearance would wait for {instrument_name(instrument)}, which nobody is told "
                "before it to take",
                mend="must be each_session, for medicine.measures names it",
            )


def _is_asked_each_time(rule: MeasureRule) -> bool:
    """Whether somebody is told to take it before a session: at each one, or at an interval."""
    return any(moment is MeasureMoment.EACH_SESSION or isinstance(moment, timedelta) for moment in rule.moments)


def _gates(protocol: Protocol) -> Holes:
    """The risk screen comes before the decision on a patient, and before each dose."""
    if _missing(CSSRS) not in {one.code for one in eligibility.blockers(course(protocol), DOSED_AT)}:
        yield Hole(
            key="screening.measures",
            lets_through=f"a patient would be found eligible without {instrument_name(CSSRS)}",
            mend=f"must name {CSSRS}",
        )
    visit = MedicineSession.model_validate({"number": 1, "stage": "checked_in", "starts_at": DOSED_AT})
    if _missing(CSSRS) not in {one.code for one in clearance.blockers(course(protocol, visit), visit, DOSED_AT)}:
        yield Hole(
            key="medicine.measures",
            lets_through=f"a patient would be dosed without {instrument_name(CSSRS)} for this visit",
            mend=f"must name {CSSRS}",
        )


def _missing(instrument: Code) -> str:
    return f"measure.{instrument}_missing"


def _risks(protocol: Protocol) -> Holes:
    for name, items, least in (("high", _HIGH, Severity.URGENT), ("moderate", _MODERATE, Severity.URGENT)):
        called = answered(protocol, CSSRS, items).severity
        if called is None or called.rank < least.rank:
            yield Hole(
                key=f"measures.{CSSRS}.{name}",
                lets_through=f"{instrument_name(CSSRS)} of {name} risk would call "
                f"{'nobody' if called is None else 'somebody in working hours only'}",
                mend=f"must set off an escalation, {least} or worse",
            )


def _item9(protocol: Protocol) -> Holes:
    rule = protocol.measures.get(PHQ9)
    if rule is None:
        return
    if answered(protocol, PHQ9, _ITEM9).severity is None:
        yield Hole(
            key=f"measures.{PHQ9}.item9",
            lets_through=f"{instrument_name(PHQ9)} with an answer of 3 to question 9 would call nobody, and would "
            "ask for no risk screen",
            mend=f"must be there, with needs = {CSSRS}",
        )
    elif rule.item9 is not None and folded(rule.item9.needs) not in map(folded, OF_SUICIDE_RISK):
        yield Hole(
            key=f"measures.{PHQ9}.item9.needs",
            lets_through=f"{instrument_name(rule.item9.needs)}, which knows no risk of suicide, would "
            "answer question 9",
            mend=f"must be a risk screen, such as {CSSRS} (S47)",
        )
