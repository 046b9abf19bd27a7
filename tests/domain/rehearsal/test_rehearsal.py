"""What a rehearsal prints follows from the rules and the ladder as it would from the workflows."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import takewhile

from domain.course.course import Course
from domain.escalation.messages import Kind
from domain.events.clinic_events import Event
from domain.protocol.model import Protocol
from domain.rehearsal.lines import DeadlineLine, EndLine, EscalationLine, Line, PageLine, ReceivedLine
from domain.rehearsal.rehearsal import GOES_ON, MOST_MOMENTS, MOST_PAGES, Rehearsal
from domain.rehearsal.script import (
    Acknowledges,
    EventArrives,
    PersonActs,
    Reassigns,
    Resolves,
    Script,
    Snoozes,
    parse_script,
)
from domain.values import Severity
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    WEEKLY,
    consent,
    cssrs,
    migration,
    minutes,
    pinned,
    referral,
    vitals,
)
from tests.support.paths import ROOT
from tests.support.steps import steps_of
from tests.support.stories import STORIES, on_call

DOSED_AT = datetime(2026, 1, 13, 18, tzinfo=UTC)


@cache
def dosed() -> tuple[EventArrives | PersonActs, ...]:
    """A patient up to their first dose, at 10:00 in Bend."""
    names = ("prepared", "here", "cleared", "dosed")
    return parse_script(
        "".join((STORIES / "before" / f"{name}.jsonl").read_text(encoding="utf-8") for name in names)
    ).lines


def after(minutes_later: float) -> datetime:
    return DOSED_AT + minutes(minutes_later)


def arrives(event: Event, at: datetime | None = None) -> EventArrives:
    return EventArrives(at=at or event.time, event_id=event.id, type=event.model_dump()["type"], event=event)  # type: ignore[arg-type]


def play(
    *lines: EventArrives | PersonActs,
    before: Sequence[EventArrives | PersonActs] | None = None,
    until: datetime | None = None,
) -> list[Line]:
    every = (*(dosed() if before is None else before), *lines)
    script = Script(course_id=MARA, lines=tuple(sorted(every, key=lambda line: line.at)))
    return list(Rehearsal(script, pinned(), on_call()).lines(until))


def turns(lines: Iterable[Line]) -> list[tuple[datetime, str, Severity]]:
    return [(one.at, one.change, one.severity) for one in lines if isinstance(one, EscalationLine)]


def pages(lines: Iterable[Line]) -> list[PageLine]:
    return [one for one in lines if isinstance(one, PageLine)]


def the_end(lines: Sequence[Line]) -> EndLine:
    assert isinstance(lines[-1], EndLine)
    return lines[-1]


def test_a_missed_reading_pages_up_the_ladder_and_is_resolved_by_the_reading() -> None:
    """Urgent after five minutes, an emergency after ten, from the first step; the reading ends it by itself."""
    lines = play(arrives(vitals(MARA, at=after(12))), until=after(14))

    assert turns(lines) == [
        (after(5), "opened", Severity.URGENT),
        (after(10), "raised", Severity.EMERGENCY),
        (after(12), "resolved", Severity.EMERGENCY),
    ]
    assert [(one.at, one.person, one.severity, one.step) for one in pages(lines)] == [
        (after(5), "lind", "urgent", 1),
        (after(10), "lind", "emergency", 1),
        (after(10), "osei", "emergency", 1),
        (after(11), "lind", "emergency", 2),
        (after(11), "osei", "emergency", 2),
        (after(11), "ward", "emergency", 2),
    ]
    assert [(one.at, one.kind) for one in lines if isinstance(one, DeadlineLine)] == [
        (after(5), "checkpoint"),
        (after(10), "checkpoint_emergency"),
    ]
    assert the_end(lines).pages == {"emergency": 5, "urgent": 1, "routine": 0}
    assert the_end(lines).open == ()


def test_an_acknowledgement_stops_the_ladder_until_it_lapses() -> None:
    """`resolve_within` later it is open again, and its next step pages."""
    worse = arrives(vitals(MARA, at=after(1), spo2=82))
    has_it = Acknowledges(at=after(2.5), act="acknowledge", kind=Kind.VITALS_EMERGENCY, session=1, by="osei")
    calm = [arrives(vitals(MARA, at=after(each))) for each in (3, 14)]

    lines = play(worse, has_it, *calm, until=after(18))
    emergency = [
        one for one in lines if isinstance(one, PageLine | EscalationLine) and one.kind is Kind.VITALS_EMERGENCY
    ]

    assert turns(emergency) == [
        (after(1), "opened", Severity.EMERGENCY),
        (after(2.5), "acknowledged", Severity.EMERGENCY),
        (after(17.5), "reopened", Severity.EMERGENCY),
    ]
    assert [(one.at, one.step) for one in pages(emergency)] == [
        *[(after(1), 1)] * 2,
        *[(after(2), 2)] * 3,
        *[(after(17.5), 1)] * 2,
    ]


def test_a_second_breach_behind_a_promise_pages_again() -> None:
    """Whoever has it is paged of what is new."""
    has_it = Acknowledges(at=after(2.5), act="acknowledge", kind=Kind.VITALS_EMERGENCY, session=1, by="osei")
    lines = play(
        arrives(vitals(MARA, at=after(1), spo2=82)), has_it, arrives(vitals(MARA, at=after(4), spo2=80)), until=after(4)
    )

    assert (after(4), "reopened", Severity.EMERGENCY) in turns(lines)
    assert [one.step for one in pages(lines) if one.at == after(4)] == [2, 2, 2]


def test_a_snooze_delays_the_ladder_and_a_reassignment_pages_at_once() -> None:
    """Neither is in the ledger, and the rehearsal tells them all the same."""
    snooze = Snoozes.model_validate(
        {"at": after(6), "act": "snooze", "kind": "vitals_overdue", "by": "lind", "for": "PT3M", "note": "On my way"}
    )
    passed = Reassigns(at=after(7), act="reassign", kind=Kind.VITALS_OVERDUE, by="lind", to="ward")

    lines = play(snooze, passed, until=after(9))

    assert turns(lines) == [
        (after(5), "opened", Severity.URGENT),
        (after(6), "snoozed", Severity.URGENT),
        (after(7), "reassigned", Severity.URGENT),
    ]
    assert [(one.at, one.person) for one in pages(lines)] == [(after(5), "lind"), (after(7), "ward")]


def test_what_was_resolved_and_happens_again_is_a_new_escalation() -> None:
    """Whoever resolved it did not know what came after."""
    over = Resolves(at=after(2), act="resolve", kind=Kind.VITALS_EMERGENCY, session=1, by="osei", note="Probe was off")
    lines = play(
        arrives(vitals(MARA, at=after(1), spo2=82)), over, arrives(vitals(MARA, at=after(4), spo2=80)), until=after(4)
    )

    opened = [one.id for one in lines if isinstance(one, EscalationLine) and one.change == "opened"]
    assert opened == [f"{MARA}~vitals_emergency~1~1", f"{MARA}~vitals_emergency~1~2"]


def test_an_act_that_nobody_may_do_is_refused_and_changes_nothing() -> None:
    """An unknown person, an escalation that there is not, one that is resolved."""
    none = Acknowledges(at=after(1), act="acknowledge", kind=Kind.VITALS_OVERDUE, session=1, by="lind")
    stranger = Acknowledges(at=after(6), act="acknowledge", kind=Kind.VITALS_OVERDUE, session=1, by="visitor")
    reading = arrives(vitals(MARA, at=after(7)))
    late = none.but(at=after(8))

    lines = play(none, stranger, reading, late, until=after(8))

    refused = [one for one in lines if isinstance(one, ReceivedLine) and one.what == "refused"]
    assert [(one.at, one.type, one.code) for one in refused] == [
        (after(1), "acknowledge", "unknown_escalation"),
        (after(6), "acknowledge", "invalid"),
        (after(8), "acknowledge", "not_open"),
    ]


def test_a_routine_page_waits_for_the_hours_of_its_policy() -> None:
    """A talk that is overdue in the night is paged when the office opens."""
    start = datetime(2026, 1, 5, 3, tzinfo=UTC)
    lines = play(before=[arrives(referral(MARA, at=start))], until=start + timedelta(days=15))

    assert turns(lines) == [(start + timedelta(days=14), "opened", Severity.ROUTINE)]
    assert [one.at for one in pages(lines)][:1] == [datetime(2026, 1, 19, 16, tzinfo=UTC)]  # Monday, 08:00 in Bend


def test_what_is_received_late_is_decided_when_it_arrives() -> None:
    """The reading of 10:04 comes at 10:07: by then somebody has been paged, and now it is over."""
    lines = play(arrives(vitals(MARA, at=after(4)), after(7)), until=after(8))

    assert turns(lines) == [(after(5), "opened", Severity.URGENT), (after(7), "resolved", Severity.URGENT)]


def test_the_same_event_twice_is_told_as_replayed() -> None:
    """And of another course as unknown: no event is lost in silence."""
    reading = vitals(MARA, at=after(1))
    lines = play(arrives(reading), arrives(reading, after(2)), arrives(vitals("EX-2", at=after(3))), until=after(3))

    told = [(one.what, one.code, one.phase) for one in lines if isinstance(one, ReceivedLine)][-3:]
    assert told == [
        ("accepted", None, "medicine"),
        ("replayed", None, "medicine"),
        ("refused", "unknown_course", "medicine"),
    ]


def test_without_a_referral_there_is_no_course() -> None:
    lines = play(before=[arrives(consent(MARA, at=after(0)))])

    assert [(one.what, getattr(one, "code", None), getattr(one, "phase", "")) for one in lines] == [
        ("refused", "unknown_course", None),
        ("end", None, None),
    ]
    assert the_end(lines).next == ("kap.course.referred",)


def test_a_course_migrates_to_a_version_that_the_rehearsal_is_given() -> None:
    newer: Protocol = WEEKLY.but(version="1.1.0")
    lines = (*dosed()[:6], arrives(migration(MARA, at=datetime(2026, 1, 6, 19, tzinfo=UTC), to_version="1.1.0")))
    script = Script(course_id=MARA, lines=lines)

    def told(versions: dict[str, Protocol]) -> str:
        offered = {name: pinned(one) for name, one in versions.items()}
        *_, last = (one for one in Rehearsal(script, pinned(), on_call(), offered).lines(after(0)) if one.what != "end")
        return last.what

    assert (told({"1.1.0": newer}), told({})) == ("accepted", "refused")


def test_a_ladder_that_nobody_answers_is_cut_and_says_so() -> None:
    """Without a moment until which to play, its pages end; with one, all of them are there."""
    risk = [*dosed()[:1], arrives(cssrs(MARA, at=after(0), items=HAS_A_PLAN))]
    one_day = after(0) + timedelta(days=1)

    cut, whole = play(before=risk), play(before=risk, until=one_day)

    sent = Counter(one.kind for one in pages(cut))
    assert MOST_PAGES <= sent[Kind.SUICIDE_RISK] < MOST_PAGES + len(on_call().people)
    assert f"{MARA}~suicide_risk~0~1" in the_end(cut).silenced
    policy = on_call().policies[Severity.EMERGENCY]
    rounds = one_day - after(0)
    steps = sum(1 for _ in takewhile(lambda at: at <= rounds, policy.elapsed()))
    assert len({one.at for one in pages(whole) if one.kind is Kind.SUICIDE_RISK}) == steps
    assert (the_end(whole).silenced, the_end(whole).stopped, the_end(whole).at) == ((), False, one_day)


def test_what_falls_due_for_ever_is_stopped_and_says_so() -> None:
    """A dosed patient whom nobody measures or discharges has a deadline every few minutes."""
    lines = play()

    assert the_end(lines).stopped
    moments = {one.at for one in lines if isinstance(one, DeadlineLine) and one.at > after(0)}
    assert len(moments) == MOST_MOMENTS


def test_time_goes_on_while_anything_is_due() -> None:
    """A course that was only referred has one deadline; its routine pages go on for more than a year."""
    start = datetime(2026, 1, 5, 17, tzinfo=UTC)
    end = the_end(play(before=[arrives(referral(MARA, at=start))]))

    assert not end.stopped
    assert start + GOES_ON - timedelta(days=5) <= end.at <= start + GOES_ON


def test_a_rehearsal_costs_little_more_than_its_decisions() -> None:
    """It decides each event once and looks at what is due."""
    script = parse_script((ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8"))

    def decides() -> None:
        course = Course.blank(script.course_id, pinned())
        for line in script.lines:
            assert isinstance(line, EventArrives)
            assert line.event is not None
            course = course.accept(line.event, line.at).course

    assert steps_of(lambda: list(Rehearsal(script, pinned(), on_call()).lines())) < 3 * steps_of(decides)
