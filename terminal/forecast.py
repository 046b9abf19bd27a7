"""The forecast for the terminal: who will be paged if nobody acts, when, about what, and why then.

Of one course each page, of the whole floor each person's next hour.
"""

from collections.abc import Iterator
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.table import Table

from domain.values import count_of
from domain.views.floor_forecast import FloorForecast, PersonAhead
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


def floor_forecast_page(forecast: FloorForecast) -> RenderableType:
    """The next hour of the floor as `kapstan forecast` prints it without a course."""
    return Group(*_floor_parts(forecast))


def _floor_parts(forecast: FloorForecast) -> Iterator[RenderableType]:
    for course in forecast.unanswered:
        about = f"{severity(course.severity)}  {plain(course.kind)}, " if course.severity and course.kind else ""
        yield marked(f"{about}[cyan]{escape(course.course_id)}[/]: [red]not foretold[/], {escape(course.why)}")
    if forecast.people:
        yield _people(forecast.people, forecast.at)
    else:
        nobody = "Otherwise nobody" if forecast.unanswered else "Nobody"
        yield f"{nobody} will be paged before {moment(forecast.until)}."
    for cut in forecast.cut:
        yield marked(f"[cyan]{escape(cut.course_id)}[/]: what comes from {moment(cut.until)} on is not shown.")


def _people(people: tuple[PersonAhead, ...], now: datetime) -> RenderableType:
    table = Table(box=None)
    table.add_column("who")
    for heading in ("if nobody acts", "", "severity", "course"):
        table.add_column(heading, no_wrap=True)
    for heading in ("what", "then"):
        table.add_column(heading)
    for person in people:
        for place, pages in enumerate(person.about_each):
            first, *others = pages
            table.add_row(
                _who(person) if place == 0 else "",
                moment(first.at),
                away(first.at, now),
                severity(first.severity),
                f"[cyan]{escape(first.course_id)}[/]",
                plain(first.kind) + (f", session {first.session}" if first.session else ""),
                f"{count_of(len(others), 'more page')} until {others[-1].at.astimezone():%H:%M}" if others else "",
            )
    return table


def _who(person: PersonAhead) -> str:
    unreachable = "" if person.channels else " [red]no channel[/]"
    return f"{escape(person.name)} [dim]({escape(person.person)})[/]{unreachable}"


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
