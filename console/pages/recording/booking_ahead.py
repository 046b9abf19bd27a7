"""What a booking's form shows before anything is sent: the protocol's window, and who has the room or the people."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue, TypeAdapter, ValidationError

from console.access.bookings import clashes_of, rooms_of
from console.errors.problems import ProblemError
from console.pages.floor.rooms import PATH as ROOMS
from console.pages.floor.rooms import taken_twice
from console.pages.frame.viewer import Viewer
from console.pages.recording.fields import Option
from domain.course.session import Stage
from domain.events.parsing import Decoded
from domain.refusal import Refusal, Refused
from domain.values import Actor, CourseId, Frozen, Moment
from domain.views.bookings import Booking, DoubleBooking
from domain.views.course import BookingWindow, CourseView
from gateway.workflow_calls import TooMany, Unavailable
from records.errors import RecordStoreError

BOOKED: Final = "kap.session.booked"
MOVED: Final = "kap.session.rebooked"
BOOKS: Final = frozenset({BOOKED, MOVED})

CHECK: Final = "check"
"""The name of the button that asks and records nothing."""

TOLD_WITHIN: Final = timedelta(seconds=5)
"""Longest wait for the course's answer and for the record: the form works without either."""

BEGINS_NOW: Final = timedelta(minutes=5)
"""How long ago a visit may start that begins now: a form names the minute, and takes some to fill in."""

FIRST: Final = "No dose was given before it: the protocol asks for no distance"
NOT_KNOWN: Final = "The record store does not answer: whether the room and the people are free cannot be told now"

_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(Moment)


class BookingAhead(Frozen):
    """The `window` in words, and the day of the site's rooms, `rooms_at`.

    Once it was checked, `is_checked`: `refused` is what the protocol has against it, blank where it has nothing,
    `clashes` that its start has passed, and what is taken at that time.
    """

    window: tuple[str, ...]
    rooms_at: str
    is_checked: bool = False
    refused: tuple[str, ...] = ()
    clashes: tuple[str, ...] = ()


def ahead(viewer: Viewer, view: CourseView) -> BookingAhead:
    """What is known before anything was entered."""
    clock = viewer.clock(view.site)
    found = view.booking
    target = found.aimed_at or found.earliest if found else None
    day = max(target, viewer.now) if target else viewer.now
    return BookingAhead(
        window=tuple(_window(viewer, view.site, found)) if found else (),
        rooms_at=f"{ROOMS}?day={day.astimezone(clock.zone).date()}&site={view.site}",
    )


async def checked(viewer: Viewer, view: CourseView, event: Mapping[str, JsonValue]) -> BookingAhead:
    """The same with what would be answered if this event were sent now, and what is taken then. Nothing is recorded."""
    refusal = await refused(viewer, event)
    shown = ahead(viewer, view).but(
        is_checked=True,
        refused=_reasons(refusal),
        clashes=(*passed(viewer, view.site, event), *await clashes(viewer, view, event, not_known=NOT_KNOWN)),
    )
    starts_at = starts_at_of(event)
    if starts_at is None:
        return shown
    day = starts_at.astimezone(viewer.clock(view.site).zone).date()
    return shown.but(rooms_at=f"{ROOMS}?day={day}&site={view.site}")


def passed(viewer: Viewer, site: str | None, event: Mapping[str, JsonValue]) -> Iterator[str]:
    """That the visit would have started before now, as a sentence: it may be recorded late, or be a slip of the day."""
    starts_at = starts_at_of(event)
    if event["type"] in BOOKS and starts_at is not None and starts_at < viewer.now - BEGINS_NOW:
        yield f"The start, {viewer.clock(site).local(starts_at)}, has passed already"


async def refused(viewer: Viewer, event: Mapping[str, JsonValue]) -> Refusal | ProblemError | None:
    """Why the event would be refused now; None if it would not be, or where that cannot be told."""
    try:
        async with asyncio.timeout(TOLD_WITHIN.total_seconds()):
            await viewer.services.reporting.ask(viewer.caller, Decoded(dict(event)))
    except Refused as told:
        return told.refusal
    except ProblemError as told:
        return told
    except (Unavailable, TooMany, RecordStoreError, TimeoutError):
        return None
    return None


async def clashes(
    viewer: Viewer, view: CourseView | None, event: Mapping[str, JsonValue], not_known: str | None = None
) -> tuple[str, ...]:
    """Each visit that has the room or some of the people at that time, as a sentence.

    `not_known` is said where the record store does not answer, and nothing without it.
    """
    planned = _planned(view, event) if view is not None else None
    return await clashes_of_all(viewer, (planned,), not_known) if planned is not None else ()


async def clashes_of_all(viewer: Viewer, planned: Sequence[Booking], not_known: str | None = None) -> tuple[str, ...]:
    """The same of visits that are booked or moved together, each other visit once. Where they were says nothing."""
    together = {(one.course_id, one.session) for one in planned}
    found: dict[tuple[CourseId, int], DoubleBooking] = {}
    try:
        async with asyncio.timeout(TOLD_WITHIN.total_seconds()):
            for one in planned:
                for clash in await clashes_of(viewer.services.store, viewer.caller, one, viewer.now):
                    other = (clash.course_id, clash.session)
                    if other not in together:
                        found[other] = _both(found.get(other, clash), clash)
    except (RecordStoreError, TimeoutError):
        return (not_known,) if not_known else ()
    return tuple(_in_words(viewer, one) for one in found.values())


async def rooms_offered(viewer: Viewer, view: CourseView | None) -> Mapping[str, tuple[Option, ...]]:
    """The rooms of the site, for the field of the room."""
    if view is None:
        return {}
    try:
        async with asyncio.timeout(TOLD_WITHIN.total_seconds()):
            found = await rooms_of(viewer.services.store, viewer.caller, view.site, viewer.now)
    except (RecordStoreError, TimeoutError):
        return {}
    return {"/data/room": tuple(Option(value=room, label=room) for room in found)}


def _window(viewer: Viewer, site: str, found: BookingWindow) -> Iterator[str]:
    clock = viewer.clock(site)
    if found.earliest is None or found.aimed_at is None or found.latest is None:
        yield FIRST
        return
    yield f"No sooner than {clock.local(found.earliest)}"
    yield f"Aimed at {clock.local(found.aimed_at)}"
    yield f"Overdue after {clock.local(found.latest)}"


def _reasons(refusal: Refusal | ProblemError | None) -> tuple[str, ...]:
    match refusal:
        case Refusal(blockers=(_, *_) as blockers):
            return tuple(one.message for one in blockers)
        case Refusal(errors=(_, *_)):
            return ("Something in the form is missing or wrong: what it is, sending it says",)
        case Refusal(message=message):
            return (message,)
        case ProblemError(problem=problem):
            return (problem.detail,)
        case None:
            return ()


def _planned(view: CourseView, event: Mapping[str, JsonValue]) -> Booking | None:
    """The visit that the event would book; None where it does not say when."""
    starts_at, window = starts_at_of(event), view.booking
    if starts_at is None or window is None:
        return None
    room, staff, group = _taken(view, window.session, event)
    return Booking.model_construct(
        course_id=view.course_id,
        site=view.site,
        session=window.session,
        stage=Stage.BOOKED,
        starts_at=starts_at,
        ends_at=starts_at + window.planned_duration,
        is_here=False,
        is_off=False,
        room=room,
        staff=staff,
        group=group,
    )


def _taken(
    view: CourseView, number: int, event: Mapping[str, JsonValue]
) -> tuple[str | None, tuple[Actor, ...], str | None]:
    """The room, the people and the group: those of the event, or of the visit that it moves."""
    if event["type"] == MOVED:
        session = next((one for one in view.sessions if one.number == number), None)
        if session is None:
            return None, (), None
        return session.room, tuple(Actor(id=one.id, role=one.role) for one in session.staff), session.group
    data = event.get("data")
    said = data if isinstance(data, dict) else {}
    room, staff, group = said.get("room"), said.get("staff"), said.get("group")
    return (
        room if isinstance(room, str) else None,
        tuple(_people(staff if isinstance(staff, list) else [])),
        group if isinstance(group, str) else None,
    )


def _people(said: list[JsonValue]) -> Iterator[Actor]:
    for one in said:
        try:
            yield Actor.model_validate({"id": one["id"], "role": one["role"]} if isinstance(one, dict) else one)
        except (ValidationError, KeyError):
            continue  # what is wrong with it is told at its fields


def starts_at_of(event: Mapping[str, JsonValue]) -> datetime | None:
    """When the visit would start; None where the event does not say so."""
    data = event.get("data")
    try:
        return _MOMENT.validate_python(data.get("starts_at") if isinstance(data, dict) else None)
    except ValidationError:
        return None


def _both(one: DoubleBooking, same: DoubleBooking) -> DoubleBooking:
    """What two visits together have in common with one other."""
    return one.but(room=one.room or same.room, people=tuple(dict.fromkeys((*one.people, *same.people))))


def _in_words(viewer: Viewer, one: DoubleBooking) -> str:
    shared = taken_twice(viewer, one)
    are = "are" if bool(one.room) + len(one.people) > 1 else "is"
    return f"{shared[:1].upper()}{shared[1:]} {are} booked at that time with {one.course_id} session {one.session}"
