"""Reviews of the plan: the prescriber prescribes again once it is known what the sessions so far have done."""

from collections.abc import Iterator
from datetime import datetime

from domain.course.recorded import known_at
from domain.course.rules.dose_bounds import events_of
from domain.course.session import MedicineSession
from domain.course.state import CourseState
from domain.protocol.model import CourseRules
from domain.values import Blocker


def blockers(course: CourseState, before: MedicineSession, at: datetime) -> Iterator[Blocker]:
    """The reviews that are due at that moment; `before` is the last dosed session before the one that is asked about.

    A plan is one from that session's end on, and of an event, once it had been told.
    """
    rules, source = course.protocol.course, course.protocol.source_of
    plan = known_at(course.plans, at)
    number = _reviewed_after(rules, len(course.dosed_sessions))
    if number is not None:
        reviewed = course.session_numbered(number)
        if plan is None or plan.at < ended_at(reviewed if reviewed is not None and reviewed.doses else before):
            yield Blocker(
                code="plan.review_due",
                message=f"The prescriber's review after session {number} has not been done",
                limit=number,
                source=source("course.review_after_session"),
            )
    if not rules.review_after_event or not (events := events_of(course, before)):
        return
    told_at = max(one.opened_at for one in events)
    if plan is None or plan.at < ended_at(before) or plan.recorded_at < told_at:
        yield Blocker(
            code="plan.review_due",
            message=f"Session {before.number} had an urgent event; the prescriber's review has not been done",
            observed=events[-1].id,
            limit=before.number,
            source=source("course.review_after_event"),
        )


def ended_at(session: MedicineSession) -> datetime:
    """When a dosed session had ended, for a review of it: as the patient went, or with the last dose until then."""
    gone = session.gone
    return gone.at if gone is not None else session.doses[-1].at


def _reviewed_after(rules: CourseRules, sessions: int) -> int | None:
    """The newest session after which the prescriber must have reviewed, of so many held; None if it is not due yet."""
    first, every = rules.review_after_session, rules.review_every
    if first is None or sessions < first:
        return None
    return first if every is None else first + (sessions - first) // every * every
