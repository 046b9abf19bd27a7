"""The forecast for the terminal: a table of who will be paged if nobody acts, when, about what, and why then."""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from domain.views.forecast import Because, Forecast, PageToCome
from terminal.formatting import away, marked, moment, plain, severity

BECAUSE = {
    Because.OPENED: "nobody has been paged of it yet",
    Because.RAISED: "it has become worse",
    Because.HAPPENED_AGAIN: "it happened again",
    Because.NO_ANSWER: "nobody answered the step before",
    Because.PROMISE_LAPSED: "promised, and not resolved in time",
    Because.SNOOZE_ENDED: "the snooze ends",
    Because.HOURS_BEGIN: "the policy's hours begin",
    Because.NOBODY_REACHED: "the step reaches nobody",
}


def forecast_page(forecast: Forecast) -> RenderableType:
    """The forecast as `kapstan forecast` prints it."""
    return Group(*_parts(forecast))


def _parts(forecast: Forecast) -> Iterator[RenderableType]:
    for one in forecast.unanswered:
        yield marked(
            f"{severity(one.severity)}  {plain(one.kind)}: [red]not foretold[/], {escape(one.why)}  "
            f"[dim]{one.escalation}[/]"
        )
    if forecast.pages:
        yield _pages(forecast.pages, forecast.at)
    else:
        nobody = "Otherwise nobody" if forecast.unanswered else "Nobody"
        yield f"{nobody} will be paged before {moment(forecast.until)}."
    if forecast.cut:
        yield f"And so on: what comes from {moment(forecast.until)} on is not shown."


def _pages(pages: tuple[PageToCome, ...], now: datetime) -> RenderableType:
    table = Table(box=None)
    for heading in ("if nobody acts", "", "severity", "what", "step", "who", "by", "because"):
        table.add_column(heading, no_wrap=True)
    for page in pages:
        table.add_row(
            moment(page.at),
            away(page.at, now),
            severity(page.severity),
            plain(page.kind) + (f", session {page.session}" if page.session else ""),
            str(page.step) if page.step else "fallback",
            f"{escape(page.name)} [dim]({escape(page.person)})[/]",
            escape(", ".join(page.channels)) or "[red]no channel[/]",
            BECAUSE[page.because],
        )
    return table
