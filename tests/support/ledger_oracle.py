"""What the ledger must tell of a dose and before a way home: read off its entries, asking no rule that decided.

An entry belongs to the session that a deviation beside it names, or else to the one that it names itself.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from pydantic import JsonValue

from domain.events.clinic_events import ClinicEvent, DoseAdministered, PatientDischarged
from domain.ledger import Entry
from domain.protocol.model import Limit, Protocol, Range
from domain.values import Role, Severity
from tests.support.corrected_ledger import DEVIATION, as_corrected, is_in_doubt
from tests.support.signs_oracle import is_answered, is_crossed, severity_of_symptom, symptoms_in_force, values

DANGERS = {"vitals_emergency", "suicide_risk"}
"""Escalations that keep a patient from their dose and from home, however severe."""

ENDS = {"kap.patient.discharged", "kap.patient.handed_over"}

OUR_OWN = {"record_store_behind", "orchestrator_silent", "course_filling"}
"""Escalations about Kapstan itself."""

BOOKINGS = {"kap.session.booked", "kap.session.rebooked"}

OF_NOW = {"phase", "hold", "emergency", "urgent"}
"""Gates that stand open or closed by what is known now."""

LONG_PAST = timedelta(days=1)
"""How late a dose may be told of for its patient to be watched."""

ANSWERED_BY_A_DISCHARGE = {"discharge_overdue", "left_before_discharge", "vitals_overdue"}


def broken_gates(given: Entry, entries: Sequence[Entry], rules: Protocol, session: int) -> list[str]:
    """The gates that this dose was given outside of, as the entries before it tell them, read as corrected."""
    before = [one for one in entries if one.sequence < given.sequence]
    read = as_corrected(before)
    visit = visit_of(read, session)
    is_booster = any(_said(visit, "dose.administered"))
    gates = {
        **_gates_of_the_course(given, read, rules),
        **(
            _gates_of_a_booster(given, visit, rules)
            if is_booster
            else _gates_of_a_first_dose(given, read, _weighed(visit, before, session), visit, rules)
        ),
        **_gates_of_the_amount(given, visit, rules),
    }
    return [gate for gate, is_met in gates.items() if not is_met]


def _weighed(visit: list[Entry], before: list[Entry], session: int) -> list[Entry]:
    """The visit as its clearance knew it: what was corrected later was weighed as it read then."""
    clearances = list(_said(visit, "session.cleared"))
    if not clearances:
        return []
    cleared = _newest(clearances)
    return visit_of(as_corrected([one for one in before if one.sequence < cleared.sequence]), session)


def assert_deviation_was_told(event: DoseAdministered, entries: list[Entry], rules: Protocol, session: int) -> None:
    """The dose's deviations stand in the ledger, and somebody was called for them as `[deviations]` says."""
    (told,) = [one for one in entries if _is_deviation_of(one, event.id, event.source)]
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


def broken_gates_of_all(entries: Sequence[Entry], rules: Protocol) -> dict[int, set[str]]:
    """By the sequence of each dose that was given: the gates that it was outside of, as everything reads now.

    Holds and open escalations are left out: of a dose given before they say nothing.
    """
    read = as_corrected(entries)
    return {
        one.sequence: {*broken_gates(one, entries, rules, session)} - OF_NOW
        for one, session in placed(read)
        if one.type == "kap.dose.administered" and session is not None
    }


def entry_of(event: ClinicEvent, entries: Iterable[Entry]) -> Entry:
    """The entry that says that it was accepted."""
    (entry,) = [one for one in entries if (one.event_id, one.source) == (event.id, event.source)]
    return entry


def assert_missed_checkpoints_were_told(entries: Sequence[Entry], known: int, rules: Protocol, now: datetime) -> None:
    """By the required signs alone a checkpoint is met, and by them it is; `known` entries had been written before.

    Of visits with one dose, during which nobody left and nothing in doubt was corrected.
    """
    if may_be_away(entries) or any(_said(entries, "patient.returned", "patient.handed_over")) or is_in_doubt(entries):
        return
    read, grid = as_corrected(entries), rules.medicine.checkpoints
    missed = {
        (one.data["session"], datetime.fromisoformat(str(one.data["due_at"]))): one.sequence
        for one in entries
        if one.type == "kap.checkpoint.missed"
    }
    for session in monitored(read):
        visit = visit_of(read, session)
        doses, readings = list(_said(visit, "dose.administered")), list(_said(visit, "vitals.recorded"))
        if len(doses) != 1 or counted_from(visit, doses[0]) != doses[0].time:
            continue
        moments = [doses[0].time + offset for offset in grid.offsets]
        for due, following in pairwise(moments):
            is_met = is_answered(due, following, readings, rules)
            if not is_met and max(due, doses[0].recorded_at) + grid.grace < now:
                assert (session, due) in missed
            if is_met:
                assert missed.get((session, due), 0) <= known


def is_over(event: DoseAdministered, entries: list[Entry], session: int) -> bool:
    """Whether the dose is told so late that nobody can be watched for it: the patient is gone, or a day has passed."""
    (given,) = [one for one in entries if (one.event_id, one.source) == (event.id, event.source)]
    is_gone = any(at == session and one.type in ENDS and one.time >= event.time for one, at in placed(entries))
    has_died = any(one.time >= event.time for one in _said(entries, "patient.died"))
    return given.recorded_at - given.time > LONG_PAST or is_gone or has_died


def monitored(entries: Sequence[Entry]) -> set[int]:
    """The sessions of a dosed patient, told within a day, who was not discharged or handed over since, nor died."""
    dosed: dict[int, Entry] = {}
    home: dict[int, datetime] = {}
    for one, session in placed(entries):
        if session is not None and one.type == "kap.dose.administered":
            dosed[session] = _newest((one, dosed.get(session, one)))
        if session is not None and one.type in ENDS:
            home[session] = one.time
        if session in home and one.type == "kap.patient.returned" and _is_back(one, home[session]):
            home.pop(session)
    died_at = max((one.time for one in _said(entries, "patient.died")), default=None)
    return {
        session
        for session, one in dosed.items()
        if one.recorded_at - one.time <= LONG_PAST
        and (session not in home or one.time > home[session])
        and (died_at is None or one.time > died_at)
    }


def counted_from(visit: Iterable[Entry], given: Entry) -> datetime:
    """When a dose counts as given: no earlier than the check-in and the clearance that it was told after."""
    before = (one for one in _said(visit, "patient.checked_in", "session.cleared") if one.sequence < given.sequence)
    return max((given.time, *(one.time for one in before)))


def _is_back(returned: Entry, left_at: datetime) -> bool:
    """Whether they came back within a day of going, and that was told within a day."""
    is_soon = left_at < returned.time <= left_at + LONG_PAST
    return is_soon and returned.recorded_at - returned.time <= LONG_PAST


def may_be_away(entries: Sequence[Entry]) -> bool:
    """Whether anybody ever said that the patient had left: then a rule of its own says for how long."""
    return any(_is_departure(one) for one in entries)


def _is_departure(one: Entry) -> bool:
    is_term = one.type == "kap.adverse_event.reported" and one.data["term"] == "left_before_discharge"
    return is_term or one.type == "kap.patient.left"


def assert_discharge_was_safe(event: PatientDischarged, entries: list[Entry], rules: Protocol) -> None:
    """Nothing absolute stands against it, and nothing else that this prescriber has not overridden by its code.

    The entries before it are read as corrected.
    """
    visit = visit_of(entries, event.data.session)
    dosed_at = counted_from(visit, _newest(_said(visit, "dose.administered")))
    taken = list(_said(visit, "vitals.recorded"))

    is_prescriber = event.data.actor.role is Role.PRESCRIBER
    lifted = {one.code for one in event.data.overrides} if is_prescriber else set()
    open_now = standing(entries)
    assert not open_now.keys() & DANGERS
    for kind, severity in open_now.items():
        if kind not in ANSWERED_BY_A_DISCHARGE:
            assert severity is not Severity.EMERGENCY
            assert severity is Severity.ROUTINE or f"escalation.{kind}_open" in lifted
    assert all(one.time <= event.time for one in taken)
    holds = {
        "discharge.observation_too_short": event.time - dosed_at >= rules.medicine.minimum_observation,
        "discharge.no_instructions": event.data.instructions_given,
        "escort.missing": event.data.escort,
        "discharge.recheck_missing": not _waits_for_a_second(visit, rules),
    }
    is_gone = may_be_away(entries)
    since = [one for one in taken if one.time >= dosed_at]
    assert since or is_gone
    if since:
        read = _read(event, dosed_at, visit, rules)
        # One who has left cannot be measured again: of them an emergency is weighed as well.
        holds |= {code: is_met for code, is_met in read.items() if "." in code or not is_gone}
    else:
        holds |= {"vitals.missing": False}
    assessments = [one for one in _said(visit, "discharge.assessed") if one.time >= dosed_at]
    assert assessments or is_gone
    holds |= _assessed(_newest(assessments), rules) if assessments else {"discharge.not_assessed": False}
    assert [code for code, is_met in holds.items() if not is_met and code not in lifted] == []


def _gates_of_the_course(given: Entry, entries: list[Entry], rules: Protocol) -> dict[str, bool]:
    phase = next((one.data["phase"] for one in reversed(entries) if one.type == "kap.phase.entered"), "screening")
    consents = list(_said(entries, "consent.signed", "consent.withdrawn", "patient.withdrew"))
    consent = _newest(consents) if consents else None
    is_signed = consent is not None and consent.type == "kap.consent.signed"
    screenings = list(_said(entries, "screening.recorded"))
    screened = _newest(screenings) if screenings else None
    found = {*_list(screened, "conditions"), *_list(screened, "medications")} if screened else set()
    talks = [one for one in _said(entries, "preparation.held") if not _deviates(one, entries)]
    open_now = standing(entries)
    return {
        "phase": phase == "medicine",
        "consent": is_signed
        and consent is not None
        and consent.data["version"] == rules.screening.consent_version
        and given.time < consent.time + rules.screening.consent_valid_for,
        "eligibility": any(
            one.data["decision"] == "eligible" and _role(one) is Role.PRESCRIBER
            for one in _said(entries, "eligibility.decided")
        ),
        "preparation": len(talks) >= rules.preparation.sessions
        and {topic for talk in talks for topic in _list(talk, "topics")} >= {*rules.preparation.topics},
        "plan": any(_said(entries, "plan.prescribed")),
        "hold": not _holds(entries, rules),
        "emergency": not any(one in DANGERS or open_now[one] is Severity.EMERGENCY for one in open_now),
        "screening": screened is not None
        and not found & {*rules.screening.absolute}
        and screened.data["pregnancy_test"] != "positive",
    }


def _gates_of_a_first_dose(
    given: Entry, entries: list[Entry], weighed: list[Entry], visit: list[Entry], rules: Protocol
) -> dict[str, bool]:
    """`weighed` is the visit as the clearance knew it."""
    arrivals = list(_said(visit, "patient.checked_in"))
    if not arrivals:
        return {"check-in": False}
    checked_in = _newest(arrivals)
    clearances = [one for one in _said(visit, "session.cleared") if one.sequence > checked_in.sequence]
    if not clearances:
        return {"clearance": False}
    cleared, medicine = _newest(clearances), rules.medicine
    valid = medicine.clearance.reading_valid
    readings, known = list(_said(visit, "vitals.recorded")), list(_said(weighed, "vitals.recorded"))
    # What was fresh at the clearance holds for as long as that does; each sign has its own age.
    then = values(known, cleared.time, cleared.time - valid)
    latest = values(readings, given.time, min(given.time, cleared.time) - valid)
    never, hold = dict(medicine.clearance.never), dict(medicine.clearance.hold)
    lifted = _lifted(cleared)
    screenings = list(_said(entries, "screening.recorded"))
    screened = _newest(screenings) if screenings else None
    decided = next(_said(entries, "eligibility.decided"), None)
    found = {*_list(screened, "conditions"), *_list(screened, "medications")} if screened else set()
    urgent = {f"escalation.{kind}_open" for kind, severity in standing(entries).items() if severity is Severity.URGENT}
    felt = [(one, severity_of_symptom(one, rules)) for one in symptoms_in_force(readings, given.time, rules)]
    return {
        "test": checked_in.data.get("pregnancy_test") != "positive",
        "day": given.time - checked_in.time < timedelta(days=1),
        "prescriber": _role(cleared) is Role.PRESCRIBER,
        "order": cleared.time <= given.time,
        "age": given.time - cleared.time <= medicine.clearance_valid,
        "stage": not any(one.sequence > cleared.sequence for one in _said(visit, "session.aborted")),
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
        <= lifted | (_lifted(decided) if decided else set()),
        "urgent": urgent <= lifted,
    }


def _gates_of_a_booster(given: Entry, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    doses = list(_said(visit, "dose.administered"))
    readings = list(_said(visit, "vitals.recorded"))
    before = max((one.time for one in doses if one.time <= given.time), default=None)
    fresh_from = given.time - rules.medicine.clearance.reading_valid
    taken = values(readings, given.time, fresh_from if before is None else max(fresh_from, before))
    return {
        "clearance": any(_said(visit, "session.cleared")),
        "stage": not any(_said(visit, "session.aborted")),
        "boosters": len(doses) <= rules.medicine.dose.boosters_max,
        "reading": {*rules.medicine.checkpoints.required} <= taken.keys(),
        "normal": not any(is_crossed(limit, taken.get(limit.vital)) for limit in rules.medicine.limits)
        and not symptoms_in_force(readings, given.time, rules),
    }


def _gates_of_the_amount(given: Entry, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    arrivals = list(_said(visit, "patient.checked_in"))
    weight = _newest(arrivals).data.get("weight_kg") if arrivals else None
    if not isinstance(weight, int | float):
        return {"weight": False}
    mg = sum(_number(one, "mg") for one in (*_said(visit, "dose.administered"), given))
    return {
        "route": given.data["route"] == rules.route,
        "amount": mg / weight <= rules.medicine.dose.hard_max + 1e-5,
    }


def _read(event: PatientDischarged, dosed_at: datetime, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    """Which criteria of the last value of each sign are met, each with its own age, and of the symptoms.

    Somebody dosed without a clearance has nothing to be near to.
    """
    leaving = rules.medicine.discharge
    readings = list(_said(visit, "vitals.recorded"))
    last = _newest(readings).time
    is_fresh = event.time - last <= leaving.reading_valid
    taken = values(readings, event.time, max(dosed_at, (event.time if is_fresh else last) - leaving.reading_valid))
    cleared = max((one.time for one in _said(visit, "session.cleared")), default=None)
    known = values(readings, cleared, cleared - rules.medicine.clearance.reading_valid) if cleared is not None else {}
    felt = [severity_of_symptom(one, rules) for one in symptoms_in_force(readings, event.time, rules)]
    asked = {*rules.medicine.checkpoints.required} | ({"systolic", "diastolic"} & known.keys())
    crossed = [one for one in rules.medicine.limits if is_crossed(one, taken.get(one.vital))]
    return {
        "vitals.too_old": is_fresh,
        **{f"discharge.{vital}_missing": vital in taken for vital in asked},
        **{
            f"discharge.{vital}_not_near_baseline": _is_near(
                taken.get(vital), known.get(vital), leaving.bp_within_percent
            )
            for vital in ("systolic", "diastolic")
        },
        "discharge.moaas_missing": "moaas" in taken,
        "discharge.moaas_below_limit": taken.get("moaas", 5) >= leaving.moaas_min
        and not _is_below("moaas", "urgent", crossed),
        "discharge.spo2_below_limit": taken.get("spo2", 100) >= leaving.spo2_min,
        "discharge.respiratory_rate_below_limit": not _is_below("respiratory_rate", "urgent", crossed),
        "a sign that is an emergency": not any(one.severity == "emergency" for one in crossed),
        "a symptom that is an emergency": Severity.EMERGENCY not in felt,
        "discharge.symptom_reported": Severity.URGENT not in felt,
        "discharge.symptom_unknown": None not in felt,
    }


def _is_below(vital: str, severity: str, crossed: list[Limit]) -> bool:
    return any(one.vital == vital and one.severity == severity and one.below is not None for one in crossed)


def _assessed(assessed: Entry, rules: Protocol) -> dict[str, bool]:
    """Which criteria of the assessment are met."""
    return {
        "discharge.padss_below_limit": _number(assessed, "padss") >= rules.medicine.discharge.padss_min,
        "discharge.not_oriented": assessed.data["oriented"] is True,
        "discharge.not_steady_gait": assessed.data["steady_gait"] is True,
        "discharge.not_dissociation_resolved": assessed.data["dissociation_resolved"] is True,
    }


def standing(entries: Iterable[Entry]) -> dict[str, Severity]:
    """The kinds of escalation that nobody has resolved, each with its worst severity; none about Kapstan itself."""
    worst: dict[str, Severity] = {}
    for (kind, _), severity in open_escalations(entries).items():
        if kind not in OUR_OWN:
            worst[kind] = max(severity, worst.get(kind, severity), key=lambda one: one.rank)
    return worst


def open_escalations(entries: Iterable[Entry]) -> dict[tuple[str, str], Severity]:
    """The escalations that nobody has resolved, by kind and session, with their severity.

    Of a kind and session there is one at a time: another one tells that those before it are over, also where the news
    of that is still on its way.
    """
    newest: dict[tuple[str, str], int] = {}
    worst: dict[tuple[str, str], Severity] = {}
    resolved: set[tuple[str, str]] = set()
    for one in entries:
        if not one.type.startswith("kap.escalation."):
            continue
        _, kind, session, n = str(one.data["id"]).split("~")
        if int(n) < newest.get((kind, session), 0):
            continue
        newest[kind, session] = int(n)
        if "severity" in one.data:
            worst[kind, session] = Severity(str(one.data["severity"]))
        (resolved.add if one.type == "kap.escalation.resolved" else resolved.discard)((kind, session))
    return {named: severity for named, severity in worst.items() if named not in resolved}


def _holds(entries: Iterable[Entry], rules: Protocol) -> dict[str, bool]:
    """The reasons of the pause over the course that were not lifted since, and whether each is one of safety."""
    high = rules.measures["cssrs"].high
    holds: dict[str, bool] = {}
    for one in entries:
        match one.type.removeprefix("kap."):
            case "course.held":
                holds.setdefault(str(one.data["reason"]), False)
            case "consent.withdrawn" | "patient.withdrew":
                holds["consent"] = True
            case "course.resumed":
                holds = (
                    {} if _role(one) is Role.PRESCRIBER else {why: safety for why, safety in holds.items() if safety}
                )
            case "measure.recorded" if one.data["instrument"] == "cssrs" and high is not None and high.hold:
                holds |= {"risk": True} if "1" in _list(one, "items")[3:] else {}
    return holds


def placed(entries: Sequence[Entry]) -> Iterator[tuple[Entry, int | None]]:
    """Each entry with the session that it belongs to; None where it names none, and no deviation does."""
    elsewhere = {
        (one.data["event_id"], one.data["source"]): one.data.get("session")
        for one in entries
        if one.type == "kap.deviation.recorded"
    }
    for one in entries:
        session = elsewhere.get((one.event_id, one.source), one.data.get("session"))
        yield one, session if isinstance(session, int) else None


def visit_of(entries: Sequence[Entry], session: int) -> list[Entry]:
    """What was written of a session since it was booked last: nothing of an earlier visit counts.

    What names no session belongs to it from when the patient came.
    """
    named = [(one, number) for one, number in placed(entries) if number in {session, None}]
    booked = [one.sequence for one, number in named if number == session and one.type in BOOKINGS]
    since = max(booked, default=0)
    own = [one for one, number in named if number == session and one.sequence > since]
    came = min((one.time for one in _said(own, "patient.checked_in", "dose.administered")), default=None)
    return [
        one
        for one, number in named
        if one.sequence > since and (number == session or (came is not None and came <= one.time))
    ]


def _is_deviation_of(one: Entry, event_id: str | None, source: str | None) -> bool:
    return one.type == "kap.deviation.recorded" and (one.data["event_id"], one.data["source"]) == (event_id, source)


def _deviates(entry: Entry, entries: Iterable[Entry]) -> bool:
    return any(_is_deviation_of(one, entry.event_id, entry.source) for one in entries)


def _is_worse(code: str, observed: float | None, weighed: float | None) -> bool:
    """Whether a value is worse than the one that was weighed under the same code."""
    if observed is None or weighed is None:
        return observed is not weighed
    return observed > weighed if code.endswith("_above_limit") else observed < weighed


def _said(entries: Iterable[Entry], *names: str) -> Iterator[Entry]:
    return (one for one in entries if one.type.removeprefix("kap.") in names)


def _newest(entries: Iterable[Entry]) -> Entry:
    """The one that happened last; of two at one moment the one that was told last."""
    return max(entries, key=lambda one: (one.time, one.sequence))


def _role(entry: Entry) -> Role | None:
    return entry.actor.role if entry.actor else None


def _lifted(entry: Entry) -> set[str]:
    overrides = entry.data.get("overrides")
    assert isinstance(overrides, list)
    return {str(one["code"]) for one in overrides if isinstance(one, dict)}


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


def _waits_for_a_second(visit: list[Entry], rules: Protocol) -> bool:
    """Whether the last value of a sign is the first one beyond a limit that wants two."""
    for limit in rules.medicine.limits:
        taken = [one for one in _said(visit, "vitals.recorded") if limit.vital in one.data]
        if limit.confirm_within is None or limit.above is None or not taken:
            continue
        newest = _newest(taken)
        before = [one for one in taken if one.time < newest.time]
        if _number(newest, limit.vital) > limit.above and not (
            before and _number(_newest(before), limit.vital) > limit.above
        ):
            return True
    return False


def _is_near(now: int | None, then: int | None, percent: int) -> bool:
    return now is None or then is None or round(100 * abs(now - then) / then, 1) <= percent


def _number(entry: Entry, field: str, missing: JsonValue = None) -> float:
    value = entry.data.get(field, missing)
    assert isinstance(value, int | float)
    return value


def _list(entry: Entry, field: str) -> list[str]:
    value = entry.data[field]
    assert isinstance(value, list)
    return [str(one) for one in value]
