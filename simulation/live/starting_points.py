"""Where the patients of the live floor are in their scripts when it opens, relative to now."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from domain.events.clinic_events import (
    CourseDiscontinued,
    CourseTransferred,
    CourseVoided,
    PatientWithdrew,
)
from domain.protocol.model import Protocol
from domain.values import Actor, Frozen, Role
from simulation.course.calendar import SCREENED_BEFORE, SEEN_AFTER, TALKED_TO_AFTER
from simulation.course.staff import DESK, PRESCRIBER
from simulation.scripts import incidents
from simulation.scripts.scripts import Story, is_ineligible

FEWEST_SESSIONS = 3
GOES_HOME_AFTER = timedelta(hours=2, minutes=4)
"""Approximate time from the dose until a patient leaves."""

PATIENT = Actor(id="patient", role=Role.PATIENT)
MOVES_AWAY = PatientWithdrew.Data(actor=PATIENT, reason="Is moving away, and feels well enough")
NOT_SUITED = PatientWithdrew.Data(actor=PATIENT, reason="Has thought about it again, and would rather not")
NOT_TOLERATED = CourseDiscontinued.Data(actor=PRESCRIBER, reason="Not tolerated well; referred back with a letter")
NEARER_HOME = CourseTransferred.Data(actor=DESK, reason="Has moved", to="a clinic nearer to their home")
TWICE = CourseVoided.Data(actor=DESK, reason="Was entered twice")


def minutes(number: float) -> timedelta:
    """A duration in minutes."""
    return timedelta(minutes=number)


class StartingPoint(Frozen):
    """A patient's script and their place in it: their first dose is, or was, this far from now.

    `planned` is the number of sessions in their plan. `referred_in` is the time from now to their referral, by default
    drawn at random. `phq9` is their total at the start and at the end.
    """

    name: str
    story: Story
    first_dose_in: timedelta
    planned: int = FEWEST_SESSIONS
    referred_in: timedelta | None = None
    phq9: tuple[int, int] | None = None


class Reckoning:
    """Time from now to the first dose, chosen so that some event of the course is `away` from now."""

    def __init__(self, protocol: Protocol) -> None:
        self._interval = protocol.course.interval
        self._talks = protocol.preparation.sessions
        self.protocol = protocol

    def dose(self, session: int, away: timedelta) -> timedelta:
        """The dose of this session is then."""
        return away - self._interval * (session - 1)

    def screening(self, away: timedelta) -> timedelta:
        """The screening visit is then: preparation sessions follow day by day, and the dose two days after the last."""
        return away + timedelta(days=self._talks + 2) + SCREENED_BEFORE

    def talk(self, number: int, away: timedelta) -> timedelta:
        """This preparation session is then."""
        return away + timedelta(days=self._talks - number + 2) - TALKED_TO_AFTER

    def after(self, session: int, length: timedelta, away: timedelta) -> timedelta:
        """They left this session `length` before then."""
        return self.dose(session, away - length - GOES_HOME_AFTER)

    def follow_up(self, sessions: int, after: timedelta, away: timedelta) -> timedelta:
        """The follow-up visit `after` the last session is then."""
        return self.dose(sessions, away - after - SEEN_AFTER)


def places(when: Reckoning) -> Sequence[StartingPoint]:
    """Everybody who is here when the floor opens."""
    return (
        *_in_a_session(when),
        *_not_dosed_as_planned(when),
        *_before_the_first_session(when),
        *_after_a_session(when),
        *_after_the_last_session(when),
        *_left(when),
    )


def _in_a_session(when: Reckoning) -> Iterator[StartingPoint]:
    """Dosed, or about to be: within ten minutes one reading is paged, and one page is not answered before eight."""
    for name, session, away, special in (
        ("their escort is late", 3, minutes(-128), incidents.their_escort_is_late),
        ("had an alarm", 2, minutes(-78), incidents.an_alarm),
        ("alarm that nobody answered", 3, minutes(-50), incidents.an_alarm_answered_late),
        ("reading overdue", 1, minutes(-39), incidents.nobody_reads(minutes(30))),
        ("just dosed", 2, minutes(-12), incidents.nobody_reads(minutes(45))),
        ("too high at first", 1, minutes(2), incidents.too_high_at_first),
        ("session today", 2, minutes(33), incidents.an_alarm),
        ("session today", 3, minutes(68), incidents.a_slip),
        ("session today", 1, minutes(103), incidents.nobody_reads(minutes(15))),
        ("session today", 2, minutes(138), incidents.dosed_late),
    ):
        yield StartingPoint(
            name=name,
            story=incidents.at_session(session, special),
            first_dose_in=when.dose(session, away),
            planned=max(FEWEST_SESSIONS, session + 1),
        )


def _not_dosed_as_planned(when: Reckoning) -> Iterator[StartingPoint]:
    yield StartingPoint(name="no-show", story=incidents.stays_away_from(2), first_dose_in=when.dose(2, minutes(-32)))
    yield StartingPoint(
        name="not reported",
        story=incidents.stays_away_from(2, unreported=True),
        first_dose_in=when.dose(2, minutes(4)),
    )
    yield StartingPoint(
        name="at risk",
        story=incidents.at_risk_before(3),
        first_dose_in=when.dose(3, minutes(14)),
        planned=4,
        phq9=(19, 11),
    )
    seen_again = minutes(20) - timedelta(days=1) - SEEN_AFTER
    yield StartingPoint(name="held", story=incidents.at_risk_before(2), first_dose_in=when.dose(2, seen_again))


def _before_the_first_session(when: Reckoning) -> Iterator[StartingPoint]:
    usual, weighed_since = incidents.at_session(1), minutes(-66) - incidents.WEIGHED_FOR
    for name, story, first_dose_in in (
        ("screening visit next", usual, when.screening(minutes(6))),
        ("screened", usual, when.screening(minutes(-48))),
        ("to decide", incidents.is_weighed, when.screening(timedelta(hours=-20))),
        ("afraid of the cuff", incidents.is_afraid_of_the_cuff, when.screening(weighed_since)),
        ("first talk next", usual, when.talk(1, minutes(40))),
        ("second talk next", usual, when.talk(2, minutes(8))),
        ("second talk tomorrow", usual, when.talk(2, timedelta(hours=22))),
        ("first session tomorrow", usual, when.dose(1, timedelta(hours=25))),
    ):
        yield StartingPoint(name=name, story=story, first_dose_in=first_dose_in)
    yield StartingPoint(
        name="forgotten",
        story=incidents.is_forgotten,
        first_dose_in=when.screening(minutes(-10)),
        referred_in=minutes(4) - when.protocol.screening.within,
    )


def _after_a_session(when: Reckoning) -> Iterator[StartingPoint]:
    talk_within = when.protocol.integration.within
    for name, story, first_dose_in in (
        ("call next", incidents.at_session(1), when.after(1, timedelta(days=1), minutes(5))),
        ("talk next", incidents.at_session(2), when.after(2, talk_within * 2 / 3, minutes(7))),
        ("talk tomorrow", incidents.at_session(3), when.dose(3, timedelta(hours=-29))),
        ("talk overdue", incidents.not_talked_to_after(1), when.after(1, talk_within, minutes(12))),
        ("next session", incidents.at_session(2), when.dose(2, timedelta(days=3, hours=2))),
    ):
        yield StartingPoint(name=name, story=story, first_dose_in=first_dose_in, planned=4)


def _after_the_last_session(when: Reckoning) -> Iterator[StartingPoint]:
    last_visit = when.protocol.follow_up.after[-1]
    for name, first_dose_in, phq9 in (
        ("in remission", when.dose(3, timedelta(days=-34)), (15, 3)),
        ("in response", when.dose(3, timedelta(days=-103)), (19, 8)),
        ("last visit next", when.follow_up(3, last_visit, minutes(8)), (18, 13)),
        ("completed", when.follow_up(3, last_visit, timedelta(days=-9)), (16, 6)),
    ):
        yield StartingPoint(name=name, story=incidents.at_session(3), first_dose_in=first_dose_in, phq9=phq9)


def _left(when: Reckoning) -> Iterator[StartingPoint]:
    ago = timedelta(days=-9)
    for name, story, first_dose_in in (
        ("ineligible", is_ineligible, when.screening(ago)),
        ("declined", incidents.leaves_after(0, NOT_SUITED), when.screening(ago)),
        ("withdrew", incidents.leaves_after(1, MOVES_AWAY), when.dose(1, ago)),
        ("discontinued", incidents.leaves_after(1, NOT_TOLERATED), when.dose(1, 2 * ago)),
        ("died", incidents.dies_after(1), when.dose(1, 2 * ago)),
        ("transferred", incidents.leaves_after(1, NEARER_HOME), when.dose(1, ago)),
        ("entered in error", incidents.leaves_after(0, TWICE), when.screening(2 * ago)),
    ):
        yield StartingPoint(name=name, story=story, first_dose_in=first_dose_in)
