"""Draws simulated patients: a body, mood scores, and a plan that suits the protocol."""

from random import Random

from domain.protocol.instruments import PHQ9
from domain.protocol.model import Protocol
from domain.values import CourseId, Frozen
from simulation.patients import physiology, questionnaires
from simulation.patients.physiology import Baseline
from simulation.patients.questionnaires import Trajectory

GAD7 = "gad7"


class Patient(Frozen):
    """A simulated patient. Everything about them follows from the seed they were drawn with."""

    course_id: CourseId
    age_years: int
    weight_kg: float
    rest: Baseline
    moods: tuple[Trajectory, ...]
    indication: str
    medications: tuple[str, ...]
    medicine_sessions: int


def patient(random: Random, course_id: CourseId, protocol: Protocol) -> Patient:
    """A random patient whom the protocol would admit."""
    rules = protocol.course
    cautions = protocol.screening.caution_medications
    return Patient(
        course_id=course_id,
        age_years=random.randint(max(protocol.screening.age_min, 22), max(protocol.screening.age_min, 66)),
        weight_kg=round(random.uniform(54, 96), 1),
        rest=physiology.baseline(random),
        moods=(questionnaires.trajectory(random, PHQ9), questionnaires.trajectory(random, GAD7)),
        indication=random.choice(protocol.indications[:4]),
        medications=random.choice(((), ("ssri",), ("snri",), cautions[:1])),
        medicine_sessions=random.randint(rules.sessions_min, rules.medicine_sessions),
    )
