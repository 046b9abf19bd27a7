"""What the ledger must tell of a dose: read off its entries, as corrected, asking no rule that decided."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from domain.course.state import Hold
from domain.events.clinic_events import DoseAdministered
from domain.ledger import Entry
from domain.protocol.model import Protocol
from domain.protocol.values import Range
from domain.values import Role, Severity
from tests.support.corrected_ledger import DEVIATION, as_corrected
from tests.support.known_oracle import known_screens
from tests.support.ledger_entries import (
    DANGERS,
    LONG_PAST,
    deviates,
    is_deviation_of,
    lifted_by,
    listed_in,
    newest,
    number_in,
    open_escalations,
    placed,
    role_of,
    said,
    standing,
    visit_of,
)
from tests.support.signs_oracle import (
    is_at_risk,
    is_crossed,
    severity_of_symptom,
    symptoms_in_force,
    unanswered_word_of_suicide,
    values,
)

OF_THE_RISK = {"suicide_risk", "item9_positive"}
"""Escalations of a risk of suicide."""

OF_REPORTS = {"session_unreported", "dose_unreported", "hold_unreviewed"}
"""Escalations that ask what has happened, which the dose itself tells, and stand in nobody's way."""

OF_NOW = {"phase", "hold", "emergency", "urgent"}
"""Gates that stand open or closed by what is known now."""


def broken_gates(given: Entry, entries: Sequence[Entry], rules: Protocol, session: int) -> list[str]:
    """The gates that this dose was given outside of, as the entries before it tell them, read as corrected."""
    before = [one for one in entries if one.sequence < given.sequence]
    return _broken(given, as_corrected(before), before, rules, session)


def _broken(given: Entry, read: list[Entry], before: list[Entry], rules: Protocol, session: int) -> list[str]:
    """`read` is what was told before the dose, as it reads now; `before` as it was written."""
    visit = visit_of(read, session)
    is_booster = any(said(visit, "dose.administered"))
    gates = {
        **_gates_of_the_course(given, read, _holds(read, rules, known_screens(before, rules)), rules),
        **(
            _gates_of_a_booster(given, visit, rules)
            if is_booster
            else _gates_of_a_first_dose(given, read, _weighed(visit, before, session), visit, rules)
        ),
        **_gates_of_the_amount(given, visit, rules),
        "screen": _is_screened(given, read, before, visit, rules),
    }
    return [gate for gate, is_met in gates.items() if not is_met]


def broken_gates_of_all(entries: Sequence[Entry], rules: Protocol) -> dict[int, set[str]]:
    """By the sequence of each dose that was given: the gates that it was outside of, as everything reads now.

    Holds and open escalations are left out: of a dose given before they say nothing. So is a dose in whose very moment
    another reading was taken that was told after it: that one may stand for what was known.
    """
    read = as_corrected(entries)
    taken = [one for one in read if one.type == "kap.vitals.recorded"]
    return {
        one.sequence: {
            *_broken(
                one,
                [earlier for earlier in read if earlier.sequence < one.sequence],
                [earlier for earlier in entries if earlier.sequence < one.sequence],
                rules,
                session,
            )
        }
        - OF_NOW
        for one, session in placed(read)
        if one.type == "kap.dose.administered"
        and session is not None
        and not any(told.time == one.time and told.sequence > one.sequence for told in taken)
    }


def assert_deviation_was_told(event: DoseAdministered, entries: list[Entry], rules: Protocol, session: int) -> None:
    """The dose's deviations stand in the ledger, and somebody was called for them as `[deviations]` says."""
    (told,) = [one for one in entries if is_deviation_of(one, event.id, event.source)]
    deviations = told.data["deviations"]
    assert isinstance(deviations, list)
    found = [one for one in deviations if isinstance(one, dict) and one["code"] not in rules.deviations.silent]
    assert found
    in_effect = rules.deviations.dose_absolute if any(one["absolute"] for one in found) else rules.deviations.dose
    wanted = Severity.ROUTINE if told.recorded_at - event.time > LONG_PAST else in_effect
    assert open_escalations(entries)["protocol_deviation", str(session)].rank >= wanted.rank


def assert_correction_was_told(before: Sequence[Entry], entries: Sequence[Entry]) -> None:
    """A dose stands outside its gates only since this correction: a deviation says so, or an urgent review is open."""
    is_deviation = any(one.type == DEVIATION for one in entries[len(before) :])
    review = standing(entries).get("correction_review", Severity.ROUTINE)
    assert is_deviation or review.rank >= Severity.URGENT.rank


def assert_safety_was_told(
    before: Sequence[Entry], entries: Sequence[Entry], rules: Protocol, holds: Sequence[Hold]
) -> None:
    """By the last correction a risk of suicide came or went, or a hold of safety went: an urgent review is open.

    Where somebody is being asked about the risk, it depends on that whether they are at risk; it is not compared then.
    A correction before this one may have held the course anew for that risk, of which no entry tells: while that one of
    its `holds` stands, nothing went.
    """
    was, now = as_corrected(before), as_corrected(entries)
    is_asked = any(kind in standing(told) for told in (before, entries) for kind in OF_THE_RISK)
    is_moved = not is_asked and is_at_risk(was, rules) is not is_at_risk(now, rules)
    held, still = (
        {why for why, safety in _holds(read, rules, known_screens(told, rules)).items() if safety}
        for read, told in ((was, before), (now, entries))
    )
    if any(one.is_safety and one.reason.startswith("suicide risk") for one in holds):
        still.add("risk")
    if is_moved or held - still:
        assert standing(entries).get("correction_review", Severity.ROUTINE).rank >= Severity.URGENT.rank


def _weighed(visit: list[Entry], before: list[Entry], session: int) -> list[Entry]:
    """The visit as its clearance knew it: what was corrected later was weighed as it read then."""
    clearances = list(said(visit, "session.cleared"))
    if not clearances:
        return []
    cleared = newest(clearances)
    return visit_of(as_corrected([one for one in before if one.sequence < cleared.sequence]), session)


def _is_screened(given: Entry, read: list[Entry], before: list[Entry], visit: list[Entry], rules: Protocol) -> bool:
    """No word of suicide stands without a C-SSRS after it, but for one that the clearance knew of and weighed."""
    word_at = unanswered_word_of_suicide(read, given.time, rules)
    clearances = list(said(visit, "session.cleared"))
    if word_at is None or not clearances:
        return word_at is None
    cleared = newest(clearances)
    known = as_corrected([one for one in before if one.sequence < cleared.sequence])
    weighed_at = unanswered_word_of_suicide(known, cleared.time, rules)
    return weighed_at == word_at and "measure.cssrs_missing" in lifted_by(cleared)


def _gates_of_the_course(
    given: Entry, entries: list[Entry], holds: Mapping[str, bool], rules: Protocol
) -> dict[str, bool]:
    phase = next((one.data["phase"] for one in reversed(entries) if one.type == "kap.phase.entered"), "screening")
    told = said(entries, "consent.signed", "consent.withdrawn", "patient.withdrew")
    own = rules.screening.consent_documents
    consents = [
        one
        for one in told
        if one.time <= given.time and (one.type != "kap.consent.signed" or own is None or one.data["document"] in own)
    ]
    consent = newest(consents) if consents else None
    is_signed = consent is not None and consent.type == "kap.consent.signed"
    screenings = list(said(entries, "screening.recorded"))
    screened = newest(screenings) if screenings else None
    found = {*listed_in(screened, "conditions"), *listed_in(screened, "medications")} if screened else set()
    talks = [one for one in said(entries, "preparation.held") if not deviates(one, entries)]
    open_now = standing(entries)
    return {
        "phase": phase == "medicine",
        "consent": is_signed
        and consent is not None
        and consent.data["version"] == rules.screening.consent_version
        and given.time < consent.time + rules.screening.consent_valid_for,
        "eligibility": any(
            one.data["decision"] == "eligible" and role_of(one) is Role.PRESCRIBER
            for one in said(entries, "eligibility.decided")
        ),
        "preparation": len(talks) >= rules.preparation.sessions
        and {topic for talk in talks for topic in listed_in(talk, "topics")} >= {*rules.preparation.topics},
        "plan": any(said(entries, "plan.prescribed")),
        "hold": not holds,
        "emergency": not any(one in DANGERS or open_now[one] is Severity.EMERGENCY for one in open_now),
        "screening": screened is not None
        and not found & {*rules.screening.absolute}
        and not _is_positive(screened, entries),
    }


def _is_positive(screened: Entry, entries: Sequence[Entry]) -> bool:
    """Whether the test of the screening in force is positive, and none at a visit since has been negative after it."""
    visits = [one for one in said(entries, "patient.checked_in") if one.time >= screened.time]
    since = [one for one in visits if one.data.get("pregnancy_test") in {"positive", "negative"}]
    last = newest(since) if since else screened
    return screened.data["pregnancy_test"] == last.data["pregnancy_test"] == "positive"


def _gates_of_a_first_dose(
    given: Entry, entries: list[Entry], weighed: list[Entry], visit: list[Entry], rules: Protocol
) -> dict[str, bool]:
    """`weighed` is the visit as the clearance knew it."""
    arrivals = list(said(visit, "patient.checked_in"))
    if not arrivals:
        return {"check-in": False}
    checked_in = newest(arrivals)
    clearances = [one for one in said(visit, "session.cleared") if one.sequence > checked_in.sequence]
    if not clearances:
        return {"clearance": False}
    cleared, medicine = newest(clearances), rules.medicine
    valid = medicine.clearance.reading_valid
    readings, known = list(said(visit, "vitals.recorded")), list(said(weighed, "vitals.recorded"))
    # What was fresh at the clearance holds for as long as that does; each sign has its own age.
    then = values(known, cleared.time, cleared.time - valid)
    latest = values(readings, given.time, min(given.time, cleared.time) - valid)
    never, hold = dict(medicine.clearance.never), dict(medicine.clearance.hold)
    lifted = lifted_by(cleared)
    screenings = list(said(entries, "screening.recorded"))
    screened = newest(screenings) if screenings else None
    decided = next(said(entries, "eligibility.decided"), None)
    found = {*listed_in(screened, "conditions"), *listed_in(screened, "medications")} if screened else set()
    asking = {kind for kind, severity in standing(entries).items() if severity is Severity.URGENT}
    urgent = {f"escalation.{kind}_open" for kind in asking - OF_REPORTS}
    felt = [(one, severity_of_symptom(one, rules)) for one in symptoms_in_force(readings, given.time, rules)]
    return {
        "test": checked_in.data.get("pregnancy_test") != "positive",
        "day": given.time - checked_in.time < timedelta(days=1),
        "prescriber": role_of(cleared) is Role.PRESCRIBER,
        "order": cleared.time <= given.time,
        "age": given.time - cleared.time <= medicine.clearance_valid,
        "stage": not any(one.sequence > cleared.sequence for one in said(visit, "session.aborted")),
        "reading": any(cleared.time - valid <= one.time <= cleared.time for one in readings),
        "never": not _beyond(latest, never),
        "limits": all(
            code in lifted and not _is_worse(code, observed, _beyond(then, hold).get(code))
            for code, observed in _beyond(latest, hold).items()
        ),
        "symptoms": not any(
            severity is Severity.EMERGENCY
            or (severity is Severity.URGENT and "vitals.symptom_reported" not in lifted)
            or (severity is None and "vitals.symptom_unknown" not in lifted)
            for _, severity in felt
        ),
        "findings": {f"screening.{one}" for one in found & {*rules.screening.review}}
        <= lifted | (lifted_by(decided) if decided else set()),
        "urgent": urgent <= lifted,
    }


def _gates_of_a_booster(given: Entry, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    doses = list(said(visit, "dose.administered"))
    readings = list(said(visit, "vitals.recorded"))
    before = max((one.time for one in doses if one.time <= given.time), default=None)
    fresh_from = given.time - rules.medicine.clearance.reading_valid
    taken = values(readings, given.time, fresh_from if before is None else max(fresh_from, before))
    return {
        "clearance": any(said(visit, "session.cleared")),
        "stage": not any(said(visit, "session.aborted")),
        "boosters": len(doses) <= rules.medicine.dose.boosters_max,
        "reading": {*rules.medicine.checkpoints.required} <= taken.keys(),
        "normal": not any(is_crossed(limit, taken.get(limit.vital)) for limit in rules.medicine.limits)
        and not symptoms_in_force(readings, given.time, rules),
    }


def _gates_of_the_amount(given: Entry, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    arrivals = list(said(visit, "patient.checked_in"))
    weight = newest(arrivals).data.get("weight_kg") if arrivals else None
    if not isinstance(weight, int | float):
        return {"weight": False}
    mg = sum(number_in(one, "mg") for one in (*said(visit, "dose.administered"), given))
    return {
        "route": given.data["route"] == rules.route,
        "amount": mg / weight <= rules.medicine.dose.hard_max + 1e-5,
    }


def _holds(entries: Iterable[Entry], rules: Protocol, known: set[int]) -> dict[str, bool]:
    """The reasons of the pause over the course that were not lifted since, and whether each is one of safety.

    A `known` C-SSRS is no news, and lays none.
    """
    high = rules.measures["cssrs"].high
    is_held = high is not None and high.hold
    holds: dict[str, bool] = {}
    for one in entries:
        match one.type.removeprefix("kap."):
            case "course.held":
                holds.setdefault(str(one.data["reason"]), False)
            case "consent.withdrawn" | "patient.withdrew":
                holds["consent"] = True
            case "course.resumed":
                holds = (
                    {} if role_of(one) is Role.PRESCRIBER else {why: safety for why, safety in holds.items() if safety}
                )
            case "measure.recorded" if one.data["instrument"] == "cssrs" and is_held and one.sequence not in known:
                holds |= {"risk": True} if "1" in listed_in(one, "items")[3:] else {}
    return holds


def _is_worse(code: str, observed: float | None, weighed: float | None) -> bool:
    """Whether a value is worse than the one that was weighed under the same code."""
    if observed is None or weighed is None:
        return observed is not weighed
    return observed > weighed if code.endswith("_above_limit") else observed < weighed


def _beyond(taken: Mapping[str, int], ranges: Mapping[str, Range | None]) -> dict[str, float | None]:
    """The codes of the vitals that lie outside their range, or were not taken, with what was observed."""
    found: dict[str, float | None] = {}
    for vital, limits in ranges.items():
        observed = taken.get(vital)
        if limits is not None and observed is None:
            found[f"vitals.{vital}_missing"] = None
        elif limits is not None and observed is not None and not limits.low <= observed <= limits.high:
            found[f"vitals.{vital}_{'above' if observed > limits.high else 'below'}_limit"] = observed
    return found
