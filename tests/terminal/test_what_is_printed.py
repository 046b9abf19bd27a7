"""Clinic strings may hold anything: in a terminal, in a log and on a page they are text, and nothing obeys them."""

import io
import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar

import pytest
from pydantic import ValidationError
from rich.console import Console, RenderableType

from console.pages.frame.error_pages import ErrorPage
from console.pages.frame.rendering import page
from domain.access import TokenRole
from domain.coverage.proof import prove
from domain.escalation.messages import Kind
from domain.harmless import harmless, on_one_line
from domain.oncall.file import OnCall, parse_on_call
from domain.values import Frozen, Severity
from domain.views.course import CourseView, course_view
from domain.views.floor_forecast import floor_forecast
from domain.views.forecast import Because, Forecast, NotForetold, PageToCome
from domain.views.summary import CourseSummary
from gateway.builds import BuildInUse
from gateway.tokens import TokenShown
from logs import configure_logging
from settings import LogFormat
from terminal import lists
from terminal.course import course_page
from terminal.coverage import proof_page
from terminal.forecast import floor_forecast_page, forecast_page
from terminal.printing import harmless_console
from tests.support.paths import ROOT
from tests.support.ward import Ward

NOW: Final = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CLIPBOARD: Final = "\x1b]52;c;Y3VybA==\x07"
POISON: Final = f"[/][link=https://evil.example]x[/link]{CLIPBOARD}\x1b[2J\x9b31m\x7f\r:skull:\u202etxt.exe\u202c"

M = TypeVar("M", bound=Frozen)


def poisoned(model: M) -> M:
    """The model with poison wherever its types let any text in."""
    said = model.model_dump(mode="json", by_alias=True)
    for put in list(_places(said)):
        before = put(POISON)
        try:
            type(model).model_validate(said)
        except ValidationError:
            put(before)
    return type(model).model_validate(said)


def _places(said: Any) -> Iterator[Callable[[str], str]]:
    """Puts a text at each place where one stands; returns the one that stood there."""
    items = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    for key, value in items:
        if isinstance(value, str):

            def put(text: str, key: Any = key) -> str:
                before: str = said[key]
                said[key] = text
                return before

            yield put
        else:
            yield from _places(value)


def printed(what: RenderableType) -> str:
    """What a terminal with colours and links gets."""
    file = io.StringIO()
    harmless_console(
        Console(file=file, force_terminal=True, width=4000, soft_wrap=True, highlight=False, emoji=False)
    ).print(what)
    return file.getvalue()


def obeys(text: str) -> bool:
    """Whether a terminal would do more than to show it in colours."""
    without_colours = re.sub(r"\x1b\[[0-9;]*m", "", text)
    return harmless(without_colours) != without_colours or "]8;" in text


def whole_course() -> CourseView:
    ward = Ward.discharged(Ward("EX-1"))
    return course_view(ward.course, ward.now)


def a_forecast() -> Forecast:
    coming = PageToCome(
        at=NOW,
        escalation="EX-1~vitals_overdue~1~1",
        kind=Kind.VITALS_OVERDUE,
        session=1,
        severity=Severity.URGENT,
        step=1,
        person="lind",
        name="Lind",
        channels=("json",),
        because=Because.OPENED,
    )
    silent = NotForetold(
        escalation="EX-1~suicide_risk~0~1",
        kind=Kind.SUICIDE_RISK,
        session=None,
        severity=Severity.EMERGENCY,
        why="it is away",
    )
    return Forecast(
        course_id="EX-1",
        at=NOW,
        until=NOW,
        cut=True,
        changes=(),
        pages=(coming,),
        unanswered=(silent,),
        fallback=("json",),
    )


def a_clinic() -> OnCall:
    """The on-call file with a gap, in which the nurse has another name."""
    file = ROOT / "examples" / "oncall-gap.toml"
    on_call = parse_on_call(file.read_text(encoding="utf-8"), str(file))
    return on_call.but(people={**on_call.people, "lind": on_call.people["lind"].but(name=POISON)})


def tables() -> Mapping[str, Callable[[], RenderableType]]:
    summary = CourseSummary(
        course_id="EX-1",
        site="bend",
        protocol_id="p",
        protocol_version="1",
        phase="medicine",
        outcome="completed",
        held=True,
        hold_reason="why",
        session=1,
        stage="dosed",
        attention=Severity.URGENT,
        open_escalations=0,
        next_kind="checkpoint",
        next_due_at=NOW,
        started_at=NOW,
        closed_at=None,
        sequence=3,
        ledger_head="0" * 64,
        planned_sessions=6,
    )
    token = TokenShown(
        id="abcd1234",
        role=TokenRole.CLINIC,
        name="a token",
        site="bend",
        speaks_as=(),
        person="lind",
        created_at=NOW,
        last_used_at=None,
        revoked_at=None,
        expires_at=None,
    )
    build = BuildInUse(build="1", is_current=True, courses=2, with_the_patient_here=1, escalations=0, is_needed=True)
    return {
        "builds": lambda: lists.builds([poisoned(build)]),
        "course": lambda: course_page(poisoned(whole_course()), NOW),
        "fleet": lambda: lists.fleet([poisoned(summary)], NOW),
        "forecast": lambda: forecast_page(poisoned(a_forecast())),
        "floor forecast": lambda: floor_forecast_page(
            floor_forecast([poisoned(a_forecast())], {"EX-2": POISON}, NOW, NOW + timedelta(hours=1))
        ),
        "proof": lambda: proof_page(prove(a_clinic(), NOW, NOW + timedelta(days=7)), a_clinic()),
        "tokens": lambda: lists.tokens([poisoned(token)]),
    }


@pytest.mark.parametrize("name", ["builds", "course", "fleet", "floor forecast", "forecast", "proof", "tokens"])
def test_no_clinic_string_breaks_a_table_or_is_obeyed(name: str) -> None:
    """`[/]` in a site once broke `kapstan courses` for everybody; ESC, OSC 52 and links are shown as what they are."""
    shown = printed(tables()[name]())

    assert not obeys(shown)
    assert "[/]" in shown
    assert "\\u001b]52;c;Y3VybA==" in shown
    assert ":skull:" in shown


def test_json_stays_what_it_is() -> None:
    """What is spelled out is spelled as JSON spells it: another program reads the very same text."""
    file = io.StringIO()
    harmless_console(Console(file=file, soft_wrap=True, width=4000)).print_json(json.dumps({"site": POISON}))

    assert not obeys(file.getvalue())
    assert json.loads(file.getvalue()) == {"site": POISON}


@pytest.mark.parametrize("form", [LogFormat.CONSOLE, LogFormat.JSON])
def test_a_log_obeys_nobody(form: LogFormat) -> None:
    """Nor can what was logged begin a line that looks like another's."""
    root, file = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    with redirect_stderr(file):
        listener = configure_logging(form)
        logging.getLogger("kapstan.test").warning("Refused %s", "by \x1b[2J", extra={"site": f"a\nforged line{POISON}"})
        listener.stop()
    root.handlers[:] = before
    root.setLevel(level)

    assert not obeys(file.getvalue())
    assert len(file.getvalue().splitlines()) == 1


def test_a_page_shows_it_as_text() -> None:
    """Markup is text, and nothing turns the direction of what is read."""
    shown = page("message.html", ErrorPage(title="<b>No</b>", message=POISON, href="/", link="a\r\nb"))

    text = bytes(shown.body).decode()
    assert "<b>No" not in text
    assert harmless(text, kept="\r") == text
    assert "a\r\nb" in text


@pytest.mark.parametrize("ordinary", ["Zoë, 京都, مرحبا", "two\nlines\tand a tab", "👩‍⚕️ 5 µg", ""])
def test_ordinary_text_stays_as_it_is(ordinary: str) -> None:
    """In any language, over several lines."""
    assert harmless(ordinary) == ordinary
    assert "\n" not in on_one_line(ordinary)
