"""A session's chart: a reading stands where it was taken, and a limit where the protocol has it."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.charts.drawing import Area, Drawing, Line, Mark, Shape, TextSize
from console.charts.scale import Scale
from console.charts.session import session_chart
from domain.course.rules.checkpoints import CheckpointStatus
from domain.course.verdict import Finding, Verdict, VerdictSeverity
from domain.events.clinic_events import VitalsRecorded
from domain.views.course import course_view
from domain.views.session import DoseView, ReadingView
from tests.support.cast import LIND, MARA, abortion, days, dose, minutes, vitals
from tests.support.charts import is_whole, seen, watched
from tests.support.ward import Ward

DUBLIN = ZoneInfo("Europe/Dublin")
SIZES = pytest.mark.parametrize("size", list(TextSize))
CALM = {0: (126, 79), 15: (133, 83), 40: (145, 87)}


def lines(drawing: Drawing, look: str) -> list[Line]:
    return [line for line in drawing.lines if line.look == look]


def marks(drawing: Drawing, look: str) -> list[Mark]:
    return [mark for mark in drawing.marks if mark.look == look]


def areas(drawing: Drawing, look: str) -> list[Area]:
    return [area for area in drawing.areas if area.look == look]


def across(drawing: Drawing) -> Scale:
    """Minutes to places, read off the ticks that are drawn."""
    ticks = [word for word in drawing.words if word.y == drawing.height - 8 and word.text.lstrip("-").isdigit()]
    first, last = ticks[0], ticks[-1]
    return Scale(low=int(first.text), high=int(last.text), begin=first.x, end=last.x)


def ticks_of_pressure(drawing: Drawing) -> dict[str, float]:
    """Where the numbers of the first lane stand."""
    end = min(area.y + area.height for area in areas(drawing, "lane"))
    return {word.text: word.y - 4 for word in drawing.words if word.look == "tick" and word.y - 4 <= end}


@SIZES
def test_a_reading_stands_at_its_minute_and_at_its_value(size: TextSize) -> None:
    """Minute 40, 145 over 87: on the tick's scale across, and between its lane's limits upwards."""
    ward, session = watched(CALM, until=41)
    drawing = session_chart(session, ward.now, DUBLIN, size)
    (line,) = lines(drawing, "reading systolic")
    ticks = ticks_of_pressure(drawing)
    up = Scale(low=70, high=180, begin=ticks["70"], end=ticks["180"])

    assert len(line.points) == 4
    assert line.points[-1].x == pytest.approx(across(drawing).at(40), abs=0.3)
    assert line.points[-1].y == pytest.approx(up.at(145), abs=0.3)
    assert [mark.x for mark in marks(drawing, "reading systolic")] == [point.x for point in line.points]


@SIZES
def test_a_session_that_nobody_planned_is_drawn_from_its_dose_on(size: TextSize) -> None:
    """Neither booked, checked in nor cleared: its dose, its readings, and how far the visit has come."""
    ward = Ward().prepared()
    ward.reports(dose(MARA, None, at=ward.now))
    ward.passes(minutes(12))
    ward.reports(vitals(MARA, None, at=ward.now))
    ward.passes(minutes(8))
    drawing = session_chart(course_view(ward.course, ward.now).sessions[0], ward.now, DUBLIN, size)
    (now,), (given,) = lines(drawing, "now"), lines(drawing, "dose")

    assert is_whole(drawing)
    assert now.points[0].x - given.points[0].x == pytest.approx(across(drawing).at(20) - across(drawing).at(0), abs=0.3)
    assert len(marks(drawing, "reading systolic")) == 1


@SIZES
def test_the_limits_stand_where_the_protocol_has_them(size: TextSize) -> None:
    """Above 160 a warning, above 180 urgent: from the dose on, and the ground beyond them up to the next."""
    ward, session = watched(CALM, until=41)
    drawing = session_chart(session, ward.now, DUBLIN, size)
    ticks = ticks_of_pressure(drawing)
    dose = lines(drawing, "dose")[0].points[0].x

    warning, urgent = (
        min(lines(drawing, f"limit {kind}"), key=lambda line: line.points[0].y) for kind in ("warning", "urgent")
    )
    assert urgent.points[0].y == pytest.approx(ticks["180"])
    assert warning.points[0].y == pytest.approx(ticks.get("160", warning.points[0].y))
    assert urgent.points[0].x == warning.points[0].x == dose
    beyond = min(areas(drawing, "warning"), key=lambda area: area.y)
    assert (beyond.x, beyond.y) == (dose, urgent.points[0].y)
    assert beyond.y + beyond.height == pytest.approx(warning.points[0].y)


def test_before_the_dose_the_gate_is_drawn_and_after_it_the_limits_of_a_reading() -> None:
    """`hold` on the left of the dose, nothing of it on the right."""
    ward, session = watched(CALM, until=41)
    drawing = session_chart(session, ward.now, DUBLIN)
    dose = lines(drawing, "dose")[0].points[0].x

    assert areas(drawing, "held")
    assert all(area.x + area.width <= dose for area in areas(drawing, "held"))
    assert all(area.x >= dose for look in ("warning", "urgent", "emergency") for area in areas(drawing, look))


def test_a_patient_without_a_dose_has_the_gate_alone() -> None:
    """Minutes count from the check-in."""
    ward = Ward().checked_in()
    drawing = session_chart(seen(ward).sessions[0], ward.now, DUBLIN)

    assert areas(drawing, "held")
    assert not [look for look in ("warning", "urgent", "emergency") if areas(drawing, look)]
    assert not lines(drawing, "dose")
    assert "min since check-in" in [word.text for word in drawing.words]
    assert drawing.says == "Session 1: no reading yet."


def test_the_next_reading_is_a_window_from_its_opening_to_the_end_of_its_grace() -> None:
    """Due at 45: from 42 to 50."""
    ward, session = watched({0: (126, 79), 15: (133, 83), 30: (145, 87)}, until=41)
    drawing = session_chart(session, ward.now, DUBLIN)
    (window,) = areas(drawing, "window")

    assert window.x == pytest.approx(across(drawing).at(42), abs=0.3)
    assert window.x + window.width == pytest.approx(across(drawing).at(50), abs=0.3)
    assert drawing.says.endswith("3 of 3 readings on time; next reading due at 45 min.")


def test_a_missing_reading_is_drawn_for_as_long_as_it_is_missing() -> None:
    """Due at 45 and not taken: until now, and its mark is a cross."""
    ward, session = watched({0: (126, 79), 15: (133, 83), 30: (145, 87)}, until=53)
    drawing = session_chart(session, ward.now, DUBLIN)
    (missing,) = areas(drawing, "overdue urgent")

    assert not areas(drawing, "window")
    assert missing.x + missing.width == pytest.approx(across(drawing).at(53), abs=0.3)
    assert [mark.shape for mark in marks(drawing, "checkpoint emergency")] == [Shape.CROSS]
    assert drawing.says.endswith("3 of 4 readings on time, 1 missed; reading overdue since 45 min.")


def test_each_checkpoint_is_a_mark_of_what_became_of_it() -> None:
    """Met, late, missed, to come: each its own shape, and each is explained."""
    ward, session = watched({0: (126, 79), 15: (133, 83), 36: (145, 87)}, until=53)
    drawing = session_chart(session, ward.now, DUBLIN)
    row = [mark for mark in drawing.marks if mark.look.startswith("checkpoint")]

    assert [mark.shape for mark in row[:5]] == [
        Shape.DOT,
        Shape.DOT,
        Shape.HOLLOW_SQUARE,
        Shape.CROSS,
        Shape.RING,
    ]
    assert [key.text for key in drawing.keys] == [
        "reading on time",
        "reading late",
        "reading missed",
        "reading to come",
    ]


def test_a_reading_is_marked_by_what_the_protocol_says_of_that_vital() -> None:
    """Not by colour alone: a square, a hollow diamond, a diamond; the other vitals of the reading stay as they are."""
    ward, session = watched({0: (126, 79), 15: (165, 83), 30: (184, 87), 34: (186, 87)}, until=35)
    drawing = session_chart(session, ward.now, DUBLIN)
    shapes = [mark.shape for mark in drawing.marks if mark.look.startswith("reading")]

    assert shapes[:5] == [Shape.DOT, Shape.DOT, Shape.SQUARE, Shape.HOLLOW_DIAMOND, Shape.DIAMOND]
    assert set(shapes[5:]) == {Shape.DOT}
    assert "worst verdict urgent" in drawing.says


def test_a_later_dose_is_a_line_of_its_own() -> None:
    """Minutes go on from the first."""
    ward, session = watched(CALM, until=41)
    booster = DoseView(at=session.doses[0].at + minutes(40), mg=12.5, route="intramuscular")
    drawing = session_chart(session.but(doses=(*session.doses, booster)), ward.now, DUBLIN)

    assert [line.points[0].x for line in lines(drawing, "dose")] == [
        across(drawing).at(0),
        pytest.approx(across(drawing).at(40), abs=0.3),
    ]
    assert [word.text for word in drawing.words if "mg" in word.text.split()] == [
        "dose 35 mg intramuscular",
        "booster 12.5 mg",
    ]


def test_an_early_reading_is_in_the_table_and_squeezes_nothing() -> None:
    """Two hours before the dose."""
    ward, session = watched(CALM, until=41)
    early = session.readings[0].but(at=session.doses[0].at - minutes(120))
    drawing = session_chart(session.but(readings=(early, *session.readings)), ward.now, DUBLIN)

    assert is_whole(drawing)
    assert len(lines(drawing, "reading systolic")[0].points) == len(session.readings)
    assert drawing.tables[0].rows[0][0] == "-120"


def test_the_table_tells_the_session_by_the_sites_clock() -> None:
    """Doses, readings with their checkpoint and verdict, and what is missing, in order."""
    ward, session = watched({0: (126, 79), 15: (133, 83), 30: (145, 87)}, until=53)
    table = session_chart(session, ward.now, DUBLIN).tables[0]
    rows = {row[0]: row for row in table.rows if row[2] != "dose, 35 mg intramuscular"}

    assert rows["15"] == ("15", "10:15", "reading (due at 15 min: met)", "133", "83", "98", "74", "normal")
    assert rows["45"][2:] == ("no reading", *["–"] * 5)
    assert rows["60"][2] == "reading to come"
    assert ("0", "10:00", "dose, 35 mg intramuscular", *["–"] * 5) in table.rows
    assert [float(row[0]) for row in table.rows] == sorted(float(row[0]) for row in table.rows)


def test_a_reading_that_is_due_and_was_not_taken_is_not_to_come() -> None:
    """Nobody is told of it yet, and a later one is there already."""
    ward, session = watched({0: (126, 79), 15: (133, 83), 34: (133, 83)}, until=34)
    (at_30,) = (one for one in session.checkpoints if one.due_at == ward.begins() + minutes(30))
    later = session.but(checkpoints=(at_30.but(status=CheckpointStatus.PENDING),))

    told = [row[2] for row in session_chart(later, ward.now, DUBLIN).tables[0].rows if row[0] == "30"]

    assert told == ["reading not taken yet"]


def test_the_limits_are_a_table_with_their_sources() -> None:
    """Those that are not drawn, too."""
    ward, session = watched(CALM, until=41)
    table = session_chart(session, ward.now, DUBLIN).tables[1]

    # No value crosses 100 % of oxygen, nor a MOAA/S of 5.
    assert len(table.rows) == len(session.limits) - 2
    confirmed = "urgent, if a second reading confirms it or none comes in time"
    assert ("Systolic", "above 180", confirmed, "S62") in table.rows
    assert ("Systolic", "above 140", "no dose, unless a prescriber weighs it", "S1") in table.rows
    assert [row[1] for row in table.rows if "over" in row[1]] == ["166 or more, 40 over the clearance reading"]


@pytest.mark.parametrize("point", ["booked", "checked_in", "cleared", "dosed", "watched", "discharged"])
@SIZES
def test_every_stage_of_a_session_can_be_drawn(point: str, size: TextSize) -> None:
    """With no reading, one, or all of them."""
    ward = getattr(Ward(), point)()

    assert is_whole(session_chart(seen(ward).sessions[0], ward.now, DUBLIN, size))


@SIZES
def test_a_forgotten_discharge_and_an_abort_can_be_drawn(size: TextSize) -> None:
    """A day later; and where nobody was dosed."""
    forgotten = Ward().watched(until=minutes(15))
    forgotten.until(forgotten.begins() + days(1))
    aborted = Ward().checked_in()
    aborted.reports(abortion(MARA, at=aborted.now))

    assert is_whole(session_chart(seen(forgotten).sessions[0], forgotten.now, DUBLIN, size))
    assert is_whole(session_chart(seen(aborted).sessions[0], aborted.now, DUBLIN, size))


READINGS = st.lists(
    st.builds(
        lambda minute, systolic, pulse, heart_rate, spo2: (
            minute,
            systolic,
            max(10, systolic - pulse),
            heart_rate,
            spo2,
        ),
        minute=st.floats(-200, 4000, allow_nan=False),
        systolic=st.integers(30, 200),
        pulse=st.integers(1, 100),
        heart_rate=st.integers(0, 300),
        spo2=st.integers(0, 100),
    ),
    max_size=60,
)


@given(readings=READINGS, size=st.sampled_from(TextSize), is_dosed=st.booleans(), ahead=st.floats(-10, 5000))
def test_whatever_was_read_lies_in_the_drawing(
    readings: list[tuple[float, int, int, int, int]], size: TextSize, is_dosed: bool, ahead: float
) -> None:
    """None, one or sixty readings, before or days after the dose, of any value that an event may say."""
    _, session = BASE
    begins = session.doses[0].at
    taken = tuple(
        ReadingView(
            at=begins + timedelta(minutes=minute),
            vitals=VitalsRecorded.Data(
                actor=LIND,
                session=1,
                systolic=systolic,
                diastolic=diastolic,
                heart_rate=heart_rate,
                spo2=spo2,
                respiratory_rate=14,
                moaas=5,
            ),
            verdict=_verdict(systolic),
        )
        for minute, systolic, diastolic, heart_rate, spo2 in sorted(readings)
    )
    told = session.but(readings=taken, doses=session.doses if is_dosed else ())

    assert is_whole(session_chart(told, begins + timedelta(minutes=ahead), DUBLIN, size))


def _verdict(systolic: int) -> Verdict:
    severity = list(VerdictSeverity)[systolic % 5]
    finding = Finding(
        code="vitals.systolic_above_limit", message="", observed=systolic, limit=1, severity=severity, source=None
    )
    return Verdict(severity=severity, findings=(finding,))


BASE = watched(CALM, until=41)
"""A session to say other readings of."""
