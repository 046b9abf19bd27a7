"""Consistency checks: values of a protocol that are valid one by one but contradict each other."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from itertools import pairwise
from typing import Final

from domain.codes import folded
from domain.durations import days, iso_8601
from domain.events.clinic_events import MeasureRecorded, PlanPrescribed
from domain.events.fields import Dose
from domain.protocol.instruments import CSSRS, INSTRUMENTS, PHQ9, QUESTIONNAIRES
from domain.protocol.measures import MeasureRule
from domain.protocol.medicine import DoseBasis, DoseBounds
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from domain.protocol.values import Range
from domain.protocol.vital_checks import Contradictions, vital_contradictions, written
from domain.values import Role, bounds

SHORTEST_ROUND: Final = timedelta(seconds=1)
"""Shortest interval between checkpoints: a missed one is identified by its second."""

RAREST_ROUND: Final = timedelta(hours=4)
"""Longest interval at which whoever has acknowledged missing vitals is asked for them."""

LONGEST_WAIT: Final = timedelta(hours=1)
"""How long an answer that hints at suicide may wait for its screen before somebody is called."""

SHORTEST_REPEAT: Final = timedelta(hours=1)
"""Shortest interval at which people are asked again and again for one thing."""

_MOST_PLANNED: Final = {basis: bounds(Dose, basis)[1] for basis in DoseBasis}
"""The highest dose that a plan can hold, in each basis."""

_MOST_SCORED: Final = bounds(MeasureRecorded.Data, "score")[1]
_ANY_SCORE: Final = Range(low=-_MOST_SCORED, high=_MOST_SCORED)


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
    yield from _schedule(protocol)
    yield from _maintenance(protocol)
    review_after = course.review_after_session
    if review_after is not None and review_after >= course.sessions_max:
        expected = f"must be less than sessions_max ({course.sessions_max}): no dose follows the last session"
        yield "course.review_after_session", expected
    if course.review_every is not None and review_after is None:
        yield "course.review_every", "must come with review_after_session: the first review is counted from it"
    yield from _in_order("course", safety_hold_review=course.safety_hold_review, hold_review=course.hold_review)
    yield from _seldom("course", ask_again=course.ask_again, safety_hold_review=course.safety_hold_review)


def _history(protocol: Protocol) -> Contradictions:
    rules, window = protocol.escalations, protocol.course.safety_window
    if rules.history_after is not None and rules.history_after < window:
        yield "escalations.history_after", f"must be at least course.safety_window ({iso_8601(window)})"
    least = max(window, rules.history_after or window)
    if rules.risk_history_after is not None and rules.risk_history_after < least:
        named = "history_after" if least is rules.history_after else "course.safety_window"
        yield "escalations.risk_history_after", f"must be at least {named} ({iso_8601(least)})"


def _schedule(protocol: Protocol) -> Contradictions:
    course, hard_max = protocol.course, protocol.medicine.dose.hard_max
    names = [part.part for part in course.schedule or ()]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield "course.schedule", f"must name each part once; {name} is named {names.count(name)} times"
    begins = 1
    for part in course.schedule or ():
        if begins > course.sessions_max:
            reached = f"it would begin with session {begins} of {course.sessions_max} (sessions_max)"
            yield f"{part.key}.sessions", f"must be of sessions that a plan may have: {reached}"
        begins += part.sessions
        yield from _in_order(
            part.key, interval_min=part.interval_min, interval=part.interval, interval_max=part.interval_max
        )
        if part.interval_max > course.rescreen_after:
            longest = f"course.rescreen_after ({iso_8601(course.rescreen_after)})"
            yield f"{part.key}.interval_max", f"must be at most {longest}"
        if part.dose_max is not None and part.dose_max > hard_max:
            yield f"{part.key}.dose_max", f"must be at most medicine.dose.hard_max ({hard_max:g})"


def _maintenance(protocol: Protocol) -> Contradictions:
    rules, most = protocol.course.maintenance, int(bounds(PlanPrescribed.Data, "medicine_sessions")[1])
    if rules is None:
        return
    yield from _in_order(
        rules.key, interval_min=rules.interval_min, interval=rules.interval, interval_max=rules.interval_max
    )
    if protocol.course.sessions_max + rules.most > most:
        left = most - protocol.course.sessions_max
        yield f"{rules.key}.most", f"must be at most {left}, so that a course has no more than {most} sessions"


def _seldom(table: str, **lengths: timedelta) -> Contradictions:
    """What is asked again and again must leave people time to answer."""
    for name, length in lengths.items():
        if length < SHORTEST_REPEAT:
            yield f"{table}.{name}", f"must be at least {iso_8601(SHORTEST_REPEAT)}: it is asked again and again"


def _screening(protocol: Protocol) -> Contradictions:
    screening = protocol.screening
    if screening.diastolic_max >= screening.systolic_max:
        yield "screening.diastolic_max", f"must be a pressure below systolic_max ({screening.systolic_max})"
    yield from _known_measures("screening.measures", screening.measures, protocol.measures)
    spelled = Counter(map(folded, screening.tests or ()))
    for test in screening.tests or ():
        if spelled[folded(test)] > 1:
            yield f"screening.tests.{test}", "must be one table for each test, however it is spelled"
    yield from _gates(protocol)
    yield from _further_consents(protocol)
    for code in _shared(screening.absolute, screening.review):
        yield "screening.review", f"{code} must be in one list; it is in absolute as well"
    for name, listed in (
        ("absolute", screening.absolute),
        ("review", screening.review),
        ("caution_medications", screening.caution_medications),
    ):
        for code in _shared(listed, screening.known):
            yield "screening.known", f"{code} must be in one list; it is in {name} as well"


def _gates(protocol: Protocol) -> Contradictions:
    for name, gate in (protocol.screening.gates or {}).items():
        table = f"screening.gates.{name}"
        asked = (gate.prior_trials_min, gate.abstinent_days_min, gate.measure)
        if all(one is None for one in asked):
            yield table, "must ask for something: prior_trials_min, abstinent_days_min or measure"
        if gate.trials_named and gate.prior_trials_min is None:
            yield f"{table}.trials_named", "must come with prior_trials_min: nothing else counts them"
        bounds_of_score = [one for one in (gate.score_min, gate.score_max) if one is not None]
        if (gate.measure is None) != (not bounds_of_score):
            yield f"{table}.measure", "must come with score_min or score_max, and each of them with it"
        if gate.measure is None:
            continue
        yield from _known_measures(f"{table}.measure", (gate.measure,), protocol.measures)
        scores = _scores_of(gate.measure, protocol.measures)
        if scores is None and gate.measure in protocol.measures:
            yield f"{table}.measure", f"{gate.measure} has no score"
        elif scores is not None and not all(map(scores.holds, bounds_of_score)):
            yield table, f"score_min and score_max must be scores within the range ({written(scores)})"
        if bounds_of_score != sorted(bounds_of_score):
            yield f"{table}.score_max", f"must be at least score_min ({gate.score_min:g})"


def _further_consents(protocol: Protocol) -> Contradictions:
    screening = protocol.screening
    for document, rule in (screening.further_consents or {}).items():
        table = f"screening.further_consents.{document}"
        if screening.consent_documents is None:
            yield table, "must come with consent_documents: any other document would be the consent to the treatment"
        elif document in screening.consent_documents:
            yield table, "must be another document than consent_documents name"
        if rule.from_session is not None and rule.from_session > protocol.course.sessions_max:
            yield f"{table}.from_session", f"must be at most course.sessions_max ({protocol.course.sessions_max})"


def _staff(protocol: Protocol) -> Contradictions:
    medicine = protocol.medicine
    if len(set(medicine.staff)) < len(medicine.staff):
        yield "medicine.staff", "must name each role once"
    for role in medicine.staff_several:
        if role not in medicine.staff:
            yield "medicine.staff_several", f"{role} must be among medicine.staff"
    if medicine.watched_at_once_max is not None and Role.MONITOR not in medicine.staff:
        yield "medicine.watched_at_once_max", "must be left out, or monitor must be among medicine.staff"
    for role in medicine.credentials:
        if role not in medicine.staff:
            yield f"medicine.credentials.{role}", f"must be empty, or {role} must be among medicine.staff"


def _medicine(protocol: Protocol) -> Contradictions:
    medicine = protocol.medicine
    yield from _in_order(
        "medicine", minimum_observation=medicine.minimum_observation, planned_duration=medicine.planned_duration
    )
    yield from _in_order(
        "medicine", minimum_observation=medicine.minimum_observation, discharge_overdue=medicine.discharge_overdue
    )
    yield from _in_order(
        "medicine", unreported_at_risk=medicine.unreported_at_risk, unreported_after=medicine.unreported_after
    )
    yield from _seldom("medicine", unreported_again=medicine.unreported_again)
    if medicine.missed_visit_at_risk.rank < medicine.missed_visit.rank:
        yield "medicine.missed_visit_at_risk", f"must be no milder than missed_visit ({medicine.missed_visit})"
    if medicine.fluids_fasting > medicine.solids_fasting:
        yield "medicine.fluids_fasting", f"must be at most solids_fasting ({iso_8601(medicine.solids_fasting)})"
    yield from _known_measures("medicine.measures", medicine.measures, protocol.measures)
    at_the_door = medicine.discharge.measures or ()
    yield from _known_measures("medicine.discharge.measures", at_the_door, protocol.measures)


def _dose(protocol: Protocol) -> Contradictions:
    dose = protocol.medicine.dose
    yield from _dose_bounds("medicine.dose", dose)
    for younger, older in pairwise(dose.by_age or ()):
        if older.age_min <= younger.age_min:
            yield "medicine.dose.by_age", f"must rise by age_min; {older.age_min} follows {younger.age_min}"
    for one in dose.by_age or ():
        if one.first_max > dose.max:
            yield one.key, f"must be at most max ({dose.max:g})"
    if (dose.parts_max is None) is not (dose.parts_within is None):
        yield "medicine.dose.parts_max", "must come with parts_within, and parts_within with it"
    if dose.parts_apart is not None and dose.parts_within is not None and dose.parts_apart > dose.parts_within:
        yield "medicine.dose.parts_apart", f"must be at most parts_within ({iso_8601(dose.parts_within)})"
    if dose.amounts is not None and dose.basis is not DoseBasis.MG:
        yield "medicine.dose.amounts", "must be left out: a dose that goes by weight is of any amount"
    elif dose.amounts is not None and max(dose.amounts) > dose.hard_max:
        yield "medicine.dose.amounts", f"must be at most hard_max ({dose.hard_max:g})"


def _dose_bounds(table: str, dose: DoseBounds) -> Contradictions:
    yield from _in_order(table, first_max=dose.first_max, max=dose.max, hard_max=dose.hard_max)
    if dose.step_max > dose.hard_max:
        yield f"{table}.step_max", f"must be at most hard_max ({dose.hard_max:g})"
    most = _MOST_PLANNED[dose.basis]
    if dose.hard_max > most:
        unit = dose.basis.replace("_per_", "/")
        yield f"{table}.hard_max", f"must be at most {most:g} {unit}: no plan says more"


def _routes(protocol: Protocol) -> Contradictions:
    for route in sorted({one for one in protocol.routes if protocol.routes.count(one) > 1}):
        yield "medicine.routes", f"must name each route once, beside the protocol's own; {route} is named twice"
    for one in protocol.medicine.routes or ():
        yield from _dose_bounds(one.key, one)
        if one.least is not None and one.least > one.first_max:
            yield f"{one.key}.least", f"must be at most first_max ({one.first_max:g})"


def _checkpoints(protocol: Protocol) -> Contradictions:
    rules = protocol.medicine.checkpoints
    table = "medicine.checkpoints"
    yield from _rising(f"{table}.offsets", rules.offsets)
    gaps = [later - earlier for earlier, later in pairwise(rules.offsets)]
    nearest = min([*gaps, rules.then_every])
    # Offsets that do not rise have no meaningful intervals.
    if min(gaps, default=nearest) > timedelta():
        windows = {"early": rules.early, "grace": rules.grace, "told_after": rules.told_after}
        for name, window in windows.items():
            if window is not None and window >= nearest:
                yield f"{table}.{name}", f"must be less than {iso_8601(nearest)}, the shortest interval"
        if max(rules.early, rules.grace) < nearest <= rules.early + rules.grace:
            belongs = f"a reading {iso_8601(rules.early)} before the next one belongs to that (early)"
            yield f"{table}.grace", f"must be less than {iso_8601(nearest - rules.early)}: {belongs}"
    if rules.then_every < SHORTEST_ROUND:
        yield f"{table}.then_every", f"must be at least {iso_8601(SHORTEST_ROUND)}: it goes on until the discharge"
    if rules.again_most is not None and rules.again_most > RAREST_ROUND:
        yield f"{table}.again_most", f"must be at most {iso_8601(RAREST_ROUND)}: they may still be under the medicine"
    if rules.missed_after < rules.grace:
        yield f"{table}.told_after", f"must be at least grace ({iso_8601(rules.grace)})"
    if rules.emergency_after < rules.missed_after:
        named = "told_after" if rules.told_after else "grace"
        yield f"{table}.emergency_after", f"must be at least {named} ({iso_8601(rules.missed_after)})"


def _infusion(protocol: Protocol) -> Contradictions:
    rules = protocol.medicine.infusion
    named = {"least": rules.least, "usual": rules.usual, "most": rules.most}
    yield from _in_order("medicine.infusion", **{name: one for name, one in named.items() if one is not None})


def _symptoms(protocol: Protocol) -> Contradictions:
    symptoms = protocol.medicine.symptoms
    for graver, name, both in (
        ("emergency", "urgent", _shared(symptoms.emergency, symptoms.urgent)),
        ("emergency", "warning", _shared(symptoms.emergency, symptoms.warning)),
        ("urgent", "warning", _shared(symptoms.urgent, symptoms.warning)),
    ):
        for symptom in both:
            yield f"medicine.symptoms.{name}", f"{symptom} must be in one list; it is in {graver} as well"
    for symptom in _shared(symptoms.warning, symptoms.suicidal or ()):
        yield "medicine.symptoms.suicidal", f"{symptom} must be urgent or an emergency; it is in warning"


def _comedication(protocol: Protocol) -> Contradictions:
    codes = [folded(one.code) for one in protocol.medicine.comedication]
    for code in sorted({code for code in codes if codes.count(code) > 1}):
        yield "medicine.comedication", f"must name each medicine once; {code} is named {codes.count(code)} times"


def _shared(first: Collection[str], second: Collection[str]) -> list[str]:
    """The codes of the second list that the first one names too, however it spells them."""
    plain = {folded(code) for code in first}
    return sorted(code for code in second if folded(code) in plain)


def _vocabulary(protocol: Protocol) -> Contradictions:
    """A synonym that meets no list, or meets two codes, would be read as something else than was meant."""
    screening, symptoms = protocol.screening, protocol.medicine.symptoms
    listed = {
        folded(code)
        for codes in (
            protocol.indications,
            *(screening.absolute, screening.review, screening.caution_medications, screening.known),
            tuple(screening.tests or ()),
            *(symptoms.emergency, symptoms.urgent, symptoms.warning, symptoms.suicidal or ()),
        )
        for code in codes
    }
    # A medicine that may be given has a rule of its own, or that of what it is: its name may be in both.
    given = {folded(one.code) for one in protocol.medicine.comedication}
    meant: dict[str, str] = {}
    for name, synonyms in protocol.vocabulary.items():
        if folded(name) not in listed | given:
            yield f"vocabulary.{name}", "must be a code that one of the protocol's lists names"
        for synonym in (name, *synonyms):
            plain = folded(synonym)
            if plain in listed and plain != folded(name):
                yield f"vocabulary.{name}", f"{synonym} must be a synonym or in a list; it is both"
            elif meant.setdefault(plain, name) != name:
                yield f"vocabulary.{name}", f"{synonym} must stand for one code; it stands for {meant[plain]} as well"


def _integration(protocol: Protocol) -> Contradictions:
    rules, course = protocol.integration, protocol.course
    if not (rules.sessions and protocol.medicine.integration_before_next_dose):
        return
    for spacing in (course, *(course.schedule or ()), *((course.maintenance,) if course.maintenance else ())):
        if rules.within > spacing.interval_max:
            expected = f"must be at most {spacing.key}.interval_max ({iso_8601(spacing.interval_max)})"
            yield "integration.within", f"{expected}: the talk comes before the next dose"


def _check_ins(protocol: Protocol) -> Contradictions:
    rules = protocol.check_ins
    yield from _named_by_days("check_ins", rules.after, missed=rules.missed)
    if rules.reminder >= rules.missed:
        yield "check_ins.reminder", f"must be less than missed ({iso_8601(rules.missed)})"
    if rules.missed_at_risk > rules.missed:
        yield "check_ins.missed_at_risk", f"must be at most missed ({iso_8601(rules.missed)})"
    if rules.waking is not None and rules.waking[0] >= rules.waking[1]:
        yield "check_ins.waking", "must be two local times of one day, the earlier one first"


def _follow_up(protocol: Protocol) -> Contradictions:
    yield from _named_by_days("follow_up", protocol.follow_up.after, grace=protocol.follow_up.grace)


def _named_by_days(table: str, after: Sequence[timedelta], **grace: timedelta) -> Contradictions:
    """Each entry must have its own whole number of days, and end before the next one is due."""
    found = list(_rising(f"{table}.after", after))
    for earlier, later in pairwise(after):
        if later > earlier and days(later) == days(earlier):
            both = f"{iso_8601(earlier)} and {iso_8601(later)} are both called {days(later)}"
            found.append((f"{table}.after", f"must each come after its own number of days; {both}"))
    yield from found
    nearest = min((later - earlier for earlier, later in pairwise(after)), default=None)
    for name, length in grace.items():
        if nearest is not None and not found and length >= nearest:
            yield f"{table}.{name}", f"must be less than {iso_8601(nearest)}, the shortest interval of after"


def _forms(protocol: Protocol) -> Contradictions:
    names = [form.form for form in protocol.forms]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"forms.{name}", "must name each form once"
    for form in protocol.forms:
        yield from _rising(f"forms.{form.form}.remind", form.remind)
        if form.remind and max(form.remind) >= form.within:
            yield f"forms.{form.form}.remind", f"must come before within ({iso_8601(form.within)})"


def _measures(protocol: Protocol) -> Contradictions:
    for instrument, rule in protocol.measures.items():
        table = f"measures.{instrument}"
        yield from _scores(table, instrument, rule)
        yield from _item9(table, instrument, rule, protocol.measures)
        if rule.worsened is not None and rule.meaningful_change is None:
            yield f"{table}.worsened", "must come with meaningful_change: nothing else says what a worsening is"
        yield from _risk(table, instrument, rule)
        yield from _futility(table, instrument, rule, protocol.course.sessions_max)


def _futility(table: str, instrument: str, rule: MeasureRule, sessions_max: int) -> Contradictions:
    if rule.futility is None or instrument == CSSRS:
        return
    if rule.futility.after_session >= sessions_max:
        expected = f"must be less than course.sessions_max ({sessions_max}): no dose follows the last session"
        yield f"{table}.futility.after_session", expected
    if rule.futility.least_percent is None and rule.response_percent is None:
        yield (
            f"{table}.futility.least_percent",
            "is missing: without response_percent nothing else says what a benefit is",
        )


def _item9(table: str, instrument: str, rule: MeasureRule, measures: Mapping[str, MeasureRule]) -> Contradictions:
    if rule.item9 is None:
        return
    if instrument != PHQ9:
        yield f"{table}.item9", "only phq9 has an item 9"
    elif rule.item9.needs == instrument:
        yield f"{table}.item9.needs", f"must be another instrument than {instrument}: it would answer itself"
    waits_to, within = rule.item9.screened_to, rule.item9.screened_within
    if (waits_to is None) != (within is None):
        yield f"{table}.item9.screened_within", "must come with screened_to: so long its answers wait for their screen"
    if within is not None and within > LONGEST_WAIT:
        yield f"{table}.item9.screened_within", f"must be at most {iso_8601(LONGEST_WAIT)}: until then nobody is called"
    yield from _known_measures(f"{table}.item9.needs", (rule.item9.needs,), measures)


def _risk(table: str, instrument: str, rule: MeasureRule) -> Contradictions:
    high, moderate = rule.high, rule.moderate
    if instrument != CSSRS:
        for name in ("high", "moderate", "known_baseline"):
            if getattr(rule, name) is not None:
                yield f"{table}.{name}", "only cssrs has levels of risk"
        return
    for name in ("response_percent", "remission_below", "meaningful_change", "cut_off", "futility"):
        if getattr(rule, name) is not None:
            yield f"{table}.{name}", "cssrs has a level of risk and no score"
    if moderate is None:
        if rule.known_baseline is not None and high is None:
            yield f"{table}.known_baseline", "must come with high: where nobody is called, nothing is known already"
        return
    if high is None:
        yield f"{table}.high", "is missing: moderate has an answer, and high is worse"
        return
    if high.severity.rank < moderate.severity.rank:
        yield f"{table}.high", f"must be at least the severity of moderate ({moderate.severity})"
    if moderate.hold and not high.hold:
        yield f"{table}.high", "hold must be true: moderate holds the course, and high is worse"


def _scores(table: str, instrument: str, rule: MeasureRule) -> Contradictions:
    if instrument in INSTRUMENTS and rule.range:
        yield f"{table}.range", f"must be left out: Kapstan scores {instrument} by its answers"
    if instrument not in INSTRUMENTS and not rule.range:
        known = ", ".join(sorted(INSTRUMENTS))
        yield f"{table}.range", f"is missing: an instrument other than {known} is known by its score's range"
    if rule.range and not rule.range.lies_within(_ANY_SCORE):
        yield f"{table}.range", f"must lie within {written(_ANY_SCORE)}: no answer says more"
    scores = _scores_of(instrument, {instrument: rule})
    if scores is None:
        return
    if rule.remission_below is not None and not scores.holds(rule.remission_below):
        yield f"{table}.remission_below", f"must be a score within the range ({written(scores)})"
    if rule.cut_off is not None and not scores.holds(rule.cut_off.at_least):
        yield f"{table}.cut_off.at_least", f"must be a score within the range ({written(scores)})"
    if rule.meaningful_change is not None and rule.meaningful_change > scores.high - scores.low:
        most = scores.high - scores.low
        yield f"{table}.meaningful_change", f"must be at most {most:g}: no score changes by more"


def _scores_of(instrument: str, measures: Mapping[str, MeasureRule]) -> Range | None:
    """The scores that an instrument may have; None of one that has none, or is not known."""
    questionnaire, rule = QUESTIONNAIRES.get(instrument), measures.get(instrument)
    return questionnaire.scores if questionnaire else rule.range if rule else None


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
    _dose,
    _routes,
    _checkpoints,
    _infusion,
    vital_contradictions,
    _symptoms,
    _comedication,
    _vocabulary,
    _integration,
    _check_ins,
    _follow_up,
    _forms,
    _history,
    _measures,
    _evidence,
)


def _in_order(table: str, **bounds: float | timedelta) -> Contradictions:
    """Each value must be at least the one before it."""
    for (lower_name, lower), (name, value) in pairwise(bounds.items()):
        if _comparable(value) < _comparable(lower):
            yield f"{table}.{name}", f"must be at least {lower_name} ({_shown(lower)})"


def _rising(key: str, moments: Sequence[timedelta]) -> Contradictions:
    for earlier, later in pairwise(moments):
        if later <= earlier:
            yield key, f"must rise; {iso_8601(later)} follows {iso_8601(earlier)}"


def _known_measures(key: str, named: Collection[str], measures: Mapping[str, MeasureRule]) -> Contradictions:
    for instrument in named:
        if instrument not in measures:
            yield key, f"{instrument} must have a table, [measures.{instrument}]"


def _comparable(value: float | timedelta) -> float:
    return value.total_seconds() if isinstance(value, timedelta) else value


def _shown(value: float | timedelta) -> str:
    return iso_8601(value) if isinstance(value, timedelta) else f"{value:g}"
