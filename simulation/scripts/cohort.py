"""Scripts of a large cohort: what happens is drawn at random, at plausible rates."""

from datetime import timedelta
from random import Random

from domain.course.state import Outcome
from simulation.course.ending import ExpectedEnding
from simulation.course.journey import Journey
from simulation.course.staff import drawn_reply
from simulation.course.visit import VisitScript
from simulation.patients import physiology
from simulation.scripts.scripts import Script, begin, is_ineligible, withdraws

INELIGIBLE_SHARE, WITHDRAWAL_SHARE = 0.05, 0.06
NO_SHOW_SHARE, RISK_SHARE = 0.03, 0.005
UNREAD_SHARE = 0.02
"""Shares of patients (the first two) and of sessions. Plausible sizes of our own; only the pressure has a source."""


async def takes_its_course(journey: Journey) -> None:
    """A whole course with random sessions, staff replies and incidents, to the end of the follow-up."""
    await begin(journey)
    random, rest = journey.random, journey.patient.rest
    for number in journey.sessions:
        chance = random.random()
        if chance < NO_SHOW_SHARE:
            await journey.stays_away(number)
        elif chance < NO_SHOW_SHARE + RISK_SHARE:
            await journey.is_at_risk(number)
        unread = _any_reading(journey) if random.random() < UNREAD_SHARE else None
        response = physiology.response(random, rest)
        await journey.session(number, VisitScript(response=response, unread=unread, reply=drawn_reply(random)))
    await journey.follow_up()


def _any_reading(journey: Journey) -> timedelta:
    offsets = journey.protocol.medicine.checkpoints.offsets
    return journey.random.choice([offset for offset in offsets if offset])


USUAL = Script(
    name="takes its course",
    story=takes_its_course,
    expected=ExpectedEnding(outcome=Outcome.COMPLETED, is_left_to_chance=True),
)
INELIGIBLE = Script(
    name="ineligible", story=is_ineligible, expected=ExpectedEnding(outcome=Outcome.INELIGIBLE, is_left_to_chance=True)
)
WITHDRAWS = Script(
    name="withdraws", story=withdraws, expected=ExpectedEnding(outcome=Outcome.WITHDRAWN, is_left_to_chance=True)
)


def drawn_script(_number: int, random: Random) -> Script:
    """A random script for one of many patients."""
    chance = random.random()
    if chance < INELIGIBLE_SHARE:
        return INELIGIBLE
    return WITHDRAWS if chance < INELIGIBLE_SHARE + WITHDRAWAL_SHARE else USUAL
