"""The account of a soak counts what is wrong: of a good one each thing in turn is spoiled, and only that is found."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.ledger import GENESIS, Entry, Note, write
from tests.support.running_stack import Received
from tests.support.soak.account import Account, Course, Danger, Fault, Planted, Sent, Spell

BEGAN = datetime(2026, 12, 1, 2, 0, tzinfo=UTC)
WATCHED, QUIET = "DOSED-1", "HOME-1"
READING, BREACH, ANSWER, AGAIN = "reading", "breach", "answer", "again"
EMERGENCY, OVERDUE = f"{WATCHED}~vitals_emergency~1~1", f"{WATCHED}~vitals_overdue~1~1"


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def ledger(course: str, *notes: tuple[float, Note]) -> list[Entry]:
    """A whole chain of these notes."""
    entries: list[Entry] = []
    for recorded, note in notes:
        head = entries[-1].hash if entries else GENESIS
        entries.append(write(course, len(entries) + 1, head, note, at(recorded)))
    return entries


def told(event: str, seconds: float) -> tuple[float, Note]:
    return seconds, Note(time=at(seconds), type="kap.vitals.recorded", event_id=event, source="/ehr", data={})


def escalation(change: str, of: str, seconds: float) -> tuple[float, Note]:
    _, kind, *_ = of.split("~")
    severity = "emergency" if kind == "vitals_emergency" else "urgent"
    data = {"id": of, "kind": kind, "severity": severity}
    return seconds, Note(time=at(seconds), type=f"kap.escalation.{change}", data={**data})


def missed(seconds: float, due: float) -> tuple[float, Note]:
    return seconds, Note(time=at(seconds), type="kap.checkpoint.missed", data={"due_at": at(due).isoformat()})


def course(entries: list[Entry], *, is_quiet: bool = False) -> Course:
    return Course(entries, len(entries), entries[-1].hash, is_quiet)


WATCHED_LEDGER = (
    told(READING, 1),
    missed(15, due=12),
    escalation("opened", OVERDUE, 15),
    escalation("resolved", OVERDUE, 24),
    told(BREACH, 36),
    escalation("opened", EMERGENCY, 36),
)


def sent(course_id: str, event: str, seconds: float, sequence: int, *escalations: str) -> Sent:
    answered = Counter({200: 2})
    return Sent(course_id, event, at(seconds), at(seconds + 0.5), answered, {sequence}, {*escalations})


def a_page(course_id: str, title: str, seconds: float) -> Received:
    return Received("lind", title, f"Course {course_id}", at(seconds))


GOOD = Account(
    sent=(
        sent(WATCHED, READING, 0.5, 1),
        sent(WATCHED, BREACH, 36, 5, EMERGENCY),
        sent(QUIET, ANSWER, 3, 1),
        sent(QUIET, AGAIN, 5, 2),
    ),
    planted=(Planted(Danger.MISSED, WATCHED, at(12)), Planted(Danger.BREACH, WATCHED, at(36), BREACH)),
    pages=(
        a_page(WATCHED, "URGENT: reading overdue", 16),
        a_page(WATCHED, "EMERGENCY: immediate review", 37),
        a_page(WATCHED, "EMERGENCY: monitoring silent", 50),
    ),
    courses={
        WATCHED: course(ledger(WATCHED, *WATCHED_LEDGER)),
        QUIET: course(ledger(QUIET, told(ANSWER, 3), told(AGAIN, 5)), is_quiet=True),
    },
    spells=(Spell("one worker killed", at(30), at(40), at(70)),),
)


def with_watched(entries: list[Entry]) -> Account:
    return replace(GOOD, courses={**GOOD.courses, WATCHED: course(entries)})


def with_event(event: str, **changes: Any) -> Account:
    return replace(GOOD, sent=tuple(replace(one, **changes) if one.event == event else one for one in GOOD.sent))


def without(event: str) -> Account:
    notes = (told("another", 1) if note[1].event_id == event else note for note in WATCHED_LEDGER)
    return with_watched(ledger(WATCHED, *notes))


SPOILED: Mapping[str, tuple[Fault, Callable[[], Account]]] = {
    "an accepted event is in no ledger": (Fault.LOST, lambda: without(READING)),
    "an event stands twice": (
        Fault.DOUBLED,
        lambda: with_watched(ledger(WATCHED, *WATCHED_LEDGER, told(READING, 60))),
    ),
    "two sequences were told of it": (Fault.DOUBLED, lambda: with_event(READING, sequences={1, 2})),
    "another sequence was told than it has": (Fault.DOUBLED, lambda: with_event(READING, sequences={2})),
    "it stands before one that had been accepted": (
        Fault.DISORDERED,
        lambda: with_event(AGAIN, sent_at=at(1), accepted_at=at(1.5)),
    ),
    "a true event was refused": (
        Fault.REFUSED,
        lambda: replace(GOOD, sent=(*GOOD.sent, Sent(QUIET, "never", at(8), statuses=Counter({422: 1})))),
    ),
    "nobody saw that a reading was missing": (
        Fault.UNSEEN,
        lambda: replace(GOOD, planted=(Planted(Danger.MISSED, WATCHED, at(24)),)),
    ),
    "a breach called for nothing": (Fault.UNSEEN, lambda: with_event(BREACH, escalations=set())),
    "nobody was paged": (Fault.UNPAGED, lambda: replace(GOOD, pages=GOOD.pages[:1])),
    "they were paged too late": (
        Fault.UNPAGED,
        lambda: replace(GOOD, pages=(GOOD.pages[0], a_page(WATCHED, "EMERGENCY: immediate review", 101))),
    ),
    "a page about a patient at home": (
        Fault.NEEDLESS,
        lambda: replace(GOOD, pages=(*GOOD.pages, a_page(QUIET, "URGENT: reading overdue", 60))),
    ),
    "a page that nothing asked for": (
        Fault.NEEDLESS,
        lambda: replace(GOOD, pages=(*GOOD.pages, a_page(WATCHED, "URGENT: check-in missed", 60))),
    ),
    "a page before anything asked for it": (
        Fault.NEEDLESS,
        lambda: replace(GOOD, pages=(*GOOD.pages, a_page(WATCHED, "EMERGENCY: immediate review", 2))),
    ),
    "an entry is missing": (
        Fault.BROKEN,
        lambda: with_watched([one for one in GOOD.courses[WATCHED].ledger if one.sequence != 4]),
    ),
    "Temporal has more": (
        Fault.BROKEN,
        lambda: replace(GOOD, courses={**GOOD.courses, QUIET: replace(GOOD.courses[QUIET], sequence=3)}),
    ),
}


def test_of_a_good_one_nothing_is_found() -> None:
    """Nor of a page that came as late as it may, of one settled before, or of the watch's own."""
    late = replace(GOOD, pages=(a_page(WATCHED, "EMERGENCY: immediate review", 100), GOOD.pages[2]))

    assert list(GOOD.findings()) == []
    assert list(late.findings()) == []


@pytest.mark.parametrize("what", SPOILED)
def test_what_is_spoiled_is_found(what: str) -> None:
    """Under its own name."""
    fault, spoiled = SPOILED[what]

    assert fault in {one.fault for one in spoiled().findings()}


def test_what_happened_is_put_down_to_the_fault_of_its_moment() -> None:
    """From when it began until things have settled."""
    assert [GOOD.name_at(at(seconds)) for seconds in (29, 30, 70, 71)] == [
        "nothing",
        "one worker killed",
        "one worker killed",
        "nothing",
    ]


def waits(account: Account) -> list[float | None]:
    """After how many seconds each call had its page."""
    return [None if waited is None else waited.total_seconds() for _, waited in account.first_pages()]


def test_a_page_waited_from_its_call_or_from_when_what_was_away_came_back() -> None:
    """The breach's came before that: it has not waited at all. One that never came has no time."""
    assert waits(GOOD) == [1, 0]
    assert waits(replace(GOOD, pages=())) == [None, None]


def test_a_page_for_another_call_says_nothing_of_one_that_was_over() -> None:
    """Somebody had it before anybody was paged: the next one's page is not late for it."""
    later = (a_page(WATCHED, "URGENT: reading overdue", 300), GOOD.pages[1])

    assert waits(replace(GOOD, pages=later)) == [0]
