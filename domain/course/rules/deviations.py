"""Deviations: what the protocol has against an accepted fact, kept in the ledger and told to people."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

from domain.course.transition import Transition
from domain.escalation.messages import Kind
from domain.events.clinic_events import DoseAdministered, Event, InfusionStarted, InfusionStopped
from domain.ledger import Note
from domain.protocol.model import DeviationRules
from domain.values import Blocker, Severity

IN_EFFECT: Final = timedelta(days=1)
"""How long after a dose a deviation of it is as severe as the protocol says (S9: recurrences for up to a day).

Told later, as in an import, it is routine: nobody can be watched for it any more.
"""


def record(transition: Transition[Any], event: Event, session: int | None, deviations: tuple[Blocker, ...]) -> None:
    """Writes the deviations of an accepted fact to the ledger, and escalates them as the protocol says."""
    transition.deviations = deviations
    told: list[Any] = [deviation.model_dump(mode="json", exclude_none=True) for deviation in deviations]
    transition.write(
        Note(
            time=event.time,
            type="kap.deviation.recorded",
            data={"event_id": event.id, "source": event.source, "deviations": told},
        )
    )
    severity = severity_of(transition.course.protocol.deviations, event, deviations, transition.now)
    if severity is not None:
        transition.escalate(Kind.PROTOCOL_DEVIATION, session, severity, event.time)


def severity_of(rules: DeviationRules, event: Event, deviations: Iterable[Blocker], now: datetime) -> Severity | None:
    """The severity of the escalation for these deviations; None if nobody need be told."""
    told = [deviation for deviation in deviations if deviation.code not in rules.silent]
    if not told:
        return None
    if not isinstance(event, DoseAdministered | InfusionStarted | InfusionStopped):
        return rules.other
    if now - event.time > IN_EFFECT:
        return Severity.ROUTINE
    return rules.dose_absolute if any(deviation.absolute for deviation in told) else rules.dose
