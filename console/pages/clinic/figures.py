"""The figures page: how well the clinic keeps its protocol, and outcomes, by site and period; also as CSV."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.charts.drawing import Drawing
from console.charts.outcome_change import outcome_change_chart
from console.charts.punctuality import punctuality_chart
from console.charts.waiting import Answering, waiting_chart
from console.errors.problems import ProblemCode, problem_error
from console.pages.floor.board import OrAny
from console.pages.frame.csv_file import csv_file, csv_href
from console.pages.frame.days import Day, begins, ends
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from console.pages.labels import PHASES
from domain.access import Right
from domain.course.state import Phase
from domain.protocol.instruments import instrument_name
from domain.values import Code, Frozen
from domain.views.figures import FleetFigures, MeasureOutcome
from records.board import BoardFilter
from records.figures import Period

PATH: Final = "/figures"
COLUMNS: Final = ("figure", "of", "value")
Reader = Annotated[Viewer, Depends(looking(Right.READ_FIGURES))]

router = APIRouter(include_in_schema=False)


class Figure(Frozen):
    """One number in words, and what it counts."""

    words: str
    value: str


class OutcomeRow(Frozen):
    """Outcomes on one instrument."""

    instrument: str
    courses: int
    baseline: str
    change: str
    response: str
    remission: str


class FiguresPage(Frozen):
    """All figures of the chosen site and period; `csv` is the address of the same as CSV."""

    site: str | None
    since: str
    until: str
    sites: tuple[str, ...]
    csv: str
    phases: tuple[Figure, ...]
    outcomes: tuple[Figure, ...]
    sessions: int
    punctuality: tuple[Drawing, ...]
    waiting: tuple[Drawing, ...]
    change: Drawing | None
    measures: tuple[OutcomeRow, ...]
    left_out: tuple[str, ...]


@router.get(PATH)
async def figures(viewer: Reader, site: OrAny[Code] = None, since: Day = None, until: Day = None) -> Response:
    """Figures of courses that began and escalations that were opened between two days, both included."""
    found = await _figures(viewer, site, since, until)
    sites = (await viewer.services.store.board(BoardFilter(seen_site=viewer.caller.site, limit=1), viewer.now)).sites
    shown = FiguresPage(
        site=site,
        since=since.isoformat() if since else "",
        until=until.isoformat() if until else "",
        sites=sites,
        csv=csv_href(viewer, f"{PATH}.csv"),
        phases=tuple(
            Figure(words=PHASES[Phase(one.phase)], value=str(one.courses))
            for one in found.courses
            if one.outcome is None
        ),
        outcomes=tuple(
            Figure(words=one.outcome.replace("_", " "), value=str(one.courses)) for one in found.courses if one.outcome
        ),
        sessions=found.sessions,
        punctuality=(
            punctuality_chart("checkpoints", "Checkpoint readings", found.checkpoints),
            punctuality_chart("integrations", "Integration talks", found.integrations, missed="not held yet"),
        ),
        waiting=tuple(waiting_chart(str(until), found.waiting, until) for until in Answering if found.waiting),
        change=outcome_change_chart("change", found.measures) if found.measures else None,
        measures=tuple(_outcome(one) for one in found.measures),
        left_out=found.left_out,
    )
    return await floor_page(viewer, PATH, "figures.html", shown)


@router.get(PATH + ".csv")
async def as_csv(viewer: Reader, site: OrAny[Code] = None, since: Day = None, until: Day = None) -> Response:
    """The same figures as CSV: one line for each number, durations in ISO 8601, shares from 0 to 1."""
    found = await _figures(viewer, site, since, until)
    return csv_file("kapstan-figures", COLUMNS, (dict(zip(COLUMNS, line, strict=True)) for line in _lines(found)))


async def _figures(viewer: Viewer, site: str | None, since: date | None, until: date | None) -> FleetFigures:
    if site is not None and not viewer.caller.may_see_site(site):
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {viewer.caller.site}, not {site}")
    zone = viewer.clock(site).zone
    period = Period(
        site=site or viewer.caller.site,
        since=begins(since, zone),
        until=ends(until, zone),
    )
    found = await viewer.services.store.figures(period)
    viewer.saw("figures")
    return found


def _lines(found: FleetFigures) -> Iterator[tuple[str, str, object]]:
    for one in found.courses:
        yield "courses", one.outcome or one.phase, one.courses
    yield "sessions", "", found.sessions
    for words, kept in (("checkpoints", found.checkpoints), ("integrations", found.integrations)):
        yield words, "in_time", kept.in_time
        yield words, "late", kept.late
        yield words, "missed", kept.missed
    for waiting in found.waiting:
        for name, value in waiting.model_dump(exclude={"severity"}).items():
            yield f"escalations_{name}", waiting.severity, _rounded(value)
    for measure in found.measures:
        for name, value in measure.model_dump(exclude={"instrument"}).items():
            yield f"measure_{name}", measure.instrument, _rounded(value)
    for left_out in found.left_out:
        yield "not_counted", left_out, 1


def _rounded(value: object) -> object:
    return round(value, 4) if isinstance(value, float) else value


def _outcome(one: MeasureOutcome) -> OutcomeRow:
    return OutcomeRow(
        instrument=instrument_name(one.instrument),
        courses=one.courses,
        baseline=f"{one.mean_baseline:.1f}",
        change=f"{one.mean_change:+.1f}".replace("-", "−"),
        response=_percent(one.response_share),
        remission=_percent(one.remission_share),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.0%}".replace("%", " %")
