"""Chart of a medicine session's vitals: pressure, oxygen and pulse over time, with the limits that apply."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Final

from console.charts.drawing import Anchor, Area, Drawing, Key, Line, Mark, Point, Shape, TextSize, Words
from console.charts.lanes import SHAPES, Lane, range_of
from console.charts.scale import Scale, apart, minute_ticks, minutes
from console.charts.session_words import checkpoint_words, limits_table, sentence, story_table
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.verdict import VerdictSeverity
from domain.protocol.values import Vital
from domain.values import Frozen
from domain.views.session import ReadingView, SessionView

BEFORE: Final = 60.0
"""Minutes before the dose that are drawn; earlier readings are in the table."""

LEAST: Final = 30.0
"""Least minutes after the dose that are drawn."""


class SessionLayout(Frozen):
    """Lanes from top to bottom, and the margins around them, at each size."""

    width: float
    left: float
    right: float
    top: float
    gap: float
    lanes: tuple[tuple[Vital, float], ...]
    ticks: int
    radius: float


LAYOUTS: Final[Mapping[TextSize, SessionLayout]] = {
    TextSize.WIDE: SessionLayout(
        width=760,
        left=44,
        right=108,
        top=22,
        gap=12,
        lanes=((Vital.SYSTOLIC, 128), (Vital.DIASTOLIC, 84), (Vital.SPO2, 48), (Vital.HEART_RATE, 48)),
        ticks=12,
        radius=4,
    ),
    TextSize.NARROW: SessionLayout(
        width=320,
        left=30,
        right=72,
        top=20,
        gap=10,
        lanes=((Vital.SYSTOLIC, 116), (Vital.DIASTOLIC, 80), (Vital.SPO2, 44), (Vital.HEART_RATE, 44)),
        ticks=5,
        radius=3.5,
    ),
    TextSize.SMALL: SessionLayout(
        width=480,
        left=34,
        right=72,
        top=4,
        gap=8,
        lanes=((Vital.SYSTOLIC, 66), (Vital.DIASTOLIC, 46)),
        ticks=7,
        radius=3,
    ),
    TextSize.TINY: SessionLayout(
        width=300,
        left=30,
        right=72,
        top=4,
        gap=8,
        lanes=((Vital.SYSTOLIC, 66), (Vital.DIASTOLIC, 46)),
        ticks=4,
        radius=3,
    ),
}

CHECKPOINTS: Final[Mapping[CheckpointStatus, tuple[Shape, str, str]]] = {
    CheckpointStatus.MET: (Shape.DOT, "well", "reading on time"),
    CheckpointStatus.LATE: (Shape.HOLLOW_SQUARE, "urgent", "reading late"),
    CheckpointStatus.MISSED: (Shape.CROSS, "emergency", "reading missed"),
    CheckpointStatus.PENDING: (Shape.RING, "soft", "reading to come"),
}


def session_chart(session: SessionView, now: datetime, zone: tzinfo, size: TextSize = TextSize.WIDE) -> Drawing:
    """Chart of the session at `now`; times in its table are in `zone`.

    Minutes count from the first dose, or before a dose from the check-in.
    """
    layout = LAYOUTS[size]
    begins = beginning(session)
    readings = [(minutes(reading.at - begins), reading) for reading in session.readings]
    across = _across(session, now, layout, readings)
    drawn = [(minute, reading) for minute, reading in readings if across.holds(minute)]
    lanes = tuple(_lanes(session, layout, across, size, drawn))
    bottom = lanes[-1].up.begin
    keyed = {*_verdicts(drawn), *_statuses(session)}
    return Drawing(
        name=f"session-{session.number}-{size}",
        size=size,
        width=layout.width,
        height=bottom + 40,
        says=sentence(session, begins, now),
        areas=(
            *_frames(lanes),
            *(area for lane in lanes for area in lane.areas(session.limits)),
            *_window(session, begins, now, across, layout.top, bottom),
        ),
        lines=(
            *_doses(session, begins, across, layout.top, bottom),
            *_now(session, begins, now, across, layout.top, bottom),
            *(line for lane in lanes for line in lane.lines(session.limits, drawn)),
        ),
        marks=(
            *(mark for lane in lanes for mark in lane.marks(drawn)),
            *_checkpoints(session, begins, now, across, bottom),
        ),
        words=(
            *_dose_words(session, begins, across, size),
            *(word for lane in lanes for word in lane.words(session.limits, drawn)),
            *_minutes(session, across, layout, size, bottom),
        ),
        keys=tuple(key for key in _KEYS if (key.shape, key.look) in keyed),
        tables=(story_table(session, begins, now, zone), limits_table(session)),
    )


def beginning(session: SessionView) -> datetime:
    """The moment from which minutes count."""
    if session.doses:
        return session.doses[0].at
    return session.checked_in_at or session.starts_at


def _goes_on(session: SessionView) -> bool:
    """Whether the patient came for it, or was dosed in it unplanned, and it has not ended."""
    return session.ended_at is None and (session.checked_in_at is not None or bool(session.doses))


def _across(
    session: SessionView, now: datetime, layout: SessionLayout, readings: Sequence[tuple[float, ReadingView]]
) -> Scale:
    begins = beginning(session)
    shown = [minute for minute, _ in readings if minute >= -BEFORE]
    reached = [
        *shown,
        *(minutes(dose.at - begins) for dose in session.doses),
        *(minutes(point.due_at - begins) for point in session.checkpoints),
        *([minutes(session.ended_at - begins)] if session.ended_at else []),
        *([minutes(now - begins)] if _goes_on(session) else []),
    ]
    low, high = min([-5.0, *shown]), max([LEAST, *reached])
    room = 0.03 * (high - low)
    return Scale(low=low - room, high=high + room, begin=layout.left, end=layout.width - layout.right)


def _lanes(
    session: SessionView,
    layout: SessionLayout,
    across: Scale,
    size: TextSize,
    drawn: Sequence[tuple[float, ReadingView]],
) -> Iterator[Lane]:
    top = layout.top
    for vital, height in layout.lanes:
        low, high = range_of(vital, session.limits, (reading for _, reading in drawn))
        yield Lane(
            vital=vital,
            up=Scale(low=low, high=high, begin=top + height, end=top),
            across=across,
            dosed_at=0 if session.doses else None,
            radius=layout.radius if len(drawn) <= 24 else layout.radius * 0.6,
            has_units=size is TextSize.WIDE,
        )
        top += height + layout.gap


def _frames(lanes: Sequence[Lane]) -> Iterator[Area]:
    for lane in lanes:
        across, up = lane.across, lane.up
        yield Area(x=across.begin, y=up.end, width=across.end - across.begin, height=up.begin - up.end, look="lane")


def _doses(session: SessionView, begins: datetime, across: Scale, top: float, bottom: float) -> Iterator[Line]:
    for dose in session.doses:
        x = across.at(minutes(dose.at - begins))
        yield Line(points=(Point(x=x, y=top - 4), Point(x=x, y=bottom)), look="dose")


def _dose_words(session: SessionView, begins: datetime, across: Scale, size: TextSize) -> Iterator[Words]:
    if size in {TextSize.SMALL, TextSize.TINY}:
        return
    placed: list[float] = []
    for number, dose in enumerate(session.doses):
        minute = minutes(dose.at - begins)
        what = "booster" if number else "dose"
        route = f" {dose.route}" if size is TextSize.WIDE and not number else ""
        if apart([minute], across, 150 if size is TextSize.WIDE else 90, placed):
            placed.append(across.at(minute))
            yield Words(x=across.at(minute) + 4, y=12, text=f"{what} {dose.mg:g} mg{route}", look="tick")


def _now(
    session: SessionView, begins: datetime, now: datetime, across: Scale, top: float, bottom: float
) -> Iterator[Line]:
    if _goes_on(session) and across.holds(minutes(now - begins)):
        x = across.at(minutes(now - begins))
        yield Line(points=(Point(x=x, y=top), Point(x=x, y=bottom)), look="now")


def _window(
    session: SessionView, begins: datetime, now: datetime, across: Scale, top: float, bottom: float
) -> Iterator[Area]:
    """The window in which the next reading is to be taken; after it, how long the reading has been missing."""
    due_at = session.reading_due_at
    if due_at is None:
        return
    point = next((one for one in session.checkpoints if one.due_at == due_at), None)
    opens_at = (point.opens_at if point else None) or due_at
    closes_at = (point.grace_ends_at if point else None) or due_at
    is_over = now > closes_at
    begin, end = across.at(minutes(opens_at - begins)), across.at(minutes((now if is_over else closes_at) - begins))
    yield Area(
        x=begin,
        y=top,
        width=max(round(end - begin, 1), 2),
        height=bottom - top,
        look="overdue urgent" if is_over else "window",
        tip=f"Reading due at {minutes(due_at - begins):.0f} min",
    )


def _checkpoints(session: SessionView, begins: datetime, now: datetime, across: Scale, bottom: float) -> Iterator[Mark]:
    is_crowded = len(session.checkpoints) > 24
    for point in session.checkpoints:
        shape, look, _ = CHECKPOINTS[point.status]
        minute = minutes(point.due_at - begins)
        yield Mark(
            x=across.at(minute),
            y=bottom + 11,
            shape=shape,
            look=f"checkpoint {look}",
            radius=2 if is_crowded else 3.5,
            tip=checkpoint_words(point, begins, now),
        )


def _minutes(
    session: SessionView, across: Scale, layout: SessionLayout, size: TextSize, bottom: float
) -> Iterator[Words]:
    for tick in minute_ticks(across.low, across.high, layout.ticks):
        if across.at(tick) > across.end - 8:
            continue  # it would overlap the numbers of the axis
        yield Words(x=across.at(tick), y=bottom + 32, text=f"{tick}", look="tick", anchor=Anchor.MIDDLE)
    since = "min since dose" if session.doses else "min since check-in"
    text = since if size is TextSize.WIDE else "min"
    yield Words(x=across.end + 8, y=bottom + 32, text=text, look="tick")


_KEYS: Final = (
    *(
        Key(shape=shape, look=look, text=f"{severity} reading" if severity != "recheck" else "to be confirmed")
        for severity, (shape, look) in SHAPES.items()
    ),
    *(Key(shape=shape, look=look, text=text) for shape, look, text in CHECKPOINTS.values()),
)


def _verdicts(drawn: Sequence[tuple[float, ReadingView]]) -> Iterator[tuple[Shape, str]]:
    for _, reading in drawn:
        for finding in reading.verdict.findings:
            if finding.severity is not VerdictSeverity.NORMAL:
                yield SHAPES[finding.severity]


def _statuses(session: SessionView) -> Iterator[tuple[Shape, str]]:
    for point in session.checkpoints:
        shape, look, _ = CHECKPOINTS[point.status]
        yield shape, look
