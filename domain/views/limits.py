"""The limits of one session's readings, as lines for a chart: one per vital sign, side and kind."""

from collections.abc import Iterable, Iterator
from enum import StrEnum

from domain.course.rules.signs import at_clearance
from domain.course.rules.vitals import SPOKEN
from domain.course.session import MedicineSession
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.model import Protocol
from domain.protocol.values import Vital
from domain.values import Frozen


class LimitKind(StrEnum):
    """What a reading beyond the limit means: no dose (`hold`, before the dose), or its severity."""

    HOLD = "hold"
    WARNING = "warning"
    URGENT = "urgent"
    EMERGENCY = "emergency"


class SessionLimit(Frozen):
    """A reading above `above`, or below `below`, is beyond; exactly one of the two is given.

    `is_confirmed` means that a second reading must confirm it. A limit on a rise is given as the absolute value with
    this session's clearance reading, a value already beyond the limit, together with the `rise`.
    """

    vital: Vital
    kind: LimitKind
    above: float | None = None
    below: float | None = None
    rise: float | None = None
    is_confirmed: bool = False
    source: str | None = None


def session_limits(protocol: Protocol, session: MedicineSession) -> tuple[SessionLimit, ...]:
    """The limits before the dose (`medicine.clearance.hold`), then those of every reading (`medicine.limits`)."""
    return (*_before_the_dose(protocol), *_of_every_reading(protocol, session))


def _before_the_dose(protocol: Protocol) -> Iterator[SessionLimit]:
    for vital in Vital:
        if (allowed := protocol.medicine.clearance.hold.of(vital)) is not None:
            source = protocol.source_of(f"medicine.clearance.hold.{vital}")
            yield SessionLimit(vital=vital, kind=LimitKind.HOLD, above=allowed.high, source=source)
            yield SessionLimit(vital=vital, kind=LimitKind.HOLD, below=allowed.low, source=source)


def _of_every_reading(protocol: Protocol, session: MedicineSession) -> Iterator[SessionLimit]:
    cleared_with = at_clearance(protocol, session)
    for limit in protocol.medicine.limits:
        above = limit.above
        if limit.rise is not None:
            if limit.vital not in cleared_with:
                continue
            above = cleared_with[limit.vital] + limit.rise
        yield SessionLimit(
            vital=limit.vital,
            kind=LimitKind(limit.severity),
            above=above,
            below=limit.below,
            rise=limit.rise,
            is_confirmed=limit.confirm_within is not None,
            source=protocol.source_of(limit.key),
        )


def unfit_for_a_dose(limits: Iterable[SessionLimit], vitals: VitalsRecorded.Data) -> Iterator[str]:
    """Each value of the reading that is beyond its limit before a dose, as a sentence."""
    for limit in limits:
        observed = getattr(vitals, limit.vital)
        if limit.kind is not LimitKind.HOLD or observed is None:
            continue
        if limit.above is not None and observed > limit.above:
            yield f"{SPOKEN[limit.vital]} {observed} is too high for a dose ({limit.above:g})"
        if limit.below is not None and observed < limit.below:
            yield f"{SPOKEN[limit.vital]} {observed} is too low for a dose ({limit.below:g})"
