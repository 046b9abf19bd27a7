"""A story that is looked at: at each of its moments, where it stands, who is asked, and what follows if nobody acts."""

import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from pathlib import Path

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import MODELS, Event
from domain.rehearsal.followed import MET_BY, MOST_LINES, MOST_STEPS, FollowedStory, StoryTooLong, followed
from domain.rehearsal.lines import PageLine
from domain.rehearsal.script import Acknowledges, EventArrives, PersonActs, Script, parse_script
from domain.values import Role, Severity
from domain.views.forecast import PageToCome
from tests.support.cast import MARA, consent, minutes, pinned, vitals
from tests.support.stories import MOST_LINES as MOST_PRINTED
from tests.support.stories import STORIES, each_story, on_call, read_story, recorded

FILES = sorted(STORIES.glob("*.jsonl"))
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


def arrives(event: Event) -> EventArrives:
    return EventArrives(at=event.time, event_id=event.id, type=event.model_dump()["type"], event=event)  # type: ignore[arg-type]


def follow(
    *lines: EventArrives | PersonActs, until: datetime | None = None, most_steps: int = MOST_STEPS
) -> FollowedStory:
    every = (*dosed(), *lines)
    script = Script(course_id=MARA, lines=tuple(sorted(every, key=lambda line: line.at)))
    return followed(script, pinned(), on_call(), {}, until, most_steps)


@lru_cache(maxsize=2)
def follows(path: Path) -> FollowedStory | None:
    """The story of the file; None if it is too long to be followed."""
    story = read_story(path)
    try:
        return followed(parse_script(story.script), pinned(story.protocol), on_call(), {}, story.until)
    except StoryTooLong:
        return None


def shown(page: PageLine | PageToCome) -> tuple[object, ...]:
    return page.at, page.person, page.kind, page.session, page.severity, page.step


@each_story(FILES if "CI" in os.environ else FILES[::10])
def test_what_is_followed_is_what_is_rehearsed(path: Path) -> None:
    """Line by line; or the story is too long to be followed, and then it prints much."""
    lines, told = recorded(path).lines, follows(path)

    if told is None:
        assert len(lines) > MOST_PRINTED
    else:
        assert (*told.lines,) == lines


@each_story(FILES if "CI" in os.environ else FILES[::10])
def test_what_is_foretold_at_the_last_line_is_what_then_comes(path: Path) -> None:
    """The forecast of a moment and the rest of the timeline are the same pages, as far as both look."""
    story = follows(path)
    if story is None:
        return
    then = story.at(story.nobody_acts_from)
    if then.forecast is None:
        return
    until = min(then.forecast.until, story.end.at if not story.end.silenced else then.forecast.until)

    foretold = Counter(shown(one) for one in then.forecast.pages if one.at < until)
    came = Counter(shown(one) for one in story.lines if isinstance(one, PageLine) and then.at < one.at < until)

    assert foretold == came


def test_in_mid_session_the_missed_reading_and_who_is_paged_are_known_beforehand() -> None:
    """The nurse after five minutes; the prescriber too, after ten."""
    then = follow(until=after(3)).at(after(3))

    assert then.view is not None
    assert then.forecast is not None
    assert then.task is not None
    assert (then.view.phase, then.task.words) == (Phase.MEDICINE, "Session 1 of 3: reading")
    assert min(one.passes_at for one in then.view.deadlines) == after(5)
    assert [shown(one) for one in then.forecast.pages[:3]] == [
        (after(5), "lind", Kind.VITALS_OVERDUE, 1, Severity.URGENT, 1),
        (after(10), "lind", Kind.VITALS_OVERDUE, 1, Severity.EMERGENCY, 1),
        (after(10), "osei", Kind.VITALS_OVERDUE, 1, Severity.EMERGENCY, 1),
    ]
    assert (then.pages, then.wanting) == ((), ())


def test_who_was_asked_is_who_was_paged_last_or_who_has_it() -> None:
    """Between two lines of the script too."""
    has_it = Acknowledges(at=after(12), act="acknowledge", kind=Kind.VITALS_OVERDUE, session=1, by="osei")

    story = follow(has_it, until=after(13))

    asked = {at: [one.people for one in story.at(after(at)).wanting] for at in (4, 5, 10, 11, 12)}
    assert asked == {4: [], 5: [("lind",)], 10: [("lind", "osei")], 11: [("lind", "osei", "ward")], 12: [("osei",)]}


def test_what_may_come_next_says_whose_it_is() -> None:
    """As the rules and the protocol have it: they are cleared by a prescriber, and anybody of the staff reads."""
    asked = {one.type: one.roles for one in follow(until=after(1)).at(after(-6)).asked}

    assert asked["kap.session.cleared"] == (Role.PRESCRIBER,)
    assert Role.MONITOR in asked["kap.vitals.recorded"]


def test_what_is_due_says_whose_it_is() -> None:
    """A patient is sent home by a prescriber or the nurse; anybody of the staff takes a reading."""
    due = {one.deadline.kind: one.roles for one in follow(until=after(1)).at(after(1)).due}

    assert due[DeadlineKind.DISCHARGE] == (Role.PRESCRIBER, Role.MONITOR)
    assert {Role.PRESCRIBER, Role.MONITOR, Role.THERAPIST} <= {*due[DeadlineKind.CHECKPOINT]}


def test_every_deadline_is_met_by_an_event_or_by_more_than_one() -> None:
    """A new kind of deadline says whose it is, or stands here."""
    by_several = {DeadlineKind.PHASE, DeadlineKind.HOLD_REVIEW, DeadlineKind.EVENT_REVIEW}

    assert {*DeadlineKind} - by_several - MET_BY.keys() == {
        DeadlineKind.CHECK_IN_REMINDER,
        DeadlineKind.FORM_REMINDER,
    }
    assert MET_BY.keys() & by_several == set()
    assert {*MET_BY.values()} <= MODELS.keys()


def test_at_a_moment_stands_what_had_happened_by_then() -> None:
    """Not what came later; and before the referral there is no course."""
    story = follow(arrives(vitals(MARA, at=after(4))), until=after(30))
    first = story.lines[0].at

    before, begun, dosed_now = (story.at(at) for at in (first - minutes(1), first, DOSED_AT))

    assert (before.view, before.forecast, before.task) == (None, None, None)
    assert begun.view is not None
    assert begun.view.phase is Phase.SCREENING
    assert dosed_now.view is not None
    assert [len(one.doses) for one in dosed_now.view.sessions] == [1]
    assert dosed_now.pages == ()
    assert {one.person for one in story.at(after(30)).pages} >= {"lind", "osei"}


def test_a_story_without_a_referral_has_no_course_at_any_moment() -> None:
    """Its events are refused, and nobody is asked for anything."""
    line = arrives(consent(MARA, at=DOSED_AT))
    script = Script(course_id=MARA, lines=(line,))

    story = followed(script, pinned(), on_call(), {})

    assert [one.what for one in story.lines] == ["refused", "end"]
    assert story.at(DOSED_AT).view is None
    assert story.site is None


def test_a_story_that_would_take_too_long_is_not_begun_or_stopped() -> None:
    """A year between two lines while an emergency is answered by nobody, or more lines than a whole course has."""
    emergency = arrives(vitals(MARA, at=after(1), spo2=80))
    a_year_later = arrives(vitals(MARA, at=DOSED_AT + timedelta(days=366)))
    many = [arrives(vitals(MARA, at=after(each / 10))) for each in range(1, MOST_LINES + 1)]

    with pytest.raises(StoryTooLong, match=r"must come to its end sooner: by 2026-01-\d\d \d\d:\d\d UTC deadlines"):
        follow(emergency, a_year_later)
    with pytest.raises(StoryTooLong, match="must have at most 250 events and acts: it has 266"):
        follow(*many)


def test_the_site_is_the_one_that_the_referral_names() -> None:
    """Whose clock people go by."""
    assert follow(until=after(1)).site == "bend"
