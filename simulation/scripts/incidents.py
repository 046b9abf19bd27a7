"""Scripts of the live floor: a course with one incident at one place."""

from collections.abc import Callable
from datetime import timedelta

from domain.escalation.messages import Kind
from domain.events.clinic_events import EligibilityDecision
from domain.events.fields import Override
from simulation.course.journey import CourseEnds, Journey
from simulation.course.staff import DESK, PRESCRIBER, Reply, see_to
from simulation.course.visit import VisitScript
from simulation.patients import physiology
from simulation.scripts.scripts import (
    AFRAID_OF_THE_CUFF,
    AT_THE_PEAK,
    ELIGIBLE,
    OVER_THE_LIMIT,
    Story,
    begin,
)

Special = Callable[[Journey], VisitScript]
"""Makes the script of a medicine session for this patient."""

WEIGHED_FOR = timedelta(days=1)
"""How long a prescriber takes to decide on an unclear admission."""

BIPOLAR = "bipolar_disorder"
STABLE = "Stable for nine years, no mania since; their psychiatrist agrees, and sees them weekly meanwhile"

REACHED = Reply(by=DESK, after=timedelta(minutes=6), done_after=timedelta(minutes=18))
ANSWERED_LATE = Reply(by=PRESCRIBER, after=timedelta(minutes=8), done_after=timedelta(minutes=12))
"""The nurse who was paged is busy; after a while the prescriber comes, paged by the second step."""

WAIT_FOR_THE_ESCORT = timedelta(minutes=8)
COMES_AHEAD = timedelta(minutes=2)
"""The nurse watches the countdown: most readings are taken just before they are due, some just after."""


def nothing(_journey: Journey) -> VisitScript:
    """A session without incident."""
    return VisitScript()


def a_warning(journey: Journey) -> VisitScript:
    """The pressure rises over the warning limit, and settles."""
    return VisitScript(response=physiology.high_peak(journey.random, journey.patient.rest))


def an_alarm(_journey: Journey) -> VisitScript:
    """Two readings alarm; the nurse who is paged resolves it."""
    return VisitScript(surge=AT_THE_PEAK)


def an_alarm_answered_late(_journey: Journey) -> VisitScript:
    """Two readings alarm, and nobody answers the first page."""
    return VisitScript(surge=AT_THE_PEAK, reply=ANSWERED_LATE)


def nobody_reads(offset: timedelta) -> Special:
    """Nobody takes this reading until the nurse is paged."""
    return lambda _journey: VisitScript(unread=offset)


def a_slip(_journey: Journey) -> VisitScript:
    """A saturation is typed wrong, and pages as an emergency; the nurse who is paged corrects it."""
    return VisitScript(mistyped=AT_THE_PEAK)


def too_high_at_first(_journey: Journey) -> VisitScript:
    """Their pressure is too high for a dose; they rest, and a new reading is taken."""
    return VisitScript(too_high=1)


def dosed_late(_journey: Journey) -> VisitScript:
    """The prescriber is held up: the nurse is asked for the dose, which is given when its clearance is over."""
    return VisitScript(runs_out=True)


def their_escort_is_late(_journey: Journey) -> VisitScript:
    """They are fit to leave, and wait for their escort."""
    return VisitScript(wait_for_the_escort=WAIT_FOR_THE_ESCORT)


def at_session(number: int, special: Special = nothing) -> Story:
    """A course with something special in one session."""

    async def story(journey: Journey) -> None:
        await begin(journey)
        await _go_on(journey, {number: special})

    return story


def at_risk_before(number: int) -> Story:
    """Their answers before a session show a high risk: they are held, seen at once, and resumed on another day."""

    async def story(journey: Journey) -> None:
        await begin(journey)
        await _sessions(journey, range(1, number))
        await journey.is_at_risk(number)
        await _go_on(journey, since=number)

    return story


def stays_away_from(number: int, *, unreported: bool = False) -> Story:
    """They miss a session, and come on another day. If `unreported`, nobody says so until the desk is asked."""

    async def story(journey: Journey) -> None:
        await begin(journey)
        await _sessions(journey, range(1, number))
        await journey.stays_away(number, unreported=unreported)
        await _go_on(journey, since=number)

    return story


def not_talked_to_after(number: int) -> Story:
    """Nobody holds the integration session until it is overdue."""

    async def story(journey: Journey) -> None:
        await begin(journey)
        await _sessions(journey, range(1, number))
        await journey.session(number, VisitScript(ahead=COMES_AHEAD), is_talk_missed=True)
        await journey.is_talked_to_at_last(number)
        await _go_on(journey, since=number + 1)

    return story


def leaves_after(sessions: int, why: CourseEnds) -> Story:
    """Their course ends for this reason after so many sessions; with none, before they were admitted."""

    async def story(journey: Journey) -> None:
        if sessions:
            await begin(journey)
            await _sessions(journey, range(1, sessions + 1))
        else:
            await journey.refer()
            await journey.screen()
        await journey.leave(why)

    return story


def dies_after(sessions: int) -> Story:
    """They die some days after so many sessions."""

    async def story(journey: Journey) -> None:
        await begin(journey)
        await _sessions(journey, range(1, sessions + 1))
        await journey.dies()

    return story


async def is_weighed(journey: Journey) -> None:
    """A condition that a prescriber must review: they take a day, and admit the patient with a rationale."""
    await journey.refer()
    await journey.screen(BIPOLAR)
    await _weigh(journey, Override(code=f"screening.{BIPOLAR}", rationale=STABLE))


async def is_afraid_of_the_cuff(journey: Journey) -> None:
    """A pressure over the limit at the screening: the prescriber waits for a letter, and then admits them."""
    await journey.refer()
    await journey.screen(is_excited=True)
    await _weigh(journey, Override(code=OVER_THE_LIMIT, rationale=AFRAID_OF_THE_CUFF))


async def is_forgotten(journey: Journey) -> None:
    """Nobody screens them until the screening is overdue, and the desk is paged."""
    await journey.refer()
    journey.let_pass(journey.protocol.screening.within)
    note = "Reached by telephone: they were away, and come tomorrow"
    await see_to(journey.teller, Kind.PHASE_OVERDUE, None, REACHED, note)
    await journey.screen()
    await journey.decide(EligibilityDecision.ELIGIBLE, ELIGIBLE)
    await journey.prepare()
    await _go_on(journey)


async def _weigh(journey: Journey, override: Override) -> None:
    journey.let_pass(WEIGHED_FOR)
    await journey.decide(EligibilityDecision.ELIGIBLE, ELIGIBLE, override)
    await journey.prepare()
    await _go_on(journey)


async def _go_on(journey: Journey, special: dict[int, Special] | None = None, since: int = 1) -> None:
    await _sessions(journey, range(since, journey.sessions.stop), special)
    await journey.follow_up()


async def _sessions(journey: Journey, numbers: range, special: dict[int, Special] | None = None) -> None:
    for number in numbers:
        happening = (special or {}).get(number, nothing)(journey)
        await journey.session(number, happening.but(ahead=COMES_AHEAD))
