"""What cannot be meant: values of a protocol that are each sound and contradict one another."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import TypeAlias

from domain.durations import iso_8601
from domain.measures import CSSRS, INSTRUMENTS, PHQ9
from domain.protocol import Limit, LimitSeverity, MeasureRule, Protocol, Range, Vital
from domain.protocol_table import parameters

Contradictions: TypeAlias = Iterator[tuple[str, str]]
"""Each as the key to look at, and the sentence that says what was expected there."""


def contradictions(protocol: Protocol) -> Contradictions:
    """Every contradiction of the protocol, in the order of the file."""
    for check in _CHECKS:
        yield from check(protocol)


def _course(protocol: Protocol) -> Contradictions:
    course = protocol.course
    yield from _in_order(
        "course",
        sessions_min=course.sessions_min,
        medicine_sessions=course.medicine_sessions,
        sessions_max=course.sessions_max,
    )
    yield from _in_order(
        "course",
        interval_min=course.interval_min,
        interval=course.interval,
        interval_max=course.interval_max,
        rescreen_after=course.rescreen_after,
    )


def _screening(protocol: Protocol) -> Contradictions:
    screening = protocol.screening
    if screening.diastolic_max >= screening.systolic_max:
        yield "screening.diastolic_max", f"a pressure below systolic_max ({screening.systolic_max}) was expected"
    yield from _known_measures("screening.measures", screening.measures, protocol.measures)
    for code in sorted({*screening.absolute} & {*screening.review}):
        yield "screening.review", f"{code} is absolute as well; it was expected in one of the two lists"


def _staff(protocol: Protocol) -> Contradictions:
    medicine = protocol.medicine
    if len(set(medicine.staff)) < len(medicine.staff):
        yield "medicine.staff", "each role was expected once"
    for role in medicine.credentials:
        if role not in medicine.staff:
            yield f"medicine.credentials.{role}", f"{role} was expected among medicine.staff, or no credentials for it"


def _medicine(protocol: Protocol) -> Contradictions:
    medicine = protocol.medicine
    yield from _in_order(
        "medicine", minimum_observation=medicine.minimum_observation, discharge_overdue=medicine.discharge_overdue
    )
    yield from _known_measures("medicine.measures", medicine.measures, protocol.measures)
    dose = medicine.dose
    yield from _in_order("medicine.dose", first_max=dose.first_max, max=dose.max, hard_max=dose.hard_max)
    for vital in Vital:
        hold, never = medicine.clearance.hold.of(vital), medicine.clearance.never.of(vital)
        if hold and never and not hold.lies_within(never):
            expected = f"a range within never ({_written(never)}) was expected"
            yield f"medicine.clearance.hold.{vital}", expected


def _checkpoints(protocol: Protocol) -> Contradictions:
    rules = protocol.medicine.checkpoints
    table = "medicine.checkpoints"
    yield from _rising(f"{table}.offsets", rules.offsets)
    gaps = [later - earlier for earlier, later in pairwise(rules.offsets)]
    nearest = min([*gaps, rules.then_every])
    # Offsets that do not rise have no intervals to speak of.
    if min(gaps, default=nearest) > timedelta():
        for name, window in (("early", rules.early), ("grace", rules.grace)):
            if window >= nearest:
                yield f"{table}.{name}", f"less than {iso_8601(nearest)}, the shortest interval, was expected"
    if rules.emergency_after < rules.grace:
        yield f"{table}.emergency_after", f"at least grace ({iso_8601(rules.grace)}) was expected"


def _limits(protocol: Protocol) -> Contradictions:
    limits = protocol.medicine.limits
    for limit in limits:
        yield from _outside_the_gate(limit, protocol.medicine.clearance.hold.of(limit.vital))
    for vital in Vital:
        of_vital = [limit for limit in limits if limit.vital is vital]
        yield from _further_out(of_vital, lambda limit: limit.above, "above")
        yield from _further_out(of_vital, lambda limit: None if limit.below is None else -limit.below, "below")
        yield from _further_out(of_vital, lambda limit: limit.rise, "rise")
        yield from _room_between(of_vital)


def _outside_the_gate(limit: Limit, hold: Range | None) -> Contradictions:
    """A reading that clears a patient for her dose must not be an alarm a minute later."""
    if hold is None:
        return
    if limit.above is not None and limit.above < hold.high:
        yield limit.key, f"above = {hold.high:g} or more was expected: clearance.hold lets {hold.high:g} pass"
    if limit.below is not None and limit.below > hold.low:
        yield limit.key, f"below = {hold.low:g} or less was expected: clearance.hold lets {hold.low:g} pass"


def _further_out(limits: Sequence[Limit], distance: Callable[[Limit], float | None], word: str) -> Contradictions:
    known = [(limit, far) for limit in limits if (far := distance(limit)) is not None]
    for severity in LimitSeverity:
        same = [limit for limit, _ in known if limit.severity is severity]
        if len(same) > 1:
            yield same[0].key, f"one limit of {word} was expected for this severity"
    ordered = sorted(known, key=lambda pair: pair[0].severity.rank)
    for (milder, nearer), (graver, further) in pairwise(ordered):
        if graver.severity is not milder.severity and further <= nearer:
            yield graver.key, f"a limit further out than the one for {milder.severity} was expected"


def _room_between(limits: Sequence[Limit]) -> Contradictions:
    above = min((limit.above for limit in limits if limit.above is not None), default=None)
    below = max((limit.below for limit in limits if limit.below is not None), default=None)
    if above is not None and below is not None and below > above:
        key = next(limit.key for limit in limits if limit.above == above)
        yield key, f"above = {below:g} or more was expected: no reading is without an alarm"


def _symptoms(protocol: Protocol) -> Contradictions:
    symptoms = protocol.medicine.symptoms
    for graver, name, both in (
        ("emergency", "urgent", {*symptoms.emergency} & {*symptoms.urgent}),
        ("emergency", "warning", {*symptoms.emergency} & {*symptoms.warning}),
        ("urgent", "warning", {*symptoms.urgent} & {*symptoms.warning}),
    ):
        for symptom in sorted(both):
            yield f"medicine.symptoms.{name}", f"{symptom} is {graver} as well; it was expected in one list"


def _after_the_session(protocol: Protocol) -> Contradictions:
    check_ins = protocol.check_ins
    yield from _rising("check_ins.after", check_ins.after)
    if check_ins.reminder >= check_ins.missed:
        yield "check_ins.reminder", f"less than missed ({iso_8601(check_ins.missed)}) was expected"
    if check_ins.missed_at_risk > check_ins.missed:
        yield "check_ins.missed_at_risk", f"at most missed ({iso_8601(check_ins.missed)}) was expected"
    yield from _rising("follow_up.after", protocol.follow_up.after)
    names = [form.form for form in protocol.forms]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"forms.{name}", "each form was expected once"
    for form in protocol.forms:
        yield from _rising(f"forms.{form.form}.remind", form.remind)
        if form.remind and max(form.remind) >= form.within:
            yield f"forms.{form.form}.remind", f"reminders before within ({iso_8601(form.within)}) were expected"


def _measures(protocol: Protocol) -> Contradictions:
    for instrument, rule in protocol.measures.items():
        table = f"measures.{instrument}"
        yield from _range_of(table, instrument, rule)
        if instrument != PHQ9 and rule.item9:
            yield f"{table}.item9", "only phq9 has an item 9"
        if rule.item9:
            yield from _known_measures(f"{table}.item9.needs", (rule.item9.needs,), protocol.measures)
        if instrument != CSSRS and (rule.high or rule.moderate):
            yield f"{table}.{'high' if rule.high else 'moderate'}", "only cssrs has levels of risk"
        if instrument == CSSRS:
            for name in ("response_percent", "remission_below", "meaningful_change"):
                if getattr(rule, name) is not None:
                    yield f"{table}.{name}", "cssrs has a level of risk and no score"


def _range_of(table: str, instrument: str, rule: MeasureRule) -> Contradictions:
    if instrument in INSTRUMENTS and rule.range:
        yield f"{table}.range", f"Kapstan scores {instrument} by its answers; no range was expected"
    if instrument not in INSTRUMENTS and not rule.range:
        known = ", ".join(sorted(INSTRUMENTS))
        yield f"{table}.range", f"is missing: an instrument other than {known} is known by its score's range"
    if rule.range and rule.remission_below is not None and not rule.range.holds(rule.remission_below):
        yield f"{table}.remission_below", f"a score within the range ({_written(rule.range)}) was expected"


def _evidence(protocol: Protocol) -> Contradictions:
    known = {parameter.key for parameter in parameters(protocol)}
    for key in protocol.evidence:
        if key not in known:
            yield f'evidence."{key}"', "names no parameter of this protocol"


_CHECKS: tuple[Callable[[Protocol], Contradictions], ...] = (
    _course,
    _screening,
    _staff,
    _medicine,
    _checkpoints,
    _limits,
    _symptoms,
    _after_the_session,
    _measures,
    _evidence,
)


def _in_order(table: str, **bounds: float | timedelta) -> Contradictions:
    """Each value at least the one before it."""
    for (lower_name, lower), (name, value) in pairwise(bounds.items()):
        if _comparable(value) < _comparable(lower):
            yield f"{table}.{name}", f"at least {lower_name} ({_shown(lower)}) was expected"


def _rising(key: str, moments: Sequence[timedelta]) -> Contradictions:
    for earlier, later in pairwise(moments):
        if later <= earlier:
            yield key, f"rising durations were expected; {iso_8601(later)} follows {iso_8601(earlier)}"


def _known_measures(key: str, named: Collection[str], measures: Mapping[str, MeasureRule]) -> Contradictions:
    for instrument in named:
        if instrument not in measures:
            yield key, f"{instrument} was expected to have a table, [measures.{instrument}]"


def _comparable(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _shown(value: float | timedelta) -> str:
    return iso_8601(value) if isinstance(value, timedelta) else f"{value:g}"


def _written(limits: Range) -> str:
    return f"[{limits.low:g}, {limits.high:g}]"
