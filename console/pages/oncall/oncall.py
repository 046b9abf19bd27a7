"""The on-call page: whom each severity would page now, step by step, and who holds each rota for four weeks."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.charts.drawing import Drawing, TextSize
from console.charts.oncall_strip import OnDuty, strip_chart
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right
from domain.durations import in_words
from domain.oncall.on_call_view import AHEAD, Called, PolicyNow, Roster, Through, roster
from domain.values import Frozen, Severity

PATH: Final = "/oncall"

router = APIRouter(include_in_schema=False)


class PersonShown(Frozen):
    """Somebody who would be paged: why, by which channels, and until when."""

    name: str
    role: str
    channels: str
    through: tuple[str, ...]


class LadderStep(Frozen):
    """Whom one step pages, and how long it waits."""

    number: int
    people: tuple[PersonShown, ...]
    wait: str


class Ladder(Frozen):
    """The ladder of one severity; `pages_at` if it would not page at once."""

    severity: Severity
    steps: tuple[LadderStep, ...]
    resolve_within: str
    max_snooze: str | None
    hours: str | None
    pages_at: Clock | None


class StandIn(Frozen):
    """An override of a rota: who stands in, from when until when."""

    rota: str
    person: str
    begins: Clock
    ends: Clock


class OnCallPage(Frozen):
    """The ladders, most severe first; the chart of the rotas; the overrides to come.

    `findings` are the errors in the present file, each by its key; the page shows the last good one.
    """

    ladders: tuple[Ladder, ...]
    fallback: str
    strip: Drawing
    narrow: Drawing
    stand_ins: tuple[StandIn, ...]
    findings: tuple[tuple[str, str], ...]
    zone: str


@router.get(PATH)
async def on_call(viewer: Annotated[Viewer, Depends(looking(Right.READ_ONCALL))]) -> Response:
    """On call as the on-call file says at this moment."""
    shown = roster(viewer.services.on_call.now(), viewer.now, AHEAD)
    clock = viewer.clock()
    turns = [
        OnDuty(
            rota=rota.rota,
            person=viewer.name_of(shift.person),
            begins_at=shift.begins_at,
            ends_at=shift.ends_at,
            is_override=shift.is_override,
        )
        for rota in shown.rotas
        for shift in rota.shifts
    ]
    ends_at = viewer.now + AHEAD
    seen = OnCallPage(
        ladders=tuple(_ladder(policy, clock) for policy in shown.policies),
        fallback=", ".join(shown.fallback),
        strip=strip_chart(turns, viewer.now, ends_at, viewer.now, clock.zone),
        narrow=strip_chart(turns, viewer.now, ends_at, viewer.now, clock.zone, TextSize.NARROW),
        stand_ins=_stand_ins(viewer, shown, clock),
        findings=trouble.findings if (trouble := viewer.services.on_call.trouble) else (),
        zone=clock.zone.key,
    )
    return await floor_page(viewer, PATH, "oncall.html", seen)


def _ladder(policy: PolicyNow, clock: WallClock) -> Ladder:
    hours = policy.hours
    return Ladder(
        severity=policy.severity,
        steps=tuple(
            LadderStep(
                number=step.step,
                people=tuple(_person(one, clock) for one in step.people),
                wait=in_words(step.wait),
            )
            for step in policy.steps
        ),
        resolve_within=in_words(policy.resolve_within),
        max_snooze=in_words(policy.max_snooze) if policy.max_snooze else None,
        hours=f"{', '.join(hours.days)} {hours.from_:%H:%M} to {hours.until:%H:%M} ({hours.timezone})"
        if hours
        else None,
        pages_at=clock.due(policy.pages_at) if policy.pages_at > clock.now else None,
    )


def _person(called: Called, clock: WallClock) -> PersonShown:
    return PersonShown(
        name=called.name,
        role=called.role,
        channels=", ".join(called.channels) or "no channel",
        through=tuple(_through(one, clock) for one in called.through),
    )


def _through(through: Through, clock: WallClock) -> str:
    kind, _, name = through.target.partition(":")
    match kind:
        case "rota":
            stands_in = ", standing in" if through.is_override else ""
            return f"rota {name}{stands_in}" + (f" until {clock.local(through.until)}" if through.until else "")
        case "role":
            return f"every {name}"
        case _:
            return "by name"


def _stand_ins(viewer: Viewer, shown: Roster, clock: WallClock) -> tuple[StandIn, ...]:
    return tuple(
        StandIn(
            rota=rota.rota,
            person=viewer.name_of(shift.person),
            begins=clock.at(shift.begins_at),
            ends=clock.at(shift.ends_at),
        )
        for rota in shown.rotas
        for shift in rota.shifts
        if shift.is_override
    )
