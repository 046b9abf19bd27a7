"""Many patients at once, whose days are left to chance, in the shares in which such things come about."""

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
"""Of patients the first two, of sessions the others. Plausible sizes of our own; the pressure is the published one."""


async def takes_its_course(journey: Journey) -> None:
    """Sessions as bodies, patients and staff happen to make them, to the end of the follow-up."""
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
    """What one of many patients plays."""
    chance = random.random()
    if chance < INELIGIBLE_SHARE:
        return INELIGIBLE
    return WITHDRAWS if chance < INELIGIBLE_SHARE + WITHDRAWAL_SHARE else USUAL
