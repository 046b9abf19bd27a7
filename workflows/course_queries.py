"""What a course says of itself: the same whether its workflow is asked or, after its end, the record."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from domain.course import asking
from domain.course.answer import AlreadyAnswered
from domain.course.asking import Foretold, Intent
from domain.course.course import Course, Decision
from domain.course.projection import Ahead, CallsToCome, calls_to_come
from domain.course.transition import EscalationCommand
from domain.events.clinic_events import ProtocolMigrated
from domain.ledger import LedgerHead
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refused
from domain.values import Blocker
from domain.views.course import CourseView, batch_of, course_view
from domain.views.migration import Foreseen, foreseen
from domain.views.summary import Batch
from workflows.attributes import Shown
from workflows.course_messages import PinnedCourse, Question, Report
from workflows.size_limits import Fullness, History

NOTHING_YET: Final = History(updates=0, size=0)
"""The history of a run that is yet to begin."""

Decided = tuple[Decision, Decision]
"""The deadlines that have passed, and the decision on a report."""


class CourseQueries(NamedTuple):
    """A course as it stands, with the commands to the on-call side that wait to be carried out."""

    shown: Shown
    waiting: tuple[EscalationCommand, ...] = ()

    @classmethod
    def of_ended(cls, course: Course) -> "CourseQueries":
        """What is said of a course whose workflow has ended."""
        return cls(Shown(course, course.deadlines()))

    @property
    def course(self) -> Course:
        """The course itself."""
        return self.shown.course

    def view(self, at: datetime) -> CourseView | None:
        """The view of the course at a moment; None before its referral."""
        return course_view(self.course, at) if self.course.referral is not None else None

    def ask(self, question: Question, decided: Callable[[Report, datetime], Decided] | None = None) -> Foretold:
        """What the report would be answered by `decided`, recording nothing."""
        # It returns what would be raised: an exception out of a query is a failure of the query.
        try:
            passed, decision = (decided or self.decided)(question.report, question.at)
            asking.check_deviations(passed.course, decision, question.at)
        except AlreadyAnswered as known:
            return Foretold(answer=known.answer, replayed=True)
        except Refused as refused:
            return Foretold(refusal=refused.refusal)
        return Foretold(answer=decision.answer)

    def decided(
        self, report: Report, now: datetime, fullness: Fullness | None = None, history: History = NOTHING_YET
    ) -> Decided:
        """Decides on the report, changing nothing. Raises what refuses it."""
        passed = self.course.pass_deadlines(now, self.shown.deadlines)
        decision = passed.course.accept(report.event, now, report.offered, report.request_id, report.sent_by)
        (fullness or Fullness(0, self.course)).check(report.event, decision, self.course, history)
        return passed, decision

    def foresee(self, question: Question) -> Foreseen | None:
        """What the migration would change; None for any other event."""
        event = question.report.event
        if not isinstance(event, ProtocolMigrated):
            return None
        return foreseen(self.course, event, question.at, question.report.offered)

    def in_the_way(self, intent: Intent) -> tuple[Blocker, ...]:
        """The blockers of an act, or the deviations of a fact, that are known whatever it says."""
        return asking.in_the_way(self.course, intent) if self.course.referral is not None else ()

    def calls_to_come(self, ahead: Ahead) -> CallsToCome:
        """The commands that are waiting, and those of every deadline that would pass if nobody acts."""
        return calls_to_come(self.course, ahead, self.waiting)

    def ledger_head(self) -> LedgerHead:
        """The head that the record store's ledger must have."""
        return self.course.head

    def pinned(self) -> PinnedCourse:
        """What is needed besides its ledger to tell the course again."""
        return PinnedCourse(
            protocol=PinnedProtocol(protocol=self.course.protocol, hash=self.course.protocol_hash),
            timezone=self.course.timezone,
            head=self.ledger_head(),
        )

    def as_listed(self, at: datetime) -> Batch | None:
        """What is written with the ledger, without an entry; None before its referral."""
        if self.course.referral is None:
            return None
        return batch_of(self.course, (), at, self.shown.deadlines)
