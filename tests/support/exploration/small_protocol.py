"""A protocol small enough that a course under it can be followed wherever it may go: one session, one of each task."""

from domain.protocol.model import Protocol
from tests.support.cast import WEEKLY, days, minutes, weekly

SMALL: Protocol = weekly(
    {
        "title": "One intramuscular session, with one of each task",
        "course.medicine_sessions": 1,
        "course.sessions_min": 1,
        "course.review_after_session": None,
        "course.review_every": None,
        "screening.measures": ("cssrs",),
        "screening.gates": None,
        "screening.tests": None,
        "preparation.sessions": 1,
        "preparation.roles": None,
        "integration.roles": None,
        "medicine.checkpoints.offsets": (minutes(0), minutes(60), minutes(120)),
        "medicine.checkpoints.then_every": minutes(60),
        "check_ins.after": (days(1),),
        "follow_up.after": (days(30),),
        "forms": (),
        "measures": {"cssrs": WEEKLY.measures["cssrs"]},
        "evidence": {},
    }
)
