"""What keeps an open course from standing still unseen: its phase, its next dose, the review of a hold."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from domain.course.deadline import Consequence, Deadline, DeadlineKind
from domain.course.rules import risk_screens
from domain.course.session import is_long_past
from domain.course.state import CourseState, Hold, Phase
from domain.course.waking import by_day
from domain.escalation.messages import Kind
from domain.values import Severity

_OVERDUE = Consequence(kind=Kind.PHASE_OVERDUE, severity=Severity.ROUTINE)


def phase(course: CourseState) -> Iterator[Deadline]:
    """The end of the time that the protocol gives a phase."""
    within = {
        Phase.SCREENING: course.protocol.screening.within,
        Phase.PREPARATION: course.protocol.preparation.within,
    }.get(course.phase)
    if within is not None and course.phase_entered_at and course.phase_learned_at:
        yield Deadline(
            kind=DeadlineKind.PHASE,
            due_at=course.phase_entered_at + within,
            learned_at=course.phase_learned_at,
            subject=course.phase,
            consequence=_OVERDUE,
            every=course.protocol.course.ask_again,
        )


def next_dose(course: CourseState) -> Iterator[Deadline]:
    """The longest way to the next dose. A dosed patient goes home first: until then their discharge is awaited.

    One after the series is counted from when it was planned, where that was later than the last dose.
    """
    dosed = course.dosed_sessions
    if course.phase not in {Phase.MEDICINE, Phase.INTEGRATION} or len(dosed) >= course.planned_sessions:
        return
    if any(session.is_monitored and not session.is_watched for session in dosed):
        return
    assert course.phase_entered_at is not None
    assert course.phase_learned_at is not None
    # The first dose is counted from when the patient was prepared, so that nobody who waits for it is forgotten.
    last = dosed[-1].doses[-1] if dosed else None
    number = course.next_session()
    longest = course.spacing_of(number).interval_max if last else course.protocol.course.interval_max
    yield Deadline(
        kind=DeadlineKind.NEXT_DOSE,
        due_at=_counted_from(course, number, last.at if last else course.phase_entered_at) + longest,
        # After a hold it counts as newly learned, so that nobody is paged at the moment of resumption.
        learned_at=max(last.recorded_at if last else course.phase_learned_at, course.phase_learned_at),
        session=number,
        consequence=_OVERDUE,
        every=course.protocol.course.ask_again,
    )


def _counted_from(course: CourseState, number: int, since: datetime) -> datetime:
    plan = course.plan if course.is_maintenance(number) else None
    return max(since, plan.at) if plan is not None else since


def hold_reviews(course: CourseState) -> Iterator[Deadline]:
    """The review of each reason of a hold; reasons of one moment are reviewed together."""
    risk_since, is_at_risk = risk_screens.risk_known_since(course), risk_screens.is_at_risk(course)
    reviews = (_review(course, hold, risk_since, is_at_risk=is_at_risk) for hold in course.holds)
    yield from {review.key: review for review in reviews}.values()


def _review(course: CourseState, hold: Hold, risk_since: datetime | None, *, is_at_risk: bool) -> Deadline:
    """A hold of safety is reviewed sooner, and of a patient at risk of suicide urgently.

    So is any other while the patient is at risk or a question of safety is open, counted from when that was known. One
    that was told of long after it was laid is counted from when it was told.
    """
    rules = course.protocol.course
    laid_at = hold.learned_at if is_long_past(hold.since, hold.learned_at) else hold.since
    is_of_safety = hold.is_safety or risk_since is not None
    after = rules.safety_hold_review if is_of_safety else rules.hold_review
    due_at = laid_at + after
    if not hold.is_safety and risk_since is not None:
        due_at = min(max(laid_at, risk_since) + after, laid_at + rules.hold_review)
    review = Deadline(
        kind=DeadlineKind.HOLD_REVIEW,
        due_at=due_at,
        learned_at=hold.learned_at,
        subject="safety" if is_of_safety else None,
        consequence=Consequence(
            kind=Kind.HOLD_UNREVIEWED, severity=Severity.URGENT if is_of_safety and is_at_risk else Severity.ROUTINE
        ),
        every=after,
    )
    return _asked_by_day(course, review, after) if rules.hold_review_by_day else review


def _asked_by_day(course: CourseState, review: Deadline, after: timedelta) -> Deadline:
    """The same review at an hour at which people are rung up: before it would be due, if it was laid by night."""
    review = review.but(due_at=by_day(course, review.due_at, review.due_at - after))
    if review.passes_at > review.due_at:
        review = review.but(grace=by_day(course, review.passes_at, review.passes_at) - review.due_at)
    passed_at = course.passed.get(review.key)
    if passed_at is None:
        return review
    return review.but(every=by_day(course, passed_at + after, passed_at) - passed_at)


def anything_else(course: CourseState) -> Iterator[Deadline]:
    """The deadline of an open course of which nothing else is asked again: that it goes on at all."""
    assert course.phase_entered_at is not None
    assert course.phase_learned_at is not None
    yield Deadline(
        kind=DeadlineKind.PHASE,
        due_at=course.phase_entered_at + course.protocol.course.interval_max,
        learned_at=course.phase_learned_at,
        subject=course.phase,
        consequence=_OVERDUE,
        every=course.protocol.course.ask_again,
    )
