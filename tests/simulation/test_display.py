"""The demonstration shows what the system holds, and says plainly where something is not as it should be."""

import re
from datetime import UTC, datetime

from rich.console import Console, RenderableType

from domain.course.answer import Answer, SessionPosition
from domain.course.session import Stage
from domain.course.state import Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import DoseAdministered
from domain.protocol.model import Protocol
from domain.refusal import Refusal, RefusalCode
from domain.values import Blocker
from simulation.course.staff import PRESCRIBER
from simulation.demo import display
from simulation.demo.clinic import Played
from simulation.demo.inbox import ReceivedPage
from simulation.scripts.scripts import parts
from tests.support.rehearsed import Rehearse

SECOND_DOSE = DoseAdministered(
    id="1",
    source="/simulated-clinic",
    subject="demo-1",
    time=datetime.now(UTC),
    data=DoseAdministered.Data(actor=PRESCRIBER, session=1, mg=30, route="intramuscular"),
)
NO_BOOSTER = Refusal(
    code=RefusalCode.BLOCKED,
    message="no",
    blockers=(Blocker(code="dose.booster_not_allowed", message="no", absolute=True),),
)


def shown(renderable: RenderableType, width: int = 200) -> list[list[str]]:
    """The lines of a table, each as its words."""
    console = Console(width=width, force_terminal=False)
    with console.capture() as captured:
        console.print(renderable)
    return [line.split() for line in captured.get().splitlines() if line.strip()]


async def test_the_table_says_what_was_rehearsed(rehearse: Rehearse, protocol: Protocol) -> None:
    """Sessions, checkpoints, pages, the time to an answer and the PHQ-9 are those of the course's own view."""
    part = parts(3, 1, protocol, lambda number: f"demo-{number}")[2]
    found = (await rehearse(part)).ending

    line = shown(display.endings([Played(part=part, ending=found, troubles=())]))[-1]

    assert found.phq9 is not None
    assert line[:5] == ["demo-3", "missed", "reading", "✓", "completed"]
    assert line[5:9] == [str(found.sessions), str(found.on_time), "1", "1"]
    assert line[9:] == ["0:30", f"{found.phq9[0]}→{found.phq9[1]}"]


async def test_a_course_that_did_not_end_as_scripted_is_shown_as_such(rehearse: Rehearse, protocol: Protocol) -> None:
    """A trouble of any kind crosses its line out."""
    part = parts(1, 1, protocol, lambda number: f"demo-{number}")[0]
    found = (await rehearse(part)).ending
    wrong = Played(part=part, ending=found, troubles=("ledger entry 3: its content does not match its hash",))
    broken_off = Played(part=part, ending=None, troubles=("no answer within 10 s",))

    lines = shown(display.endings([wrong, broken_off]))

    assert lines[-2][:4] == ["demo-1", "completes", "✗", "completed"]
    assert lines[-1] == ["demo-1", "completes", "✗", "none"]
    assert not wrong.is_as_expected
    assert not broken_off.is_as_expected


async def test_the_table_fits_a_narrow_terminal(rehearse: Rehearse, protocol: Protocol) -> None:
    """On 80 columns nothing but a script's name is broken into two lines, and nothing is cut short."""
    cast = parts(9, 1, protocol, lambda number: f"P{number}-8f3c2")
    played = [Played(part=part, ending=(await rehearse(part)).ending, troubles=()) for part in cast]

    text = "\n".join(" ".join(line) for line in shown(display.endings(played), width=80))

    assert "…" not in text
    assert all(
        word in text
        for word in ("sessions", "late", "pages", "answered", "PHQ-9", "✓ ineligible", "✓ withdrawn", "5:20")
    )


def test_the_inbox_shows_each_page_in_a_line() -> None:
    """To whom, what, and of which course; the link is left to the console."""
    page = ReceivedPage(
        at=datetime.now(UTC), person="lind", title="URGENT: reading overdue", body="Course demo-3, session 2\nAnswer: x"
    )

    line = " ".join(shown(display.inbox([page]))[-1])

    assert line == "lind URGENT: reading overdue Course demo-3, session 2"


def test_what_is_refused_is_shown_with_its_reason(protocol: Protocol) -> None:
    """The course's line names the first blocker; nothing else in it moves."""
    board = display.ProgressBoard(parts(1, 1, protocol, lambda number: f"demo-{number}"))

    board.saw_refusal(SECOND_DOSE, NO_BOOSTER)

    assert shown(board)[-1] == ["demo-1", "completes", "0", "waits", "0", "refused:", "dose.booster_not_allowed"]


async def test_what_happened_is_told_as_a_nurse_would_tell_it(rehearse: Rehearse, protocol: Protocol) -> None:
    """Each story of the cast by what is special in it: who, on which day of their course, and a sentence."""
    cast = parts(9, 1, protocol, lambda number: f"demo-{number}")
    news = [one for part in cast for one in (await rehearse(part)).news]
    text = "\n".join(" ".join(line) for line in shown(display.news(news)))

    for patient, sentence in (
        ("demo-2", r"warning: Systolic 1[67]\d is above the limit of 160"),
        ("demo-3", "paged: reading overdue"),
        ("demo-3", "answered by lind after 30 s"),
        ("demo-4", "ineligible: A condition excludes the treatment"),
        ("demo-5", "over screening.systolic_above_limit: Afraid of the cuff"),
        ("demo-5", r"recheck: Systolic \d+ is above the limit of 180"),
        ("demo-5", r"urgent: Systolic \d+ is above the limit of 180"),
        ("demo-5", "paged: urgent review"),
        ("demo-5", "answered by osei after 5 min 20 s"),
        ("demo-6", "PHQ-9 item 9 is answered with [1-3]"),
        ("demo-6", "C-SSRS: high risk"),
        ("demo-6", "held: nobody is dosed"),
        ("demo-6", "resumed: Evaluated again"),
        ("demo-7", "withdrew: Is moving away"),
        ("demo-8", "paged: visit not reported"),
        ("demo-8", "missed session 2"),
        ("demo-8", "session 2 is booked again"),
        ("demo-8", r"session cleared refused: Systolic \d+ is above the pre-dose limit of 140"),
        ("demo-8", "deviates: The clearance is 35 min old"),
        ("demo-8", "paged: deviation to review"),
        ("demo-9", r"emergency: SpO₂ 8\d is below the limit of 90"),
        ("demo-9", "paged: immediate review"),
        ("demo-9", r"corrected: Typed wrong: the oximeter showed 9\d %, not 8\d %"),
    ):
        assert re.search(rf"{patient} +\d+ +{sentence}", text), sentence
    assert "demo-1" not in text


def test_of_many_courses_only_their_number_is_shown() -> None:
    """How many have been played of how many, and how often somebody was called."""
    counter = display.Counter(patients=3)

    counter.saw_refusal(SECOND_DOSE, NO_BOOSTER)
    counter.saw_page("demo-1", Kind.VITALS_OVERDUE)
    counter.saw_end("demo-1")

    assert " ".join(shown(counter)[-1]) == "1 of 3 courses played, 0 events, 1 call for help"


def test_of_a_living_floor_each_event_is_told_in_a_line_once_it_is_open() -> None:
    """By the clock on its wall; whoever comes before that is past."""
    console = Console(width=200, force_terminal=False, highlight=False)
    ticker = display.Ticker(console, "Etc/GMT-2")
    at = datetime(2026, 11, 25, 8, 30, tzinfo=UTC)
    dose = SECOND_DOSE.but(time=at)
    answer = Answer(
        event_id="1",
        course_id="demo-1",
        sequence=9,
        phase=Phase.MEDICINE,
        held=False,
        session=SessionPosition(number=1, stage=Stage.DOSED),
        verdict=None,
        escalations=(),
        blockers=(),
        next=(),
    )

    with console.capture() as before:
        ticker.saw(dose, answer)
    ticker.is_open = True
    with console.capture() as after:
        ticker.saw(dose, answer)
        ticker.saw_refusal(dose, NO_BOOSTER)

    assert before.get() == ""
    assert after.get().splitlines() == [
        "10:30:00  demo-1  dose administered, session 1",
        "10:30:00  demo-1  dose administered refused: no",
    ]
