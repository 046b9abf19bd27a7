"""Each field of a clinic event as a ward says it, with its unit."""

from collections.abc import Mapping
from typing import Final

from domain.protocol.parameters import UNITS

LABELS: Final[Mapping[str, str]] = {
    "spo2": "SpO₂",
    "moaas": "MOAA/S",
    "padss": "PADSS",
    "weight_kg": "Weight",
    "age_years": "Age",
    "mg": "Dose",
    "mg_per_kg": "Dose by weight",
    "interval_days": "Interval",
    "days_after": "Day",
    "minutes": "Length",
    "lot": "Lot",
    "starts_at": "Starts",
    "last_solids_at": "Last solid food",
    "last_fluids_at": "Last clear fluids",
    "escort": "An escort is there",
    "escort_available": "An escort can be had",
    "instructions_given": "Written instructions were given",
    "medications_changed": "Medications have changed",
    "steady_gait": "Walks steadily",
    "oriented": "Oriented to time and place",
    "dissociation_resolved": "Dissociation has resolved",
    "nausea": "Nausea",
    "suicidal_ideation": "Suicidal thoughts",
    "behavior_lifetime": "Lifetime suicidal behaviour",
    "serious": "Serious",
    "prior_adequate_trials": "Earlier adequate treatments",
    "measures_baseline": "Baseline scores",
    "medicine_sessions": "Medicine sessions",
    "note": "Remark",
    "to": "To whom",
    "to_version": "To version",
    "approved_by": "Approved by",
    "items": "Answers",
    "behavior": "Behavior",
    "id": "Person",
    "code": "What is overridden",
    "rationale": "Why",
    "term": "What happened",
    "grade": "Grade",
    "session": "Session",
}
"""Where a field's own name is not what a ward says."""

FORM_UNITS: Final[Mapping[str, str]] = {
    **UNITS,
    "weight_kg": "kg",
    "age_years": "years",
    "mg": "mg",
    "mg_per_kg": "mg/kg",
    "interval_days": "days",
    "days_after": "days after",
    "minutes": "min",
    "prior_adequate_trials": "treatments",
    "padss": "of 10",
    "score": "points",
    "grade": "1 mild to 5 death",
}
"""What a number is counted in. Units are fixed (docs/events.md)."""

HINTS: Final[Mapping[str, str]] = {
    "actor": "Id, as in the clinic and its on-call file",
    "time": "By the site's clock. Leave it blank where it happens just now",
    "subject": "Letters, digits, dots and dashes; never a name, a birth date or a record number",
    "items": "In the order of the questionnaire, with a space between two: 2 2 1 0. Or else give its score",
    "mg_per_kg": "This one or the dose in mg, not both",
    "overrides": "Only what is not absolute, each with its reason. A row without a code is left out",
    "staff": "A row without a person is left out",
    "measures_baseline": "One a line: phq9 17",
    "credentials": "Codes, with a comma between two",
    "conditions": "None, where nothing is chosen",
    "medications": "None, where nothing is chosen",
}

KIND_HINTS: Final[Mapping[str, str]] = {
    "codes": "Codes, with a comma between two",
    "lines": "One a line",
    "moment": "By the site's clock",
}


def label(name: str) -> str:
    """The field in words."""
    return LABELS.get(name) or name.replace("_", " ").capitalize()


def unit(name: str) -> str:
    """What its number is counted in; nothing where it has none."""
    return FORM_UNITS.get(name, "")


def hint(name: str, kind: str) -> str:
    """What must be known to fill it in."""
    return HINTS.get(name) or KIND_HINTS.get(kind, "")
