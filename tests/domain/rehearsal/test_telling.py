"""A rehearsal in words: nothing is left out, and what repeats itself is told once."""

from zoneinfo import ZoneInfo

import pytest

from domain.rehearsal.lines import EndLine, Line
from domain.rehearsal.telling import PAGED, SHOWN_STEPS, THE_END, Told, Tone, told, unfinished
from tests.support.stories import STORIES, on_call, read_story, rehearsal

BEND = ZoneInfo("America/Los_Angeles")
NAMES = ("018-faints-at-the-door", "009a-condition-spelled-out", "ladder-a-missed-reading-climbs-the-ladder")


def played(name: str, *, is_endless: bool = False) -> list[Line]:
    story = read_story(STORIES / f"{name}.jsonl")
    return list(rehearsal(story._replace(until=None) if is_endless else story, on_call()))


def in_words(step: Told) -> str:
    return "".join(piece.text for piece in step.words)


@pytest.mark.parametrize("name", NAMES)
def test_every_line_is_told_once(name: str) -> None:
    """By itself, with the others of its step, or among those that are only counted."""
    lines = played(name)

    telling = [line for step in told(lines, BEND) for line in step.lines]

    assert sorted(map(id, telling)) == sorted(map(id, lines))


def test_steps_are_told_in_order_of_time() -> None:
    """What is counted is told when the escalation moves, or at the end."""
    steps = list(told(played(NAMES[0]), BEND))

    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert steps[-1].what == THE_END


def test_a_ladder_that_nobody_answers_is_counted_after_its_first_steps() -> None:
    """Until when it paged is said by the clock that the reader goes by."""
    steps = list(told(played(NAMES[0]), BEND))
    paged = [step for step in steps if step.what == PAGED and "vitals emergency" in in_words(step)]
    (more,) = (step for step in steps if "of vitals emergency" in in_words(step))

    assert len(paged) == SHOWN_STEPS
    assert in_words(more) == f"and {len(more.lines)} more pages of vitals emergency, session 1, until 13 Jan 2026 13:20"


def test_people_and_severities_are_named_apart_from_the_words() -> None:
    """So that a page may call somebody by their name, and give a severity its shape."""
    first = next(step for step in told(played(NAMES[0]), BEND) if step.what == PAGED)

    assert in_words(first) == "lind, osei: emergency vitals emergency, session 1, step 1"
    assert [(piece.text, piece.tone) for piece in first.words if piece.tone] == [
        ("lind", Tone.PERSON),
        ("osei", Tone.PERSON),
        ("emergency", Tone.SEVERITY),
    ]


def test_what_has_no_end_is_said() -> None:
    """A patient who is not seen to after an emergency is paged about for ever, and falls due for ever."""
    end = played(NAMES[0], is_endless=True)[-1]

    assert isinstance(end, EndLine)
    assert [one.why.partition(",")[0] for one in unfinished(end)][-1:] == ["there is no end to what falls due"]
