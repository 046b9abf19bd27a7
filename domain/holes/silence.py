"""Deviations that the protocol keeps silent: of a dose against its gates somebody hears, and each code is one."""

from typing import Final

from domain.course.rules import deviations
from domain.events.clinic_events import DoseAdministered
from domain.holes.asked import COURSE, DOSED_AT, NURSE, course
from domain.holes.hole import Hole, Holes
from domain.protocol.model import Protocol
from domain.values import Blocker
from domain.views.blocker_labels import UNNAMED, words_of

_OF_A_DOSE: Final = frozenset(
    {"clearance", "consent", "course", "dose", "escalation", "infusion", "interval", "result", "vitals"}
)
"""What the codes begin with that stand against a dose or its clearance."""


def silence_holes(protocol: Protocol) -> Holes:
    """A hole for each silent code that stands against a dose, or that is the code of nothing."""
    key = "deviations.silent"
    for code in protocol.deviations.silent:
        against = Blocker(code=code, message=code, absolute=True)
        if words_of(against) == UNNAMED:
            yield Hole(
                key=key,
                lets_through=f"{code} would keep nothing silent: no deviation is called so",
                mend="must be left out",
            )
        elif code.partition(".")[0] in _OF_A_DOSE and _is_told_to_nobody(protocol, against):
            yield Hole(
                key=key,
                lets_through=f"a dose against its gates ({code}) would be told to nobody",
                mend=f"must not name {code}",
            )


def _is_told_to_nobody(protocol: Protocol, against: Blocker) -> bool:
    given = DoseAdministered(
        specversion="1.0",
        id="asked",
        source="asked",
        subject=COURSE,
        time=DOSED_AT,
        data=DoseAdministered.Data(actor=NURSE, session=1, mg=1, route=protocol.route),
    )
    return deviations.severity_of(course(protocol), given, None, (against,), DOSED_AT) is None
