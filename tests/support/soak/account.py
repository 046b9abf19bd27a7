"""The account of a soak: what the clinic was told, held against ledgers, courses and pages; each difference is counted.

It knows nothing of the rules: what was planted it was told, and what must be there it reads in what Kapstan answered.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from domain.escalation.messages import PHRASES, Change, Kind
from domain.ledger import Entry
from domain.values import CourseId, Severity
from tests.support.running_stack import Received

PAGED_WITHIN: Final = timedelta(seconds=60)
"""How long after an escalation was opened, and after what was away came back, its first page may take."""

BETWEEN: Final = "nothing"
"""The name of the time in which nothing was away."""


@dataclass(frozen=True)
class Spell:
    """One fault: since when, when it was over, and until when what it did is put down to it."""

    fault: str
    began: datetime
    returned: datetime
    until: datetime


@dataclass
class Sent:
    """An event, since when it was sent, and what was answered: each status with the sequence that it told, if any."""

    course: CourseId
    event: str
    sent_at: datetime
    accepted_at: datetime | None = None
    statuses: Counter[int] = field(default_factory=Counter)
    sequences: set[int] = field(default_factory=set)
    escalations: set[str] = field(default_factory=set)


class Danger(StrEnum):
    """What was planted: a reading that nobody took, or one that nobody may overlook."""

    MISSED = "missed checkpoint"
    BREACH = "breach"


@dataclass(frozen=True)
class Planted:
    """A danger: the checkpoint's moment, or the event that told of it."""

    danger: Danger
    course: CourseId
    at: datetime
    event: str | None = None


@dataclass(frozen=True)
class Course:
    """What is left of a course: its ledger as recorded, and where Temporal says that it ends.

    Of one that `is_quiet` nothing was reported that anybody should have been paged for.
    """

    ledger: Sequence[Entry]
    sequence: int
    head: str
    is_quiet: bool = False


class Fault(StrEnum):
    """What must never happen."""

    LOST = "lost"
    DOUBLED = "doubled"
    DISORDERED = "out of order"
    REFUSED = "refused"
    UNSEEN = "unseen"
    UNPAGED = "unpaged"
    NEEDLESS = "needless pages"
    BROKEN = "broken ledgers"


@dataclass(frozen=True)
class Finding:
    """One that happened, when, and what it is about."""

    fault: Fault
    at: datetime
    words: str


@dataclass(frozen=True)
class Account:
    """Everything that a soak left behind."""

    sent: Sequence[Sent]
    planted: Sequence[Planted]
    pages: Sequence[Received]
    courses: Mapping[CourseId, Course]
    spells: Sequence[Spell]

    def findings(self) -> Iterator[Finding]:
        """Whatever was lost, doubled, out of order, unseen, unpaged, needless or broken."""
        yield from self._of_events()
        for course_id, course in self.courses.items():
            yield from self._of_chain(course_id, course)
            yield from self._of_pages(course_id, course)
        yield from self._of_dangers()

    def spell_at(self, moment: datetime) -> Spell | None:
        """The fault that what happened at that moment is put down to."""
        return next((one for one in self.spells if one.began <= moment <= one.until), None)

    def name_at(self, moment: datetime) -> str:
        """Its name."""
        spell = self.spell_at(moment)
        return spell.fault if spell else BETWEEN

    def first_pages(self) -> Iterator[tuple[Entry, timedelta | None]]:
        """Each escalation that somebody had to be paged for, and after how long they were, if they were.

        Counted from when what was away came back; no time at all where the page did not wait for that. One that was
        over before its page came needed none.
        """
        for course_id, course in self.courses.items():
            for opened in _urgent(course.ledger):
                page, ended = self._page_of(course_id, opened), _ended(course.ledger, opened)
                if page is None:
                    yield opened, None
                elif ended is None or page.at <= ended:
                    yield opened, max(page.at - self._back(opened.recorded_at), timedelta())

    def _back(self, moment: datetime) -> datetime:
        spell = self.spell_at(moment)
        return max(moment, spell.returned) if spell else moment

    def _of_events(self) -> Iterator[Finding]:
        found: dict[CourseId, dict[str, list[int]]] = {}
        for course_id, course in self.courses.items():
            by_event = found.setdefault(course_id, {})
            for entry in course.ledger:
                if entry.event_id is not None:
                    by_event.setdefault(entry.event_id, []).append(entry.sequence)
        for one in self.sent:
            stands = found.get(one.course, {}).get(one.event, [])
            is_accepted = any(status in {200, 201} for status in one.statuses)
            words = f"{one.event} of {one.course}: told {dict(one.statuses)} {sorted(one.sequences)}, stands {stands}"
            if is_accepted and not stands:
                yield Finding(Fault.LOST, one.sent_at, words)
            if len(stands) > 1 or len(one.sequences) > 1 or (is_accepted and stands and {*stands} != one.sequences):
                yield Finding(Fault.DOUBLED, one.sent_at, words)
            if not is_accepted:
                yield Finding(Fault.REFUSED, one.sent_at, words)
        for course_id in self.courses:
            yield from self._of_order([one for one in self.sent if one.course == course_id and one.accepted_at])

    def _of_order(self, sent: Sequence[Sent]) -> Iterator[Finding]:
        """What was sent once the one before it had been accepted stands after it."""
        done = sorted(sent, key=lambda one: one.accepted_at or one.sent_at)
        highest, at = 0, 0
        for one in sorted(sent, key=lambda one: one.sent_at):
            while at < len(done) and (accepted := done[at].accepted_at) is not None and accepted < one.sent_at:
                highest, at = max(highest, *done[at].sequences), at + 1
            if one.sequences and min(one.sequences) <= highest:
                yield Finding(Fault.DISORDERED, one.sent_at, f"{one.event} of {one.course} stands before {highest}")

    def _of_chain(self, course_id: CourseId, course: Course) -> Iterator[Finding]:
        entries = course.ledger
        is_counted = [one.sequence for one in entries] == list(range(1, len(entries) + 1))
        is_linked = all(one.previous_hash == before.hash for before, one in pairwise(entries))
        is_whole = bool(entries) and (entries[-1].sequence, entries[-1].hash) == (course.sequence, course.head)
        if not (is_counted and is_linked and is_whole):
            at = entries[-1].recorded_at if entries else self.spells[-1].until
            words = f"{course_id}: counted {is_counted}, linked {is_linked}, as Temporal has it {is_whole}"
            yield Finding(Fault.BROKEN, at, words)

    def _of_pages(self, course_id: CourseId, course: Course) -> Iterator[Finding]:
        for opened in _urgent(course.ledger):
            page, ended = self._page_of(course_id, opened), _ended(course.ledger, opened)
            by = self._back(opened.recorded_at) + PAGED_WITHIN
            if (page is None or page.at > by) and (ended is None or ended > by):
                came = f"paged at {page.at}" if page else "never paged"
                yield Finding(Fault.UNPAGED, opened.recorded_at, f"{opened.data['id']} of {opened.recorded_at}: {came}")
        for page in _about(self.pages, course_id):
            if page.title.endswith(PHRASES[Kind.ORCHESTRATOR_SILENT]):
                continue  # the watch's own, while nothing answers it
            had = [one for one in _opened(course.ledger) if one.recorded_at <= page.at]
            if course.is_quiet or not any(page.title.endswith(_title(one)) for one in had):
                yield Finding(Fault.NEEDLESS, page.at, f"{page.person} was told {page.title!r} of {course_id}")

    def _page_of(self, course_id: CourseId, opened: Entry) -> Received | None:
        pages = _about(self.pages, course_id)
        return next((one for one in pages if one.title.endswith(_title(opened)) and one.at >= opened.recorded_at), None)

    def _of_dangers(self) -> Iterator[Finding]:
        for one in self.planted:
            if not (self._is_missed(one) if one.danger is Danger.MISSED else self._is_called_for(one)):
                yield Finding(Fault.UNSEEN, one.at, f"{one.danger} of {one.course} at {one.at}")

    def _is_missed(self, one: Planted) -> bool:
        missed = (entry for entry in self.courses[one.course].ledger if entry.type == "kap.checkpoint.missed")
        due = (datetime.fromisoformat(str(entry.data["due_at"])) for entry in missed)
        return any(abs(moment - one.at) < timedelta(seconds=1) for moment in due)

    def _is_called_for(self, one: Planted) -> bool:
        told = next(sent.escalations for sent in self.sent if (sent.course, sent.event) == (one.course, one.event))
        return bool(told & {str(entry.data["id"]) for entry in _opened(self.courses[one.course].ledger)})


def _opened(ledger: Iterable[Entry]) -> Iterator[Entry]:
    return (one for one in ledger if one.type == f"kap.escalation.{Change.OPENED}")


def _urgent(ledger: Iterable[Entry]) -> Iterator[Entry]:
    return (one for one in _opened(ledger) if Severity(str(one.data["severity"])) is not Severity.ROUTINE)


def _ended(ledger: Iterable[Entry], opened: Entry) -> datetime | None:
    """When an escalation needed nobody any more: somebody had it, or it was over."""
    answers = {f"kap.escalation.{one}" for one in (Change.ACKNOWLEDGED, Change.RESOLVED)}
    ended = (one.recorded_at for one in ledger if one.type in answers and one.data["id"] == opened.data["id"])
    return next(ended, None)


def _title(opened: Entry) -> str:
    return PHRASES[Kind(str(opened.data["kind"]))]


def _about(pages: Iterable[Received], course_id: CourseId) -> list[Received]:
    return [one for one in pages if f"Course {course_id}" in one.body]
