"""What the ledger must tell before a dose and before a way home: read off its entries, asking no rule that decided."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta

from pydantic import JsonValue

from domain.events.clinic_events import DoseAdministered, PatientDischarged
from domain.ledger import Entry
from domain.protocol.model import Protocol, Range
from domain.values import Role

BLOCKING = {"vitals_emergency", "suicide_risk"}
"""Escalations that keep a patient from their dose and from home."""


def assert_dose_was_safe(event: DoseAdministered, entries: list[Entry], rules: Protocol) -> None:
    """Consent, eligibility, preparation, clearance, prescriber and fresh vitals, as the entries before it tell them."""
    visit = _visit(entries, event.data.session)
    medicine = rules.medicine

    consent = _newest(_said(entries, "consent.signed", "consent.withdrawn"))
    assert consent.type == "kap.consent.signed"
    assert consent.data["version"] == rules.screening.consent_version
    assert event.time < consent.time + rules.screening.consent_valid_for
    (decided,) = _said(entries, "eligibility.decided")
    assert decided.data["decision"] == "eligible"
    assert _role(decided) is Role.PRESCRIBER
    talks = list(_said(entries, "preparation.held"))
    assert len(talks) >= rules.preparation.sessions
    assert {topic for talk in talks for topic in _list(talk, "topics")} >= {*rules.preparation.topics}
    assert list(_said(entries, "plan.prescribed"))

    assert not _is_held(entries, rules)
    assert not open_kinds(entries) & BLOCKING

    screened = _newest(_said(entries, "screening.recorded"))
    assert not {*_list(screened, "conditions"), *_list(screened, "medications")} & {*rules.screening.absolute}
    assert screened.data["pregnancy_test"] != "positive"

    checked_in = _last(_said(visit, "patient.checked_in"))
    assert checked_in.data.get("pregnancy_test") != "positive"
    cleared = _newest(one for one in _said(visit, "session.cleared") if one.time <= event.time)
    assert _role(cleared) is Role.PRESCRIBER
    doses = list(_said(visit, "dose.administered"))
    if not doses:
        assert event.time - cleared.time <= medicine.clearance_valid
        assert event.time - checked_in.time < timedelta(days=1)
    reading = _newest(_before(cleared.time if not doses else event.time, _said(visit, "vitals.recorded")))
    assert (cleared.time if not doses else event.time) - reading.time <= medicine.clearance.reading_valid
    if given_before := [one.time for one in doses if one.time <= event.time]:
        assert reading.time >= max(given_before)
    latest, lifted = _newest(_before(event.time, _said(visit, "vitals.recorded"))), _lifted(cleared)
    if not doses:
        assert not any(_beyond(latest, dict(medicine.clearance.never)))
        assert {*_beyond(latest, dict(medicine.clearance.hold))} <= lifted
        decided_upon = {*_list(screened, "conditions"), *_list(screened, "medications")} & {*rules.screening.review}
        assert {f"screening.{one}" for one in decided_upon} <= lifted | _lifted(decided)

    given, weight = sum(_number(one, "mg") for one in doses), _number(checked_in, "weight_kg")
    assert (given + event.data.mg) / weight <= medicine.dose.hard_max + 1e-5
    assert len(doses) <= medicine.dose.boosters_max


def assert_discharge_was_safe(event: PatientDischarged, entries: list[Entry], rules: Protocol) -> None:
    """Nothing absolute stands against it, and nothing else that this prescriber has not overridden by its code."""
    visit = _visit(entries, event.data.session)
    dosed_at = _newest(_said(visit, "dose.administered")).time
    taken = list(_said(visit, "vitals.recorded"))

    assert not open_kinds(entries) & BLOCKING
    assert all(one.time <= event.time for one in taken)
    holds = {
        "discharge.observation_too_short": event.time - dosed_at >= rules.medicine.minimum_observation,
        "discharge.no_instructions": event.data.instructions_given,
        "escort.missing": event.data.escort,
        "discharge.recheck_missing": not _waits_for_a_second(visit, rules),
    }
    is_gone = any(f"~left_before_discharge~{event.data.session}~" in str(one.data.get("id")) for one in entries)
    since = [one for one in taken if one.time >= dosed_at]
    assert since or is_gone
    holds |= _read(event, _newest(since), visit, rules) if since else {"vitals.missing": False}
    assessments = [one for one in _said(visit, "discharge.assessed") if one.time >= dosed_at]
    assert assessments or is_gone
    holds |= _assessed(_newest(assessments), rules) if assessments else {"discharge.not_assessed": False}

    is_prescriber = event.data.actor.role is Role.PRESCRIBER
    lifted = {one.code for one in event.data.overrides} if is_prescriber else set()
    assert [code for code, is_met in holds.items() if not is_met and code not in lifted] == []


def _read(event: PatientDischarged, reading: Entry, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    """Which criteria of the last reading are met."""
    leaving = rules.medicine.discharge
    cleared = _newest(_said(visit, "session.cleared"))
    at_clearance = _newest(_before(cleared.time, _said(visit, "vitals.recorded")))
    return {
        "vitals.too_old": event.time - reading.time <= leaving.reading_valid,
        "discharge.systolic_not_near_baseline": _is_near(reading, at_clearance, "systolic", leaving.bp_within_percent),
        "discharge.diastolic_not_near_baseline": _is_near(
            reading, at_clearance, "diastolic", leaving.bp_within_percent
        ),
        "discharge.moaas_missing": "moaas" in reading.data,
        "discharge.moaas_below_limit": _number(reading, "moaas", missing=5) >= leaving.moaas_min,
        "discharge.spo2_below_limit": _number(reading, "spo2") >= leaving.spo2_min,
    }


def _assessed(assessed: Entry, rules: Protocol) -> dict[str, bool]:
    """Which criteria of the assessment are met."""
    return {
        "discharge.padss_below_limit": _number(assessed, "padss") >= rules.medicine.discharge.padss_min,
        "discharge.not_oriented": assessed.data["oriented"] is True,
        "discharge.not_steady_gait": assessed.data["steady_gait"] is True,
        "discharge.not_dissociation_resolved": assessed.data["dissociation_resolved"] is True,
    }


def monitored(entries: Iterable[Entry]) -> int | None:
    """The session whose patient was dosed and has not been discharged; None where there is none."""
    dosed: int | None = None
    for one in _said(entries, "dose.administered", "patient.discharged"):
        number = one.data["session"]
        assert isinstance(number, int)
        dosed = number if one.type == "kap.dose.administered" else None
    return dosed


def open_kinds(entries: Iterable[Entry]) -> set[str]:
    """The kinds of escalation that nobody has resolved.

    Of a kind and session there is one at a time: another one tells that those before it are over, also where the news
    of that is still on its way.
    """
    newest: dict[tuple[str, str], tuple[int, str]] = {}
    for one in entries:
        if one.type.startswith("kap.escalation."):
            _, kind, session, n = str(one.data["id"]).split("~")
            if int(n) >= newest.get((kind, session), (0, ""))[0]:
                newest[kind, session] = (int(n), one.type.removeprefix("kap.escalation."))
    return {kind for (kind, _), (_, change) in newest.items() if change != "resolved"}


def _is_held(entries: Iterable[Entry], rules: Protocol) -> bool:
    """Whether a pause was laid over the course, by somebody, a withdrawal or a high risk, and not lifted since."""
    high = rules.measures["cssrs"].high
    is_held = False
    for one in entries:
        match one.type.removeprefix("kap."):
            case "course.held" | "consent.withdrawn":
                is_held = True
            case "course.resumed":
                is_held = False
            case "measure.recorded" if one.data["instrument"] == "cssrs" and high is not None and high.hold:
                is_held = is_held or "1" in _list(one, "items")[3:]
    return is_held


def _visit(entries: list[Entry], session: int | None) -> list[Entry]:
    """What was written of a session since it was booked last: nothing of an earlier visit counts."""
    of_session = [one for one in entries if one.data.get("session") == session]
    booked = _last(_said(of_session, "session.booked", "session.rebooked"))
    return [one for one in of_session if one.sequence > booked.sequence]


def _said(entries: Iterable[Entry], *names: str) -> Iterator[Entry]:
    return (one for one in entries if one.type.removeprefix("kap.") in names)


def _before(moment: datetime, entries: Iterable[Entry]) -> Iterator[Entry]:
    return (one for one in entries if one.time <= moment)


def _newest(entries: Iterable[Entry]) -> Entry:
    """The one that happened last; of two at one moment the one that was told last."""
    return max(entries, key=lambda one: (one.time, one.sequence))


def _last(entries: Iterable[Entry]) -> Entry:
    return max(entries, key=lambda one: one.sequence)


def _role(entry: Entry) -> Role | None:
    return entry.actor.role if entry.actor else None


def _lifted(entry: Entry) -> set[str]:
    overrides = entry.data.get("overrides")
    assert isinstance(overrides, list)
    return {str(one["code"]) for one in overrides if isinstance(one, dict)}


def _beyond(reading: Entry, ranges: Mapping[str, Range | None]) -> Iterator[str]:
    """The codes of the vitals that lie outside their range."""
    for vital, limits in ranges.items():
        observed = reading.data.get(vital)
        if limits is not None and observed is None:
            yield f"vitals.{vital}_missing"
        elif limits is not None and isinstance(observed, int) and not limits.low <= observed <= limits.high:
            yield f"vitals.{vital}_{'above' if observed > limits.high else 'below'}_limit"


def _waits_for_a_second(visit: list[Entry], rules: Protocol) -> bool:
    """Whether the last reading is the first one beyond a limit that wants two."""
    readings = sorted(_said(visit, "vitals.recorded"), key=lambda one: (one.time, one.sequence))
    newest, before = readings[-1], [one for one in readings if one.time < readings[-1].time]
    return any(
        _number(newest, limit.vital, missing=limit.above) > limit.above
        and not (before and _number(before[-1], limit.vital, missing=limit.above) > limit.above)
        for limit in rules.medicine.limits
        if limit.confirm_within is not None and limit.above is not None
    )


def _is_near(reading: Entry, before: Entry, vital: str, percent: int) -> bool:
    now, then = _number(reading, vital), _number(before, vital)
    return round(100 * abs(now - then) / then, 1) <= percent


def _number(entry: Entry, field: str, missing: JsonValue = None) -> float:
    value = entry.data.get(field, missing)
    assert isinstance(value, int | float)
    return value


def _list(entry: Entry, field: str) -> list[str]:
    value = entry.data[field]
    assert isinstance(value, list)
    return [str(one) for one in value]
