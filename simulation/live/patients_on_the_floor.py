"""The patients who are on the live floor when it opens, and those who come after."""

import heapq
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from operator import attrgetter
from random import Random

from domain.course.state import Outcome
from domain.protocol.instruments import PHQ9
from domain.protocol.model import Protocol
from domain.values import Frozen, Moment
from simulation.course.calendar import around, where_it_is_morning
from simulation.course.ending import ExpectedEnding
from simulation.live.starting_points import FEWEST_SESSIONS, Reckoning, StartingPoint, places
from simulation.patients.patients import Patient, patient
from simulation.patients.questionnaires import Trajectory
from simulation.scripts import incidents
from simulation.scripts.scripts import Script, ScriptPart

SITES = ("bend", "bend", "salem")
ROOMS = ("willow", "juniper", "aspen", "alder")
FIRST_NUMBER = 1001

EARLIEST_REFERRAL, LATEST_REFERRAL = timedelta(hours=23), timedelta(hours=18)
"""How long before the screening visit a patient was referred: on the day before, in office hours."""
SCREENED_AFTER = timedelta(hours=2)
"""Patients referred while the floor is open are screened on the same day, so that there is something to see."""

NEXT_REFERRAL, EACH_REFERRAL = timedelta(minutes=3), timedelta(minutes=25)
NEXT_SESSION, EACH_SESSION = timedelta(minutes=173), timedelta(minutes=35)
KNOWN_BEFORE = timedelta(minutes=50)
"""How often new patients come, and how long before their dose one is taken over from the clinic's other list."""

IN_TURN: tuple[incidents.Special, ...] = (
    incidents.a_warning,
    incidents.nobody_reads(timedelta(minutes=30)),
    incidents.their_escort_is_late,
    incidents.an_alarm,
    incidents.nothing,
    incidents.an_alarm_answered_late,
    incidents.too_high_at_first,
    incidents.a_slip,
)
"""What happens in the sessions of later patients, in turn."""


class Stay(Frozen):
    """One patient's course: when it starts, and from when on it is on the floor."""

    part: ScriptPart
    starts_at: Moment
    known_from: Moment


class FloorRoster:
    """The patients of a floor that opens at `now`. The same seed draws the same people, who have the same days."""

    def __init__(self, protocol: Protocol, now: datetime, seed: int) -> None:
        self._protocol = protocol
        self._now = now
        self._seed = seed
        self._when = Reckoning(protocol)
        found = enumerate(places(self._when))
        drawn = [self._stay(f"{n}", n, place, known_from=now) for n, place in found]
        in_order = sorted(drawn, key=attrgetter("starts_at"))
        self.here = tuple(_numbered(stay, number) for number, stay in enumerate(in_order, start=FIRST_NUMBER))
        """Everybody who is here when it opens, in the order of their referrals."""

    def coming(self) -> Iterator[Stay]:
        """Everybody who comes after, in order, without end."""
        stays = heapq.merge(self._referrals(), self._later_sessions(), key=attrgetter("known_from"))
        for number, stay in enumerate(stays, start=FIRST_NUMBER + len(self.here)):
            yield _numbered(stay, number)

    def _referrals(self) -> Iterator[Stay]:
        for n in count():
            known_in = NEXT_REFERRAL + n * EACH_REFERRAL
            place = StartingPoint(
                name="referred",
                story=incidents.at_session(1),
                first_dose_in=self._when.screening(known_in + SCREENED_AFTER),
                referred_in=known_in,
            )
            yield self._stay(f"referral-{n}", n, place, known_from=self._now + known_in)

    def _later_sessions(self) -> Iterator[Stay]:
        for n in count():
            drawn_from = f"session-{n}"
            session = self._random(drawn_from).randint(1, FEWEST_SESSIONS)
            dose_in = NEXT_SESSION + n * EACH_SESSION
            place = StartingPoint(
                name="session today",
                story=incidents.at_session(session, IN_TURN[n % len(IN_TURN)]),
                first_dose_in=self._when.dose(session, dose_in),
                planned=FEWEST_SESSIONS + 1,
            )
            yield self._stay(drawn_from, n, place, known_from=self._now + dose_in - KNOWN_BEFORE)

    def _stay(self, drawn_from: str, n: int, place: StartingPoint, known_from: datetime) -> Stay:
        random = self._random(f"{drawn_from}/patient")
        drawn = patient(random, f"C-{n}", self._protocol)
        first_dose_at = self._now + place.first_dose_in
        part = ScriptPart(
            script=Script(
                name=place.name,
                story=place.story,
                expected=ExpectedEnding(outcome=Outcome.COMPLETED, is_left_to_chance=True),
            ),
            patient=drawn.but(medicine_sessions=place.planned, moods=_moods(drawn, place)),
            protocol=self._protocol,
            seed=f"{self._seed}/{drawn_from}",
            practice=around(
                first_dose_at, SITES[n % len(SITES)], ROOMS[n % len(ROOMS)], where_it_is_morning(self._now)
            ),
        )
        if place.referred_in is not None:
            starts_at = self._now + place.referred_in
        else:
            before = LATEST_REFERRAL + random.random() * (EARLIEST_REFERRAL - LATEST_REFERRAL)
            starts_at = first_dose_at - self._when.screening(before)
        return Stay(part=part, starts_at=starts_at, known_from=known_from)

    def _random(self, drawn_from: str) -> Random:
        return Random(f"{self._seed}/{drawn_from}")  # noqa: S311  no secret


def _moods(drawn: Patient, place: StartingPoint) -> tuple[Trajectory, ...]:
    if place.phq9 is None:
        return drawn.moods
    start, end = place.phq9
    others = (mood for mood in drawn.moods if mood.instrument != PHQ9)
    return (Trajectory(instrument=PHQ9, start=start, end=end), *others)


def _numbered(stay: Stay, number: int) -> Stay:
    part = stay.part
    return stay.but(part=part.but(patient=part.patient.but(course_id=f"C-{number}")))
