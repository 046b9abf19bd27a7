"""Whether a medicine session may be booked: its number, its distance from the last dose, its people."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from domain.course.state import CourseState
from domain.durations import in_words
from domain.events.clinic_events import StaffMember
from domain.protocol.model import Protocol
from domain.values import Blocker


def blockers(course: CourseState, number: int, starts_at: datetime, staff: Sequence[StaffMember]) -> Iterator[Blocker]:
    """Why this session may not be booked like this."""
    expected = next_number(course)
    if expected is None or number != expected:
        yield Blocker(
            code="booking.number_not_next",
            message=f"Session {expected} is the next one to book" if expected else "No further session is to be booked",
            absolute=True,
            observed=number,
            limit=expected,
        )
    yield from spacing_blockers(course, starts_at)
    yield from _staff_blockers(course.protocol, staff)


def next_number(course: CourseState) -> int | None:
    """The number of the next session to book: one that fell through, or the one after the last; None for none."""
    if course.session is None:
        return 1
    if course.session.is_waiting or course.session.is_monitored:
        return None
    following = course.session.number if course.session.may_be_booked_again else course.session.number + 1
    return following if following <= course.planned_sessions else None


def spacing_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """Whether `at` lies too close to the last dose."""
    rules = course.protocol.course
    if (last := course.last_dose_at) is not None and at - last < rules.interval_min:
        yield Blocker(
            code="interval.too_short",
            message=f"The last dose was {in_words(at - last)} before; {in_words(rules.interval_min)} are the least",
            observed=in_words(at - last),
            limit=in_words(rules.interval_min),
            source=course.protocol.source_of("course.interval_min"),
        )


def _staff_blockers(protocol: Protocol, staff: Sequence[StaffMember]) -> Iterator[Blocker]:
    rules = protocol.medicine
    source = protocol.source_of("medicine.staff")
    by_role = Counter(member.role for member in staff)
    for role in rules.staff:
        if by_role[role] != 1:
            yield Blocker(
                code=f"booking.{role}_missing" if by_role[role] == 0 else f"booking.{role}_twice",
                message=f"One {role} was expected, {by_role[role]} are booked",
                absolute=True,
                observed=by_role[role],
                limit=1,
                source=source,
            )
    for person, times in Counter(member.id for member in staff).items():
        if times > 1:
            yield Blocker(
                code="booking.person_in_two_roles",
                message=f"{person} is booked in {times} roles; one person per role was expected",
                absolute=True,
                observed=person,
                source=source,
            )
    for member in staff:
        for credential in rules.credentials.get(member.role, ()):
            if credential not in member.credentials:
                yield Blocker(
                    code="booking.credential_missing",
                    message=f"{member.id} does not hold the credential {credential} that a {member.role} needs",
                    absolute=True,
                    observed=member.id,
                    limit=credential,
                    source=protocol.source_of("medicine.credentials"),
                )
