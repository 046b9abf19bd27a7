"""Short blocker labels for a shared screen: what is missing, without values, diagnoses or test results."""

import re
from collections.abc import Mapping
from typing import Final

from domain.codes import spoken
from domain.protocol.instruments import instrument_name
from domain.values import Blocker

UNNAMED: Final = "Something of the protocol to come"

LIFTED_BY_TIME: Final = frozenset(
    {
        "check_in.another_day",
        "discharge.observation_too_short",
        "fasting.solids_too_recent",
        "fasting.fluids_too_recent",
        "interval.shorter_than_plan",
        "interval.too_short",
    }
)
"""Blockers that time alone lifts: a screen showing them from an hour ago would be wrong."""

WORDS: Final[Mapping[str, str]] = {
    "<>.possible_duplicate": "Talk perhaps reported twice",
    "<>.too_short": "Talk too short to count",
    "actor.role_not_allowed": "Another role reports this",
    "booking.<>_missing": "{} to be booked",
    "booking.<>_twice": "One {} too many is booked",
    "booking.credential_missing": "A credential of the staff missing",
    "booking.none_due": "No session to be booked",
    "booking.number_not_next": "Another session comes first",
    "booking.person_in_two_roles": "One person booked in two roles",
    "check_in.already_done": "Call made already",
    "check_in.another_day": "Booked for another day",
    "check_in.missing": "Check-in to come",
    "check_in.outdated": "Check-in of another day",
    "check_in.not_in_protocol": "No such call in the protocol",
    "check_in.too_early": "Too early for this call",
    "clearance.after_dose": "Dose dated before its clearance",
    "clearance.expired": "Clearance expired",
    "consent.expired": "Consent expired",
    "consent.further_expired": "Further consent expired",
    "consent.further_missing": "Further consent missing",
    "consent.further_other_version": "Further consent in its new version missing",
    "consent.missing": "Consent missing",
    "consent.other_document": "Consent to this treatment missing",
    "consent.other_version": "Consent in its new version missing",
    "consent.signed_later": "Consent signed after that moment",
    "consent.withdrawn": "Consent withdrawn",
    "course.held": "Course held",
    "course.not_held": "Course not held",
    "course.not_in_medicine": "Course not in medicine",
    "course.wrong_phase": "Not in this phase",
    "discharge.<>": "Last reading not fit for discharge",
    "discharge.<>_below_limit": "Last reading not fit for discharge",
    "discharge.<>_missing": "Reading incomplete",
    "discharge.<>_not_near_baseline": "Blood pressure not near that at clearance",
    "discharge.assessed_too_early": "Discharge assessment to be repeated",
    "discharge.assessment_too_old": "Discharge assessment to be repeated",
    "discharge.before_reading": "Reading after the discharge",
    "discharge.no_instructions": "Written instructions to come",
    "discharge.not_<>": "Discharge assessment not passed",
    "discharge.not_assessed": "Discharge assessment to come",
    "discharge.observation_too_short": "Observation goes on",
    "discharge.recheck_missing": "Second reading to come",
    "discharge.padss_below_limit": "Discharge assessment not passed",
    "dose.above_first_max": "Dose above its bound",
    "dose.above_hard_max": "Dose above its bound",
    "dose.above_part_max": "Dose above its bound",
    "dose.above_plan": "Dose above the plan",
    "dose.below_least": "Dose below the least of its route",
    "dose.booster_not_allowed": "No further dose in this session",
    "dose.far_above_plan": "Dose far from the plan",
    "dose.far_below_plan": "Dose far from the plan",
    "dose.needs_two_prescribers": "Second prescriber to agree",
    "dose.not_an_amount": "Dose that the medicine does not come in",
    "dose.possible_duplicate": "Dose perhaps reported twice",
    "dose.route_not_allowed": "Another route than the protocol's",
    "dose.route_not_planned": "Route that nobody prescribed",
    "dose.step_after_event": "Dose above that of the session before",
    "dose.step_too_large": "Dose above its bound",
    "escalation.<>_open": "Escalation to be resolved",
    "escort.missing": "Escort to come",
    "fasting.<>_too_recent": "Fasting goes on",
    "follow_up.already_held": "Visit held already",
    "follow_up.not_in_protocol": "No such visit in the protocol",
    "follow_up.too_early": "Too early for this visit",
    "form.already_filed": "Form filed already",
    "form.not_in_protocol": "No such form in the protocol",
    "hold.unknown_reason": "Hold of another reason",
    "infusion.told_twice": "Infusion told twice",
    "infusion.not_paused": "Infusion not paused",
    "infusion.not_running": "No infusion running",
    "infusion.paused": "Infusion paused already",
    "infusion.running": "Infusion to be stopped",
    "infusion.too_fast": "Infusion that ran too fast",
    "infusion.too_long": "Infusion that ran too long",
    "integration.before_discharge": "Talk dated before the discharge",
    "integration.outstanding": "Integration talk to come",
    "interval.shorter_than_plan": "Sooner than planned",
    "interval.too_short": "Too soon after the last dose",
    "maintenance.all_held": "No maintenance session left",
    "measure.<>_above_limit": "An answer for the prescriber to weigh",
    "measure.<>_below_limit": "An answer for the prescriber to weigh",
    "measure.<>_missing": "{} to come",
    "measure.<>_raised": "An answer for the prescriber to weigh",
    "measure.<>_without_benefit": "Prescriber's review to come",
    "medication.unknown": "A medicine to be looked at",
    "medications.changed": "Medications to be looked at",
    "patient.away": "Patient away",
    "patient.deceased": "Two patients in one record, perhaps",
    "patient.not_away": "Patient here",
    "plan.dose_above_<>": "Planned dose above its bound",
    "plan.dose_not_an_amount": "Planned dose that the medicine does not come in",
    "plan.dose_in_wrong_unit": "Planned dose in another unit than the protocol's",
    "plan.goals_missing": "Goals to be named",
    "plan.interval_out_of_bounds": "Planned interval out of its bounds",
    "plan.missing": "Plan to be prescribed",
    "plan.review_due": "Prescriber's review to come",
    "plan.route_not_allowed": "Planned route that the protocol does not have",
    "plan.sessions_out_of_bounds": "Planned sessions out of their bounds",
    "pregnancy_test.missing": "A test of today to come",
    # A shared screen shows neither test results nor diagnoses.
    "pregnancy_test.no_longer_applicable": "A test to be looked at",
    "pregnancy_test.positive": "A test to be looked at",
    "preparation.sessions_missing": "Preparation talk to come",
    "preparation.topics_missing": "{} to come",
    "protocol.version_unknown": "No such version of the protocol",
    "result.<>_above_limit": "A test to be looked at",
    "result.<>_below_limit": "A test to be looked at",
    "result.<>_in_other_unit": "A test to be looked at",
    "result.<>_missing": "A test to come",
    "result.<>_not_as_wanted": "A test to be looked at",
    "result.<>_outdated": "A test to come",
    "screening.<>": "A finding for the prescriber to decide",
    "screening.<>_above_limit": "Blood pressure above the screening limit",
    "screening.abstinence_below_limit": "A finding for the prescriber to decide",
    "screening.age_above_limit": "A finding for the prescriber to decide",
    "screening.age_below_limit": "The screening excludes the treatment",
    "screening.condition_unknown": "A finding for the prescriber to decide",
    "screening.medication_unknown": "A finding for the prescriber to decide",
    "screening.condition_excludes": "The screening excludes the treatment",
    "screening.escort_unavailable": "Escort to be found",
    "screening.missing": "Screening visit to come",
    "screening.outdated": "New screening to come",
    "screening.pregnant": "The screening excludes the treatment",
    "screening.prior_trials_below_limit": "Earlier treatments for the prescriber to decide",
    "session.aborted": "Session aborted",
    "session.beyond_plan": "Session beyond the plan",
    "session.discharged": "Patient discharged before",
    "session.in_progress": "Patient not discharged yet",
    "session.not_cleared": "Clearance to come",
    "session.not_discharged": "Discharge to come",
    "corrects.unknown": "Earlier version not known",
    "session.unknown": "Session not booked",
    "value.contradicts": "Diastolic above systolic",
    "value.impossible": "Impossible value",
    "session.wrong_stage": "Not at this stage of the session",
    "vitals.diastolic_above_limit": "Blood pressure above the limit",
    "vitals.diastolic_below_limit": "Blood pressure below the limit",
    "vitals.heart_rate_above_limit": "Heart rate above the limit",
    "vitals.heart_rate_below_limit": "Heart rate below the limit",
    "vitals.moaas_above_limit": "Wakefulness out of its bounds",
    "vitals.moaas_below_limit": "Wakefulness below the limit",
    "vitals.<>_missing": "Reading incomplete",
    "vitals.missing": "Reading to come",
    "vitals.not_normal": "Last reading not normal",
    "vitals.respiratory_rate_above_limit": "Breathing above the limit",
    "vitals.respiratory_rate_below_limit": "Breathing below the limit",
    "vitals.spo2_above_limit": "Oxygen out of its bounds",
    "vitals.spo2_below_limit": "Oxygen below the limit",
    "vitals.symptom_reported": "A symptom to be looked at",
    "vitals.symptom_unknown": "A symptom to be looked at",
    "vitals.systolic_above_limit": "Blood pressure above the limit",
    "vitals.systolic_below_limit": "Blood pressure below the limit",
    "vitals.too_old": "Fresh reading to come",
    "weight.far_from_last": "Weight far from the last one",
    "weight.missing": "Weighing to come",
    "weight.may_be_pounds": "Kilograms, or pounds?",
    "weight.out_of_range": "Weight out of range",
}
"""Labels by code; `<>` stands for a variable part of the code, `{}` for that part in words."""

_TOPICS: Final = "preparation.topics_missing"
_PATTERNS: Final = tuple(
    (re.compile(re.escape(code).replace("<>", "([a-z0-9_]+)"), re.ASCII), words)
    for code, words in sorted(WORDS.items(), key=lambda item: len(item[0]), reverse=True)
    if "<>" in code
)


def words_of(blocker: Blocker) -> str:
    """The label of a blocker, such as "Consent missing" or "Safety plan, coping tools to come"."""
    if blocker.code == _TOPICS and blocker.observed:
        return WORDS[_TOPICS].format(spoken(str(blocker.observed))).capitalize()
    return words_of_code(blocker.code)


def words_of_code(code: str) -> str:
    """The label of a blocker of which only the code is at hand."""
    if code == _TOPICS:
        return WORDS[_TOPICS].format("topics").capitalize()
    if words := WORDS.get(code):
        return words
    for pattern, words in _PATTERNS:
        if blank := pattern.fullmatch(code):
            return words.format(_blank_in_words(code, blank[1]))
    return UNNAMED


def words_of_all(blockers: tuple[Blocker, ...]) -> tuple[str, ...]:
    """The labels of these blockers, each once, in order, without those that time alone lifts."""
    return tuple(dict.fromkeys(words_of(blocker) for blocker in blockers if blocker.code not in LIFTED_BY_TIME))


def _blank_in_words(code: str, blank: str) -> str:
    if code.startswith("measure."):
        return instrument_name(blank)
    return spoken(blank).capitalize() if code.endswith("_missing") else spoken(blank)
