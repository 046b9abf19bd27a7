# ruff: noqa: E501  each broken file is one line of a table
"""A protocol file that cannot be meant is refused, and every reason is named by its key."""

import re

import pytest

from domain.protocol.file import ProtocolFileError, ProtocolFinding, parse_protocol
from domain.protocol.model import Protocol
from tests.support.paths import ROOT

WEEKLY = (ROOT / "protocols" / "kap-im-weekly.toml").read_text(encoding="utf-8")
BARE = WEEKLY[: WEEKLY.index("[evidence]")]
"""The weekly protocol without its evidence, so that a value may go without leaving an entry behind."""


def findings(text: str) -> list[tuple[str, str]]:
    with pytest.raises(ProtocolFileError) as refused:
        parse_protocol(text, "kap.toml")
    assert {finding.file for finding in refused.value.findings} == {"kap.toml"}
    return [(finding.key, finding.expected) for finding in refused.value.findings]


def findings_or_none(text: str) -> list[tuple[str, str]]:
    try:
        parse_protocol(text, "kap.toml")
    except ProtocolFileError as refused:
        return [(found.key, found.expected) for found in refused.findings]
    return []


def changed(*edits: tuple[str, str]) -> str:
    text = BARE
    for old, new in edits:
        assert text.count(old) >= 1, f"{old!r} is not in the protocol"
        text = text.replace(old, new, 1)
    return text


MALFORMED = [
    # what is written, what is written instead, the key, and the sentence
    ('title   = "Weekly', 'titel   = "Weekly', "title", "is missing"),
    ('id      = "kap-im-weekly"', 'id = "../x"', "id", "must be an id of letters, digits, dots and dashes, such as kap-im-weekly"),
    ('version = "1.0.0"', 'version = "final"', "version", "must be a version of numbers, such as 1.0.0"),
    ('version = "1.0.0"', "version = 1.0", "version", "must be text in quotes"),
    ('"intramuscular"', '"oral"', "route", "must be intramuscular, intravenous, subcutaneous, sublingual or intranasal"),
    ('interval      = "P7D"', "interval = 7", "course.interval", "must be a duration in quotes, such as PT15M"),
    ('interval      = "P7D"', 'interval = "P1M"', "course.interval", "must be a duration such as PT15M, PT24H or P7D (no years or months)"),
    ('interval      = "P7D"', 'interval = "P0D"', "course.interval", "must be a duration longer than zero, such as PT15M"),
    ("goals_required = true", "goals_required = 1", "course.goals_required", "must be true or false"),
    ("sessions_min = 3", "sessions_min = 0", "course.sessions_min", "must be greater than or equal to 1"),
    ("age_min = 18", 'age_min = "18"', "screening.age_min", "must be a whole number"),
    ("age_min = 18", "age_min = true", "screening.age_min", "must be a whole number"),
    ("first_max  = 0.5", "first_max = nan", "medicine.dose.first_max", "must be a number"),
    ("first_max  = 0.5", "first_max = inf", "medicine.dose.first_max", "must be a number"),
    ('topics   = ["rapport", "intentions", "coping_tools", "safety_plan"]', 'topics = "rapport"', "preparation.topics", "must be a list in brackets"),
    ('staff = ["prescriber", "monitor"', 'staff = ["prescriber", "nurse"', "medicine.staff[2]", "must be prescriber, monitor, therapist or coordinator"),
    ('staff = ["prescriber", "monitor", "therapist"]', 'staff = ["patient"]', "medicine.staff[1]", "must be prescriber, monitor, therapist or coordinator"),
    ("{ therapist = ", "{ nurse = ", "medicine.credentials.nurse", "must be prescriber, monitor, therapist or coordinator"),
    ("hold  = { systolic = [90, 140]", "hold  = { systolic = 140", "medicine.clearance.hold.systolic", "must be a range of two numbers, such as [90, 140]"),
    ("hold  = { systolic = [90, 140]", "hold  = { systolic = [140, 90]", "medicine.clearance.hold.systolic", "the first number of a range must not be greater than the second"),
    ("hold  = { systolic = [90, 140]", 'hold  = { systolic = [90, "140"]', "medicine.clearance.hold.systolic[2]", "must be a number"),
    ("hold  = { systolic = [90, 140]", "hold  = { systolic = { low = 90, high = 140 }", "medicine.clearance.hold.systolic", "must be a range of two numbers, such as [90, 140]"),
    ("hold  = { systolic", "hold  = { sistolic", "medicine.clearance.hold.sistolic", "is not a known key; did you mean systolic?"),
    ("above = 160", "above = 160\nbelow = 80", "medicine.limits[1]", "must be exactly one of above, below and rise"),
    ("above = 160", "", "medicine.limits[1]", "must be exactly one of above, below and rise"),
    ('vital = "diastolic"', 'vital = "temperature"', "medicine.limits[2].vital", "must be systolic, diastolic, heart_rate, spo2, respiratory_rate or moaas"),
    ('severity = "warning"', 'severity = "routine"', "medicine.limits[1].severity", "must be warning, urgent or emergency"),
    ('offsets    = ["PT0M", "PT15M", "PT30M", "PT45M", "PT60M", "PT90M", "PT120M"]', "offsets = []", "medicine.checkpoints.offsets", "must not be empty"),
    ('every = ["each_session", "end", "follow_up"]', 'every = "monthly"', "measures.phq9.every", "must be one or several of baseline, each_session, end, follow_up, +PT40M after each dose, or a duration such as P30D"),
    ('every = ["each_session", "end", "follow_up"]', 'every = ["each_session", "PT40M"]', "measures.phq9.every", "must be one or several of baseline, each_session, end, follow_up, +PT40M after each dose, or a duration such as P30D"),
    ('every = ["each_session", "end", "follow_up"]', 'every = "+PT0S"', "measures.phq9.every", "must be one or several of baseline, each_session, end, follow_up, +PT40M after each dose, or a duration such as P30D"),
    ("[integration]", "[integration]\nminutes = 60", "integration.minutes", "is not a known key"),
    ("[integration]", "[integrations]", "integrations", "is not a known key; did you mean integration?"),
    ("padss_min = 9", "padss_min = 11", "medicine.discharge.padss_min", "must be less than or equal to 10"),
    ("sessions_max = 8", "sessions_max = 100", "course.sessions_max", "must be less than or equal to 99"),
    ("age_min = 18", "age_min = 18\ntests.alt = { valid_for = 'P30D' }", "screening.tests.alt", "must be exactly one of range and wanted"),
    ("age_min = 18", "age_min = 18\ntests.alt = { range = [0, 60], valid_for = 'P30D' }", "screening.tests.alt", "must have a unit where it has a range, and there alone"),
    ("age_min = 18", "age_min = 18\ntests.alt = { wanted = ['negative'], unit = 'U/L', valid_for = 'P30D' }", "screening.tests.alt", "must have a unit where it has a range, and there alone"),
    ("age_min = 18", "age_min = 18\ntests.alt = { wanted = ['negative'] }", "screening.tests.alt.valid_for", "is missing"),
    ("age_min = 18", "age_min = 181", "screening.age_min", "must be less than or equal to 130"),
    ("prior_trials_min = 0", "prior_trials_min = 101", "screening.prior_trials_min", "must be less than or equal to 100"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "sentence"), MALFORMED)
def test_a_value_that_is_not_what_it_should_be_is_named(old: str, new: str, key: str, sentence: str) -> None:
    """Each wrong value, missing key and unknown key is found by its path, with what was expected."""
    assert (key, sentence) in findings(changed((old, new)))


def part(
    name: str = "a", *, sessions: int = 4, interval: str = "P3D", least: str = "P2D", most: str = "P7D", more: str = ""
) -> str:
    """A part of the schedule, and what follows `[course]`."""
    bounds = f'interval = "{interval}"\ninterval_min = "{least}"\ninterval_max = "{most}"\n{more}'
    return f'[[course.schedule]]\npart = "{name}"\nsessions = {sessions}\n{bounds}\n[screening]'


def kept_up(least: str = "P6D", most: int = 10) -> str:
    bounds = f'interval = "P14D"\ninterval_min = "{least}"\ninterval_max = "P21D"\nmost = {most}'
    return f"[course.maintenance]\n{bounds}\n[screening]"


def further(route: str, first: float = 1, most: float = 2) -> str:
    """A further route, and what follows the dose."""
    bounds = f'basis = "mg_per_kg"\nfirst_max = {first}\nmax = 1\nhard_max = {most}\nstep_max = 1\nboosters_max = 0'
    return f'[[medicine.routes]]\nroute = "{route}"\n{bounds}\n[medicine.clearance]'


def first_doses(*bounds: tuple[int, float]) -> str:
    tables = (f"[[medicine.dose.by_age]]\nage_min = {age}\nfirst_max = {most}\n" for age, most in bounds)
    return "".join(tables) + "[medicine.clearance]"


CONTRADICTIONS = [
    ("medicine_sessions = 6", "medicine_sessions = 2", "course.medicine_sessions", "must be at least sessions_min (3)"),
    ("sessions_max = 8", "sessions_max = 5", "course.sessions_max", "must be at least medicine_sessions (6)"),
    ('interval_min  = "P2D"', 'interval_min = "P8D"', "course.interval", "must be at least interval_min (P8D)"),
    ('interval_max  = "P21D"', 'interval_max = "P6D"', "course.interval_max", "must be at least interval (P7D)"),
    ('rescreen_after = "P28D"', 'rescreen_after = "P20D"', "course.rescreen_after", "must be at least interval_max (P21D)"),
    ("diastolic_max = 90", "diastolic_max = 150", "screening.diastolic_max", "must be a pressure below systolic_max (150)"),
    ('["phq9", "gad7", "cssrs"]', '["phq9", "bdi"]', "screening.measures", "bdi must have a table, [measures.bdi]"),
    ('review   = ["', 'review   = ["pregnancy", "', "screening.review", "pregnancy must be in one list; it is in absolute as well"),
    ('staff = ["prescriber", "monitor", "therapist"]', 'staff = ["prescriber", "prescriber", "therapist"]', "medicine.staff", "must name each role once"),
    ("{ therapist = ", "{ coordinator = ", "medicine.credentials.coordinator", "must be empty, or coordinator must be among medicine.staff"),
    ('discharge_overdue = "PT240M"', 'discharge_overdue = "PT60M"', "medicine.discharge_overdue", "must be at least minimum_observation (PT2H)"),
    ('measures = ["cssrs"]', 'measures = ["cssrs_since"]', "medicine.measures", "cssrs_since must have a table, [measures.cssrs_since]"),
    ("first_max  = 0.5", "first_max = 1.5", "medicine.dose.max", "must be at least first_max (1.5)"),
    ("hard_max   = 2.0", "hard_max = 0.9", "medicine.dose.hard_max", "must be at least max (1)"),
    ("[screening]", part(least="P4D"), "course.schedule.a.interval", "must be at least interval_min (P4D)"),
    ("[screening]", part(most="P35D"), "course.schedule.a.interval_max", "must be at most course.rescreen_after (P28D)"),
    ("[screening]", part().replace("[screening]", part()), "course.schedule", "must name each part once; a is named 2 times"),
    ("[screening]", part(sessions=8).replace("[screening]", part("b")), "course.schedule.b.sessions", "must be of sessions that a plan may have: it would begin with session 9 of 8 (sessions_max)"),
    ("[screening]", part(more="dose_max = 2.1"), "course.schedule.a.dose_max", "must be at most medicine.dose.hard_max (2)"),
    ("[screening]", part(interval="P2D", most="P2D"), "integration.within", "must be at most course.schedule.a.interval_max (P2D): the talk comes before the next dose"),
    ("[medicine.clearance]", further("intramuscular"), "medicine.routes", "must name each route once, beside the protocol's own; intramuscular is named twice"),
    ("[medicine.clearance]", further("sublingual", most=21), "medicine.routes.sublingual.hard_max", "must be at most 20 mg/kg: no plan says more"),
    ("[medicine.clearance]", further("sublingual", first=2), "medicine.routes.sublingual.max", "must be at least first_max (2)"),
    ("[screening]", kept_up(least="P15D"), "course.maintenance.interval", "must be at least interval_min (P15D)"),
    ("[screening]", kept_up(most=92), "course.maintenance.most", "must be at most 91, so that a course has no more than 99 sessions"),
    ("[measures.gad7]", "futility = { after_session = 8 }\n[measures.gad7]", "measures.phq9.futility.after_session", "must be less than course.sessions_max (8): no dose follows the last session"),
    ("[measures.gad7]", '[measures.bdi]\nevery = "end"\nrange = [0, 63]\nfutility = { after_session = 4 }\n[measures.gad7]', "measures.bdi.futility.least_percent", "is missing: without response_percent nothing else says what a benefit is"),
    ("[measures.cssrs]", "[measures.cssrs]\nfutility = { after_session = 4 }", "measures.cssrs.futility", "cssrs has a level of risk and no score"),
    ("[medicine.clearance]", first_doses((65, 1.5)), "medicine.dose.by_age.65.first_max", "must be at most max (1)"),
    ("[medicine.clearance]", first_doses((70, 0.3), (65, 0.2)), "medicine.dose.by_age", "must rise by age_min; 65 follows 70"),
    ('staff = ["prescriber", "monitor", "therapist"]', 'watched_at_once_max = 3\nstaff = ["prescriber", "therapist"]', "medicine.watched_at_once_max", "must be left out, or monitor must be among medicine.staff"),
    ("boosters_max = 0", "boosters_max = 0\namounts = [0.5]", "medicine.dose.amounts", "must be left out: a dose that goes by weight is of any amount"),
    ('parts_within = "PT5M" ', 'parts_apart = "PT6M"\nparts_within = "PT5M" ', "medicine.dose.parts_apart", "must be at most parts_within (PT5M)"),
    ('parts_within = "PT5M" ', "# none ", "medicine.dose.parts_max", "must come with parts_within, and parts_within with it"),
    ('usual = "PT40M"', 'usual = "PT40M"\nleast = "PT50M"', "medicine.infusion.usual", "must be at least least (PT50M)"),
    ('usual = "PT40M"', 'usual = "PT40M"\nmost = "PT30M"', "medicine.infusion.most", "must be at least usual (PT40M)"),
    ("[medicine.clearance]", further("sublingual").replace("\n[", "\nleast = 1.1\n[", 1), "medicine.routes.sublingual.least", "must be at most first_max (1)"),
    ('basis      = "mg_per_kg"', 'basis = "mg"\namounts = [1, 3]', "medicine.dose.amounts", "must be at most hard_max (2)"),
    ("never = { ", "never = { moaas = [0, 4], ", "medicine.clearance.hold.moaas", "must be a range within never ([0, 4])"),
    ('"PT30M", "PT45M"', '"PT45M", "PT45M"', "medicine.checkpoints.offsets", "must rise; PT45M follows PT45M"),
    ('"PT30M", "PT45M"', '"PT45M", "PT30M"', "medicine.checkpoints.offsets", "must rise; PT30M follows PT45M"),
    ('"PT30M", "PT45M"', '"PT30M", "PT40M"', "medicine.checkpoints.told_after", "must be less than PT10M, the shortest interval"),
    ('then_every = "PT15M"', 'then_every = "PT10M"', "medicine.checkpoints.told_after", "must be less than PT10M, the shortest interval"),
    ('told_after = "PT10M"', 'told_after = "PT4M"', "medicine.checkpoints.told_after", "must be at least grace (PT5M)"),
    ('early      = "PT3M"', 'early = "PT15M"', "medicine.checkpoints.early", "must be less than PT15M, the shortest interval"),
    ('emergency_after = "PT15M"', 'emergency_after = "PT9M"', "medicine.checkpoints.emergency_after", "must be at least told_after (PT10M)"),
    ('again_most = "PT2H"', 'again_most = "PT5H"', "medicine.checkpoints.again_most", "must be at most PT4H: they may still be under the medicine"),
    ('\nhistory_after = "P30D"', '\nhistory_after = "P29D"', "escalations.history_after", "must be at least course.safety_window (P30D)"),
    ('risk_history_after = "P90D"', 'risk_history_after = "P29D"', "escalations.risk_history_after", "must be at least course.safety_window (P30D)"),
    ('screened_within = "PT30M"', 'screened_within = "PT2H"', "measures.phq9.item9.screened_within", "must be at most PT1H: until then nobody is called"),
    ("screened_to = 2, ", "", "measures.phq9.item9.screened_within", "must come with screened_to: so long its answers wait for their screen"),
    ("above = 160", "above = 139", "medicine.limits.systolic.warning", "above must be 140 or more: clearance.hold lets 140 pass"),
    ("below = 94", "below = 96", "medicine.limits.spo2.warning", "below must be 95 or less: clearance.hold lets 95 pass"),
    ("above = 30\n", "above = 31\n", "medicine.limits.respiratory_rate.urgent", "above must be 30 or less: clearance.never begins there"),
    ('"heart_rate"\nbelow = 50', '"heart_rate"\nbelow = 49', "medicine.limits.heart_rate.urgent", "below must be 50 or more: clearance.never begins there"),
    ("above = 160", "above = 180", "medicine.limits.systolic.urgent", "must be further out than the one for warning"),
    ("below = 8\n", "below = 10\n", "medicine.limits.respiratory_rate.emergency", "must be further out than the one for urgent"),
    ("above = 220", "above = 180", "medicine.limits.systolic.urgent", "must be further out than the one that a second reading confirms"),
    ("rise = 40 ", "above = 170", "medicine.limits.systolic.warning", "there must be one limit of above for this severity"),
    ("urgent    = [", 'urgent    = ["seizure", ', "medicine.symptoms.urgent", "seizure must be in one list; it is in emergency as well"),
    ("urgent    = [", 'urgent    = ["Chest Pain", ', "medicine.symptoms.urgent", "Chest Pain must be in one list; it is in emergency as well"),
    ("warning   = [", 'warning   = ["agitation", ', "medicine.symptoms.warning", "agitation must be in one list; it is in urgent as well"),
    ("suicidal  = [", 'suicidal = ["Dizziness", ', "medicine.symptoms.suicidal", "Dizziness must be urgent or an emergency; it is in warning"),
    ("known = [", 'known = ["opioid", ', "screening.known", "opioid must be in one list; it is in caution_medications as well"),
    ("dyspnoea = [", "dyspnoe = [", "vocabulary.dyspnoe", "must be a code that one of the protocol's lists names"),
    ("anxiety = [", 'anxiety = ["Chest-Pain", ', "vocabulary.anxiety", "Chest-Pain must be a synonym or in a list; it is both"),
    ("anxiety = [", 'anxiety = ["dizzy", ', "vocabulary.dizziness", "dizzy must stand for one code; it stands for anxiety as well"),
    ("meaningful_change = 4", 'worsened = "urgent"', "measures.gad7.worsened", "must come with meaningful_change: nothing else says what a worsening is"),
    ('after    = ["PT24H", "P3D", "P7D"]', 'after = ["P3D", "PT24H"]', "check_ins.after", "must rise; P1D follows P3D"),
    ('reminder = "PT2H"', 'reminder = "PT4H"', "check_ins.reminder", "must be less than missed (PT4H)"),
    ('missed_at_risk = "PT1H"', 'missed_at_risk = "PT5H"', "check_ins.missed_at_risk", "must be at most missed (PT4H)"),
    ('"P90D", "P180D"', '"P90D", "P60D"', "follow_up.after", "must rise; P60D follows P90D"),
    ('remind = ["P3D", "P5D"]', 'remind = ["P3D", "P7D"]', "forms.session_monitoring.remind", "must come before within (P7D)"),
    ("[measures.phq9]", '[[forms]]\nform = "session_monitoring"\nwithin = "P1D"\n[measures.phq9]', "forms.session_monitoring", "must name each form once"),
    ("range = [0, 60]\n", "", "measures.madrs.range", "is missing: an instrument other than cssrs, gad7, pcl5, phq9 is known by its score's range"),
    ("range = [0, 60]", "range = [0, 10]", "measures.madrs.remission_below", "must be a score within the range ([0, 10])"),
    ("[measures.gad7]", "[measures.gad7]\nrange = [0, 21]", "measures.gad7.range", "must be left out: Kapstan scores gad7 by its answers"),
    ("[measures.gad7]", '[measures.gad7]\nitem9 = { at_least = 1, severity = "urgent", needs = "cssrs" }', "measures.gad7.item9", "only phq9 has an item 9"),
    ('needs = "cssrs"', 'needs = "sbq"', "measures.phq9.item9.needs", "sbq must have a table, [measures.sbq]"),
    ("[measures.gad7]", '[measures.gad7]\nhigh = { severity = "urgent", hold = false }', "measures.gad7.high", "only cssrs has levels of risk"),
    ("[measures.gad7]", '[measures.gad7]\nknown_baseline = { indications = ["F41"], valid_for = "P90D" }', "measures.gad7.known_baseline", "only cssrs has levels of risk"),
    ('high     = { severity = "emergency", hold = true }\nmoderate = { severity = "urgent", hold = false }\n', "", "measures.cssrs.known_baseline", "must come with high: where nobody is called, nothing is known already"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], abstinent_days_min = 1, trials_named = true }", "screening.gates.aches.trials_named", "must come with prior_trials_min: nothing else counts them"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'] }", "screening.gates.aches", "must ask for something: prior_trials_min, abstinent_days_min or measure"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], measure = 'phq9' }", "screening.gates.aches.measure", "must come with score_min or score_max, and each of them with it"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], prior_trials_min = 1, score_min = 4 }", "screening.gates.aches.measure", "must come with score_min or score_max, and each of them with it"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], measure = 'bpi', score_min = 4 }", "screening.gates.aches.measure", "bpi must have a table, [measures.bpi]"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], measure = 'cssrs', score_min = 4 }", "screening.gates.aches.measure", "cssrs has no score"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], measure = 'phq9', score_min = 28 }", "screening.gates.aches", "score_min and score_max must be scores within the range ([0, 27])"),
    ("age_min = 18", "age_min = 18\ngates.aches = { indications = ['G89'], measure = 'phq9', score_min = 9, score_max = 8 }", "screening.gates.aches.score_max", "must be at least score_min (9)"),
    ("age_min = 18", "age_min = 18\nfurther_consents = { kap-consent = { version = '1', valid_for = 'P1D' } }", "screening.further_consents.kap-consent", "must be another document than consent_documents name"),
    ("age_min = 18", "age_min = 18\nfurther_consents = { touch = { version = '1', valid_for = 'P1D', from_session = 9 } }", "screening.further_consents.touch.from_session", "must be at most course.sessions_max (8)"),
    ('consent_documents = ["kap-consent"]', "further_consents = { touch = { version = '1', valid_for = 'P1D' } }", "screening.further_consents.touch", "must come with consent_documents: any other document would be the consent to the treatment"),
    ("oriented = true", "oriented = true\nmeasures = ['bpi']", "medicine.discharge.measures", "bpi must have a table, [measures.bpi]"),
    ("[measures.cssrs]", "[measures.cssrs]\nremission_below = 5", "measures.cssrs.remission_below", "cssrs has a level of risk and no score"),
    ("range = [0, 60]", 'range = [0, 60]\ncut_off = { at_least = 61, severity = "urgent" }', "measures.madrs.cut_off.at_least", "must be a score within the range ([0, 60])"),
    ("[measures.cssrs]", '[measures.cssrs]\ncut_off = { at_least = 5, severity = "urgent" }', "measures.cssrs.cut_off", "cssrs has a level of risk and no score"),
    ("review_after_session = 3", "review_after_session = 8", "course.review_after_session", "must be less than sessions_max (8): no dose follows the last session"),
    ('ask_again = "P7D"', 'ask_again = "PT59M"', "course.ask_again", "must be at least PT1H: it is asked again and again"),
    ('\nhold_review = "P7D"', '\nhold_review = "P1D"', "course.hold_review", "must be at least safety_hold_review (P2D)"),
    ('safety_hold_review = "P2D"', 'safety_hold_review = "PT1M"', "course.safety_hold_review", "must be at least PT1H: it is asked again and again"),
    ('unreported_after = "PT2H"', 'unreported_after = "PT20M"', "medicine.unreported_after", "must be at least unreported_at_risk (PT30M)"),
    ('unreported_again = "P1D"', 'unreported_again = "PT1M"', "medicine.unreported_again", "must be at least PT1H: it is asked again and again"),
    ('missed_visit = "routine"', 'missed_visit = "emergency"', "medicine.missed_visit_at_risk", "must be no milder than missed_visit (emergency)"),
    ("systolic_max = 150", "systolic_max = 181", "screening.systolic_max", "must be a pressure within clearance.never ([90, 180]): nobody else is ever dosed"),
    ('planned_duration = "PT150M"', 'planned_duration = "PT119M"', "medicine.planned_duration", "must be at least minimum_observation (PT2H)"),
    ('fluids_fasting = "PT2H"', 'fluids_fasting = "PT7H"', "medicine.fluids_fasting", "must be at most solids_fasting (PT6H)"),
    ("hard_max   = 2.0", "hard_max = 140.0", "medicine.dose.hard_max", "must be at most 20 mg/kg: no plan says more"),
    ("step_max   = 0.25", "step_max = 2.1", "medicine.dose.step_max", "must be at most hard_max (2)"),
    ('early      = "PT3M"', 'early = "PT10M"', "medicine.checkpoints.grace", "must be less than PT5M: a reading PT10M before the next one belongs to that (early)"),
    ('confirm_within = "PT5M"', 'confirm_within = "PT16M"', "medicine.limits.systolic.urgent", "confirm_within must be at most PT15M, the shortest interval of the checkpoints"),
    ('severity = "warning"', 'severity = "warning"\nconfirm_of = 3', "medicine.limits.systolic.warning", "confirm_of must come with confirm_within: nothing else asks for a second reading"),
    ("above = 220", "above = 400", "medicine.limits.systolic.urgent", "no reading is above 400"),
    ('vital = "moaas"\nbelow = 2', 'vital = "moaas"\nbelow = 0', "medicine.limits.moaas.emergency", "no reading is below 0"),
    ("rise = 40 ", "rise = 401 ", "medicine.limits.systolic.warning", "no reading has risen by 401"),
    ("moaas = [5, 5]", "moaas = [5, 6]", "medicine.clearance.hold.moaas", "must be a range within [0, 5]: no reading lies outside that"),
    ("never = { systolic = [90, 180]", "never = { systolic = [-9, 180]", "medicine.clearance.never.systolic", "must be a range within [0, 400]: no reading lies outside that"),
    ("spo2_min = 94", "spo2_min = 89", "medicine.discharge.spo2_min", "must be at least 92: 89 is an emergency"),
    ("moaas_min = 5", "moaas_min = 2", "medicine.discharge.moaas_min", "must be at least 3: 2 is urgent"),
    ('within   = "PT72H"', 'within = "P22D"', "integration.within", "must be at most course.interval_max (P21D): the talk comes before the next dose"),
    ('missed   = "PT4H"', 'missed = "P2D"', "check_ins.missed", "must be less than P2D, the shortest interval of after"),
    ('after    = ["PT24H", "P3D", "P7D"]', 'after = ["PT24H", "PT30H", "P7D"]', "check_ins.after", "must each come after its own number of days; P1D and P1DT6H are both called 1"),
    ('"P90D", "P180D"', '"P90D", "P90DT6H"', "follow_up.after", "must each come after its own number of days; P90D and P90DT6H are both called 90"),
    ('grace = "P7D"', 'grace = "P60D"', "follow_up.grace", "must be less than P60D, the shortest interval of after"),
    ('needs = "cssrs"', 'needs = "phq9"', "measures.phq9.item9.needs", "must be another instrument than phq9: it would answer itself"),
    ('high     = { severity = "emergency", hold = true }', 'high = { severity = "routine", hold = true }', "measures.cssrs.high", "must be at least the severity of moderate (urgent)"),
    ('high     = { severity = "emergency", hold = true }', "", "measures.cssrs.high", "is missing: moderate has an answer, and high is worse"),
    ("remission_below = 5\nmeaningful_change = 6", "remission_below = 28\nmeaningful_change = 6", "measures.phq9.remission_below", "must be a score within the range ([0, 27])"),
    ("meaningful_change = 10", "meaningful_change = 81", "measures.pcl5.meaningful_change", "must be at most 80: no score changes by more"),
    ('hold = true }\nmoderate = { severity = "urgent", hold = false }', 'hold = false }\nmoderate = { severity = "urgent", hold = true }', "measures.cssrs.high", "hold must be true: moderate holds the course, and high is worse"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "sentence"), CONTRADICTIONS)
def test_values_that_cannot_be_meant_together_are_named(old: str, new: str, key: str, sentence: str) -> None:
    """Each impossible bound is found by the key to look at, and nothing else is found with it."""
    assert findings(changed((old, new))) == [(key, sentence)]


AT_ONCE = ('told_after = "PT10M"', "")
"""People are told at the end of `grace`."""


@pytest.mark.parametrize(
    ("change", "key", "sentence"),
    [
        (('"PT30M", "PT45M"', '"PT30M", "PT35M"'), "grace", "must be less than PT5M, the shortest interval"),
        (('then_every = "PT15M"', 'then_every = "PT5M"'), "grace", "must be less than PT5M, the shortest interval"),
        (('emergency_after = "PT15M"', 'emergency_after = "PT4M"'), "emergency_after", "must be at least grace (PT5M)"),
    ],
)
def test_without_told_after_people_are_told_at_the_end_of_grace(
    change: tuple[str, str], key: str, sentence: str
) -> None:
    """What `told_after` would have to be, `grace` is."""
    assert findings(changed(AT_ONCE, change)) == [(f"medicine.checkpoints.{key}", sentence)]


def test_an_alarm_above_the_least_value_at_the_door_is_named() -> None:
    """Whoever writes `above` where they meant `below` is told so."""
    text = changed(
        ("spo2 = [95, 100]", "spo2 = [92, 93]"),
        ('vital = "spo2"\nbelow = 92', 'vital = "spo2"\nabove = 93'),
        ("below = 94", "below = 92"),
    )

    assert ("medicine.discharge.spo2_min", "must be at most 93: 94 is urgent") in findings(text)


def test_a_vital_without_a_gate_still_leaves_some_reading_without_an_alarm() -> None:
    """Limits above and below that overlap would call somebody for every reading."""
    text = changed(
        (" heart_rate = [50, 120],", ""), (" heart_rate = [50, 150],", ""), ("above = 120", "above = 60"), ('"heart_rate"\nbelow = 50', '"heart_rate"\nbelow = 70'),
    )  # fmt: skip

    assert findings(text) == [
        ("medicine.limits.heart_rate.urgent", "above must be 70 or more: no reading is without an alarm")
    ]


def test_where_nothing_is_held_what_is_never_dosed_is_the_gate() -> None:
    """A reading that clears a patient for their dose must not be an alarm a minute later."""
    assert findings(changed((" heart_rate = [50, 120],", ""))) == [
        ("medicine.limits.heart_rate.urgent", "above must be 150 or more: clearance.never lets 150 pass")
    ]


@pytest.mark.parametrize("basis", ["mg", "mg_per_kg"])
def test_a_dose_is_counted_in_its_unit(basis: str) -> None:
    """Milligrams where milligrams per kilogram are meant are more than any plan may say; the other way round is less."""
    text = changed(
        ('basis      = "mg_per_kg"', f'basis = "{basis}"'), ("first_max  = 0.5", "first_max = 35.0"), ("max        = 1.0", "max = 70.0"), ("hard_max   = 2.0", "hard_max = 140.0"),
    )  # fmt: skip

    expected = [("medicine.dose.hard_max", "must be at most 20 mg/kg: no plan says more")]
    assert findings_or_none(text) == (expected if basis == "mg_per_kg" else [])


@pytest.mark.parametrize(("every", "is_sound"), [("PT0.999999S", False), ("PT1S", True)])
def test_checkpoints_without_end_are_a_second_apart_at_least(every: str, is_sound: bool) -> None:
    """They go on until the discharge, and nobody may ever report it."""
    text = changed(
        ('then_every = "PT15M"', f'then_every = "{every}"'), ('early      = "PT3M"', 'early = "PT0S"'), ('grace      = "PT5M"', 'grace = "PT10S"'),
    )  # fmt: skip

    told = ("medicine.checkpoints.then_every", "must be at least PT1S: it goes on until the discharge")
    assert (told in findings(text)) is not is_sound


@pytest.mark.parametrize("ends", ["[0, 1001]", "[-1001, 0]", "[-1.7e308, 1.7e308]"])
def test_a_score_has_bounds_that_can_be_drawn(ends: str) -> None:
    """Beyond what an answer may say there is nothing to reach, and a difference without end."""
    assert ("measures.madrs.range", "must lie within [-1000, 1000]: no answer says more") in findings(
        changed(("range = [0, 60]", f"range = {ends}"))
    )


def test_a_number_of_five_thousand_digits_is_told_in_a_line() -> None:
    """Python reads none of more than 4,300: the file is refused, nothing breaks."""
    ((key, told),) = findings(changed(("age_min", f"age_max = {'9' * 5_000}\nage_min")))

    assert (key, told[:14]) == ("", "not valid TOML")


def test_evidence_must_be_about_something() -> None:
    """An entry whose key names no parameter is a slip, and would leave the real one without evidence."""
    text = WEEKLY.replace('"course.interval_min"', '"course.intervall_min"')

    assert findings(text) == [('evidence."course.intervall_min"', "names no parameter of this protocol")]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """A file is mended in one go, not one error at a time."""
    text = changed(
        ("age_min = 18", 'age_min = "18"'), ("sessions = 2", "sessions = -1"), ('grace      = "PT5M"', "grace = 5")
    )

    assert [key for key, _ in findings(text)] == [
        "screening.age_min",
        "preparation.sessions",
        "medicine.checkpoints.grace",
    ]
    contradictory = changed(("sessions_max = 8", "sessions_max = 5"), ("above = 160", "above = 180"))
    assert [key for key, _ in findings(contradictory)] == ["course.sessions_max", "medicine.limits.systolic.urgent"]


def test_an_unquoted_date_is_named_as_one() -> None:
    """`2026-01` without quotes is no TOML; a whole date is, and is not text."""
    text = changed(('consent_version = "2026-01"', "consent_version = 2026-01-01"))

    sentence = "must not be a date; a word is written in quotes"
    assert findings(text) == [("screening.consent_version", sentence)]


@pytest.mark.parametrize("schema", ["schema = 2", "schema = true", 'schema = "1"', ""])
def test_a_file_of_another_format_is_not_judged_by_this_one(schema: str) -> None:
    """Only `schema = 1` is read; of any other file nothing more is said."""
    assert findings(changed(("schema  = 1", schema))) == [("schema", "must be 1")]


@pytest.mark.parametrize(
    ("text", "place"),
    [("schema = 1\nid = kap\n", "line 2"), ("schema = 1\nschema = 1\n", "line 2"), ('id = "kap', "end of document")],
)
def test_a_slip_of_the_pen_is_named_by_its_line(text: str, place: str) -> None:
    """What is not TOML has no keys yet: the line is named."""
    [(key, sentence)] = findings(text)

    assert key == ""
    assert sentence.startswith("not valid TOML: ")
    assert place in sentence


def test_the_error_reads_as_one_line_a_finding() -> None:
    """File, key and what was expected, as an operator sees it on stderr."""
    error = ProtocolFileError(
        (
            ProtocolFinding(file="a.toml", key="route", expected="is missing"),
            ProtocolFinding(file="b.toml", key="", expected="not TOML"),
        )
    )

    assert str(error) == "a.toml: route: is missing\nb.toml: not TOML"


def test_every_key_of_the_format_is_described() -> None:
    """docs/protocol-format.md names every key that a protocol file may have."""
    text = (ROOT / "docs" / "protocol-format.md").read_text(encoding="utf-8")
    described = {word for code in re.findall(r"`[^`]+`", text) for word in re.findall(r"\w+", code)}
    schema = Protocol.model_json_schema()
    keys = {key for table in (schema, *schema["$defs"].values()) for key in table.get("properties", ())}

    # A range is written as an array: its ends have no keys in the file.
    assert keys - {"low"} - described == set()


def test_a_test_has_one_table_however_it_is_spelled() -> None:
    """Both would bear one code."""
    alt, again = (f"tests.{name} = {{ wanted = ['negative'], valid_for = 'P1D' }}" for name in ("alt", "ALT"))
    sentence = "must be one table for each test, however it is spelled"

    assert findings(changed(("age_min = 18", f"age_min = 18\n{alt}\n{again}"))) == [
        ("screening.tests.alt", sentence),
        ("screening.tests.ALT", sentence),
    ]
