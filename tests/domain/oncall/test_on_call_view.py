"""Who holds a rota from when until when, and who is on call now: what the strip of weeks and the API show."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from domain.oncall.file import parse_on_call
from domain.oncall.on_call_view import Called, Through, roster
from domain.oncall.rota import Rota, Shift
from domain.values import Role, Severity
from tests.support.paths import ROOT

ON_CALL = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")

PACIFIC = ZoneInfo("America/Los_Angeles")
LIND, OSEI, WARD, DESK = "lind", "osei", "ward", "desk"
WEEK = timedelta(days=7)
HALF_AN_HOUR = timedelta(minutes=30)


def local(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=PACIFIC, fold=fold).astimezone(UTC)


def rota(*overrides: tuple[str, str, str], period: str = "P7D", handoff: str = "2026-01-05T08:00:00") -> Rota:
    """Three people who take turns; each override is a person, from when, until when."""
    stand_ins = [{"person": person, "from": begins, "until": ends} for person, begins, ends in overrides]
    return Rota.model_validate(
        {
            "timezone": "America/Los_Angeles",
            "members": [LIND, OSEI, WARD],
            "period": period,
            "handoff": handoff,
            "overrides": stand_ins,
        }
    )


def shift(person: str, begins: str, ends: str, *, is_override: bool = False) -> Shift:
    return Shift(person=person, begins_at=local(begins), ends_at=local(ends), is_override=is_override)


def test_four_weeks_are_four_turns_and_what_is_left_of_the_first() -> None:
    """From a Wednesday on: the rest of Lind's week, then Osei, Ward, Lind, and Osei's begins."""
    wednesday = local("2026-01-07T12:00:00")

    assert rota().shifts(wednesday, wednesday + 4 * WEEK) == (
        shift(LIND, "2026-01-07T12:00:00", "2026-01-12T08:00:00"),
        shift(OSEI, "2026-01-12T08:00:00", "2026-01-19T08:00:00"),
        shift(WARD, "2026-01-19T08:00:00", "2026-01-26T08:00:00"),
        shift(LIND, "2026-01-26T08:00:00", "2026-02-02T08:00:00"),
        shift(OSEI, "2026-02-02T08:00:00", "2026-02-04T12:00:00"),
    )


def test_a_stand_in_interrupts_a_turn_and_outlasts_a_hand_off() -> None:
    """Ward stands in from Friday until Tuesday: Lind's turn ends early, Osei's begins late."""
    friday_to_tuesday = (WARD, "2026-01-09T18:00:00", "2026-01-13T06:00:00")

    assert rota(friday_to_tuesday).shifts(local("2026-01-07T12:00:00"), local("2026-01-14T00:00:00")) == (
        shift(LIND, "2026-01-07T12:00:00", "2026-01-09T18:00:00"),
        shift(WARD, "2026-01-09T18:00:00", "2026-01-13T06:00:00", is_override=True),
        shift(OSEI, "2026-01-13T06:00:00", "2026-01-14T00:00:00"),
    )


def test_one_stand_in_after_another_are_two_shifts() -> None:
    """The second begins in the second in which the first ends."""
    both = ((WARD, "2026-01-06T08:00:00", "2026-01-07T08:00:00"), (OSEI, "2026-01-07T08:00:00", "2026-01-08T08:00:00"))

    assert rota(*both).shifts(local("2026-01-06T09:00:00"), local("2026-01-08T09:00:00")) == (
        shift(WARD, "2026-01-06T09:00:00", "2026-01-07T08:00:00", is_override=True),
        shift(OSEI, "2026-01-07T08:00:00", "2026-01-08T08:00:00", is_override=True),
        shift(LIND, "2026-01-08T08:00:00", "2026-01-08T09:00:00"),
    )


def test_before_the_first_hand_off_the_first_member_is_there() -> None:
    """As they are paged: nobody is missing before the rota begins, and the first turn is no hand-off to themselves."""
    assert rota().shifts(local("2025-12-31T08:00:00"), local("2026-01-13T08:00:00")) == (
        shift(LIND, "2025-12-31T08:00:00", "2026-01-12T08:00:00"),
        shift(OSEI, "2026-01-12T08:00:00", "2026-01-13T08:00:00"),
    )


def test_a_week_in_which_the_clock_changes_is_an_hour_shorter_or_longer() -> None:
    """Handed on at eight local time on either side of 8 March and of 1 November 2026."""
    spring = rota().shift(local("2026-03-02T08:00:00"))
    autumn = rota().shift(local("2026-10-26T08:00:00"))

    assert spring.ends_at - spring.begins_at == WEEK - timedelta(hours=1)
    assert autumn.ends_at - autumn.begins_at == WEEK + timedelta(hours=1)


def test_turns_of_an_hour_in_the_night_in_which_the_clock_changes() -> None:
    """The hour that comes twice is one turn; the turn of the hour that is skipped never comes."""
    autumn = rota(period="PT1H", handoff="2026-11-01T00:30:00")
    assert autumn.shifts(local("2026-11-01T00:30:00"), local("2026-11-01T02:30:00")) == (
        shift(LIND, "2026-11-01T00:30:00", "2026-11-01T01:30:00"),
        shift(OSEI, "2026-11-01T01:30:00", "2026-11-01T02:30:00"),
    )
    spring = rota(period="PT1H", handoff="2026-03-08T01:00:00")
    assert [
        (one.person, one.ends_at - one.begins_at)
        for one in spring.shifts(local("2026-03-08T01:00:00"), local("2026-03-08T04:00:00"))
    ] == [(LIND, timedelta(hours=1)), (WARD, timedelta(hours=1))]


def test_a_stand_in_within_the_hour_that_is_skipped_never_comes() -> None:
    """On 8 March 2026 there is no half past two: whoever has the turn keeps it."""
    skipped = rota((WARD, "2026-03-08T02:00:00", "2026-03-08T03:00:00"))

    assert skipped.shifts(local("2026-03-07T08:00:00"), local("2026-03-09T08:00:00")) == (
        shift(WARD, "2026-03-07T08:00:00", "2026-03-09T08:00:00"),
    )


NIGHTS = ["2026-03-07T20:00:00", "2026-10-31T20:00:00", "2026-07-01T20:00:00"]
"""Before the clock is put forward, before it is put back, and of no interest."""


@given(
    begins=st.sampled_from(NIGHTS),
    period=st.sampled_from(["PT1H", "PT90M", "PT8H", "PT12H", "P1D"]),
    handoff=st.integers(0, 59).map(lambda minute: f"2026-01-05T08:{minute:02}:00"),
    edges=st.lists(st.integers(0, 96), max_size=6, unique=True).map(sorted),
)
def test_the_strip_says_what_the_pager_would(begins: str, period: str, handoff: str, edges: list[int]) -> None:
    """Without a gap and without an overlap, and at each moment of it the person who would be paged then."""
    night = datetime.fromisoformat(begins)
    stand_ins = (
        (WARD, (night + begin * HALF_AN_HOUR).isoformat(), (night + end * HALF_AN_HOUR).isoformat())
        for begin, end in list(pairwise(edges))[::2]
    )
    held = rota(*stand_ins, period=period, handoff=handoff)
    since, until = local(begins), local(begins) + timedelta(days=2)

    shifts = held.shifts(since, until)

    assert (shifts[0].begins_at, shifts[-1].ends_at) == (since, until)
    assert all(earlier.ends_at == later.begins_at for earlier, later in pairwise(shifts))
    at = since
    while at < until:
        (shift_then,) = (one for one in shifts if one.begins_at <= at < one.ends_at)
        assert held.on_duty(at) == shift_then.person
        at += timedelta(minutes=10)
    for one in shifts:
        tick = timedelta(microseconds=1)
        assert held.on_duty(one.begins_at) == held.on_duty(one.ends_at - tick) == one.person


def test_who_is_on_call_now_step_by_step_and_until_when() -> None:
    """At noon on a Monday: an emergency calls the nurse, whose rota is handed on in a week, and Dr Osei by name."""
    now = local("2026-03-02T12:00:00")

    emergency, urgent, routine = roster(ON_CALL, now).policies

    assert [one.severity for one in (emergency, urgent, routine)] == list(reversed(Severity))
    nurse = Through(target="rota:nurse", until=local("2026-03-09T08:00:00"), is_override=False)
    by_name = Through(target="person:osei", until=None, is_override=False)
    assert emergency.steps[0].people == (
        Called(id=LIND, name="Duty nurse Lind", role=Role.MONITOR, channels=("json",), through=(nurse,)),
        Called(id=OSEI, name="Dr Osei", role=Role.PRESCRIBER, channels=("json", "mailto"), through=(by_name,)),
    )
    assert [(one.step, one.wait, [who.id for who in one.people]) for one in urgent.steps] == [
        (1, timedelta(minutes=5), [LIND]),
        (2, timedelta(minutes=10), [OSEI]),
        (3, timedelta(minutes=15), [WARD]),
    ]
    assert (emergency.pages_at, routine.pages_at) == (now, now)


def test_somebody_who_is_called_twice_is_there_once_through_both() -> None:
    """At Christmas Dr Osei stands in for the nurse, and an emergency calls him anyway."""
    christmas = local("2026-12-25T12:00:00")

    emergency = roster(ON_CALL, christmas).policies[0]

    assert [who.id for who in emergency.steps[0].people] == [OSEI]
    assert emergency.steps[0].people[0].through == (
        Through(target="rota:nurse", until=local("2026-12-26T08:00:00"), is_override=True),
        Through(target="person:osei", until=None, is_override=False),
    )


def test_at_night_a_routine_page_would_wait() -> None:
    """Friday at seven in the evening: Monday at eight; an urgent one goes out now."""
    friday = local("2026-03-06T19:00:00")

    _, urgent, routine = roster(ON_CALL, friday).policies

    assert (urgent.pages_at, routine.pages_at) == (friday, local("2026-03-09T08:00:00"))


def test_the_roster_shows_no_address() -> None:
    """Kinds of channel only: an address or a token may stand in the rest of a channel's URL."""
    shown = roster(ON_CALL, local("2026-03-02T12:00:00"), timedelta(days=28))

    assert shown.fallback == ("json",)
    assert [(one.rota, one.timezone, len(one.shifts)) for one in shown.rotas] == [("nurse", "America/Los_Angeles", 5)]
    for secret in ("127.0.0.1", "9900", "clinic.example"):
        assert secret not in shown.model_dump_json()
