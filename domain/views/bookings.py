"""Bookings: when each visit takes which room and which people, and what is taken twice at once."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from domain.course.course import Course
from domain.course.rules import observation
from domain.course.session import LONG_PAST, MedicineSession, Stage
from domain.values import Actor, CourseId, Frozen, GroupId, Moment, PersonId, Role

_NOBODY: Final = 0.001
"""Fewer monitors than any: whoever has none comes before whoever has too few."""


class Booking(Frozen):
    """One booked visit: from `starts_at` until `ends_at` its room and its people are taken.

    `ends_at` is when the visit was over, or else when it is planned to be: the protocol's `planned_duration` after the
    start, and no sooner than its `minimum_observation` after the dose. While the patient `is_here` it takes longer than
    that if need be. One that `is_off` takes nothing: canceled, missed, or of a course that is closed. Those of one
    `group` of a site are booked together.
    """

    course_id: CourseId
    site: str
    session: int
    stage: Stage
    starts_at: Moment
    ends_at: Moment
    is_here: bool
    is_off: bool
    room: str | None = None
    staff: tuple[Actor, ...] = ()
    group: GroupId | None = None

    @property
    def id(self) -> str:
        """Names it in a list: the course and the number of the session."""
        return f"{self.course_id}~{self.session}"

    def taken_until(self, now: datetime) -> datetime:
        """Until when it takes its room: a patient who is still here keeps it, for a day at most."""
        return min(max(self.ends_at, now), self.ends_at + LONG_PAST) if self.is_here else self.ends_at


class DoubleBooking(Frozen):
    """Another visit that takes the same room, or some of the same people, at the same time."""

    course_id: CourseId
    session: int
    room: str | None = None
    people: tuple[PersonId, ...] = ()


def bookings(course: Course) -> tuple[Booking, ...]:
    """The newest booking of each session of the course, by number. A visit that nobody had booked has none."""
    assert course.referral is not None
    return tuple(
        Booking(
            course_id=course.course_id,
            site=course.referral.data.site,
            session=session.number,
            stage=session.stage,
            starts_at=session.starts_at,
            ends_at=_ends_at(course, session),
            is_here=session.has_the_patient and session.visit_ended_at is None,
            is_off=_is_off(course, session),
            room=session.booking.data.room,
            staff=tuple(Actor(id=one.id, role=one.role) for one in session.booking.data.staff),
            group=session.booking.data.group,
        )
        for session in course.sessions
        if session.booking is not None
    )


class Watched(Frozen):
    """How many patients of a group are there at once, and how many monitors are booked for them."""

    patients: int
    monitors: int

    def is_too_many(self, most: int) -> bool:
        """Whether one monitor would watch more than `most` of them."""
        return self.patients > most * self.monitors


def watched_at_once(group: Iterable[Booking], now: datetime) -> Watched:
    """The moment at which the most patients of this group come to one monitor; nobody, where nobody is booked."""
    taking = [one for one in group if not one.is_off]
    found = []
    for start in taking:
        there = [one for one in taking if one.starts_at <= start.starts_at < one.taken_until(now)]
        monitors = {member.id for one in there for member in one.staff if member.role is Role.MONITOR}
        found.append(Watched(patients=len(there), monitors=len(monitors)))
    return max(found, key=lambda one: one.patients / (one.monitors or _NOBODY), default=Watched(patients=0, monitors=0))


def double_bookings(found: Iterable[Booking], now: datetime) -> Mapping[str, tuple[DoubleBooking, ...]]:
    """What each booking has in common with others of the same time, by its id; only those that have something.

    A room is that of its site, however it is spelled; a person is the same at every site. A group shares both.
    """
    taking = sorted((one for one in found if not one.is_off), key=lambda one: (one.starts_at, one.id))
    clashes: dict[str, tuple[DoubleBooking, ...]] = {}
    for place, one in enumerate(taking):
        until = one.taken_until(now)
        for other in taking[place + 1 :]:
            if other.starts_at >= until:
                break
            for mine, theirs in ((one, other), (other, one)):
                if clash := _in_common(mine, theirs):
                    clashes[mine.id] = (*clashes.get(mine.id, ()), clash)
    return clashes


def same_room(one: str | None, other: str | None) -> bool:
    """Whether these are the names of one room: case and spaces say nothing."""
    return one is not None and other is not None and _plain(one) == _plain(other)


def _in_common(one: Booking, other: Booking) -> DoubleBooking | None:
    if one.group is not None and (one.site, one.group) == (other.site, other.group):
        return None
    room = one.room if one.site == other.site and same_room(one.room, other.room) else None
    people = _people_of_both(one.staff, other.staff)
    if room is None and not people:
        return None
    return DoubleBooking(course_id=other.course_id, session=other.session, room=room, people=people)


def _people_of_both(staff: Sequence[Actor], others: Sequence[Actor]) -> tuple[PersonId, ...]:
    named = {one.id for one in others}
    return tuple(dict.fromkeys(one.id for one in staff if one.id in named))


def _plain(room: str) -> str:
    return " ".join(room.casefold().split())


def _ends_at(course: Course, session: MedicineSession) -> datetime:
    if (ended_at := session.visit_ended_at) is not None:
        return max(ended_at, session.starts_at)
    rules = course.protocol.medicine
    planned = session.starts_at + rules.planned_duration
    if not session.doses:
        return planned
    return max(planned, observation.begun(course.protocol, session).at + rules.minimum_observation)


def _is_off(course: Course, session: MedicineSession) -> bool:
    return session.stage in {Stage.CANCELED, Stage.MISSED} or (course.is_closed and session.is_waiting)
