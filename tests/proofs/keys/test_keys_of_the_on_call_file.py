"""What each key of the on-call file says is followed, and nothing else: who is called, when, and for how long."""

from datetime import UTC, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import pytest

from domain.escalation.ladder import EscalationProgress
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery
from domain.oncall.rota import next_opening
from domain.values import PersonId, Severity
from tests.support.file_keys import OneKey, Path, on_call_with
from tests.support.ladders import forecast

HERE: Final = ZoneInfo("America/Los_Angeles")


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE).astimezone(UTC)


NIGHT: Final = local("2026-03-03T03:00:00")
SATURDAY: Final = local("2026-03-07T10:00:00")
EVENING: Final = local("2026-03-03T18:30:00")


def nurse(on_call: OnCall, moment: str) -> PersonId:
    return on_call.on_duty("nurse", local(moment))


def channels(on_call: OnCall, person: PersonId) -> list[str]:
    return [channel.get_secret_value() for channel in on_call.channels_of(person)]


def is_there(on_call: OnCall, person: PersonId, moment: str) -> bool:
    return on_call.people[person].absence(local(moment)) is None


def urgent_calls(on_call: OnCall) -> tuple[PersonId, ...]:
    return on_call.standing(OnCallQuery(severity=Severity.URGENT, at=NIGHT)).called[0]


def second_page_after(on_call: OnCall) -> timedelta:
    new = EscalationProgress(severity=Severity.URGENT, due_at=NIGHT)
    return forecast(on_call.policies[Severity.URGENT], new, NIGHT, NIGHT + timedelta(hours=1))[1].at - NIGHT


def promise_lapses_after(on_call: OnCall) -> timedelta:
    promised = EscalationProgress(severity=Severity.URGENT, due_at=NIGHT).acknowledged(
        on_call.policies[Severity.URGENT], NIGHT
    )
    return promised.due_at - NIGHT


def may_be_quiet_for(on_call: OnCall) -> timedelta:
    progress = EscalationProgress(severity=Severity.URGENT, due_at=NIGHT)
    return progress.may_be_quiet_until(on_call.policies[Severity.URGENT], NIGHT) - NIGHT


def opens(on_call: OnCall, at: datetime) -> datetime:
    return next_opening(on_call.policies[Severity.ROUTINE].hours, at)


ROTA: Final[Path] = ("rotas", "nurse")
STAND_IN: Final[Path] = (*ROTA, "overrides", 0)
OFFICE: Final[Path] = ("policies", "routine", "hours")
LEAVE: Final[Path] = ("people", "lind", "leave", 0)
DESK: Final[Path] = ("people", "desk", "hours")
URGENT: Final[Path] = ("policies", "urgent")
TWO_NURSES: Final = {(*ROTA, "members"): ["lind", "ward"]}
CHRISTMAS_EVE, CHRISTMAS = "2026-12-24T20:00:00", "2026-12-25T20:00:00"

KEYS: Final[tuple[OneKey[OnCall], ...]] = (
    OneKey(
        "people.name",
        "Sam Lind",
        lambda on_call: on_call.people["lind"].name,
        "Duty nurse Lind",
        "Sam Lind",
        where=("people", "lind", "name"),
    ),
    OneKey(
        "people.role",
        "monitor",
        lambda on_call: on_call.resolve(["role:prescriber"], NIGHT),
        ("osei", "ward"),
        ("ward",),
        where=("people", "osei", "role"),
    ),
    OneKey(
        "people.channels",
        ["json://127.0.0.1/l"],
        lambda on_call: channels(on_call, "lind"),
        ["json://127.0.0.1:9900/lind"],
        ["json://127.0.0.1/l"],
        where=("people", "lind", "channels"),
    ),
    OneKey(
        "people.leave.from",
        "2026-12-25T08:00:00",
        lambda on_call: is_there(on_call, "lind", CHRISTMAS_EVE),
        False,
        True,
        where=(*LEAVE, "from"),
    ),
    OneKey(
        "people.leave.until",
        "2026-12-25T08:00:00",
        lambda on_call: is_there(on_call, "lind", CHRISTMAS),
        False,
        True,
        where=(*LEAVE, "until"),
    ),
    OneKey(
        "people.leave.timezone",
        "Europe/Berlin",
        lambda on_call: is_there(on_call, "lind", "2026-12-24T02:00:00"),
        True,
        False,
        where=(*LEAVE, "timezone"),
    ),
    OneKey(
        "people.hours.timezone",
        "Europe/Berlin",
        lambda on_call: is_there(on_call, "desk", "2026-03-03T03:00:00"),
        False,
        True,
        where=(*DESK, "timezone"),
    ),
    OneKey(
        "people.hours.days",
        ["mon", "sat"],
        lambda on_call: is_there(on_call, "desk", "2026-03-07T10:00:00"),
        False,
        True,
        where=(*DESK, "days"),
    ),
    OneKey(
        "people.hours.from",
        "09:00",
        lambda on_call: is_there(on_call, "desk", "2026-03-03T08:30:00"),
        True,
        False,
        where=(*DESK, "from"),
    ),
    OneKey(
        "people.hours.until",
        "19:00",
        lambda on_call: is_there(on_call, "desk", "2026-03-03T18:30:00"),
        False,
        True,
        where=(*DESK, "until"),
    ),
    OneKey(
        "rotas.timezone",
        "Europe/Berlin",
        lambda on_call: nurse(on_call, "2026-12-24T02:00:00"),
        "lind",
        "osei",
        where=(*ROTA, "timezone"),
    ),
    OneKey(
        "rotas.members",
        ["ward"],
        lambda on_call: nurse(on_call, "2026-03-03"),
        "lind",
        "ward",
        where=(*ROTA, "members"),
    ),
    OneKey(
        "rotas.period",
        "P14D",
        lambda on_call: nurse(on_call, "2026-01-13"),
        "ward",
        "lind",
        where=(*ROTA, "period"),
        also=TWO_NURSES,
    ),
    OneKey(
        "rotas.handoff",
        "2026-01-06T08:00:00",
        lambda on_call: nurse(on_call, "2026-01-12T12:00:00"),
        "ward",
        "lind",
        where=(*ROTA, "handoff"),
        also=TWO_NURSES,
    ),
    OneKey(
        "rotas.overrides.person",
        "ward",
        lambda on_call: nurse(on_call, CHRISTMAS),
        "osei",
        "ward",
        where=(*STAND_IN, "person"),
    ),
    OneKey(
        "rotas.overrides.from",
        "2026-12-25T08:00:00",
        lambda on_call: nurse(on_call, CHRISTMAS_EVE),
        "osei",
        "lind",
        where=(*STAND_IN, "from"),
    ),
    OneKey(
        "rotas.overrides.until",
        "2026-12-25T08:00:00",
        lambda on_call: nurse(on_call, CHRISTMAS),
        "osei",
        "lind",
        where=(*STAND_IN, "until"),
    ),
    OneKey(
        "policies.steps.notify",
        ["person:osei"],
        urgent_calls,
        ("lind",),
        ("osei",),
        where=(*URGENT, "steps", 0, "notify"),
    ),
    OneKey(
        "policies.steps.wait",
        "PT6M",
        second_page_after,
        timedelta(minutes=5),
        timedelta(minutes=6),
        where=(*URGENT, "steps", 0, "wait"),
    ),
    OneKey(
        "policies.resolve_within",
        "PT50M",
        promise_lapses_after,
        timedelta(minutes=60),
        timedelta(minutes=50),
        where=(*URGENT, "resolve_within"),
    ),
    OneKey(
        "policies.max_snooze",
        "PT20M",
        may_be_quiet_for,
        timedelta(minutes=30),
        timedelta(minutes=20),
        where=(*URGENT, "max_snooze"),
    ),
    OneKey(
        "policies.hours.timezone",
        "Europe/Berlin",
        lambda on_call: opens(on_call, NIGHT),
        local("2026-03-03T08:00:00"),
        NIGHT,
        where=(*OFFICE, "timezone"),
    ),
    OneKey(
        "policies.hours.days",
        ["mon", "sat"],
        lambda on_call: opens(on_call, SATURDAY),
        local("2026-03-09T08:00:00"),
        SATURDAY,
        where=(*OFFICE, "days"),
    ),
    OneKey(
        "policies.hours.from",
        "09:00",
        lambda on_call: opens(on_call, NIGHT),
        local("2026-03-03T08:00:00"),
        local("2026-03-03T09:00:00"),
        where=(*OFFICE, "from"),
    ),
    OneKey(
        "policies.hours.until",
        "19:00",
        lambda on_call: opens(on_call, EVENING),
        local("2026-03-04T08:00:00"),
        EVENING,
        where=(*OFFICE, "until"),
    ),
    OneKey(
        "sites.timezone",
        "Europe/Paris",
        lambda on_call: (on_call.timezone_of("bend"), on_call.timezone_of("elsewhere")),
        ("America/Los_Angeles", "UTC"),
        ("Europe/Paris", "UTC"),
        where=("sites", "bend", "timezone"),
    ),
    OneKey(
        "fallback.channels",
        ["json://127.0.0.1/f"],
        lambda on_call: channels(on_call, FALLBACK),
        ["json://127.0.0.1:9900/fallback"],
        ["json://127.0.0.1/f"],
    ),
)


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.key)
def test_a_key_that_says_something_else_is_followed(one: OneKey[OnCall]) -> None:
    """The same question to two files that differ in this key alone: the answer differs as the key says."""
    assert one.seen(on_call_with(one, other=False)) == one.as_written
    assert one.seen(on_call_with(one, other=True)) == one.otherwise
