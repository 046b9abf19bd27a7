"""The proof of an on-call file: the longest time until a human is reached, and each gap by its minute."""

from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest

from domain.coverage.findings import CoverageFinding, Wrong
from domain.coverage.proof import Proof, Worst, prove, resolvers_of
from domain.moments import on_its_clock
from domain.oncall.file import OnCall, parse_on_call
from domain.values import Role, Severity
from tests.support import cast
from tests.support.file_keys import ON_CALL, written
from tests.support.paths import ROOT

HERE: Final = "America/Los_Angeles"
PACIFIC: Final = ZoneInfo(HERE)
YEAR: Final = timedelta(days=366)
WEEK: Final = timedelta(days=7)
ADVENT: Final = datetime(2026, 11, 29, 8, tzinfo=PACIFIC).astimezone(UTC)
JUNE: Final = datetime(2027, 6, 1, tzinfo=UTC)
GAP_FILE: Final = ROOT / "examples" / "oncall-gap.toml"


def clinic(*changes: tuple[tuple[str | int, ...], object]) -> OnCall:
    """The example's on-call file, with these keys different."""
    content: dict[str, Any] = deepcopy(dict(ON_CALL))
    for (*tables, last), value in changes:
        table: Any = content
        for name in tables:
            table = table[name]
        table[last] = value
    return parse_on_call(written(content), "oncall.toml")


def on_leave(since: str, until: str) -> list[Mapping[str, str]]:
    return [{"from": since, "until": until, "timezone": HERE}]


def proved(on_call: OnCall, since: datetime = ADVENT, ahead: timedelta = 5 * WEEK) -> Proof:
    return prove(on_call, since, since + ahead)


def worst(proof: Proof, severity: Severity) -> tuple[Worst | None, Worst | None, Worst]:
    (one,) = (one for one in proof.severities if one.severity is severity)
    return one.first, one.another, one.last


def told(findings: tuple[CoverageFinding, ...], wrong: Wrong) -> list[tuple[str, str]]:
    """From when until when it is so, as it is told."""
    return [(on_its_clock(one.begins_at), on_its_clock(one.ends_at)) for one in findings if one.wrong is wrong]


def test_the_example_has_no_gap_in_a_year() -> None:
    """An emergency reaches two people at once, whenever it is; so does each step of it."""
    proof = proved(clinic(), ahead=YEAR)

    assert (proof.gaps, proof.absences) == ((), ())
    first, another, last = worst(proof, Severity.EMERGENCY)
    assert first is not None
    assert (first.after, first.step, first.people, first.is_constant) == (timedelta(), 1, ("lind", "osei"), True)
    assert another is not None
    assert (another.after, last.after) == (timedelta(minutes=1), timedelta(minutes=1))


def test_while_the_stand_in_is_called_anyway_it_takes_longest_until_somebody_else_is() -> None:
    """At Christmas Dr Osei stands in for the nurse: the urgent ladder's second step calls again who did not answer."""
    first, another, last = worst(proved(clinic()), Severity.URGENT)

    assert first is not None
    assert first.after == timedelta()
    assert another is not None
    assert (another.after, another.step, another.people) == (timedelta(minutes=15), 3, ("ward",))
    assert on_its_clock(another.opened_at) == "Thu 24 Dec 2026 08:00 PST"
    assert last.is_constant


def test_over_the_longest_weekend_routine_waits_until_morning() -> None:
    """Opened on a Friday as the office closes; in the night in which the clock is put back it waits an hour longer."""
    first, _, _ = worst(proved(clinic(), ahead=YEAR), Severity.ROUTINE)

    assert first is not None
    assert first.after == timedelta(days=2, hours=15)
    assert [on_its_clock(at) for at in (first.opened_at, first.at)] == [
        "Fri 5 Nov 2027 18:00 PDT",
        "Mon 8 Nov 2027 08:00 PST",
    ]
    assert not first.is_constant


def test_the_planted_gap_is_found_to_the_minute() -> None:
    """A day nurse holds each night from Saturday to Sunday: an urgent page waits five minutes for the second step."""
    proof = proved(parse_on_call(GAP_FILE.read_text(encoding="utf-8"), "oncall-gap.toml"), ahead=YEAR)

    nights = told(proof.gaps, Wrong.NOBODY)
    assert nights[:2] == [
        ("Sat 5 Dec 2026 19:00 PST", "Sun 6 Dec 2026 07:00 PST"),
        ("Sat 12 Dec 2026 19:00 PST", "Sun 13 Dec 2026 07:00 PST"),
    ]
    assert len(nights) == len(proof.gaps) == 52
    assert {(one.severity, one.step, one.people, one.why) for one in proof.gaps} == {
        (Severity.URGENT, 1, ("lind",), "Day nurse Lind is out of hours")
    }
    first, _, _ = worst(proof, Severity.URGENT)
    assert first is not None
    assert (first.after, first.step, first.people) == (timedelta(minutes=5), 2, ("osei",))
    assert on_its_clock(first.opened_at) == nights[0][0]


@pytest.mark.parametrize(
    ("eve", "night", "hours"),
    [
        (datetime(2027, 3, 13, tzinfo=UTC), ("Sat 13 Mar 2027 19:00 PST", "Sun 14 Mar 2027 07:00 PDT"), 11),
        (datetime(2027, 11, 6, tzinfo=UTC), ("Sat 6 Nov 2027 19:00 PDT", "Sun 7 Nov 2027 07:00 PST"), 13),
    ],
)
def test_a_gap_in_the_night_in_which_the_clock_changes_is_an_hour_shorter_or_longer(
    eve: datetime, night: tuple[str, str], hours: int
) -> None:
    """It begins and ends by the wall clock."""
    proof = proved(parse_on_call(GAP_FILE.read_text(encoding="utf-8"), "oncall-gap.toml"), eve, WEEK)

    (gap,) = (one for one in proof.gaps if (on_its_clock(one.begins_at), on_its_clock(one.ends_at)) == night)
    assert gap.ends_at.astimezone(UTC) - gap.begins_at.astimezone(UTC) == timedelta(hours=hours)


def test_a_gap_that_is_there_only_while_two_clocks_disagree() -> None:
    """A desk in Dublin covers the first two hours in Oregon, but for the weeks in which only one clock has changed."""
    week = ["mon", "tue", "wed", "thu", "fri"]
    oregon = {"timezone": HERE, "days": week, "from": "08:00", "until": "10:00"}
    dublin = {"timezone": "Europe/Dublin", "days": week, "from": "16:00", "until": "18:00"}
    proof = proved(
        clinic((("people", "desk", "hours"), dublin), (("policies", "routine", "hours"), oregon)), ahead=YEAR
    )

    gaps = told(proof.gaps, Wrong.NOBODY)
    assert gaps[0] == ("Mon 15 Mar 2027 08:00 PDT", "Mon 15 Mar 2027 09:00 PDT")
    assert gaps[9:11] == [
        ("Fri 26 Mar 2027 08:00 PDT", "Fri 26 Mar 2027 09:00 PDT"),
        ("Mon 1 Nov 2027 08:00 PDT", "Mon 1 Nov 2027 09:00 PDT"),
    ]
    assert len(gaps) == len(proof.gaps) == 15


def test_a_gap_within_the_hour_that_comes_twice_says_which_one() -> None:
    """On 1 November 2026 the first half past one is still summer time; a leave that begins then lasts into winter."""
    nobody_else = (("people", "lind", "leave"), on_leave("2026-11-01T01:30:00", "2026-11-01T02:00:00"))
    proof = proved(clinic(nobody_else), datetime(2026, 10, 30, tzinfo=UTC), WEEK)

    assert told(proof.gaps, Wrong.NOBODY) == [("Sun 1 Nov 2026 01:30 PDT", "Sun 1 Nov 2026 02:00 PST")]
    (gap,) = proof.gaps
    assert gap.model_dump(mode="json")["begins_at"] == "2026-11-01T01:30:00-07:00"
    assert gap.model_dump(mode="json")["ends_at"] == "2026-11-01T02:00:00-08:00"


def test_a_stand_in_who_leaves_before_the_leave_is_over() -> None:
    """For an hour and half a minute the rota calls a nurse on leave; an emergency reaches Dr Osei all the same."""
    early = (("rotas", "nurse", "overrides", 0, "until"), "2026-12-26T06:59:30")
    proof = proved(clinic(early))

    assert told(proof.gaps, Wrong.NOBODY) == [("Sat 26 Dec 2026 06:59:30 PST", "Sat 26 Dec 2026 08:00 PST")]
    (gap,) = proof.gaps
    assert (gap.severity, gap.step, gap.people) == (Severity.URGENT, 1, ("lind",))
    assert gap.what == "urgent, step 1: nobody is reached"
    assert gap.why == "Duty nurse Lind is on leave"


def test_somebody_on_leave_who_is_called_beside_others_is_named_and_is_no_gap() -> None:
    """Dr Ward is on leave: the emergency's second step reaches two of three; the urgent ladder's last one nobody."""
    away = (("people", "ward", "leave"), on_leave("2026-12-07T08:00:00", "2026-12-08T08:00:00"))
    last_step = (("policies", "urgent", "steps", 2, "notify"), ["person:ward", "rota:nurse"])
    proof = proved(clinic(away, last_step, (("policies", "routine", "steps", 1, "notify"), ["person:osei"])))

    assert proof.gaps == ()
    assert told(proof.absences, Wrong.ABSENT) == [("Mon 7 Dec 2026 08:00 PST", "Tue 8 Dec 2026 08:00 PST")]
    assert proof.absences[0].why == "Dr Ward, medical director is on leave"


def test_a_ladder_that_reaches_nobody_at_all() -> None:
    """Everybody is on the same outing: opened then, no step reaches anybody before it is over."""
    outing = on_leave("2027-06-04T12:00:00", "2027-06-04T18:00:00")
    proof = proved(clinic(*((("people", one, "leave"), outing) for one in ("lind", "osei", "ward"))), JUNE, WEEK)

    emergency = [one for one in proof.gaps if one.severity is Severity.EMERGENCY]
    assert told(tuple(emergency), Wrong.WHOLE_LADDER) == [("Fri 4 Jun 2027 12:00 PDT", "Fri 4 Jun 2027 17:59 PDT")]
    first, another, last = worst(proof, Severity.EMERGENCY)
    assert (first, another) == (None, None)
    assert last.after == timedelta(minutes=1)


TWO_ROTAS: Final = {
    "timezone": HERE,
    "members": ["ward"],
    "period": "P7D",
    "handoff": "2026-01-05T08:00:00",
    "overrides": [{"person": "lind", "from": "2026-12-12T08:00:00", "until": "2026-12-12T20:00:00"}],
}


@pytest.mark.parametrize(
    ("notify", "is_found"), [(["rota:nurse", "rota:doctor"], True), (["rota:nurse", "person:osei"], False)]
)
def test_one_person_who_holds_two_rotas_is_in_two_places(notify: list[str], is_found: bool) -> None:
    """The nurse stands in for the doctor as well; it matters to a policy that counts on both."""
    proof = proved(clinic((("rotas", "doctor"), TWO_ROTAS), (("policies", "emergency", "steps", 0, "notify"), notify)))

    found = [one for one in proof.gaps if one.wrong is Wrong.TWO_PLACES]
    assert told(tuple(found), Wrong.TWO_PLACES) == (
        [("Sat 12 Dec 2026 08:00 PST", "Sat 12 Dec 2026 20:00 PST")] if is_found else []
    )
    assert all(one.why == "Duty nurse Lind holds rota doctor and rota nurse" for one in found)


def test_a_lower_severity_that_reaches_somebody_sooner_is_named() -> None:
    """While the nurse and Dr Osei are out, an emergency waits a minute for Dr Ward; an urgent alarm does not."""
    out = on_leave("2027-06-04T12:00:00", "2027-06-04T13:00:00")
    changes = [(("people", one, "leave"), out) for one in ("lind", "osei")]
    desk_first = (("policies", "urgent", "steps", 0, "notify"), ["person:desk"])
    proof = proved(clinic(*changes, desk_first), JUNE, WEEK)

    sooner = [one for one in proof.gaps if one.wrong is Wrong.SOONER and one.than is Severity.EMERGENCY]
    assert [(one.severity, one.than) for one in sooner] == [
        (Severity.ROUTINE, Severity.EMERGENCY),
        (Severity.URGENT, Severity.EMERGENCY),
    ]
    assert set(told(tuple(sooner), Wrong.SOONER)) == {("Fri 4 Jun 2027 12:00 PDT", "Fri 4 Jun 2027 13:00 PDT")}


def test_just_before_the_office_opens_routine_may_overtake_what_waits_for_its_next_step() -> None:
    """Urgent calls the desk, which comes at eight, and five minutes later Dr Osei; routine waits for eight."""
    desk_first = (("policies", "urgent", "steps", 0, "notify"), ["person:desk"])
    proof = proved(clinic(desk_first), datetime(2027, 6, 4, tzinfo=UTC), timedelta(days=1))

    (overtaken,) = (one for one in proof.gaps if one.wrong is Wrong.SOONER)
    assert (overtaken.severity, overtaken.than) == (Severity.ROUTINE, Severity.URGENT)
    assert told((overtaken,), Wrong.SOONER) == [("Fri 4 Jun 2027 07:55 PDT", "Fri 4 Jun 2027 08:00 PDT")]


def test_a_lower_severity_that_reaches_more_people_at_once_is_named() -> None:
    """An emergency calls three and reaches one; an urgent alarm calls two and reaches both."""
    out = on_leave("2027-06-04T12:00:00", "2027-06-04T13:00:00")
    changes = [(("people", one, "leave"), out) for one in ("lind", "osei")]
    policies = [
        (("policies", "emergency", "steps"), [{"notify": ["rota:nurse", "role:prescriber"], "wait": "PT1M"}]),
        (("policies", "urgent", "steps"), [{"notify": ["person:desk", "person:ward"], "wait": "PT5M"}]),
    ]
    proof = proved(clinic(*changes, *policies), JUNE, WEEK)

    (louder,) = (one for one in proof.gaps if one.wrong is Wrong.LOUDER)
    assert (louder.severity, louder.than) == (Severity.URGENT, Severity.EMERGENCY)
    assert told((louder,), Wrong.LOUDER) == [("Fri 4 Jun 2027 12:00 PDT", "Fri 4 Jun 2027 13:00 PDT")]
    assert louder.why == "step 1 reaches 2 at once, emergency by its step 1 only 1"


def test_an_alarm_that_nobody_may_resolve_who_is_reached() -> None:
    """The protocol lets a prescriber or a monitor resolve a question of safety; the desk alone cannot."""
    needed = resolvers_of(cast.SHIPPED.escalations)
    desk_alone = (("policies", "routine", "steps"), [{"notify": ["person:desk"], "wait": "PT4H"}])

    proof = prove(clinic(), ADVENT, ADVENT + WEEK, needed)
    without = prove(clinic(desk_alone), ADVENT, ADVENT + WEEK, needed)

    assert needed == ((Role.PRESCRIBER, Role.MONITOR),)
    assert proof.gaps == ()
    resolver = next(one.resolver for one in proof.severities if one.severity is Severity.ROUTINE)
    assert resolver is not None
    assert (resolver.step, resolver.people) == (2, ("ward",))
    (gap,) = without.gaps
    assert (gap.wrong, gap.severity) == (Wrong.NO_RESOLVER, Severity.ROUTINE)
    assert gap.why == "a prescriber or monitor must be called who is there"
    assert (gap.begins_at, gap.ends_at) == (ADVENT, ADVENT + WEEK)


def test_a_file_without_rotas_is_told_in_utc() -> None:
    """No rota, no clinic's clock: nothing is guessed."""
    by_name = [{"notify": ["person:osei"], "wait": "PT5M"}]
    changes = [(("policies", one, "steps"), by_name) for one in Severity]
    proof = proved(clinic((("rotas",), {}), *changes), ahead=WEEK)

    assert proof.timezone == "UTC"
    assert on_its_clock(proof.begins_at) == "Sun 29 Nov 2026 16:00 UTC"


def test_a_rota_that_is_handed_on_every_hour() -> None:
    """Some eight hundred turns; whoever has one, somebody is reached at once."""
    hourly = [(("rotas", "nurse", "period"), "PT1H"), (("rotas", "nurse", "members"), ["lind", "osei", "ward"])]
    proof = proved(clinic(*hourly))

    first, another, _ = worst(proof, Severity.URGENT)
    assert first is not None
    assert (first.after, first.is_constant) == (timedelta(), True)
    assert another is not None
    assert another.after == timedelta(minutes=15)
