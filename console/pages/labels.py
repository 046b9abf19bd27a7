"""Every label of the pages, in one place: clinic events and their fields, phases, stages, verdicts, deadlines."""

import re
from collections.abc import Mapping
from typing import Final

from domain.codes import spoken
from domain.course.deadlines import DeadlineKind
from domain.course.session import Stage
from domain.course.state import Phase
from domain.course.verdict import VerdictSeverity
from domain.past.as_of import Learned
from domain.protocol.model import Grade
from domain.protocol.parameters import UNITS

EVENTS: Final[Mapping[str, str]] = {
    "kap.course.referred": "Referral",
    "kap.screening.recorded": "Screening visit",
    "kap.consent.signed": "Consent signed",
    "kap.consent.withdrawn": "Consent withdrawn",
    "kap.measure.recorded": "Questionnaire answered",
    "kap.result.recorded": "Test result",
    "kap.eligibility.decided": "Decision on eligibility",
    "kap.plan.prescribed": "Plan prescribed",
    "kap.preparation.held": "Preparation talk",
    "kap.session.booked": "Session booked",
    "kap.session.rebooked": "Session moved to another time",
    "kap.session.canceled": "Session canceled",
    "kap.session.missed": "Session missed",
    "kap.patient.checked_in": "Patient checked in",
    "kap.vitals.recorded": "Reading",
    "kap.session.cleared": "Cleared for the dose",
    "kap.dose.administered": "Dose given",
    "kap.infusion.started": "Infusion started",
    "kap.infusion.paused": "Infusion paused",
    "kap.infusion.resumed": "Infusion goes on",
    "kap.infusion.stopped": "Infusion stopped",
    "kap.medication.administered": "Other medicine given",
    "kap.patient.left": "Patient left before discharge",
    "kap.patient.returned": "Patient is back",
    "kap.patient.handed_over": "Patient handed over to a hospital",
    "kap.patient.died": "Patient has died",
    "kap.note.added": "Note",
    "kap.adverse_event.reported": "Adverse event",
    "kap.session.aborted": "Session aborted",
    "kap.discharge.assessed": "Discharge assessment",
    "kap.patient.discharged": "Discharge",
    "kap.check_in.completed": "Call after a session",
    "kap.integration.held": "Integration talk",
    "kap.form.filed": "Form filed",
    "kap.follow_up.held": "Follow-up visit",
    "kap.course.held": "Hold the course",
    "kap.course.resumed": "Resume the course",
    "kap.correction.recorded": "Correction",
    "kap.patient.withdrew": "Patient withdraws",
    "kap.course.discontinued": "Course discontinued",
    "kap.course.transferred": "Course transferred",
    "kap.course.voided": "Course entered in error",
    "kap.protocol.migrated": "Protocol changed to another version",
}
"""Labels of clinic events, by full type."""


def not_yours(role: str, event: str) -> str:
    """Why somebody with these roles may not record an event."""
    return f"{role.capitalize()} may not record “{EVENTS[event]}”"


def with_labels(sentence: str) -> str:
    """The sentence, in which an event that the domain quotes is called as the forms call it."""
    return _QUOTED.sub(lambda found: f"“{_BY_WORDS.get(found[1], found[1])}”", sentence)


_QUOTED: Final = re.compile("“([^”]+)”")
_BY_WORDS: Final = {spoken(kind.removeprefix("kap.").replace(".", " ")): label for kind, label in EVENTS.items()}

PHASES: Final[Mapping[Phase, str]] = {
    Phase.SCREENING: "Screening",
    Phase.PREPARATION: "Preparation",
    Phase.MEDICINE: "Medicine",
    Phase.INTEGRATION: "Integration",
    Phase.FOLLOW_UP: "Follow-up",
    Phase.CLOSED: "Closed",
}
"""Labels of phases."""

STAGES: Final[Mapping[Stage, str]] = {
    Stage.BOOKED: "booked",
    Stage.CHECKED_IN: "checked in",
    Stage.CLEARED: "cleared",
    Stage.DOSED: "dosed",
    Stage.RECOVERING: "recovering",
    Stage.DISCHARGED: "discharged",
    Stage.CANCELED: "canceled",
    Stage.MISSED: "missed",
    Stage.ABORTED: "aborted",
}
"""Labels of a session's stages."""

AWAY: Final = "{stage}, away"
HANDED_OVER: Final = "handed over"
DIED: Final = "died"
INFUSION_STOPPED: Final = "infusion stopped"
"""Labels of what a stage alone does not say."""

VERDICTS: Final[Mapping[VerdictSeverity, str]] = {
    VerdictSeverity.NORMAL: "normal",
    VerdictSeverity.WARNING: "warning",
    VerdictSeverity.RECHECK: "second reading wanted",
    VerdictSeverity.URGENT: "urgent",
    VerdictSeverity.EMERGENCY: "emergency",
}
"""Labels of verdicts."""

NOT_FOR_A_DOSE: Final = "not for a dose"
"""Label of a reading before the dose that is normal, but beyond a limit of a dose."""

DEADLINES: Final[Mapping[str, str]] = {
    "phase": "Next step overdue",
    "next_dose": "Next dose overdue",
    "hold_review": "Hold not reviewed",
    "attendance": "Visit not reported",
    "clearance": "Check-in led nowhere",
    "dose": "Dose neither given nor called off",
    "checkpoint_emergency": "Reading long overdue",
    "recheck": "Second reading missed",
    "risk_screen": "C-SSRS missed",
    "discharge": "Discharge overdue",
    "infusion": "Infusion not stopped",
    "check_in_reminder": "Call late, reminded",
    "check_in": "Call missed",
    "integration": "Integration talk overdue",
    "follow_up": "Follow-up visit overdue",
    "form_reminder": "Form still to be filed, reminded",
    "form": "Form overdue",
    "event_review": "Event reviewed by no clinician",
}
"""Labels of passed deadlines, by kind."""

DUE: Final[Mapping[DeadlineKind, str]] = {
    DeadlineKind.PHASE: "{step} done",
    DeadlineKind.NEXT_DOSE: "Dose at the latest",
    DeadlineKind.HOLD_REVIEW: "Hold reviewed",
    DeadlineKind.ATTENDANCE: "Visit reported",
    DeadlineKind.CLEARANCE: "Cleared, or visit ended",
    DeadlineKind.DOSE: "Dosed, or visit ended",
    DeadlineKind.CHECKPOINT: "Reading {since_dose}",
    DeadlineKind.CHECKPOINT_EMERGENCY: "Reading {since_dose}",
    DeadlineKind.RECHECK: "Second reading",
    DeadlineKind.RISK_SCREEN: "{instrument}",
    DeadlineKind.DISCHARGE: "Discharge at the latest",
    DeadlineKind.INFUSION: "Infusion stopped",
    DeadlineKind.CHECK_IN_REMINDER: "Call, day {day}",
    DeadlineKind.CHECK_IN: "Call, day {day}",
    DeadlineKind.INTEGRATION: "Integration talk",
    DeadlineKind.FOLLOW_UP: "Follow-up visit, day {day}",
    DeadlineKind.FORM_REMINDER: "Form: {form}",
    DeadlineKind.FORM: "Form: {form}",
    DeadlineKind.EVENT_REVIEW: "Event reviewed by a clinician",
}
"""Labels of what is due."""

DEVIATION: Final = "Deviation from the protocol"

HAPPENINGS: Final[Mapping[str, str]] = {
    "kap.course.referred": "Referred",
    "kap.course.closed": "Course closed: {spoken}",
    "kap.course.held": "Course held",
    "kap.course.resumed": "Course resumed",
    "kap.phase.entered": "{phase} begins",
    "kap.checkpoint.missed": "{reading} missed",
    "kap.eligibility.decided": "Decided: {what}",
    "kap.consent.signed": "Consent signed, version {what}",
    "kap.result.recorded": "Test result: {spoken}",
    "kap.preparation.held": "Preparation talk: {spoken}{for_session}",
    "kap.form.filed": "Form filed: {spoken}{for_session}",
    "kap.session.booked": "Session {session} booked for {moment}",
    "kap.session.rebooked": "Session {session} moved to {moment}",
    "kap.check_in.completed": "Call after session {session}, day {what}",
    "kap.follow_up.held": "Follow-up visit, day {what}",
    "kap.medication.administered": "Other medicine given: {spoken}{for_session}",
    "kap.adverse_event.reported": "Adverse event, {what}{for_session}",
    "kap.protocol.migrated": "Protocol changed to version {what}",
    "kap.deviation.recorded": f"{DEVIATION}{{for_session}}",
}
"""Labels of what happened in a course, by full type, where an event's own label says too little."""

READING_OF_AN_EARLIER_VISIT: Final = "Reading{for_session}, of an earlier visit"
READING_OUTSIDE: Final = "Reading outside a session"
READING: Final = "Reading {since_dose}"
SINCE_DOSE: Final = "at {minutes:.0f} min"
BEFORE_DOSE: Final = "before the dose"
DEADLINE_PASSED: Final = "Deadline passed"
NEXT_PHASE: Final = "Next phase"
ESCALATION: Final = "Escalation"
DOSE: Final = "Dose"
BOOSTER: Final = "Booster"
DUE_AT: Final = "due at {moment}"
OVERRIDDEN: Final = "over “{what}”: {rationale}"
UNREADABLE: Final = "what the record says of it cannot be read"

PUNCTUAL: Final[Mapping[bool, str]] = {True: "in time", False: "late"}
"""Labels of a reading, by whether it met its checkpoint."""

PUNCTUALITY: Final[Mapping[str, str]] = {"late": "late", "well": "on time", "unknown": "not known"}
"""Labels of a patient about whom nobody was paged, by mark."""

CLOCKS: Final[Mapping[str, str]] = {
    "since_dose": "since dose",
    "dose": "dose",
    "next_reading": "next reading",
    "second_reading": "second reading",
}
"""Labels of the two clocks of a patient on site."""

NOBODY_HAS_IT: Final = "nobody has it yet"
SOMEBODY_HAS_IT: Final = "somebody has it"
HAS_IT: Final = "{name} has it"
RESOLVED_BY: Final = "resolved by {name}"
RESOLVED_BY_ARRIVAL: Final = "resolved: what was missing came"

NOT_ANSWERED: Final = "not answered yet"
BASELINE: Final = "baseline"
REMISSION: Final = "remission"
RESPONSE: Final = "response"

ESCALATION_CHANGES: Final[Mapping[str, str]] = {
    "opened": "opened",
    "raised": "more urgent",
    "acknowledged": "acknowledged",
    "reopened": "open again",
    "corrected": "rests on a value that was corrected",
    "resolved": "resolved",
}
"""Labels of an escalation's changes."""

RESTS: Final = "; what raised it has been corrected"

CORRECTED: Final[Mapping[str, str]] = {"corrected": "corrected since", "retracted": "taken back: entered in error"}
"""Labels of a fact that reads differently now."""

LEARNED: Final[Mapping[Learned, str]] = {
    Learned.LATE: "reported",
    Learned.CORRECTED: "corrected",
    Learned.RETRACTED: "taken back",
}
"""How the record learned of a fact only after the moment that is shown."""

GRADES: Final[Mapping[Grade, str]] = {
    Grade.SOURCED: "sourced",
    Grade.WEAK: "weak evidence",
    Grade.COMMON_PRACTICE: "common practice",
}
"""Labels of grades of evidence."""

FIELDS: Final[Mapping[str, str]] = {
    "spo2": "SpO₂",
    "moaas": "MOAA/S",
    "padss": "PADSS",
    "weight_kg": "Weight",
    "age_years": "Age",
    "mg": "Dose",
    "mg_given": "Given in all",
    "over": "Is to run for",
    "mg_per_kg": "Dose by weight",
    "interval_days": "Interval",
    "further_routes": "Further routes",
    "days_after": "Day",
    "minutes": "Length",
    "lot": "Lot",
    "starts_at": "Starts",
    "last_solids_at": "Last solid food",
    "last_fluids_at": "Last clear fluids",
    "escort": "Escort present",
    "escort_available": "Escort available",
    "instructions_given": "Written instructions were given",
    "medications_changed": "Medications have changed",
    "steady_gait": "Steady gait",
    "oriented": "Oriented to time and place",
    "dissociation_resolved": "Dissociation has resolved",
    "nausea": "Nausea",
    "suicidal_ideation": "Suicidal thoughts",
    "behavior_lifetime": "Lifetime suicidal behaviour",
    "since_last_contact": "About the time since the last contact",
    "serious": "Serious",
    "prior_adequate_trials": "Earlier adequate treatments",
    "adequate_trials": "Adequate treatments without benefit, each",
    "abstinent_days": "Days since the last use",
    "measures_baseline": "Baseline scores",
    "medicine_sessions": "Medicine sessions",
    "note": "Remark",
    "to": "To whom",
    "to_version": "To version",
    "approved_by": "Approved by",
    "items": "Answers",
    "behavior": "Behaviour",
    "id": "Person",
    "/data/code": "Medicine",
    "rationale": "Why",
    "term": "What happened",
    "reason": "Reason",
    "retracted": "Entered in error: it did not happen, or to another patient",
    "grade": "Grade",
    "session": "Session",
}
"""Labels of fields whose own name will not do, by name, or by pointer where that means something else."""

INDICATIONS: Final[Mapping[str, str]] = {
    "F10.2": "Alcohol dependence",
    "F11.2": "Opioid dependence",
    "F19.2": "Dependence on other substances",
    "F32.0": "Depressive episode, mild",
    "F32.1": "Depressive episode, moderate",
    "F32.2": "Depressive episode, severe",
    "F32.9": "Depressive episode, unspecified",
    "F32.A": "Depression, unspecified",
    "F33.0": "Recurrent depression, mild",
    "F33.1": "Recurrent depression, moderate",
    "F33.2": "Recurrent depression, severe",
    "F33.9": "Recurrent depression, unspecified",
    "F41": "Anxiety disorder",
    "F42": "Obsessive-compulsive disorder",
    "F43.1": "Post-traumatic stress disorder",
    "G62": "Polyneuropathy",
    "G89": "Chronic pain",
    "G90.5": "Complex regional pain syndrome",
    "M79.2": "Neuralgia",
    "M79.7": "Fibromyalgia",
    "R45.3": "Demoralization",
    "R45.84": "Anhedonia",
    "R45.851": "Suicidal ideation",
    "R45.89": "Persistent negative thoughts",
    "F48.1": "Depersonalization",
    "Z65.8": "Psychosocial distress",
}
"""What indications are called, by their code of the ICD-10."""

FORM_UNITS: Final[Mapping[str, str]] = {
    **UNITS,
    "weight_kg": "kg",
    "age_years": "years",
    "mg": "mg",
    "mg_given": "mg",
    "mg_per_kg": "mg/kg",
    "interval_days": "days",
    "days_after": "days after",
    "minutes": "min",
    "over": "min",
    "prior_adequate_trials": "treatments",
    "abstinent_days": "days",
    "padss": "of 10",
    "score": "points",
    "grade": "1 mild to 5 death",
}
"""Units of fields. They are fixed (docs/events.md)."""

HINTS: Final[Mapping[str, str]] = {
    "time": "By the site's clock. Leave it blank where it happens just now",
    "subject": "Or the clinic's own: letters, digits, dots and dashes; never a name, a birth date or a record number",
    "answer": "An answer, such as negative; or else a value with its unit",
    "items": "In the order of the questionnaire, with a space between two: 2 2 1 0. Or else give its score",
    "mg_per_kg": "This one or the dose in mg, not both",
    "staff": "A row without a person is left out",
    "group": "Where several courses are booked together: a name that they share, of letters, digits, dots and dashes",
    "credentials": "Codes, with a comma between two",
    "conditions": "None, where nothing is chosen",
    "medications": "None, where nothing is chosen",
}

KIND_HINTS: Final[Mapping[str, str]] = {
    "codes": "Codes, with a comma between two",
    "lines": "One a line",
    "moment": "By the site's clock",
}


def label(pointer: str) -> str:
    """The label of the field at this pointer."""
    name = pointer.rpartition("/")[2]
    return FIELDS.get(pointer) or FIELDS.get(name) or name.replace("_", " ").capitalize()


def unit(name: str) -> str:
    """The unit of the field; empty if it has none."""
    return FORM_UNITS.get(name, "")


def hint(name: str, kind: str) -> str:
    """What one must know to fill in the field."""
    return HINTS.get(name) or KIND_HINTS.get(kind, "")
