"""Weights: those that were told of a patient, and which of them is far from what is known or out of all expectation.

A weight that is asked about is not known by being cleared once: the next one is compared with the last that nobody had
to weigh, and only a second one near it, weighed by a prescriber as well, is known from then on.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

from domain.course.recorded import Recorded
from domain.course.state import CourseState
from domain.events.clinic_events import PatientCheckedIn, ScreeningRecorded
from domain.protocol.medicine import ComparedRules
from domain.values import Blocker, Moment

KG_OF_A_POUND: Final = 0.45359237

_ASKED = frozenset({"weight.far_from_last", "weight.out_of_range"})


class _Told(NamedTuple):
    """A weight in kg, with what a prescriber weighed as they cleared the patient or decided on eligibility by it."""

    at: Moment
    sequence: int
    kg: float
    weighed: tuple[Blocker, ...] = ()

    @property
    def is_weighed(self) -> bool:
        """Whether a prescriber let it pass though it was asked about."""
        return any(one.code in _ASKED and one.observed == self.kg for one in self.weighed)


def blockers(
    course: CourseState, told: Recorded[PatientCheckedIn.Data] | Recorded[ScreeningRecorded.Data]
) -> Iterator[Blocker]:
    """What a prescriber must weigh of this weight: it is far from the last one, or else out of range."""
    rules, kg = course.protocol.medicine.compared or ComparedRules(), told.data.weight_kg
    if kg is None:
        return
    before = [one for one in _history(course) if (one.at, one.sequence) < (told.at, told.sequence)]
    known = _known(rules, before)
    if known is not None and _is_far(rules, kg, known):
        percent, most = _percent_from(kg, known), rules.weight_within_percent
        last = "last weight" if before[-1].kg == known else "last weight that was in no doubt,"
        yield Blocker(
            code="weight.far_from_last",
            message=f"{kg:g} kg is {percent:g} % from the {last} of {known:g} kg; {most:g} % are the most",
            observed=kg,
            limit=known,
            source=course.protocol.source_of("medicine.compared.weight_within_percent"),
        )
    elif _is_out_of_range(rules, kg, known):
        assert rules.weight_kg is not None
        least, most = rules.weight_kg.low, rules.weight_kg.high
        yield Blocker(
            code="weight.out_of_range",
            message=f"{kg:g} kg is not within {least:g} to {most:g} kg",
            observed=kg,
            limit=f"{least:g}-{most:g}",
            source=course.protocol.source_of("medicine.compared.weight_kg"),
        )


def pounds_blockers(course: CourseState, kg: float) -> Iterator[Blocker]:
    """What a prescriber must say once of a weight that nothing speaks against: it would be a usual one in pounds.

    Who types pounds does so at every visit, and no later weight is far from it.
    """
    rules = course.protocol.medicine.compared or ComparedRules()
    if rules.pounds_from_kg is not None and kg >= rules.pounds_from_kg:
        yield Blocker(
            code="weight.may_be_pounds",
            message=f"{kg:g} kg may be pounds, which are {kg * KG_OF_A_POUND:.1f} kg: weigh them, or say who did",
            observed=kg,
            limit=rules.pounds_from_kg,
            source=course.protocol.source_of("medicine.compared.pounds_from_kg"),
        )


def _history(course: CourseState) -> list[_Told]:
    """Every weight that was told, in order: of the referral, the screenings and the check-ins."""
    referral, screening, decided = course.referral, course.screening, course.eligibility
    told = [_Told(one.at, one.sequence, one.kg) for one in course.earlier_weights]
    if screening is not None:
        told.append(_Told(screening.at, screening.sequence, screening.data.weight_kg))
    if decided is not None:
        # The decision rests on the newest of those that it knew, and weighs nothing of another.
        newest = max((one for one in told if one.sequence < decided.sequence), key=_order, default=None)
        told = [one._replace(weighed=course.weighed) if one is newest else one for one in told]
    if referral is not None and referral.data.weight_kg is not None:
        told.append(_Told(referral.at, referral.sequence, referral.data.weight_kg))
    for session in course.sessions:
        arrived = session.check_in
        if arrived is not None and arrived.data.weight_kg is not None:
            told.append(_Told(arrived.at, arrived.sequence, arrived.data.weight_kg, session.weighed))
    return sorted(told, key=_order)


def _order(one: _Told) -> tuple[Moment, int]:
    return one.at, one.sequence


def _known(rules: ComparedRules, told: list[_Told]) -> float | None:
    """The last of these weights that is in no doubt; None if none is."""
    known: float | None = None
    doubted: _Told | None = None
    for one in told:
        if not _is_asked(rules, one.kg, known):
            known, doubted = one.kg, None
        elif one.is_weighed:
            if doubted is not None and _is_near(rules, one.kg, doubted.kg):
                known = one.kg
            doubted = one
    return known


def _is_asked(rules: ComparedRules, kg: float, known: float | None) -> bool:
    return (known is not None and _is_far(rules, kg, known)) or _is_out_of_range(rules, kg, known)


def _is_far(rules: ComparedRules, kg: float, known: float) -> bool:
    return rules.weight_within_percent is not None and not _is_near(rules, kg, known)


def _is_near(rules: ComparedRules, kg: float, known: float) -> bool:
    return _percent_from(kg, known) <= (rules.weight_within_percent or 0)


def _percent_from(kg: float, known: float) -> float:
    return round(100 * abs(kg - known) / known, 1)


def _is_out_of_range(rules: ComparedRules, kg: float, known: float | None) -> bool:
    """Whether it lies out of the range; not where it is near what is known of somebody who does."""
    if rules.weight_kg is None or rules.weight_kg.holds(kg):
        return False
    return known is None or rules.weight_kg.holds(known) or not _is_near(rules, kg, known)
