"""Risk screens: an answer that hints at suicide requires a risk screen the same day (CLINICAL.md 5.1).

Whatever else tells of suicide asks for one as well, and before the next dose. Until it is taken, they are at risk.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from typing import Final

from domain.course.history import is_history
from domain.course.measure_history import MeasureTaken, answers
from domain.course.rules import suicidality
from domain.course.state import CourseState, WordOfSuicide
from domain.escalation.messages import Kind
from domain.protocol.instruments import CSSRS, SCREENER_RECALL, instrument_name
from domain.protocol.model import RESOLVERS
from domain.values import Blocker, Code, Frozen, Moment, Severity

_RISKS: Final = frozenset({Kind.SUICIDE_RISK, Kind.ITEM9_POSITIVE})
"""The escalations of a risk of suicide."""


class ScreenOwed(Frozen):
    """A risk screen that an answer or a word of suicide requires and that has not been taken after it.

    It is due at the end of the day on which that was said, by the days of the course's site. Still missing, it is asked
    for by this escalation; where it `waits_for_morning`, by day.
    """

    instrument: Code
    asked_at: Moment
    learned_at: Moment
    due_at: Moment
    kind: Kind
    severity: Severity
    waits_for_morning: bool

    def together_with(self, other: "ScreenOwed") -> "ScreenOwed":
        """What both ask for is one screen: due as soon as the sooner one, and asked for as loudly as the louder."""
        sooner = min(self, other, key=lambda one: (one.due_at, one.learned_at))
        louder = max(self, other, key=lambda one: (one.severity.rank, one.kind is Kind.SUICIDE_RISK))
        waits = self.waits_for_morning and other.waits_for_morning
        return sooner.but(kind=louder.kind, severity=louder.severity, waits_for_morning=waits)


def earlier(course: CourseState, at: datetime, learned_at: datetime) -> Severity | None:
    """How loudly an answer of that moment is told, if it was brought along; None if it is told as any other.

    It is of before the referral, and older than the month that a screener asks about (S47): history, and no danger of
    today. A wrong year is noticed at the decision, for which the answer is missing. So is one that is history.
    """
    referral = course.referral
    is_earlier = referral is not None and at < referral.at and learned_at - at > SCREENER_RECALL
    if is_earlier and course.protocol.screening.earlier_answers is not None:
        return course.protocol.screening.earlier_answers
    return Severity.ROUTINE if is_history(course, Kind.ITEM9_POSITIVE, at, learned_at) else None


def screens_owed(course: CourseState) -> Iterator[ScreenOwed]:
    """The screens owed, one for each instrument: after an answer that requires one, and after any word of suicide.

    A screen from before it does not count. Of the same moment, as when a visit's papers are filed together, it counts
    if it was reported after it.
    """
    owed: dict[Code, ScreenOwed] = {}
    for one in (*_after_answers(course), *_after_words(course)):
        known = owed.get(one.instrument)
        owed[one.instrument] = one if known is None else known.together_with(one)
    yield from owed.values()


def _after_answers(course: CourseState) -> Iterator[ScreenOwed]:
    """Those that the newest answer of a questionnaire requires; by day, unless they are at risk by more than that."""
    for instrument, measure in course.protocol.measures.items():
        rule = measure.item9
        if rule is None:
            continue
        newest = answers(course.measures).newest_hint(instrument, rule.at_least)
        if newest is not None and not _is_after(course.measure(rule.needs), newest.at, newest.sequence):
            waits = rule.waits_for_screen(newest.scored.item9 or 0, newest.recorded_at - newest.at)
            yield ScreenOwed(
                instrument=rule.needs,
                asked_at=newest.at,
                learned_at=newest.recorded_at,
                due_at=_day_ends(course, newest.at) if waits is None else newest.at + waits,
                kind=Kind.ITEM9_POSITIVE,
                severity=earlier(course, newest.at, newest.recorded_at) or rule.severity,
                waits_for_morning=waits is None and not is_known_at_risk(course),
            )


def _after_words(course: CourseState) -> Iterator[ScreenOwed]:
    """The C-SSRS after the last word of suicide; always by day, for nobody sleeps while its escalation is open."""
    word = _unanswered_word(course)
    if word is not None:
        is_past = is_history(course, Kind.SUICIDE_RISK, word.at, word.recorded_at)
        yield ScreenOwed(
            instrument=CSSRS,
            asked_at=word.at,
            learned_at=word.recorded_at,
            due_at=_day_ends(course, word.at),
            kind=Kind.SUICIDE_RISK,
            severity=Severity.ROUTINE if is_past else Severity.URGENT,
            waits_for_morning=True,
        )


def _unanswered_word(course: CourseState) -> WordOfSuicide | None:
    word = suicidality.last_word(course)
    return None if word is None or _is_after(course.measure(CSSRS), word.at, word.sequence) else word


def _day_ends(course: CourseState, moment: datetime) -> datetime:
    return course.day_begins(course.day_of(moment) + timedelta(days=1))


def is_at_risk(course: CourseState, *, beyond_known: bool = False) -> bool:
    """Whether the patient is at risk of suicide: the newest C-SSRS is raised, one is due, or nobody has looked yet.

    One is due after any word of suicide, and after an answer that requires a screen. Nobody has looked at what was told
    late, of a day before the newest C-SSRS, until its escalation is resolved or another one is reported. `beyond_known`
    asks for more than the risk that a prescriber weighed at the decision on eligibility.
    """
    is_known = is_known_at_risk(course, beyond_known=beyond_known)
    return is_known or any(True for _ in screens_owed(course)) or _is_unseen(course, _RISKS)


def is_known_at_risk(course: CourseState, *, beyond_known: bool = False) -> bool:
    """Whether they are at risk by more than an answer in a questionnaire that hints at it."""
    newest = course.measure(CSSRS)
    worst = gravest(course, CSSRS, newest.at) if newest is not None else None
    is_raised = worst is not None and _is_raised(worst) and not (beyond_known and worst.is_known)
    return is_raised or _unanswered_word(course) is not None or _is_unseen(course, {Kind.SUICIDE_RISK})


def gravest(course: CourseState, instrument: Code, at: datetime) -> MeasureTaken | None:
    """The answer that shows the highest risk in the month before that moment, one that was news before a known one."""
    month = answers(course.measures).of_the_month(instrument, at)
    return max(month, key=lambda one: (_rank(one), not one.is_known), default=None)


def _is_raised(taken: MeasureTaken) -> bool:
    return taken.scored.risk is not None and taken.scored.risk.is_raised


def _rank(taken: MeasureTaken) -> int:
    return taken.scored.risk.rank if taken.scored.risk is not None else -1


def risk_known_since(course: CourseState) -> datetime | None:
    """Since when Kapstan has known that the patient is at risk, or that a question of safety is open; None if neither.

    That a risk is told again puts off nothing while its escalation is open.
    """
    grave = (one for one in course.unresolved if one.kind in RESOLVERS and one.severity is not Severity.ROUTINE)
    opened = (one.opened_at for one in grave)
    told = course.risk_told if is_at_risk(course) else None
    return min((*opened, *(() if told is None else (told.recorded_at,))), default=None)


def _is_unseen(course: CourseState, kinds: Collection[Kind]) -> bool:
    """Whether no C-SSRS was reported since a risk was last learned of, and an escalation of these kinds is open."""
    told, last = course.risk_told, answers(course.measures).last_reported(CSSRS)
    if told is None or (last and (last.recorded_at, last.sequence) > (told.recorded_at, told.sequence)):
        return False
    return any(one.kind in kinds for one in course.unresolved)


def _is_after(taken: MeasureTaken | None, at: datetime, sequence: int) -> bool:
    """Whether it was taken after that moment; of the same moment, whether it was reported after that ledger entry."""
    return taken is not None and (taken.at, taken.sequence) > (at, sequence)


def risk_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """The blocker of a raised risk of suicide in the newest answer before that moment, until a newer one is calmer.

    That a human has looked at it does not take it away: before a dose the prescriber weighs it (S47).
    """
    for instrument in course.protocol.measures:
        taken = gravest(course, instrument, at)
        if taken is not None and _is_raised(taken):
            risk = taken.scored.risk
            yield Blocker(
                code=f"measure.{instrument}_raised",
                message=f"The last {instrument_name(instrument)} shows a {risk} risk of suicide"
                f"{', no more than was weighed at the decision on eligibility' if taken.is_known else ''}",
                observed=f"{risk}, as known" if taken.is_known else risk,
            )


def owed_blockers(course: CourseState, at: datetime) -> Iterator[Blocker]:
    """A blocker for each screen that was asked for before that moment, and that has not been taken after it.

    Any word of suicide asks for a C-SSRS, as an answer in a questionnaire may. What is observed is when each asked for
    it: another one asks again, whatever a prescriber has weighed.
    """
    asked: dict[Code, list[Moment]] = {}
    for owed in _after_answers(course):
        if owed.asked_at <= at:
            asked.setdefault(owed.instrument, []).append(owed.asked_at)
    word = suicidality.last_word(course, by=at)
    if word is not None and not _is_after(course.measure_at(CSSRS, at), word.at, word.sequence):
        asked.setdefault(CSSRS, []).append(word.at)
    for instrument, moments in asked.items():
        yield Blocker(
            code=f"measure.{instrument}_missing",
            message=f"{instrument_name(instrument)} has not been taken since an answer or a word that asks for it",
            observed=", ".join(moment.isoformat(timespec="seconds") for moment in moments),
            limit=instrument,
        )
