"""The stories that the simulated clinic plays, each with the ending it must come to."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from random import Random

from domain.events import EligibilityDecision
from domain.protocol import Protocol
from domain.state import Outcome
from domain.values import CourseId, Frozen
from simulation import physiology
from simulation.ending import Expected
from simulation.journey import NURSE, Journey
from simulation.patients import Patient, patient
from simulation.ward import Ward

SPECIAL_SESSION = 2
"""The session in which something happens, where something does."""

OVERLOOKED_CHECKPOINT = timedelta(minutes=45)
ELIGIBLE = "Adequate trials without benefit; nothing excludes the treatment"
INELIGIBLE = "A condition excludes the treatment; referred back with a letter"

Story = Callable[[Journey], Awaitable[None]]


class Script(Frozen):
    """A story by its name, how it is played, and how it must end."""

    name: str
    story: Story
    expected: Expected


class Part(Frozen):
    """One patient in one script. The same seed draws the same patient, who has the same days."""

    script: Script
    patient: Patient
    protocol: Protocol
    seed: str

    async def play(self, ward: Ward, starts_at: datetime) -> None:
        """Her whole course, from `starts_at`, at the protocol's own durations. Raises `Refused` where it says no."""
        random = Random(f"{self.seed}/days")  # noqa: S311  nothing here is a secret
        await self.script.story(Journey(self.patient, self.protocol, ward, starts_at, random))


async def completes(journey: Journey) -> None:
    """Nothing happens but what the protocol asks for."""
    await _begin(journey)
    for number in journey.sessions:
        await journey.session(number)
    await journey.follow_up()


async def completes_after_a_warning(journey: Journey) -> None:
    """In one session the pressure rises over the warning limit; the nurse looks twice, and it settles."""
    await _begin(journey)
    for number in journey.sessions:
        is_special = number == SPECIAL_SESSION
        response = physiology.high_peak(journey.random, journey.patient.rest) if is_special else None
        await journey.session(number, response)
    await journey.follow_up()


async def completes_after_a_missed_reading(journey: Journey) -> None:
    """In one session nobody takes the 45-minute reading; the nurse is paged, has it, and takes it."""
    await _begin(journey)
    for number in journey.sessions:
        await journey.session(number, unread=OVERLOOKED_CHECKPOINT if number == SPECIAL_SESSION else None)
    await journey.follow_up()


async def is_ineligible(journey: Journey) -> None:
    """The screening names a condition that excludes; the prescriber decides."""
    await journey.refer()
    await journey.screen(journey.random.choice(journey.protocol.screening.absolute))
    await journey.decide(EligibilityDecision.INELIGIBLE, INELIGIBLE)


CAST: tuple[Script, ...] = (
    Script(name="completes", story=completes, expected=Expected(outcome=Outcome.COMPLETED)),
    Script(
        name="warning reading",
        story=completes_after_a_warning,
        expected=Expected(outcome=Outcome.COMPLETED, warned=True),
    ),
    Script(
        name="missed reading",
        story=completes_after_a_missed_reading,
        expected=Expected(outcome=Outcome.COMPLETED, late=1, paged=(NURSE.id,)),
    ),
    Script(name="ineligible", story=is_ineligible, expected=Expected(outcome=Outcome.INELIGIBLE)),
)
"""In the order in which patients are given their scripts; after the last the first again."""


def parts(patients: int, seed: int, protocol: Protocol, course_id: Callable[[int], CourseId]) -> tuple[Part, ...]:
    """As many parts as patients, numbered from 1. `course_id` names the course of a number."""
    return tuple(_part(number, f"{seed}/{number}", protocol, course_id(number)) for number in range(1, patients + 1))


def _part(number: int, seed: str, protocol: Protocol, course_id: CourseId) -> Part:
    drawn = patient(Random(f"{seed}/patient"), course_id, protocol)  # noqa: S311  nothing here is a secret
    return Part(script=CAST[(number - 1) % len(CAST)], patient=drawn, protocol=protocol, seed=seed)


async def _begin(journey: Journey) -> None:
    await journey.refer()
    await journey.screen()
    await journey.decide(EligibilityDecision.ELIGIBLE, ELIGIBLE)
    await journey.prepare()
