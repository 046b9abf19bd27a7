"""A rehearsal in the words in which people read it, in a terminal and on a page: repeated pages stand together."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from enum import StrEnum
from itertools import groupby
from typing import Final, NamedTuple

from domain.codes import spoken
from domain.course.verdict import VerdictSeverity
from domain.escalation.messages import Kind
from domain.moments import on_the_calendar
from domain.rehearsal.lines import DeadlineLine, EndLine, EscalationLine, Line, PageLine, ReceivedLine, Reception
from domain.values import Severity, count_of
from domain.views.blocker_labels import words_of_code

SHOWN_STEPS: Final = 6
"""How many steps of an escalation that has not moved are told one by one; one that nobody answers never ends."""

PASSED: Final = "passed"
PAGED: Final = "paged"
THE_END: Final = "the end"


class Tone(StrEnum):
    """What a piece of text is, where it is shown in another way than the rest."""

    SEVERITY = "severity"
    VERDICT = "verdict"
    PERSON = "person"
    REFUSED = "refused"
    DEVIATES = "deviates"
    HELD = "held"
    MORE = "more"


class Piece(NamedTuple):
    """A piece of a sentence. Of a severity or a verdict the text is its value, of a person their id."""

    text: str
    tone: Tone | None = None


Sentence = tuple[Piece, ...]


class Told(NamedTuple):
    """One step of the timeline: when, `what` happened in a word, and the rest; `beneath` is what belongs to it.

    `lines` are those of the rehearsal that it tells. It has no `what` where it tells how many further pages there were.
    """

    at: datetime
    what: str
    words: Sentence
    lines: tuple[Line, ...]
    beneath: tuple[Sentence, ...] = ()


def told(lines: Iterable[Line], zone: tzinfo) -> Iterator[Told]:
    """Every line of a rehearsal, in order of time; moments within a sentence are in this time zone."""
    paging = _Paging(zone)
    for _, together in groupby(lines, _step_of):
        first, *others = together
        match first:
            case ReceivedLine():
                yield Told(first.at, first.what, _received(first), (first,), _against(first))
            case DeadlineLine():
                subject = f" ({spoken(first.subject)})" if first.subject else ""
                words = f"{spoken(first.kind)}{subject}{_session(first.session)}"
                yield Told(first.at, PASSED, (Piece(words),), (first,))
            case EscalationLine():
                yield from paging.moved(first)
                by = (Piece(" by "), Piece(first.by, Tone.PERSON)) if first.by else ()
                about = _about(first.severity, first.kind, first.session)
                yield Told(first.at, first.change, (*about, *by), (first,))
            case PageLine():
                yield from paging.sent([first, *(one for one in others if isinstance(one, PageLine))])
            case EndLine():
                yield from paging.ended(first.at)
                yield Told(first.at, THE_END, _where(first), (first,), tuple(_left(first)))


def _step_of(line: Line) -> object:
    """The same of the pages of one step; any other line is told by itself."""
    return (line.at, line.kind, line.session, line.severity, line.step) if isinstance(line, PageLine) else id(line)


class _Paging:
    """Tells the first pages of each escalation since it moved one by one, and of the others how many they were."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._told: Counter[tuple[Kind, int | None]] = Counter()
        self._left: dict[tuple[Kind, int | None], list[PageLine]] = {}

    def sent(self, pages: Sequence[PageLine]) -> Iterator[Told]:
        first = pages[0]
        escalation = (first.kind, first.session)
        if self._told[escalation] >= SHOWN_STEPS:
            self._left.setdefault(escalation, []).extend(pages)
            return
        self._told[escalation] += 1
        people: list[Piece] = []
        for page in pages:
            people += [Piece(", ")] * bool(people) + [Piece(page.person, Tone.PERSON)]
        about = _about(first.severity, first.kind, first.session)
        yield Told(first.at, PAGED, (*people, Piece(": "), *about, Piece(f", step {first.step}")), tuple(pages))

    def moved(self, line: EscalationLine) -> Iterator[Told]:
        yield from self._counted((line.kind, line.session), line.at)

    def ended(self, at: datetime) -> Iterator[Told]:
        for escalation in tuple(self._left):
            yield from self._counted(escalation, at)

    def _counted(self, escalation: tuple[Kind, int | None], at: datetime) -> Iterator[Told]:
        del self._told[escalation]
        if left := self._left.pop(escalation, []):
            kind, session = escalation
            until = left[-1].at.astimezone(self._zone)
            more = f"and {count_of(len(left), 'more page')} of {spoken(kind)}{_session(session)}"
            words = f"{more}, until {on_the_calendar(until)} {until:%H:%M}"
            yield Told(at, "", (Piece(words, Tone.MORE),), tuple(left))


def _about(severity: Severity, kind: Kind, session: int | None) -> Sentence:
    return Piece(severity, Tone.SEVERITY), Piece(f" {spoken(kind)}{_session(session)}")


def _received(line: ReceivedLine) -> Sentence:
    named = spoken((line.type or "an event without a type").removeprefix("kap.").replace(".", ": "))
    event = Piece(f"{named} ({line.event_id})" if line.event_id else named)
    if line.verdict is None:
        return (event,)
    found = "; ".join(finding.message for finding in line.verdict.findings)
    verdict = Piece(VerdictSeverity(line.verdict.severity), Tone.VERDICT)
    return event, Piece(": "), verdict, *((Piece(f", {found}"),) if found else ())


def _against(line: ReceivedLine) -> tuple[Sentence, ...]:
    """What the protocol has against the event: why it was refused, or how it deviates."""
    if line.what is Reception.REFUSED:
        return ((Piece(line.code or "", Tone.REFUSED), Piece(f": {line.message}")),)
    if line.deviations:
        return ((Piece("deviates", Tone.DEVIATES), Piece(f": {line.message}")),)
    return ()


def _where(line: EndLine) -> Sentence:
    if line.phase is None:
        where = "no course"
    else:
        where = spoken(line.phase) + (f", {spoken(line.outcome)}" if line.outcome else "")
    return Piece(where), *((Piece(", "), Piece("held", Tone.HELD)) if line.held else ())


def _left(line: EndLine) -> Iterator[Sentence]:
    sent = ", ".join(f"{line.pages[one]} {one}" for one in reversed(Severity) if line.pages[one])
    yield (Piece(f"pages: {sent or 'none'}"),)
    for one in line.open:
        yield Piece(f"{one.state}: "), *_about(one.severity, one.kind, one.session)
    if line.next:
        names = (spoken(one.removeprefix("kap.").replace(".", " ")) for one in line.next)
        yield (Piece(f"may come: {', '.join(names)}"),)
    if line.blockers:
        reasons = dict.fromkeys(map(words_of_code, line.blockers))
        yield (Piece(f"what blocks: {'; '.join(reasons)}"),)


class Unfinished(NamedTuple):
    """What was not played to its end, for there is none, and what saying how far time goes on would do about it."""

    why: str
    until: str


def unfinished(line: EndLine) -> Iterator[Unfinished]:
    """Each thing that was not played to its end."""
    if line.silenced:
        still = "an open escalation goes" if len(line.silenced) == 1 else f"{len(line.silenced)} open escalations go"
        yield Unfinished(f"{still} on paging, and no more of its pages are shown", "shows all of them until a moment")
    if line.stopped:
        yield Unfinished("there is no end to what falls due, so time stops here", "says how far it goes on")


def _session(number: int | None) -> str:
    return f", session {number}" if number else ""
