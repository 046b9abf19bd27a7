"""What the ledger must tell before a way home: read off its entries, as corrected, asking no rule that decided."""

from datetime import datetime

from domain.events.clinic_events import PatientDischarged
from domain.ledger import Entry
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.values import Role, Severity
from tests.support.corrected_ledger import as_corrected
from tests.support.ledger_entries import DANGERS, counted_from, newest, number_in, said, standing, visit_of
from tests.support.signs_oracle import is_crossed, severity_of_symptom, symptoms_in_force, values
from tests.support.watch_oracle import may_be_away

ANSWERED_BY_A_DISCHARGE = {"discharge_overdue", "left_before_discharge", "vitals_overdue"}


def assert_discharge_was_safe(event: PatientDischarged, entries: list[Entry], rules: Protocol) -> None:
    """Nothing absolute stands against it, and nothing else that this prescriber has not overridden by its code.

    The entries before it are read as corrected.
    """
    entries = as_corrected(entries)
    visit = visit_of(entries, event.data.session)
    dosed_at = counted_from(visit, newest(said(visit, "dose.administered")))
    taken = list(said(visit, "vitals.recorded"))

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
    assessments = [one for one in said(visit, "discharge.assessed") if one.time >= dosed_at]
    assert assessments or is_gone
    holds |= _assessed(newest(assessments), rules) if assessments else {"discharge.not_assessed": False}
    assert [code for code, is_met in holds.items() if not is_met and code not in lifted] == []


def _read(event: PatientDischarged, dosed_at: datetime, visit: list[Entry], rules: Protocol) -> dict[str, bool]:
    """Which criteria of the last value of each sign are met, each with its own age, and of the symptoms.

    Somebody dosed without a clearance has nothing to be near to.
    """
    leaving = rules.medicine.discharge
    readings = list(said(visit, "vitals.recorded"))
    last = newest(readings).time
    is_fresh = event.time - last <= leaving.reading_valid
    taken = values(readings, event.time, max(dosed_at, (event.time if is_fresh else last) - leaving.reading_valid))
    cleared = max((one.time for one in said(visit, "session.cleared")), default=None)
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
        "discharge.padss_below_limit": number_in(assessed, "padss") >= rules.medicine.discharge.padss_min,
        "discharge.not_oriented": assessed.data["oriented"] is True,
        "discharge.not_steady_gait": assessed.data["steady_gait"] is True,
        "discharge.not_dissociation_resolved": assessed.data["dissociation_resolved"] is True,
    }


def _waits_for_a_second(visit: list[Entry], rules: Protocol) -> bool:
    """Whether the last value of a sign is the first one beyond a limit that wants two."""
    for limit in rules.medicine.limits:
        taken = [one for one in said(visit, "vitals.recorded") if limit.vital in one.data]
        if limit.confirm_within is None or limit.rise is not None or not taken:
            continue
        last = newest(taken)
        before = sorted((one for one in taken if one.time < last.time), key=lambda one: (one.time, one.sequence))
        looked_at = [last, *before[::-1][: (limit.confirm_of or 2) - 1]]
        beyond = [is_crossed(limit, int(number_in(one, limit.vital))) for one in looked_at]
        if beyond[0] and beyond.count(True) == 1:
            return True
    return False


def _is_near(now: int | None, then: int | None, percent: int) -> bool:
    return now is None or then is None or round(100 * abs(now - then) / then, 1) <= percent
