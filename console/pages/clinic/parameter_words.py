"""The keys and codes of a protocol file in the words of a medical director."""

import re
from collections.abc import Mapping
from typing import Final

from console.pages.labels import INDICATIONS
from domain.codes import spoken
from domain.protocol.instruments import instrument_name
from domain.views.blocker_labels import words_of_code

PARAMETERS: Final[Mapping[str, str]] = {
    "": "The protocol",
    "absolute": "Excludes",
    "abstinent_days_min": "Days since the last use, at least",
    "futility.after_session": "Told after session",
    "again_most": "After the last planned reading called ever more rarely, apart at most",
    "age_max": "Age, at most",
    "age_min": "Age, at least",
    "amounts": "Amounts that may be given",
    "ask_again": "Asked again about a course that stands still after",
    "assessment_valid": "The assessment counts for",
    "cut_off.at_least": "From a score of",
    "item9.at_least": "From the answer",
    "basis": "Doses are told in",
    "before_every": "Asked for again before every so many sessions",
    "boosters_max": "Boosters, at most",
    "bp_not_falling_after": "A pressure that does not fall is urgent after",
    "bp_not_falling_margin": "Back where it came from, within",
    "bp_within_percent": "Blood pressure as before the dose, within",
    "by_age": "First dose by age",
    "caution_medications": "Medicines that ask for caution",
    "check_in_on_booked_day": "Checked in on the day that was booked",
    "check_ins": "Calls after a session",
    "clearance_valid": "A clearance counts for",
    "comedication": "Other medicines",
    "compared": "What is compared",
    "confirm_of": "Readings among which a second one confirms",
    "confirm_within": "Confirmed by a second reading within",
    "consent_documents": "Consent papers",
    "consent_spelling_free": "Consent papers in any spelling",
    "consent_valid_for": "A consent counts for",
    "consent_version": "Version of the consent",
    "credentials": "What somebody must hold to be booked",
    "cut_off": "A high score",
    "deviations": "How loudly deviations are told",
    "diastolic_max": "Diastolic, at most",
    "discharge_overdue": "A discharge is overdue after",
    "dissociation_resolved": "Dissociation has resolved",
    "deviations.dose": "A dose outside its bounds",
    "deviations.dose_absolute": "A dose that nothing allows",
    "dose_at_least_percent": "A dose is far below the plan with less than",
    "dose_at_most_percent": "A dose is far above the plan, whoever gives it, with more than",
    "dose_max": "Dose, at most",
    "during_screening": "Talks during the screening count",
    "earlier_answers": "Answers from before the referral",
    "early": "A reading counts so much earlier",
    "emergency_after": "A missing reading is an emergency after",
    "escort_required": "An escort is needed",
    "every": "Asked for",
    "first_max": "First dose, at most",
    "fluids_fasting": "Without fluids for",
    "follow_up": "Follow-up visits",
    "from_session": "Asked for from session",
    "further_consents": "Further consents",
    "futility": "No benefit",
    "given_by": "Given by",
    "goals_required": "The patient's goals are asked for",
    "grace": "Still in time, so much later",
    "hard_max": "Above this, no dose",
    "history_after": "Told as history, when older than",
    "clearance.hold": "bounds of a dose",
    "high.hold": "Holds the course",
    "moderate.hold": "Holds the course",
    "hold_review": "A hold is asked about after",
    "hold_review_by_day": "Holds are asked about by day",
    "indications": "For the indications",
    "infusion_at_least_percent": "An infusion is far below the plan with less than",
    "integration_before_next_dose": "An integration talk before the next dose",
    "interval": "Between two sessions",
    "interval_by_day": "Counted by calendar days",
    "interval_max": "Between two sessions, at most",
    "interval_min": "Between two sessions, at least",
    "item9": "Question 9",
    "item9_positive": "Question 9 answered from its level on",
    "item9_screened": "Question 9, and screened",
    "known": "Known, and no reason against it",
    "known_baseline": "A risk that is known",
    "least": "At least",
    "infusion.grace": "Asked about, after its end by",
    "infusion.least": "Runs for, at least",
    "least_minutes": "A talk takes, at least",
    "futility.least_percent": "Improved by at least",
    "max": "Above this, two prescribers",
    "meaningful_change": "A change that counts",
    "measures_valid": "An answered questionnaire counts for",
    "medicine_sessions": "Medicine sessions",
    "minimum_observation": "Observed, at least",
    "check_ins.missed": "Missed after",
    "check_ins.missed_at_risk": "Missed after, of a patient at risk",
    "missed_visit": "A missed visit",
    "missed_visit_at_risk": "A missed visit of a patient at risk",
    "moaas_min": "MOAA/S, at least",
    "most": "At most",
    "infusion.most": "Runs for, at most",
    "needs": "Then asked for",
    "clearance.never": "bounds that nobody may pass",
    "offsets": "After the dose at",
    "one_person_two_roles": "One person in two roles",
    "oriented": "Oriented to time and place",
    "other": "Any other",
    "deviations.other": "Any other",
    "padss_min": "PADSS, at least",
    "parts_apart": "Two parts are apart, at least",
    "parts_max": "Parts of a dose, at most",
    "parts_within": "The parts are given within",
    "plan_interval_within": "A dose may come sooner than the plan's interval by",
    "planned_duration": "A visit takes",
    "pounds_from_kg": "Asked about pounds from",
    "pregnancy_test": "Asked about, where a pregnancy test no longer applies",
    "pregnancy_test_each_session": "A pregnancy test for each session",
    "prescribed": "Given as prescribed alone",
    "prior_trials_min": "Treatments tried before, at least",
    "reading_valid": "A reading counts for",
    "remind": "Reminded after",
    "reminder": "Reminded after",
    "remission_below": "Remission below",
    "required": "A reading is whole with",
    "rescreen_after": "Screened again after a pause of",
    "resolved_by": "Who resolves what",
    "response_percent": "Response from",
    "restarts_observation": "The observation begins anew",
    "resume_gated": "To go on is judged as a dose is",
    "review": "Weighed by the prescriber",
    "review_after_event": "Reviewed after a session with an urgent or emergency event",
    "review_after_session": "Reviewed after session",
    "review_every": "Reviewed every",
    "reviewed_within": "A routine adverse event becomes urgent unless a clinician resolves it within",
    "risk_history_after": "A risk told as history, when older than",
    "rounding_percent": "Rounding of a dose, in per cent",
    "route": "Route",
    "routes": "Further routes",
    "routine_to": "Routine up to the answer",
    "safety_hold_review": "A hold for safety is asked about after",
    "safety_window": "Calls and risk screens stay owed after the last dose for",
    "same_dose_percent": "Amounts count as the same, within",
    "same_dose_within": "Asked whether a dose was told twice, within",
    "schedule": "Parts of the course",
    "score_max": "Score, at most",
    "score_min": "Score, at least",
    "screened_to": "Waits for the C-SSRS up to the answer",
    "screened_within": "Waits for the C-SSRS, at most",
    "second_prescribers": "Second prescribers",
    "sessions": "Talks",
    "schedule.*.sessions": "Medicine sessions of this part",
    "sessions_max": "Sessions, at most",
    "sessions_min": "Sessions, at least",
    "silent": "Nobody is called for",
    "deviations.silent": "Nobody is called for",
    "solids_fasting": "Without solid food for",
    "spo2_min": "SpO₂, at least",
    "staff": "Who must be booked",
    "staff_several": "Of whom there may be several",
    "steady_gait": "Steady gait",
    "step_after_event": "The dose may rise after a session with an urgent or emergency event",
    "step_max": "A step, at most",
    "suicidal": "Words of suicide",
    "systolic_max": "Systolic, at most",
    "tell": "When it is given, people are told as",
    "tell_on_other_days": "Outside a visit, more than a day after a dose, as",
    "then_every": "And then every",
    "told_after": "Somebody is told after",
    "trials_named": "Each treatment is named",
    "unknown": "A symptom that the protocol does not know",
    "unknown_after_dose": "A symptom that the protocol does not know, after a dose",
    "unreported_after": "A visit of which nobody tells is asked about after",
    "unreported_again": "And asked about again every",
    "unreported_at_risk": "A visit of which nobody tells, at risk, after",
    "urgent_through": "A missed call is urgent if it was due within",
    "usual": "Usually runs for",
    "valid_for": "Counts for",
    "version": "Version",
    "vocabulary": "Other words for the same",
    "waking": "By day: missed calls are told, risk screens asked for, from and until",
    "wanted": "Must be",
    "watched_at_once_max": "Watched by one monitor, at most",
    "weight_kg": "Asked about outside a weight of",
    "weight_within_percent": "The last weight, within",
    "whole_from_percent": "A dose is whole from, in per cent of the plan's",
    "within": "Done within",
    "unknown_after_dose.within": "Within",
    "worsened": "A score that is worse",
    "ybocs": "Y-BOCS",
}
"""What a part of a key is called: by the part, or with the one before it where that means something else.

A part that reads well as it is (`emergency_after` does not, `heart_rate` does) needs no entry.
"""

_WHEN: Final[Mapping[str, str]] = {
    "baseline": "during the screening",
    "each session": "before each session",
    "end": "at the end",
    "follow up": "at each follow-up visit",
}
"""When a measure is asked for."""

NONE: Final = "none"
"""How a list that is empty is told."""

_CODE: Final = re.compile(r"[a-z][a-z0-9_]*")
_JOINED: Final = re.compile(r"\b[a-z][a-z0-9]*(?:_[a-z0-9]+)+\b")


def parameter_in_words(key: str) -> str:
    """A key, or the key of a table: `medicine.limits.spo2` is "Medicine: limits: SpO₂"."""
    parts = key.split(".") if key else [""]
    said = [_part(parts[:place]) for place in range(1, len(parts) + 1)]
    return ": ".join((said[0], *(_lower(one) for one in said[1:])))


def name_in_words(key: str) -> str:
    """A key as its table names it: `medicine.limits.spo2` is "SpO₂"."""
    return _part(key.split("."))


def value_in_words(key: str, value: str) -> str:
    """A parameter's value, in which codes are words: `sleep_apnoea` is "sleep apnoea", `phq9` is PHQ-9."""
    return ", ".join(_founded(key, one) for one in value.split(", "))


def _founded(key: str, item: str) -> str:
    """One item of a value in words; its evidence, as in `phq9 (sourced S48)`, stays as it is."""
    code, evidence, rest = item.partition(" (")
    return item if code == NONE else f"{_item(key, code)}{evidence}{rest}"


def _part(path: list[str]) -> str:
    """The last part of the path."""
    name = path[-1]
    below_any = ".".join((*path[-3:-2], "*", name))
    known = (PARAMETERS.get(one) for one in (below_any, ".".join(path[-2:]), name))
    if found := next(filter(None, known), None):
        return found
    return instrument_name(name) if path[:-1] == ["measures"] else _capital(spoken(name))


def _item(key: str, value: str) -> str:
    if key.endswith(".every") and key.startswith("measures."):
        return _WHEN.get(value) or (f"every {value}" if value[:1].isdigit() else spoken(value))
    if key.endswith(".basis"):
        return value.replace(" per ", "/")
    if key == "deviations.silent":
        return words_of_code(value)
    if value in INDICATIONS:
        return f"{value} {INDICATIONS[value]}"
    if not _CODE.fullmatch(value):
        return _JOINED.sub(lambda found: spoken(found[0]), value)
    is_instrument = key.rpartition(".")[2] in {"measures", "needs", "measure"}
    return instrument_name(value) if is_instrument else spoken(value)


def _capital(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"


def _lower(words: str) -> str:
    """As it goes on in a sentence; an abbreviation keeps its capitals."""
    first, space, rest = words.partition(" ")
    return words if first[1:] != first[1:].lower() else f"{first.lower()}{space}{rest}"
