"""The demonstration shows what the system holds, and says plainly where something is not as it should be."""

from datetime import UTC, datetime

from rich.console import Console, RenderableType

from domain.protocol import Protocol
from simulation import display
from simulation.cast import parts
from simulation.clinic import Played
from simulation.inbox import ReceivedPage
from tests.simulation.conftest import Rehearse


def shown(renderable: RenderableType) -> list[list[str]]:
    """The lines of a table, each as its words."""
    console = Console(width=200, record=True, quiet=False, file=None, force_terminal=False)
    with console.capture() as captured:
        console.print(renderable)
    return [line.split() for line in captured.get().splitlines() if line.strip()]


async def test_the_table_says_what_was_rehearsed(rehearse: Rehearse, protocol: Protocol) -> None:
    """Sessions, checkpoints, pages, the time to an answer and the PHQ-9 are those of the course's own view."""
    part = parts(3, 1, protocol, lambda number: f"demo-{number}")[2]
    found = (await rehearse(part)).ending

    line = shown(display.endings([Played(part=part, ending=found, troubles=())]))[-1]

    assert found.phq9 is not None
    assert line[:2] == ["demo-3", "completed"]
    assert line[2:6] == ["yes:", "a", "missed", "reading"]
    assert line[6:10] == [str(found.sessions), str(found.on_time), "1", "1"]
    assert line[10:] == ["after", "30", "s", str(found.phq9[0]), "→", str(found.phq9[1])]


async def test_a_course_that_did_not_end_as_scripted_is_shown_as_such(rehearse: Rehearse, protocol: Protocol) -> None:
    """A trouble of any kind turns its line to no."""
    part = parts(1, 1, protocol, lambda number: f"demo-{number}")[0]
    found = (await rehearse(part)).ending
    wrong = Played(part=part, ending=found, troubles=("ledger entry 3: its content does not match its hash",))
    broken_off = Played(part=part, ending=None, troubles=("no answer within 10 s",))

    lines = shown(display.endings([wrong, broken_off]))

    assert lines[-2][2] == "no:"
    assert lines[-1][:3] == ["demo-1", "none", "no:"]
    assert not wrong.is_as_expected
    assert not broken_off.is_as_expected


def test_the_inbox_shows_each_page_in_a_line() -> None:
    """To whom, what, and of which course; the link is left to the console."""
    page = ReceivedPage(
        at=datetime.now(UTC), person="lind", title="URGENT: reading overdue", body="Course demo-3, session 2\nAnswer: x"
    )

    line = " ".join(shown(display.inbox([page]))[-1])

    assert line == "lind URGENT: reading overdue Course demo-3, session 2"
