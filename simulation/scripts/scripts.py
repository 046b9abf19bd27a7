"""The scripts of the demonstration, each with the ending it must reach."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from random import Random

from domain.course.state import Outcome
from domain.escalation.messages import Kind
from domain.events.clinic_events import EligibilityDecision
from domain.events.fields import Override
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from domain.values import CourseId, Frozen
from simulation.course.calendar import BEND, Practice
from simulation.course.ending import Call, ExpectedEnding
from simulation.course.journey import Journey
from simulation.course.staff import AT_THE_SECOND_STEP, DESK, NURSE, PRESCRIBER
from simulation.course.visit import VisitScript
from simulation.course.ward import Ward
from simulation.patients import physiology
from simulation.patients.patients import Patient, patient

SPECIAL_SESSION = 2
"""The session with the incident, in scripts that have one."""

AT_THE_PEAK = timedelta(minutes=45)
READINGS_BEFORE = 2
"""Readings of an infusion before the one after which it is paused."""

ELIGIBLE = "Adequate trials without benefit; nothing excludes the treatment"
INELIGIBLE = "A condition excludes the treatment; referred back with a letter"
OVER_THE_LIMIT = "screening.systolic_above_limit"
AFRAID_OF_THE_CUFF = "Afraid of the cuff: their own doctor's 24-hour mean is 124/78; letter on file"

Story = Callable[[Journey], Awaitable[None]]


class Script(Frozen):
    """A script: its name, how it is played, and how it must end."""

    name: str
    story: Story
    expected: ExpectedEnding


class ScriptPart(Frozen):
    """One patient in one script. The same seed draws the same patient, who has the same days."""

    script: Script
    patient: Patient
    protocol: Protocol
    seed: str
    practice: Practice = BEND

    async def play(self, ward: Ward, starts_at: datetime) -> None:
        """Plays the whole course from `starts_at`, at the protocol's own durations. Raises `Refused` for a refusal."""
        random = Random(f"{self.seed}/days")  # noqa: S311  not a secret
        await self.script.story(Journey(self.patient, self.protocol, ward, starts_at, random, self.practice))


async def completes(journey: Journey) -> None:
    """A course in which nothing happens but what the protocol asks for."""
    await begin(journey)
    await _all_sessions(journey, VisitScript())


async def completes_after_a_warning(journey: Journey) -> None:
    """In one session the pressure rises over the warning limit; the nurse reads again, and it settles."""
    await begin(journey)
    await _all_sessions(journey, VisitScript(response=physiology.high_peak(journey.random, journey.patient.rest)))


async def completes_after_a_missed_reading(journey: Journey) -> None:
    """In one session nobody takes the 45-minute reading; the nurse is paged, acknowledges, and takes it."""
    await begin(journey)
    await _all_sessions(journey, VisitScript(unread=AT_THE_PEAK))


async def completes_after_a_correction(journey: Journey) -> None:
    """In one session a saturation is typed wrong, and pages as an emergency; the nurse who is paged corrects it."""
    await begin(journey)
    await _all_sessions(journey, VisitScript(mistyped=AT_THE_PEAK))


async def is_ineligible(journey: Journey) -> None:
    """The screening names an excluding condition; the prescriber decides."""
    await journey.refer()
    await journey.screen(journey.random.choice(journey.protocol.screening.absolute))
    await journey.decide(EligibilityDecision.INELIGIBLE, INELIGIBLE)


async def completes_after_an_alarm(journey: Journey) -> None:
    """Admitted over a high pressure with a rationale; in one session two readings alarm; the second step answers."""
    await journey.refer()
    await journey.screen(is_excited=True)
    override = Override(code=OVER_THE_LIMIT, rationale=AFRAID_OF_THE_CUFF)
    await journey.decide(EligibilityDecision.ELIGIBLE, ELIGIBLE, override)
    await journey.prepare()
    await _all_sessions(journey, VisitScript(surge=AT_THE_PEAK, reply=AT_THE_SECOND_STEP))


async def completes_after_a_hold(journey: Journey) -> None:
    """Answers before a session show a high risk: they are seen at once, held, and resumed by a prescriber."""
    await begin(journey)
    for number in journey.sessions:
        if number == SPECIAL_SESSION:
            await journey.is_at_risk(number)
        await journey.session(number)
    await journey.follow_up()


async def withdraws(journey: Journey) -> None:
    """They withdraw after some sessions."""
    await begin(journey)
    for number in range(1, SPECIAL_SESSION + 1):
        await journey.session(number)
    await journey.withdraw()


async def comes_back(journey: Journey) -> None:
    """They miss a session, which nobody reports until the desk is asked.

    On another day they come, too excited at first, and are dosed after their clearance ran out.
    """
    await begin(journey)
    for number in journey.sessions:
        is_special = number == SPECIAL_SESSION
        if is_special:
            await journey.stays_away(number, unreported=True)
        await journey.session(number, VisitScript(too_high=1, runs_out=True) if is_special else None)
    await journey.follow_up()


async def completes_with_a_pause(journey: Journey) -> None:
    """A course in which nothing happens, but that an infusion is paused for some minutes."""
    await begin(journey)
    await _all_sessions(journey, VisitScript(paused=journey.protocol.medicine.checkpoints.offsets[READINGS_BEFORE]))


CAST: tuple[Script, ...] = (
    Script(name="completes", story=completes, expected=ExpectedEnding(outcome=Outcome.COMPLETED)),
    Script(
        name="warning reading",
        story=completes_after_a_warning,
        expected=ExpectedEnding(outcome=Outcome.COMPLETED, warned=True),
    ),
    Script(
        name="missed reading",
        story=completes_after_a_missed_reading,
        expected=ExpectedEnding(
            outcome=Outcome.COMPLETED,
            late=1,
            calls=(Call(kind=Kind.VITALS_OVERDUE, paged=(NURSE.id,), answered_by=NURSE.id),),
        ),
    ),
    Script(name="ineligible", story=is_ineligible, expected=ExpectedEnding(outcome=Outcome.INELIGIBLE)),
    Script(
        name="override, alarm",
        story=completes_after_an_alarm,
        expected=ExpectedEnding(
            outcome=Outcome.COMPLETED,
            warned=True,
            calls=(Call(kind=Kind.VITALS_URGENT, paged=(NURSE.id, PRESCRIBER.id), answered_by=PRESCRIBER.id),),
            overrides=(OVER_THE_LIMIT,),
        ),
    ),
    Script(
        name="risk, hold",
        story=completes_after_a_hold,
        expected=ExpectedEnding(
            outcome=Outcome.COMPLETED,
            calls=(
                Call(kind=Kind.ITEM9_POSITIVE, paged=(NURSE.id,), answered_by=NURSE.id),
                Call(kind=Kind.SUICIDE_RISK, paged=(NURSE.id, PRESCRIBER.id), answered_by=PRESCRIBER.id),
            ),
            happened=("kap.session.canceled", "kap.course.resumed", "kap.session.rebooked"),
        ),
    ),
    Script(
        name="withdraws",
        story=withdraws,
        expected=ExpectedEnding(outcome=Outcome.WITHDRAWN, happened=("kap.patient.discharged", "kap.patient.withdrew")),
    ),
    Script(
        name="no-show, late dose",
        story=comes_back,
        expected=ExpectedEnding(
            outcome=Outcome.COMPLETED,
            calls=(
                Call(kind=Kind.SESSION_UNREPORTED, paged=(DESK.id,), answered_by=DESK.id),
                Call(kind=Kind.SESSION_MISSED, paged=(DESK.id,), answered_by=DESK.id),
                Call(kind=Kind.DOSE_UNREPORTED, paged=(NURSE.id,), answered_by=NURSE.id),
                Call(kind=Kind.PROTOCOL_DEVIATION, paged=(NURSE.id, PRESCRIBER.id), answered_by=PRESCRIBER.id),
            ),
            happened=("kap.session.missed", "kap.session.rebooked", "kap.deviation.recorded"),
        ),
    ),
    Script(
        name="slip corrected",
        story=completes_after_a_correction,
        expected=ExpectedEnding(
            outcome=Outcome.COMPLETED,
            calls=(Call(kind=Kind.VITALS_EMERGENCY, paged=(NURSE.id, PRESCRIBER.id), answered_by=NURSE.id),),
            happened=("kap.correction.recorded", "kap.escalation.corrected"),
        ),
    ),
)
"""Scripts in the order in which patients get them; after the last the first again."""


def whole(protocol: Protocol) -> Script:
    """The script of a patient who shows a protocol as a whole; it bears the protocol's id."""
    if protocol.route is Route.INTRAVENOUS:
        paused = ExpectedEnding(outcome=Outcome.COMPLETED, happened=("kap.infusion.paused", "kap.infusion.resumed"))
        return Script(name=protocol.id, story=completes_with_a_pause, expected=paused)
    return Script(name=protocol.id, story=completes, expected=ExpectedEnding(outcome=Outcome.COMPLETED))


def scripted(number: int, _random: Random) -> Script:
    """The scripts in turn."""
    return CAST[(number - 1) % len(CAST)]


def everybody(
    patients: int | None,
    seed: int,
    protocol: Protocol,
    others: Sequence[Protocol],
    course_id: Callable[[int], CourseId],
) -> tuple[ScriptPart, ...]:
    """A part for each of so many patients: the scripts in turn, and then one for each of the other protocols.

    None for all of these once.
    """
    in_turn = (*((script, protocol) for script in CAST), *((whole(one), one) for one in others))
    numbers = range(1, (len(in_turn) if patients is None else patients) + 1)
    cast = ((number, *in_turn[(number - 1) % len(in_turn)]) for number in numbers)
    return tuple(_part(f"{seed}/{number}", course_id(number), script, by) for number, script, by in cast)


def parts(
    patients: int,
    seed: int,
    protocol: Protocol,
    course_id: Callable[[int], CourseId],
    script: Callable[[int, Random], Script] = scripted,
) -> tuple[ScriptPart, ...]:
    """A part for each patient, numbered from 1. `course_id` gives a number's course, `script` its script."""

    def part(number: int) -> ScriptPart:
        drawn_from = f"{seed}/{number}"
        casting = Random(f"{drawn_from}/script")  # noqa: S311  not a secret
        return _part(drawn_from, course_id(number), script(number, casting), protocol)

    return tuple(part(number) for number in range(1, patients + 1))


def _part(drawn_from: str, course_id: CourseId, script: Script, protocol: Protocol) -> ScriptPart:
    drawn = patient(Random(f"{drawn_from}/patient"), course_id, protocol)  # noqa: S311  not a secret
    return ScriptPart(script=script, patient=drawn, protocol=protocol, seed=drawn_from)


async def begin(journey: Journey) -> None:
    """Refers, screens and admits the patient, and prepares them."""
    await journey.refer()
    await journey.screen()
    await journey.decide(EligibilityDecision.ELIGIBLE, ELIGIBLE)
    await journey.prepare()


async def _all_sessions(journey: Journey, special: VisitScript) -> None:
    for number in journey.sessions:
        await journey.session(number, special if number == SPECIAL_SESSION else None)
    await journey.follow_up()
