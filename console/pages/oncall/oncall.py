"""The on-call page: whom each severity would page, now or at a moment that is asked for, and who holds each rota."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BeforeValidator

from console.charts.drawing import Drawing, TextSize
from console.charts.oncall_strip import OnDuty, strip_chart
from console.pages.frame.clock import Clock, WallClock, place
from console.pages.frame.csv_file import csv_href
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from console.pages.oncall.pages_sent import PageAbout, openings, pages_lately
from console.pages.oncall.proof import ProofShown, proof_shown
from domain.access import Right
from domain.durations import in_words
from domain.moments import instant, is_skipped, local_moment
from domain.oncall.file import OnCall
from domain.oncall.on_call_view import AHEAD, Called, PolicyNow, Roster, Through, roster
from domain.oncall.rota import Hours, RotaOverride, Weekday
from domain.values import Frozen, PersonId, Severity
from records.errors import RecordStoreError
from records.store import EscalationFilter

PATH: Final = "/oncall"
ESCALATIONS_READ: Final = 50
"""The newest escalations, whose pages are looked through for those sent lately."""

Local = Annotated[datetime | None, BeforeValidator(lambda said: local_moment(said) if said else None), Query()]
"""A date and time of a form, by the clinic's clock; empty means none."""
Chosen = Annotated[str | None, BeforeValidator(lambda said: said or None), Query(max_length=100)]

router = APIRouter(include_in_schema=False)


class PersonShown(Frozen):
    """Somebody who would be paged: why, by which channels, and until when; `absence` if they are not there then."""

    name: str
    role: str
    channels: str
    through: tuple[str, ...]
    absence: str | None


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


class Choice(Frozen):
    """One choice of a form."""

    value: str
    label: str


class StandInAsked(Frozen):
    """Who is to stand in, as it was entered, and the `lines` to paste into the on-call file; or what is `wrong`."""

    rota: str = ""
    person: str = ""
    begins: str = ""
    ends: str = ""
    lines: str | None = None
    wrong: str | None = None


class OnCallPage(Frozen):
    """The ladders, most severe first; the chart of the rotas; the overrides to come.

    `at` is the moment that was asked for, `moment` the same in words; empty and None mean now. `csv` is the address of
    the rotas as CSV, from then on.
    `proof` is None while it is being worked out. `pages` are those sent lately, None if the record cannot be asked.
    `findings` are the errors in the present file, each by its key; the page shows the last good one.
    """

    ladders: tuple[Ladder, ...]
    at: str
    moment: str | None
    wrong: str | None
    rotas: tuple[str, ...]
    people: tuple[Choice, ...]
    stand_in: StandInAsked
    fallback: str
    strip: Drawing
    narrow: Drawing
    stand_ins: tuple[StandIn, ...]
    findings: tuple[tuple[str, str], ...]
    zone: str
    csv: str
    proof: ProofShown | None
    pages: tuple[PageAbout, ...] | None


@router.get(PATH)
async def on_call(
    viewer: Annotated[Viewer, Depends(looking(Right.READ_ONCALL))],
    at: Local = None,
    rota: Chosen = None,
    person: Chosen = None,
    begins: Local = None,
    ends: Local = None,
) -> Response:
    """On call as the on-call file says it, now or `at` a moment; and the lines by which somebody stands in."""
    known, clock = viewer.services.on_call.now(), viewer.clock()
    is_skipped_at = at is not None and is_skipped(at, clock.zone)
    asked = instant(at, clock.zone) if at is not None and not is_skipped_at else None
    shown = roster(known, viewer.now, AHEAD)
    then = shown if asked is None else roster(known, asked, AHEAD)
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
    proof = await viewer.services.proof.of(known, viewer.now)
    seen = OnCallPage(
        ladders=tuple(
            _ladder(policy, clock if asked is None else WallClock(clock.zone, asked), known) for policy in then.policies
        ),
        at=f"{at:%Y-%m-%dT%H:%M}" if at else "",
        moment=clock.local(asked) if asked else None,
        wrong=SKIPPED if is_skipped_at else None,
        rotas=tuple(known.rotas),
        people=tuple(Choice(value=one_id, label=one.name) for one_id, one in known.people.items()),
        stand_in=_stand_in(rota, person, begins, ends, known),
        fallback=", ".join(shown.fallback),
        strip=strip_chart(turns, viewer.now, ends_at, viewer.now, clock.zone),
        narrow=strip_chart(turns, viewer.now, ends_at, viewer.now, clock.zone, TextSize.NARROW),
        stand_ins=_stand_ins(viewer, shown, clock),
        findings=trouble.findings if (trouble := viewer.services.on_call.trouble) else (),
        zone=clock.zone.key,
        csv=csv_href(viewer, f"{PATH}.csv"),
        proof=proof_shown(proof, known) if proof else None,
        pages=await _pages(viewer, clock),
    )
    return await floor_page(viewer, PATH, "oncall.html", seen)


async def _pages(viewer: Viewer, clock: WallClock) -> tuple[PageAbout, ...] | None:
    """The pages sent lately, of what the viewer may see; None while the record store is away."""
    if not viewer.caller.has(Right.READ_ESCALATIONS):
        return ()
    try:
        found = await viewer.services.store.escalations(
            EscalationFilter(site=viewer.caller.site, limit=ESCALATIONS_READ)
        )
    except RecordStoreError:
        return None
    viewer.saw("escalations")
    return pages_lately(viewer, found, await openings(viewer, found), clock)


LOCAL: Final = "%Y-%m-%dT%H:%M:%S"
SKIPPED: Final = "At that time the clock is put forward: it does not exist. Choose the hour after."


def _stand_in(
    rota: str | None, person: PersonId | None, begins: datetime | None, ends: datetime | None, known: OnCall
) -> StandInAsked:
    """The lines for the on-call file; nothing is changed by asking for them."""
    asked = StandInAsked(
        rota=rota or "",
        person=person or "",
        begins=f"{begins:%Y-%m-%dT%H:%M}" if begins else "",
        ends=f"{ends:%Y-%m-%dT%H:%M}" if ends else "",
    )
    if rota is None or person is None or begins is None or ends is None:
        is_begun = any(one is not None for one in (rota, person, begins, ends))
        return asked.but(wrong="Choose the rota, who stands in, from when and until when.") if is_begun else asked
    if rota not in known.rotas or person not in known.people:
        return asked.but(wrong="The rota and the person must be ones of the on-call file.")
    if begins >= ends:
        return asked.but(wrong="The end must be after the beginning.")
    zone = ZoneInfo(known.rotas[rota].timezone)
    if is_skipped(begins, zone) or is_skipped(ends, zone):
        return asked.but(wrong=SKIPPED)
    others = known.rotas[rota].overrides
    if any(begins < other.until and other.from_ < ends for other in others):
        return asked.but(wrong="Somebody else stands in at that time: one must end before the other begins.")
    every = (*others, RotaOverride(person=person, from_=begins, until=ends))
    return asked.but(lines="\n".join(("overrides = [", *map(_override_line, every), "]")))


def _override_line(one: RotaOverride) -> str:
    return f'  {{ person = "{one.person}", from = "{one.from_:{LOCAL}}", until = "{one.until:{LOCAL}}" }},'


def _ladder(policy: PolicyNow, clock: WallClock, known: OnCall) -> Ladder:
    hours = policy.hours
    return Ladder(
        severity=policy.severity,
        steps=tuple(
            LadderStep(
                number=step.step,
                people=tuple(_person(one, clock, known) for one in step.people),
                wait=in_words(step.wait),
            )
            for step in policy.steps
        ),
        resolve_within=in_words(policy.resolve_within),
        max_snooze=in_words(policy.max_snooze) if policy.max_snooze else None,
        hours=_hours(hours) if hours else None,
        pages_at=clock.due(policy.pages_at) if policy.pages_at > clock.now else None,
    )


def _hours(hours: Hours) -> str:
    return f"{_days(hours.days)} {hours.from_:%H:%M} to {hours.until:%H:%M}, by the clock of {place(hours.timezone)}"


def _days(days: Sequence[Weekday]) -> str:
    """Every day, from one day to another, or each by its name."""
    week = list(Weekday)
    known = [day.capitalize() for day in week if day in days]
    first, last = min(map(week.index, days)), max(map(week.index, days))
    if len(known) == len(week):
        return "every day"
    if len(known) > 2 and last - first + 1 == len(known):
        return f"{known[0]} to {known[-1]}"
    return ", ".join(known)


def _person(called: Called, clock: WallClock, known: OnCall) -> PersonShown:
    return PersonShown(
        name=called.name,
        role=called.role,
        channels=", ".join(called.channels) or "no channel",
        through=tuple(_through(one, clock) for one in called.through),
        absence=known.people[called.id].absence(clock.now),
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
