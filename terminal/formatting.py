"""Marks, colours and times, the same in every listing. Severity shows as shape, word and colour."""

from datetime import datetime

from rich.markup import escape
from rich.text import Text

from domain.durations import in_words
from domain.values import Blocker, Severity

MARKS = {Severity.EMERGENCY: "▲", Severity.URGENT: "◆", Severity.ROUTINE: "●"}
STYLES = {Severity.EMERGENCY: "bold red", Severity.URGENT: "yellow", Severity.ROUTINE: "blue"}


def marked(markup: str) -> Text:
    """The text of this markup, in its colours; a word between colons stays as it is."""
    return Text.from_markup(markup, emoji=False)


def severity(value: Severity | None) -> str:
    """`◆ urgent`, in its colour; a dash where there is none."""
    return f"[{STYLES[value]}]{MARKS[value]} {value}[/]" if value else "–"


def moment(at: datetime | None) -> str:
    """A moment in this terminal's time zone, to the minute."""
    return at.astimezone().strftime("%Y-%m-%d %H:%M") if at else "–"


def away(at: datetime, now: datetime) -> str:
    """`in 14 min`, or `[red]3 min late`."""
    if at >= now:
        return f"in {_short(at, now)}"
    return f"[red]{_short(now, at)} late[/]"


def _short(later: datetime, earlier: datetime) -> str:
    return " ".join(in_words(later - earlier).split()[:4])


def plain(code: str) -> str:
    """A code as words: `follow_up` is `follow up`."""
    return code.replace("_", " ")


def deviations(found: tuple[Blocker, ...]) -> str:
    """`deviates: …` with what the protocol has against an accepted fact; nothing if it has nothing."""
    return f"  [yellow]deviates[/]: {escape('; '.join(one.message for one in found))}" if found else ""
