"""The simulated clinic's staff, and how soon they answer pages and resolve escalations."""

from datetime import timedelta
from random import Random

from domain.escalation.messages import Kind
from domain.values import Actor, Frozen, Role
from simulation.course.reporter import Reporter

DESK = Actor(id="desk", role=Role.COORDINATOR)
NURSE = Actor(id="lind", role=Role.MONITOR)
PRESCRIBER = Actor(id="osei", role=Role.PRESCRIBER)
THERAPIST = Actor(id="thorne", role=Role.THERAPIST)
STAFF = {actor.role: actor for actor in (DESK, NURSE, PRESCRIBER, THERAPIST)}

USUAL_ANSWER_SECONDS, SPREAD = 55.0, 0.6
FIRST_STEP_WAITS = timedelta(minutes=5)
NURSE_IS_AWAY_SHARE = 0.2
"""How often the second step of the ladder must answer. A plausible size of our own: no source gives one."""


class Reply(Frozen):
    """`by` acknowledges an escalation `after` its opening and resolves it `done_after` its opening.

    Where `done_by` is somebody, they resolve it.
    """

    by: Actor = NURSE
    after: timedelta = timedelta(seconds=30)
    done_after: timedelta = timedelta(minutes=4)
    done_by: Actor | None = None


TOLD_THE_PRESCRIBER = Reply(
    by=DESK, after=timedelta(minutes=3, seconds=10), done_after=timedelta(minutes=4), done_by=PRESCRIBER
)
"""The desk is paged with something that is not theirs to answer, and fetches the prescriber."""

AT_THE_SECOND_STEP = Reply(by=PRESCRIBER, after=timedelta(minutes=5, seconds=20), done_after=timedelta(minutes=7))
"""The nurse is busy; after five minutes the prescriber is paged, and comes."""


def drawn_reply(random: Random) -> Reply:
    """A random reply. Each is done soon enough for the session's next reading to be in time."""
    if random.random() < NURSE_IS_AWAY_SHARE:
        after, by = FIRST_STEP_WAITS + timedelta(seconds=random.randint(10, 60)), PRESCRIBER
    else:
        seconds = random.lognormvariate(0, SPREAD) * USUAL_ANSWER_SECONDS
        after, by = timedelta(seconds=round(max(10, min(seconds, 270)))), NURSE
    return Reply(by=by, after=after, done_after=after + timedelta(seconds=random.randint(30, 50)))


async def see_to(teller: Reporter, kind: Kind, session: int | None, reply: Reply, note: str) -> None:
    """Waits for the escalation, acknowledges and resolves it; the patient's day goes on from that moment."""
    escalation = await teller.ward.called(kind, session, by=teller.now)
    await teller.ward.acknowledge(escalation, reply.by.id, after=reply.after)
    done_by = reply.done_by or reply.by
    teller.now = await teller.ward.resolve(escalation, done_by.id, after=reply.done_after, note=note)
