"""What published protocols call dangerous, the loosest of them: a file that is looser still is asked about.

The ids are those of CLINICAL.md and of the lists at the end of the files in protocols/. Where no source was found the
bound is ours, and generous. Nothing here decides about a patient: it is what a file is asked by before it is approved.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from domain.course.verdict import VerdictSeverity
from domain.holes.danger_names import SAID_SO
from domain.protocol.medicine import DoseBasis
from domain.protocol.values import LimitSeverity, Route, Vital

OURS: Final = "our proposal"
"""The source of a bound for which none was found, here and in a file's `[evidence]`."""


class Danger(NamedTuple):
    """A value of a sign, and all that lie further out, with the least that must be said of it after a dose.

    One that is `at_once` calls somebody by the first reading; of any other the second reading in a row is asked about.
    Of a remark some published practice takes patients: it is told, and stands in nobody's way.
    """

    vital: Vital
    is_high: bool
    value: int
    least: VerdictSeverity
    basis: str
    at_once: bool = False
    is_remark: bool = False

    @property
    def forbids_a_dose(self) -> bool:
        """Whether nobody is dosed on it either: somebody would be called for it afterwards."""
        return self.least.pages_as is not None

    @property
    def bound(self) -> str:
        """The limit that reaches it, as a file writes it."""
        return f"above = {self.value - 1}" if self.is_high else f"below = {self.value + 1}"


_WARNING, _URGENT, _EMERGENCY = VerdictSeverity.WARNING, VerdictSeverity.URGENT, VerdictSeverity.EMERGENCY
_HIGH, _LOW = True, False

DANGERS: Final = (
    Danger(Vital.SYSTOLIC, _HIGH, 171, _WARNING, f"S45: grade 3 from 160 on; 170 is {OURS}"),
    Danger(Vital.SYSTOLIC, _HIGH, 181, _URGENT, "S34, S35: nobody is dosed above 180; S62: hypertensive urgency"),
    Danger(Vital.SYSTOLIC, _HIGH, 221, _URGENT, f"S63: 200 in one reading; 220 is {OURS}", at_once=True),
    Danger(Vital.SYSTOLIC, _LOW, 89, _URGENT, "S34, S35: nobody is dosed below 90", is_remark=True),
    Danger(Vital.SYSTOLIC, _LOW, 84, _URGENT, f"S34, S35: 90; 85 is {OURS}"),
    Danger(Vital.SYSTOLIC, _LOW, 79, _URGENT, OURS, at_once=True),
    Danger(Vital.SYSTOLIC, _LOW, 59, _EMERGENCY, OURS, at_once=True),
    Danger(Vital.DIASTOLIC, _HIGH, 106, _WARNING, f"S45: grade 3 from 100 on; 105 is {OURS}"),
    Danger(Vital.DIASTOLIC, _HIGH, 121, _URGENT, "S62: acted on before anybody goes home, from 120 on"),
    Danger(Vital.DIASTOLIC, _HIGH, 131, _URGENT, f"S63: 120 in one reading; 130 is {OURS}", at_once=True),
    Danger(Vital.DIASTOLIC, _LOW, 39, _WARNING, OURS),
    Danger(Vital.HEART_RATE, _HIGH, 131, _WARNING, f"S35: nobody is dosed above 120; 130 is {OURS}"),
    Danger(Vital.HEART_RATE, _HIGH, 151, _URGENT, "S34: nobody is dosed above 150"),
    Danger(Vital.HEART_RATE, _HIGH, 181, _URGENT, OURS, at_once=True),
    Danger(Vital.HEART_RATE, _LOW, 49, _URGENT, "S34, S35: nobody is dosed below 50", is_remark=True),
    Danger(Vital.HEART_RATE, _LOW, 44, _URGENT, f"S34, S35: 50; 45, of an athlete, is {OURS}"),
    Danger(Vital.HEART_RATE, _LOW, 39, _URGENT, OURS, at_once=True),
    Danger(Vital.HEART_RATE, _LOW, 24, _EMERGENCY, OURS, at_once=True),
    Danger(Vital.SPO2, _LOW, 92, _WARNING, "S43: more than 92 on room air before anybody goes home"),
    Danger(Vital.SPO2, _LOW, 89, _URGENT, OURS, at_once=True),
    Danger(Vital.SPO2, _LOW, 84, _EMERGENCY, OURS, at_once=True),
    Danger(Vital.RESPIRATORY_RATE, _HIGH, 31, _URGENT, "S34, S35: nobody is dosed above 30"),
    Danger(Vital.RESPIRATORY_RATE, _LOW, 9, _URGENT, "S34, S35: nobody is dosed below 10", is_remark=True),
    Danger(Vital.RESPIRATORY_RATE, _LOW, 7, _URGENT, f"S34, S35: 10; 8, in one reading, is {OURS}", at_once=True),
    Danger(Vital.RESPIRATORY_RATE, _LOW, 6, _EMERGENCY, OURS, at_once=True),
    Danger(Vital.MOAAS, _LOW, 3, _WARNING, "S44: answers only when called loudly or repeatedly"),
    Danger(Vital.MOAAS, _LOW, 2, _URGENT, "S44: answers only after prodding", at_once=True),
    Danger(
        Vital.MOAAS, _LOW, 1, _EMERGENCY, "S44: answers only to pain, at 0 not at all; S1: lost consciousness", True
    ),
)
"""Each end of each sign, the mildest first."""

RISE: Final = 60
"""A rise of the systolic pressure over the clearance reading that is at least a warning: S2 has 40 reported."""

TAKEN: Final = (Vital.SYSTOLIC, Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE, Vital.MOAAS)
"""The signs that are taken before each dose and at each checkpoint (S4, S5, S34, S35)."""

NEVER_DOSED: Final = (Vital.SYSTOLIC, Vital.HEART_RATE, Vital.SPO2, Vital.RESPIRATORY_RATE)
"""The signs of which nobody overrides a value that is far out: S34 and S35 give no dose."""

CONFIRMED_WITHIN: Final = timedelta(minutes=10)
"""The longest wait for a second reading; 5 minutes in S63, the rest is ours."""

CONFIRMED_AFTER: Final = timedelta(minutes=1)
"""The shortest: nobody takes a second one sooner."""

CALM_BETWEEN: Final = 4
"""So many calm readings between two high ones, and they are no longer one that stays."""

FIRST_READING: Final = (timedelta(minutes=40), "S1: about 40 minutes after the dose, when the pressure peaks")

BETWEEN_READINGS: Final[Mapping[Route, tuple[timedelta, str]]] = {
    **dict.fromkeys(Route, (timedelta(hours=1), f"S23, S63: 30 minutes; an hour is {OURS}")),
    Route.INTRANASAL: (timedelta(minutes=80), "S1, S5: at 40 minutes, and before they leave at 120"),
}
"""The longest time between two readings of a dosed patient."""

WHILE_IT_RUNS: Final = (timedelta(minutes=20), f"S22: every 10 minutes; 20 are {OURS}")
"""The longest time between two readings while an infusion runs in."""

TOLD_AFTER: Final = timedelta(minutes=20)
EMERGENCY_AFTER: Final = timedelta(minutes=30)
"""How long a reading may be missing until somebody is told, and until it is an emergency; both ours."""

OBSERVED: Final[Mapping[Route, tuple[timedelta, str]]] = {
    **dict.fromkeys(Route, (timedelta(hours=1), "S34: 60 minutes after the last dose, the shortest that was found")),
    Route.INTRANASAL: (timedelta(hours=2), "S1, S4: two hours at least"),
}
"""The shortest observation."""


INFUSED_FOR: Final = timedelta(minutes=20)
"""The shortest infusion of a whole dose; 40 to 60 minutes in S18 and S30, 20 are ours."""


class DoseCeiling(NamedTuple):
    """The most that is published for a dose by a route."""

    amount: float
    basis: str


_INJECTED = DoseCeiling(2.0, "S63: more is anaesthesia")
_INJECTED_MG = DoseCeiling(200.0, f"S63: 2 mg/kg, here of 100 kg; for a patient of another weight that is {OURS}")

DEVICE_MG: Final = 28
"""What one device of esketamine gives (S7): a spray of other amounts is another one."""

HIGHEST_OF_DEVICES: Final = DoseCeiling(84.0, "S7: three devices of 28 mg")
FIRST_OF_DEVICES: Final = DoseCeiling(56.0, "S7: two devices on the first day")

HIGHEST: Final[Mapping[tuple[Route, DoseBasis], DoseCeiling]] = {
    **{(route, DoseBasis.MG_PER_KG): _INJECTED for route in Route},
    **{(route, DoseBasis.MG): _INJECTED_MG for route in Route},
    (Route.SUBLINGUAL, DoseBasis.MG_PER_KG): DoseCeiling(7.0, "S39: the most by mouth"),
    (Route.SUBLINGUAL, DoseBasis.MG): DoseCeiling(600.0, f"S63: tiers up to 400 and above; 600 is {OURS}"),
}
"""The most of any dose (`hard_max`)."""

_ALONE = DoseCeiling(1.5, f"S25: up to 1 by the prescriber's choice; 1.5 is {OURS}")
_ALONE_MG = DoseCeiling(150.0, f"S25: up to 1 mg/kg; 1.5, of 100 kg, is {OURS}")

ALONE: Final[Mapping[tuple[Route, DoseBasis], DoseCeiling]] = {
    **{(route, DoseBasis.MG_PER_KG): _ALONE for route in Route},
    **{(route, DoseBasis.MG): _ALONE_MG for route in Route},
    (Route.INTRAVENOUS, DoseBasis.MG_PER_KG): DoseCeiling(1.0, "S9: anaesthesia begins at 1 mg/kg"),
    (Route.INTRAVENOUS, DoseBasis.MG): DoseCeiling(100.0, f"S9: anaesthesia begins at 1 mg/kg, here of 100 kg: {OURS}"),
    (Route.SUBLINGUAL, DoseBasis.MG_PER_KG): DoseCeiling(5.0, OURS),
    (Route.SUBLINGUAL, DoseBasis.MG): DoseCeiling(400.0, "S63: the end of the third tier"),
}
"""The most of one prescriber (`max`)."""

_FIRST = DoseCeiling(1.0, "S25: 0.3 to 1.0 there")
_FIRST_MG = DoseCeiling(100.0, f"S25: up to 1 mg/kg, here of 100 kg: {OURS}")

FIRST: Final[Mapping[tuple[Route, DoseBasis], DoseCeiling]] = {
    **{(route, DoseBasis.MG_PER_KG): _FIRST for route in Route},
    **{(route, DoseBasis.MG): _FIRST_MG for route in Route},
    (Route.INTRAVENOUS, DoseBasis.MG_PER_KG): DoseCeiling(1.0, "S18: 0.5 to 1; S9: anaesthesia begins there"),
    (Route.INTRAVENOUS, DoseBasis.MG): DoseCeiling(100.0, f"S18: 0.5 to 1 mg/kg, here of 100 kg: {OURS}"),
    (Route.SUBLINGUAL, DoseBasis.MG_PER_KG): DoseCeiling(3.5, OURS),
    (Route.SUBLINGUAL, DoseBasis.MG): DoseCeiling(300.0, f"S63: 100 to 200 in the lowest tier; 300 is {OURS}"),
}
"""The most of a first dose (`first_max`)."""

_STEP = DoseCeiling(0.5, f"S24: 0.1 to 0.15 there; 0.5 is {OURS}")
_STEP_MG = DoseCeiling(50.0, f"S24: 0.1 to 0.15 mg/kg; 0.5, of 100 kg, is {OURS}")

STEP: Final[Mapping[tuple[Route, DoseBasis], DoseCeiling]] = {
    **{(route, DoseBasis.MG_PER_KG): _STEP for route in Route},
    **{(route, DoseBasis.MG): _STEP_MG for route in Route},
    (Route.SUBLINGUAL, DoseBasis.MG_PER_KG): DoseCeiling(3.0, OURS),
    (Route.SUBLINGUAL, DoseBasis.MG): DoseCeiling(200.0, f"S63: one tier is 100; 200 is {OURS}"),
}
"""The most by which a dose rises (`step_max`)."""

REFERENCE_BY_VEIN: Final[Mapping[DoseBasis, DoseCeiling]] = {
    DoseBasis.MG_PER_KG: DoseCeiling(0.5, "S30: the reference"),
    DoseBasis.MG: DoseCeiling(50.0, f"S30: 0.5 mg/kg, here of 100 kg: {OURS}"),
}
"""The first dose by vein that most studies have; more is looked at."""

SHORT_COURSE: Final = 3
"""A course of so many sessions is looked back on at its end, and needs no review before (S27: 3 within 12 weeks)."""

MOST_IN_A_MONTH: Final = 15
"""So many doses within 30 days: three a week are 13 of them (S30); ours."""


class Word(NamedTuple):
    """A symptom that people write down, the least that it is, and where that is from; a remark is only looked at."""

    code: str
    least: LimitSeverity
    basis: str
    is_remark: bool = False


_GRAVE: Final[Mapping[str, tuple[str, ...]]] = {
    "S1, S8: goes to emergency care at once": (
        *("chest_pain", "heart_attack", "myocardial_infarction", "dyspnoea", "dyspnea", "shortness_of_breath"),
        *("severe_headache", "visual_change", "visual_loss", "seizure", "convulsion", "focal_deficit", "stroke"),
        *("unresponsive", "not_responsive", "unconscious", "hard_to_rouse", "hypertensive_crisis"),
    ),
    "S9: the breathing is depressed": ("apnoea", "apnea", "not_breathing", "respiratory_depression", "hypoxia"),
    "S63: the airway closes": ("laryngospasm", "stridor"),
    OURS: (
        *("anaphylaxis", "anaphylactic_shock", "angioedema", "swollen_tongue", "throat_closing", "bronchospasm"),
        *("cardiac_arrest", "no_pulse", "airway_obstruction", "cyanosis", "pulmonary_oedema", "pulmonary_embolism"),
        *("shock", "serotonin_syndrome", "homicidal_ideation"),
    ),
}
_PRESSING: Final[Mapping[str, tuple[str, ...]]] = {
    "S47: safety precautions until somebody has evaluated them": ("suicidal_intent", "suicide_attempt", "overdose"),
    "S31: excluded from a trial": ("active_mania", "psychotic_symptoms", "hears_voices"),
    OURS: (
        *("syncope", "passed_out", "collapsed", "arrhythmia", "aspiration", "bleeding", "prolonged_dissociation"),
        *("violence", "delirium", "catatonia", "urinary_retention"),
    ),
}
_LOOKED_AT: Final = ("hypotension", "presyncope", "hives", "agitation")
WORDS: Final = (
    *(Word(code, LimitSeverity.EMERGENCY, basis) for basis, codes in _GRAVE.items() for code in codes),
    *(Word(code, LimitSeverity.URGENT, basis) for basis, codes in _PRESSING.items() for code in codes),
    *(Word(code, LimitSeverity.URGENT, f"numbers or a clinician judge it: {OURS}", True) for code in _LOOKED_AT),
)
"""The words of danger; a file may write any of them as another name of its own code."""

PLAIN: Final = (
    *("crushing_chest_pain", "chest_tightness", "tight_chest", "chest_pressure", "angina", "thunderclap_headache"),
    *(
        "worst_headache_of_life",
        "cannot_see",
        "blind",
        "seizing",
        "fitting",
        "grand_mal",
        "fainted",
        "faint",
        "collapse",
    ),
    *("blackout", "slurred_speech", "facial_droop", "one_sided_weakness", "aphasia", "cannot_breathe", "gasping"),
    *("breathless", "air_hunger", "choking", "stopped_breathing", "respiratory_arrest", "slow_breathing", "wheezing"),
    *("blue_lips", "turning_blue", "desaturation", "low_spo2", "pulseless", "asystole", "ventricular_tachycardia"),
    *("hard_to_wake", "not_waking", "cannot_be_woken", "coma", "loss_of_consciousness", "barely_responsive"),
    *("swollen_lips", "swollen_throat", "throat_tight", "anaphylactic_reaction", "no_bp"),
    *("vomiting_blood", "aspirated", "hallucinating", "paranoid", "hearing_voices", "manic", "combative", "assaulted"),
    *("wants_to_die", "better_off_dead", "suicidal_thoughts", "self_harm", "kill_myself", "kill_herself"),
    *("kill_himself", "end_my_life", "suicide_plan", "took_too_many_pills", "overdosed", "homicidal"),
    *("thoughts_of_hurting_others", "cannot_urinate", "st_elevation", "torsades", "no_respirations", "fixed_pupils"),
    *SAID_SO,
)
"""Danger in plain words. A file need not name them; one that does may not read them as milder than urgent."""

EXCLUDES: Final[Mapping[str, str]] = {
    **dict.fromkeys(("ketamine_hypersensitivity", "intracerebral_haemorrhage"), "S1, S7"),
    **dict.fromkeys(("aneurysmal_vascular_disease", "arteriovenous_malformation"), "S1, S2"),
    "pregnancy": "S1, S2, S25",
}
"""Conditions with which nobody is treated."""

NEVER_INDICATIONS: Final[Mapping[str, str]] = {
    **dict.fromkeys(("F32.3", "F33.3", "F53.1"), "S12, S25, S31: with psychotic symptoms"),
    **dict.fromkeys(("F06.0", "F06.2", *(f"F2{one}" for one in range(10))), "S12, S25, S31: psychosis"),
    **dict.fromkeys(("F30", "F31.0", "F31.1", "F31.2", "F31.5", "F31.6"), "S31: mania; S12, S25: psychosis"),
    **dict.fromkeys((f"F1{one}.5" for one in range(10)), "S12, S25, S31: psychosis"),
    **dict.fromkeys(("O", "Z33"), "S1, S2, S25: pregnancy"),
    **dict.fromkeys(("I60", "I61", "I62", "I67.1", "I71", "I72", "Q27.3", "Q28.2"), "S1, S2: aneurysm, bleeding"),
    **dict.fromkeys(("I21", "I22", "I63"), "S7: six weeks after a cardiovascular event"),
    **dict.fromkeys(("I20", "I25", "I50", "G40", "G47.3"), "S12, S31, S33: weighed at the screening"),
    **dict.fromkeys(("G93.2", "R44", "F05"), "S7, S9, S12"),
}
"""Families of the ICD-10 that no indication may name or hold: as an indication they would stand in nobody's way."""

WEIGHED: Final[Mapping[str, str]] = {
    "cardiovascular_event_6w": "S7",
    "uncontrolled_hypertension": "S12, S31, S33",
    "raised_intracranial_pressure": "S7, S9",
    "active_psychosis": "S12, S25, S31",
    "active_mania": "S31",
    "breast_feeding": "S1",
    "severe_hepatic_impairment": "S12",
    "no_capacity": "S26, S31",
    "theophylline": "S9",
    "suicidal_intent": "S47",
    "seizure_disorder": "S33",
    "bipolar_disorder": "S25",
    **dict.fromkeys(
        ("psychosis", "psychotic_disorder", "psychotic_depression", "schizophrenia", "schizoaffective_disorder"),
        "S12, S25, S31, S33",
    ),
    **dict.fromkeys(("delusional_disorder", "mania", "manic_episode"), "S12, S25, S31"),
    **dict.fromkeys(("bipolar", "bipolar_depression", "manic_depression"), "S25"),
    "psychosis_first_degree_relative": "S33",
    **dict.fromkeys(("heart_failure", "coronary_artery_disease", "unstable_angina", "angina"), "S12, S31, S33"),
    **dict.fromkeys(("myocardial_infarction", "stroke", "arrhythmia", "aneurysm", "pregnant"), "S1, S7, S12"),
    **dict.fromkeys(("recent_suicide_attempt", "suicide_attempt", "suicidal_ideation"), "S47"),
    **dict.fromkeys(("cocaine", "substance_use_disorder", "alcohol_use_disorder"), "S12, S25, S32"),
    **dict.fromkeys(("opioid_use_disorder", "alcohol_dependence", "drug_dependence"), "S12, S25, S32"),
    **dict.fromkeys(("sleep_apnoea", "epilepsy"), "S33"),
    **dict.fromkeys(("glaucoma", "raised_intraocular_pressure"), "S7, S9"),
    **dict.fromkeys(("moderate_hepatic_impairment", "cirrhosis"), "S12"),
    "aminophylline": "S9",
    **dict.fromkeys(("aortic_dissection", "subarachnoid_haemorrhage", "brain_bleed"), "S1, S2"),
    **dict.fromkeys(("liver_failure", "ketamine_allergy", "esketamine_allergy"), "S1, S7, S12"),
    **dict.fromkeys(("heroin", "methamphetamine", "pcp", "ghb", "previous_suicide_attempts"), "S12, S25, S47"),
    **dict.fromkeys(("allergy_to_ketamine", "allergy_to_esketamine", "esketamine_hypersensitivity"), "S1, S7"),
    **dict.fromkeys(("aortic_aneurysm", "cerebral_aneurysm", "intracranial_aneurysm", "avm"), "S1, S2"),
    **dict.fromkeys(("intracerebral_hemorrhage", "cerebral_haemorrhage", "cerebral_hemorrhage"), "S1, S2, S7"),
    **dict.fromkeys(("brain_haemorrhage", "brain_hemorrhage"), "S1, S2, S7"),
    **dict.fromkeys(("increased_intracranial_pressure", "intracranial_hypertension"), "S7, S9"),
    **dict.fromkeys(("acute_psychosis", "current_psychosis", "acute_mania", "manic", "manic_state"), "S12, S25, S31"),
    **dict.fromkeys(("breastfeeding", "lactation", "lactating", "nursing"), "S1"),
    **dict.fromkeys(("severe_liver_disease", "severe_hepatic_disease", "decompensated_cirrhosis"), "S12"),
    **dict.fromkeys(("substance_abuse", "bmi_over_35"), "S25"),
    **dict.fromkeys(("sleep_apnea", "obstructive_sleep_apnoea", "obstructive_sleep_apnea", "osa"), "S33"),
    **dict.fromkeys(("ketamine_cystitis", "interstitial_cystitis"), "S2, S9"),
    **dict.fromkeys(("porphyria", "cystitis", "untreated_hyperthyroidism", "delirium", "dementia"), OURS),
}
"""Conditions and medicines that a prescriber weighs, at the least."""

CAUTIONED: Final[Mapping[str, str]] = {
    **dict.fromkeys(("maoi", "monoamine_oxidase_inhibitor", "phenelzine", "tranylcypromine"), "S1, S5"),
    **dict.fromkeys(("isocarboxazid", "moclobemide"), "S1, S5"),
    **dict.fromkeys(("psychostimulant", "stimulant", "amphetamine", "dexamfetamine", "lisdexamfetamine"), "S1, S5"),
    **dict.fromkeys(("methylphenidate", "modafinil"), "S1, S5"),
    **dict.fromkeys(("opioid", "opiate", "morphine", "oxycodone", "hydrocodone", "fentanyl"), "S1, S5, S9"),
    **dict.fromkeys(("methadone", "buprenorphine", "tramadol", "codeine"), "S1, S5, S9"),
    **dict.fromkeys(("sedative_hypnotic", "zolpidem", "zopiclone", "eszopiclone"), "S1, S5, S9"),
    **dict.fromkeys(("benzodiazepine", "alprazolam", "clonazepam", "diazepam", "lorazepam"), "S1, S5, S38"),
    **dict.fromkeys(("temazepam", "oxazepam", "xanax", "valium", "klonopin"), "S1, S5, S38"),
    "lamotrigine": "S36, S37",
}
"""Medicines that a prescriber sees before they decide, at the least."""

PREGNANCY_TEST_VALID: Final = timedelta(days=7)
"""How old a test of pregnancy may be at a dose, where each check-in asks for none; ours, S25 has one before each."""

_BENZODIAZEPINES: Final = (
    *(
        "midazolam",
        "remimazolam",
        "triazolam",
        "lorazepam",
        "diazepam",
        "benzodiazepine",
        "alprazolam",
        "clonazepam",
        "temazepam",
        "oxazepam",
    ),
)
_OPIOIDS: Final = (
    *("morphine", "fentanyl", "remifentanil", "sufentanil", "alfentanil", "hydromorphone", "oxycodone", "pethidine"),
    *(
        "meperidine",
        "hydrocodone",
        "nalbuphine",
        "butorphanol",
        "tapentadol",
        "methadone",
        "buprenorphine",
        "tramadol",
        "codeine",
        "opioid",
    ),
)
THE_MEDICINE: Final = ("ketamine", "esketamine", "s_ketamine", "ketalar", "ketanest", "spravato")
"""The medicine of the sessions: filed as another one, it may have been a dose that starts no checkpoints."""

_BRANDS: Final = ("versed", "dormicum", "ativan", "xanax", "valium", "klonopin")
_BRANDS_OF_OTHERS: Final = ("catapres", "phenergan", "benadryl")

_ANAESTHETICS: Final = (
    *("propofol", *THE_MEDICINE, "etomidate", "thiopental", "methohexital", "dexmedetomidine", "nitrous_oxide"),
    *("sevoflurane", "isoflurane"),
)
_OTHERS_THAT_SEDATE: Final = (
    *("clonidine", "hydroxyzine", "diphenhydramine", "promethazine", "haloperidol", "droperidol", "olanzapine"),
    *("quetiapine", "chlorpromazine", "zolpidem", "zopiclone", "phenobarbital"),
)

TOLD: Final = (*_BENZODIAZEPINES, *_BRANDS, *_OPIOIDS, *_ANAESTHETICS)
"""Medicines after which somebody is told as well, however quietly."""

SEDATING: Final = (*TOLD, *_OTHERS_THAT_SEDATE, *_BRANDS_OF_OTHERS)
"""Other medicines after which a patient is watched anew (S1, S5, S9: sedation and breathing)."""

ANTIDOTES: Final = (
    *("adrenaline", "epinephrine", "epipen", "atropine", "ephedrine", "naloxone", "narcan", "flumazenil", "romazicon"),
    "anexate",
)
"""Medicines that are given in need: whoever got one is watched anew, and somebody comes; ours."""

ASKS_OF_MOOD: Final = (
    *("phq9", "phq8", "madrs", "madrs_s", "qids", "qids_sr", "qids_sr16", "qids_c", "bdi", "bdi2", "bdi_ii", "hamd"),
    *("ham_d17", "hdrs", "hdrs17", "hrsd", "hrsd17", "ids", "ids_sr", "ids_sr30", "epds", "gds", "gds15", "ces_d"),
    *("promis_depression", "promis_d", "dass21", "hads"),
)
"""Instruments that ask how somebody's mood is, however their names are spelled."""

OF_SUICIDE_RISK: Final = ("cssrs", "c_ssrs", "ssi", "bss", "bssi", "sbq_r", "asq", "sidas", "sis_map", "isst")
"""Screens of a risk of suicide; Kapstan itself reads the levels of the first alone."""

SOBER_FOR: Final = timedelta(days=14)
"""Since when nothing was used, at the least, of what a patient is dependent on; ours: S26 and S32 have four weeks."""

KNOWN_FOR: Final = timedelta(days=180)
"""The longest time for which a risk of suicide is no news; ours."""

OF_SUICIDE: Final = ("R45.85", "Z91.5", "T14.91")
"""The families of the ICD-10 that name ideation, behaviour and attempt."""
