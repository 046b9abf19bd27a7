"""When a visit takes its room and its people, and what is taken twice at once."""

from datetime import timedelta

from domain.course.session import LONG_PAST, Stage
from domain.values import Actor, CourseId, Role
from domain.views.bookings import (
    Booking,
    DoubleBooking,
    Watched,
    bookings,
    double_bookings,
    watched_at_once,
)
from tests.support.cast import (
    JONAS,
    LIND,
    MARA,
    MONDAY,
    OSEI,
    THORNE,
    abortion,
    booking,
    cancellation,
    days,
    discontinuation,
    dose,
    hours,
    minutes,
    missed,
    rebooking,
)
from tests.support.ward import TICK, Ward


def newest(ward: Ward) -> Booking:
    return bookings(ward.course)[-1]


def test_a_booked_visit_takes_its_room_for_as_long_as_it_is_planned(ward: Ward) -> None:
    """With everybody who was booked for it, in their roles."""
    ward.booked(1)

    found = newest(ward)

    session = ward.course.sessions[-1]
    assert (found.course_id, found.site, found.session, found.stage) == (MARA, "bend", 1, Stage.BOOKED)
    assert (found.starts_at, found.room) == (session.starts_at, "willow")
    assert found.ends_at == session.starts_at + ward.course.protocol.medicine.planned_duration
    assert found.staff == (OSEI, LIND, THORNE)
    assert (found.is_here, found.is_off) == (False, False)


def test_whoever_is_dosed_late_is_there_until_they_may_be_discharged(ward: Ward) -> None:
    """The protocol's least observation after the dose, where that ends after the plan."""
    ward.cleared(1)
    planned = newest(ward).ends_at
    ward.passes(hours(1))
    ward.dosed(1)

    found = newest(ward)

    rules = ward.course.protocol.medicine
    assert found.is_here
    assert found.ends_at == max(planned, ward.course.sessions[-1].doses[-1].at + rules.minimum_observation)


def test_the_room_is_free_once_the_patient_has_gone(ward: Ward) -> None:
    """And until then it is theirs, for a day at most: nobody stays longer, and a visit may have been forgotten."""
    ward.dosed(1)
    here = newest(ward)
    assert here.taken_until(here.ends_at - TICK) == here.ends_at
    assert here.taken_until(here.ends_at + hours(1)) == here.ends_at + hours(1)
    assert here.taken_until(here.ends_at + days(9)) == here.ends_at + LONG_PAST

    ward.discharged(1)

    gone = newest(ward)
    assert (gone.is_here, gone.ends_at) == (False, ward.course.sessions[-1].visit_ended_at)
    assert gone.taken_until(gone.ends_at + hours(1)) == gone.ends_at


def test_a_visit_that_was_aborted_before_its_dose_is_over(ward: Ward) -> None:
    """From then on its room is free."""
    ward.checked_in(1)
    ward.reports(abortion(MARA, 1, at=ward.now + minutes(5)))

    assert newest(ward).ends_at == max(ward.now, newest(ward).starts_at)
    assert not newest(ward).is_here


def test_what_does_not_take_place_takes_nothing(ward: Ward) -> None:
    """Canceled, missed, or of a course that was closed before it."""
    ward.booked(1)
    starts_at = ward.course.sessions[-1].starts_at
    canceled, no_show, closed = [Ward(protocol=ward.course.protocol).booked(1) for _ in range(3)]

    canceled.reports(cancellation(MARA, 1, at=canceled.now))
    no_show.reports(missed(MARA, 1, at=starts_at + hours(1)))
    closed.reports(discontinuation(MARA, at=closed.now))

    assert [newest(one).is_off for one in (ward, canceled, no_show, closed)] == [False, True, True, True]


def test_a_visit_that_was_moved_is_listed_once_and_as_it_is(ward: Ward) -> None:
    """At its new time, with the room and the people that were booked."""
    ward.booked(1)
    later = ward.course.sessions[-1].starts_at + days(1)

    ward.reports(rebooking(MARA, 1, at=ward.now, starts_at=later))

    (found,) = bookings(ward.course)
    assert (found.starts_at, found.room, found.staff) == (later, "willow", (OSEI, LIND, THORNE))


def test_a_dose_that_nobody_had_booked_is_no_booking(ward: Ward) -> None:
    """It took no room that anybody had planned."""
    ward.prepared()
    ward.reports(dose(MARA, 1, at=ward.now))

    assert [one.number for one in ward.course.sessions] == [1]
    assert bookings(ward.course) == ()


HALF_PAST = MONDAY + minutes(30)


def visit(course: CourseId, *, room: str | None = "willow", by: tuple[Actor, ...] = (), **changes: object) -> Booking:
    """An hour of a room from Monday on."""
    return Booking(
        course_id=course,
        site="bend",
        session=1,
        stage=Stage.BOOKED,
        starts_at=MONDAY,
        ends_at=MONDAY + hours(1),
        is_here=False,
        is_off=False,
        room=room,
        staff=by,
    ).but(**changes)


def clashes(*found: Booking, after: timedelta = timedelta()) -> dict[str, tuple[DoubleBooking, ...]]:
    return dict(double_bookings(found, MONDAY + after))


def test_one_room_for_two_at_once_is_booked_twice() -> None:
    """Each says which other; case and spaces are no other room, and another site's is."""
    first, second = visit(MARA), visit(JONAS, room=" Willow", starts_at=HALF_PAST)

    assert clashes(first, second) == {
        "MARA-1~1": (DoubleBooking(course_id=JONAS, session=1, room="willow"),),
        "JONAS-1~1": (DoubleBooking(course_id=MARA, session=1, room=" Willow"),),
    }
    assert clashes(first, second.but(room="oak")) == {}
    assert clashes(first, second.but(site="cork")) == {}
    assert clashes(first.but(room=None), second.but(room=None)) == {}


def test_one_person_for_two_at_once_is_booked_twice() -> None:
    """Wherever, and in whatever role."""
    first = visit(MARA, by=(OSEI, LIND, THORNE))
    second = visit(JONAS, room="oak", site="cork", by=(Actor(id="lind", role=Role.THERAPIST), OSEI))

    assert clashes(first, second)["MARA-1~1"] == (DoubleBooking(course_id=JONAS, session=1, people=("osei", "lind")),)


def test_who_comes_as_the_other_goes_is_not_there_at_once() -> None:
    """The end of one is no part of it: just before it they meet, at it they do not."""
    first = visit(MARA)

    assert clashes(first, visit(JONAS, starts_at=first.ends_at)) == {}
    assert clashes(first, visit(JONAS, starts_at=first.ends_at - TICK)).keys() == {"MARA-1~1", "JONAS-1~1"}


def test_who_is_still_here_keeps_the_next_out() -> None:
    """As long as they are."""
    first, second = visit(MARA, is_here=True), visit(JONAS, starts_at=MONDAY + hours(2), ends_at=MONDAY + hours(3))

    assert clashes(first, second, after=hours(2)) == {}
    assert clashes(first, second, after=hours(2) + TICK) != {}


def test_what_is_off_is_in_nobodys_way() -> None:
    """Nor is anybody in its."""
    assert clashes(visit(MARA, is_off=True), visit(JONAS)) == {}


def test_a_group_shares_its_room_and_its_people() -> None:
    """And nobody else does: neither whoever is in none, nor the group of that name at another site."""
    first, second = visit(MARA, by=(OSEI,), group="circle"), visit(JONAS, by=(OSEI,), group="circle")

    assert clashes(first, second) == {}
    assert clashes(first, second.but(group=None)) != {}
    assert clashes(first.but(group=None), second.but(group=None)) != {}
    assert clashes(first, second.but(site="cork"))["MARA-1~1"][0].people == ("osei",)


def test_a_booking_says_of_which_group_it_is_wherever_it_is_moved(ward: Ward) -> None:
    """Its event's, from its booking on."""
    ward.prepared()
    event = booking(MARA, 1, at=ward.now, starts_at=ward.now + days(1))
    ward.reports(event.but(data=event.data.but(group="circle")))
    ward.reports(rebooking(MARA, 1, at=ward.now, starts_at=ward.now + days(2)))

    assert newest(ward).group == "circle"


def test_a_group_has_as_many_monitors_as_the_protocol_asks_for() -> None:
    """`watched_at_once_max`: so many for each monitor are right, one more is too many; one who left is none of them."""
    here = [visit(f"P-{number}", by=(LIND, THORNE), group="circle") for number in range(4)]
    second = here[0].but(staff=(Actor(id="mbeki", role=Role.MONITOR),))

    assert watched_at_once(here, MONDAY) == Watched(patients=4, monitors=1)
    assert not watched_at_once(here, MONDAY).is_too_many(4)
    assert watched_at_once(here, MONDAY).is_too_many(3)
    assert not watched_at_once([second, *here[1:]], MONDAY).is_too_many(2)
    assert watched_at_once([here[0].but(is_off=True), *here[1:]], MONDAY).patients == 3
    after = here[0].but(starts_at=here[0].ends_at, ends_at=here[0].ends_at + hours(1))
    assert watched_at_once([after, *here[1:]], MONDAY).patients == 3
    assert watched_at_once([], MONDAY).is_too_many(1) is False
    assert watched_at_once([here[0].but(staff=())], MONDAY).is_too_many(4)


def test_three_at_once_each_say_both_others() -> None:
    """In the order in which they start."""
    found = clashes(visit(MARA), visit(JONAS, starts_at=HALF_PAST), visit("NILS-7", starts_at=HALF_PAST))

    assert [one.course_id for one in found["MARA-1~1"]] == [JONAS, "NILS-7"]
    assert {len(others) for others in found.values()} == {2}


def test_a_second_booking_of_one_course_stands_beside_the_first(ward: Ward) -> None:
    """By the number of its session."""
    ward.integrated(1)
    ward.reports(booking(MARA, 2, at=ward.now, starts_at=ward.now + days(7)))

    assert [one.id for one in bookings(ward.course)] == ["MARA-1~1", "MARA-1~2"]
