"""A model year of a clinic: what its people report, drawn by a seed. Nobody is ill, or one danger is planted a course.

Each course is the example course on days of its own, with what is ordinary at a clinic: readings a little early or late
and some typed in minutes later, a hint in every second PHQ-9, pressures that are high by habit, calls that are late,
patients of every weight and doses in whole milligrams.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from math import ceil
from random import Random
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from bench.on_paper import EXAMPLE
from domain.escalation.messages import Kind
from domain.events.clinic_events import ClinicEvent
from domain.events.parsing import event_from
from domain.values import Severity

SITE: Final = ZoneInfo("America/Los_Angeles")
FIRST_MONDAY: Final = date(2026, 1, 5)
"""The Monday of the example's referral."""
WEEKDAYS, WEEKS = 5, 52

DOSED_AT: Final = 10
"""The hour of the example's doses."""

TYPED_LATE, TYPED_AFTER = 0.1, timedelta(minutes=6)
HINT = 0.5
"""How often question 9 of a PHQ-9 is answered with "several days"; the C-SSRS follows within the hour and a half."""
CALLED_LATE, LATE_BY = 0.125, timedelta(hours=5)
FILED_LATE = 0.1
HIGH_BY_HABIT, HIGHER_BY = 0.1, 18
"""How often, and by how many mmHg, somebody's pressure is above the example's: a prescriber weighs it before a dose."""

LIGHTEST, HEAVIEST, MORE_OR_LESS = 50, 110, 0.8
"""Between which weights in kg patients are drawn, and how far a visit's is from the screening's."""
EXAMPLE_KG: Final = 70
MAY_BE_POUNDS: Final = 95
"""From this weight on the prescriber says at the decision that kilograms are meant."""
NURSE: Final = {"id": "lind", "role": "monitor"}

MINUTE = timedelta(minutes=1)


class Told(NamedTuple):
    """An event as the clinic's system sends it, at `received`."""

    received: datetime
    event: dict[str, Any]

    @property
    def type(self) -> str:
        """The type without its prefix."""
        return str(self.event["type"]).removeprefix("kap.")

    @property
    def time(self) -> datetime:
        """When it happened."""
        return datetime.fromisoformat(self.event["time"])

    @property
    def data(self) -> dict[str, Any]:
        """What it says."""
        said: dict[str, Any] = self.event["data"]
        return said

    def saying(self, **changes: object) -> "Told":
        """The same event with these fields different."""
        return self._replace(event={**self.event, "data": {**self.data, **changes}})

    def parsed(self) -> ClinicEvent:
        """The event as the course takes it."""
        return event_from(self.event)


class Danger(NamedTuple):
    """A danger in one visit: what is told of it, whom that must call for, how loudly, and how soon after it."""

    name: str
    plant: Callable[[Sequence[Told], int], tuple[list[Told], datetime]]
    calls_for: frozenset[Kind]
    severity: Severity = Severity.URGENT
    within: timedelta = timedelta()


def course(number: int, random: Random) -> list[Told]:
    """What is reported of one course of the year, in the order in which it arrives."""
    start = FIRST_MONDAY + timedelta(days=7 * random.randrange(WEEKS) + random.randrange(WEEKDAYS))
    is_high = random.random() < HIGH_BY_HABIT
    weights = _Weights(number)
    told: list[Told] = []
    for line in EXAMPLE:
        moved = weights.of(_moved(line, f"YEAR-{number}", start - FIRST_MONDAY))
        told += _as_it_was(moved, random, is_high=is_high)
    return sorted(told, key=lambda one: one.received)


class _Weights:
    """A patient's weight, drawn for each visit, and the doses that go by it, up to the next milligram.

    The first dose is given by the nurse, and the later ones by the prescriber who raises them.
    """

    def __init__(self, number: int) -> None:
        self._random = Random(f"weights of {number}")  # noqa: S311  a model, and no secret
        self._kg = self._screened = round(self._random.uniform(LIGHTEST, HEAVIEST), 1)

    def of(self, told: Told) -> Told:
        """The event as it reads of this patient."""
        match told.type:
            case "screening.recorded":
                return told.saying(weight_kg=self._screened)
            case "eligibility.decided" if self._screened >= MAY_BE_POUNDS:
                weighed = {"code": "weight.may_be_pounds", "rationale": "Weighed here, in kilograms"}
                return told.saying(overrides=[weighed])
            case "patient.checked_in":
                self._kg = round(self._screened + self._random.uniform(-MORE_OR_LESS, MORE_OR_LESS), 1)
                return told.saying(weight_kg=self._kg)
            case "dose.administered":
                mg = ceil(told.data["mg"] / EXAMPLE_KG * self._kg)
                return told.saying(mg=mg, **({"actor": NURSE} if told.data["session"] == 1 else {}))
            case _:
                return told


def _moved(line: str, name: str, by: timedelta) -> Told:
    """The example's event on another day, at the same time of the wall clock."""

    def shifted(value: object) -> object:
        match value:
            case dict():
                return {key: shifted(one) for key, one in value.items()}
            case str() if (at := _moment(value)) is not None:
                return (at.astimezone(SITE).replace(tzinfo=None) + by).replace(tzinfo=SITE).isoformat()
            case _:
                return value

    event = shifted(json.loads(line))
    assert isinstance(event, dict)
    return Told(datetime.fromisoformat(event["time"]), {**event, "subject": name})


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None


def _as_it_was(told: Told, random: Random, *, is_high: bool) -> Iterator[Told]:
    """The event as it went on an ordinary day."""
    match told.type:
        case "vitals.recorded":
            read = _raised(told) if is_high else told
            yield _read_after_the_dose(read, random) if read.time.hour >= DOSED_AT else read
        case "session.cleared" if is_high:
            weighed = {"code": "vitals.systolic_above_limit", "rationale": "As at every visit, and without symptoms"}
            yield told.saying(overrides=[weighed])
        case "measure.recorded" if told.data["instrument"] == "phq9" and random.random() < HINT:
            answered = told.saying(items=[*told.data["items"][:8], 1])
            yield answered
            yield _screened(answered, random.uniform(15, 90) * MINUTE)
        case "check_in.completed" if random.random() < CALLED_LATE:
            yield _later(told, LATE_BY)
        case "form.filed" if random.random() < FILED_LATE:
            yield _later(told, timedelta(days=9))
        case _:
            yield told


def _read_after_the_dose(read: Told, random: Random) -> Told:
    """A little early or late, and some on paper first; but before a dose, for the clearance needs the reading."""
    is_at_the_dose = (read.time.hour, read.time.minute) == (DOSED_AT, 0)
    taken = _later(read, random.uniform(0 if is_at_the_dose else -1, 4) * MINUTE)
    return taken._replace(received=taken.time + TYPED_AFTER) if random.random() < TYPED_LATE else taken


def _later(told: Told, by: timedelta) -> Told:
    at = told.time + by
    return Told(at, {**told.event, "time": at.isoformat()})


def _raised(told: Told) -> Told:
    return told.saying(systolic=told.data["systolic"] + HIGHER_BY)


def _screened(after: Told, by: timedelta) -> Told:
    calm = {"actor": {"id": "lind", "role": "monitor"}, "instrument": "cssrs", "items": [0] * 6}
    return _later(after._replace(event={**after.event, "id": f"{after.event['id']}-screen", "data": calm}), by)


# What is planted: each changes what is told of one visit, and says when that happened.

Planted = tuple[list[Told], datetime]
Plant = Callable[[Sequence[Told], int], Planted]


def _is(told: Told, session: int, *types: str) -> bool:
    return told.type in types and told.data.get("session") == session


def _dose_of(told: Sequence[Told], session: int) -> datetime:
    return next(one.time for one in told if _is(one, session, "dose.administered"))


def _reads(**found: object) -> Plant:
    """The reading half an hour after the dose, typed in at once, finds this."""

    def plant(told: Sequence[Told], session: int) -> Planted:
        dosed_at = _dose_of(told, session)
        read = min(
            (one for one in told if _is(one, session, "vitals.recorded")),
            key=lambda one: abs(one.time - dosed_at - 30 * MINUTE),
        )
        changed = read.saying(**found)._replace(received=read.time)
        return [changed if one is read else one for one in told], read.time

    return plant


def _without(*types: str, since: timedelta, lost_from: timedelta) -> Plant:
    """Nothing of these is reported from `lost_from` after the dose on; it should have been `since` after it."""

    def plant(told: Sequence[Told], session: int) -> Planted:
        dosed_at = _dose_of(told, session)
        kept = [one for one in told if not (_is(one, session, *types) and one.time >= dosed_at + lost_from)]
        return kept, dosed_at + since

    return plant


def _tells(type_: str, after: timedelta, *, with_session: bool = True, **said: object) -> Plant:
    """This is told so long after the dose, and nothing of the course after it."""

    def plant(told: Sequence[Told], session: int) -> Planted:
        at = _dose_of(told, session) + after
        named = {"session": session} if with_session else {}
        data = {"actor": {"id": "lind", "role": "monitor"}, **named, **said}
        event = {**told[0].event, "type": f"kap.{type_}", "id": "planted", "time": at.isoformat(), "data": data}
        return [*(one for one in told if one.received < at), Told(at, event)], at

    return plant


def _swings(told: Sequence[Told], session: int) -> Planted:
    """Every other reading of five, four minutes apart, is too high: none is followed by another that is."""
    changed, at = _reads(systolic=200, diastolic=99)(told, session)
    read = next(one for one in changed if one.time == at and one.type == "vitals.recorded")
    more = [
        _later(read._replace(event={**read.event, "id": f"{read.event['id']}-{number}"}), 4 * number * MINUTE).saying(
            systolic=150 if number % 2 else 200, diastolic=90 if number % 2 else 99
        )
        for number in range(1, 5)
    ]
    others = [one for one in changed if not (_is(one, session, "vitals.recorded") and one.time > at)]
    return sorted([*others, *more], key=lambda one: one.received), at


def _says(type_: str, **changes: object) -> Plant:
    """This event of the visit says so, of which nothing follows any more."""

    def plant(told: Sequence[Told], session: int) -> Planted:
        one = next(one for one in told if _is(one, session, type_))
        kept = [other for other in told if other.received <= one.received]
        return [one.saying(**changes) if other is one else other for other in kept], one.time

    return plant


def _on_friday(plant: Plant, hour: float) -> Plant:
    """The same on the Friday after the dose."""

    def moved(told: Sequence[Told], session: int) -> Planted:
        changed, at = plant(told, session)
        friday = at.astimezone(SITE).replace(hour=0, minute=0) + timedelta(days=(4 - at.weekday()) % 7 or 7, hours=hour)
        last = changed[-1]
        kept = [one for one in told if one.received < friday]
        return [*kept, Told(friday, {**last.event, "time": friday.isoformat()})], friday

    return moved


_CALL: Mapping[str, Any] = {"days_after": 1, "suicidal_ideation": False}
DAY, HOUR = timedelta(days=1), timedelta(hours=1)

DANGERS: Final = (
    Danger("SpO₂ 84 %", _reads(spo2=84), frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY})),
    Danger(
        "pressure 230/140", _reads(systolic=230, diastolic=140), frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY})
    ),
    Danger("pressure 60/30", _reads(systolic=60, diastolic=30), frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY})),
    Danger("heart rate 0", _reads(heart_rate=0), frozenset({Kind.VITALS_EMERGENCY}), Severity.EMERGENCY),
    Danger("unrousable", _reads(moaas=0), frozenset({Kind.VITALS_EMERGENCY}), Severity.EMERGENCY),
    Danger(
        "chest pain in a reading",
        _reads(symptoms=["Chest pain"]),
        frozenset({Kind.VITALS_EMERGENCY}),
        Severity.EMERGENCY,
    ),
    Danger(
        "breathes six times a minute",
        _reads(respiratory_rate=6),
        frozenset({Kind.VITALS_EMERGENCY}),
        Severity.EMERGENCY,
    ),
    Danger("heart rate 160", _reads(heart_rate=160), frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY})),
    Danger("answers to pain alone", _reads(moaas=1), frozenset({Kind.VITALS_URGENT, Kind.VITALS_EMERGENCY})),
    Danger("a word of suicide in a reading", _reads(symptoms=["suicidal ideation"]), frozenset({Kind.SUICIDE_RISK})),
    Danger("a pressure that swings", _swings, frozenset({Kind.VITALS_URGENT}), within=8 * MINUTE),
    Danger(
        "dosed, and never cleared",
        _without("session.cleared", since=timedelta(), lost_from=-DAY),
        frozenset({Kind.PROTOCOL_DEVIATION}),
        Severity.EMERGENCY,
    ),
    Danger(
        "ten times the dose",
        _says("dose.administered", mg=350),
        frozenset({Kind.PROTOCOL_DEVIATION}),
        Severity.EMERGENCY,
    ),
    Danger(
        "a positive pregnancy test",
        _says("patient.checked_in", pregnancy_test="positive"),
        frozenset({Kind.EXCLUSION_FOUND}),
    ),
    Danger(
        "never discharged",
        _without("discharge.assessed", "patient.discharged", since=2 * HOUR, lost_from=timedelta()),
        frozenset({Kind.DISCHARGE_OVERDUE, Kind.VITALS_OVERDUE}),
        within=2 * HOUR,
    ),
    Danger(
        "a pressure of 185/112 that nobody measures again",
        _reads(systolic=185, diastolic=112),
        frozenset({Kind.VITALS_URGENT}),
        within=5 * MINUTE,
    ),
    Danger(
        "no reading from 45 minutes on",
        _without(
            "vitals.recorded", "discharge.assessed", "patient.discharged", since=45 * MINUTE, lost_from=43 * MINUTE
        ),
        frozenset({Kind.VITALS_OVERDUE}),
        within=10 * MINUTE,
    ),
    Danger(
        "and still none a quarter of an hour later",
        _without(
            "vitals.recorded", "discharge.assessed", "patient.discharged", since=45 * MINUTE, lost_from=43 * MINUTE
        ),
        frozenset({Kind.VITALS_OVERDUE}),
        Severity.EMERGENCY,
        within=15 * MINUTE,
    ),
    Danger(
        "cleared, and no dose is reported",
        _without(
            "dose.administered",
            "vitals.recorded",
            "discharge.assessed",
            "patient.discharged",
            "check_in.completed",
            since=-5 * MINUTE,
            lost_from=timedelta(),
        ),
        frozenset({Kind.DOSE_UNREPORTED}),
        within=30 * MINUTE,
    ),
    Danger(
        "nobody says what became of the visit",
        _without(
            "patient.checked_in",
            "vitals.recorded",
            "session.cleared",
            "dose.administered",
            "discharge.assessed",
            "patient.discharged",
            "check_in.completed",
            "integration.held",
            "form.filed",
            since=timedelta(),
            lost_from=-DAY,
        ),
        frozenset({Kind.SESSION_UNREPORTED}),
        Severity.ROUTINE,
        within=timedelta(hours=2),
    ),
    Danger(
        "leaves before the discharge",
        _tells("patient.left", 50 * MINUTE),
        frozenset({Kind.LEFT_BEFORE_DISCHARGE}),
    ),
    Danger(
        "a seizure",
        _tells("adverse_event.reported", 50 * MINUTE, term="Seizure", grade=4, serious=True),
        frozenset({Kind.ADVERSE_EVENT}),
        Severity.EMERGENCY,
    ),
    Danger(
        "nausea of grade 2 on a Friday evening",
        _on_friday(_tells("adverse_event.reported", 50 * MINUTE, term="nausea", grade=2, serious=False), 18.5),
        frozenset({Kind.ADVERSE_EVENT}),
        within=DAY,
    ),
    Danger(
        "a screen with a plan before the next dose",
        _tells("measure.recorded", 3 * DAY, with_session=False, instrument="cssrs", items=[1, 1, 1, 1, 1, 0]),
        frozenset({Kind.SUICIDE_RISK}),
        Severity.EMERGENCY,
    ),
    Danger(
        "a screen of a method, and no plan",
        _tells("measure.recorded", 3 * DAY, with_session=False, instrument="cssrs", items=[1, 1, 1, 0, 0, 0]),
        frozenset({Kind.SUICIDE_RISK}),
    ),
    Danger(
        "held, and nobody looks at it again",
        _tells("course.held", DAY, with_session=False, reason="A family matter"),
        frozenset({Kind.HOLD_UNREVIEWED}),
        Severity.ROUTINE,
        within=8 * DAY,
    ),
    Danger(
        "question 9 answered with 3",
        _tells("measure.recorded", 3 * DAY, with_session=False, instrument="phq9", items=[1] * 8 + [3]),
        frozenset({Kind.ITEM9_POSITIVE}),
    ),
    Danger(
        "a hint of 1, and no screen that day",
        _tells("measure.recorded", 3 * DAY, with_session=False, instrument="phq9", items=[1] * 8 + [1]),
        frozenset({Kind.ITEM9_POSITIVE}),
        within=timedelta(hours=23),
    ),
    Danger(
        "thinks of suicide at the call",
        _tells("check_in.completed", DAY, **{**_CALL, "suicidal_ideation": True}),
        frozenset({Kind.SUICIDE_RISK}),
    ),
    Danger(
        "short of breath at the call",
        _tells("check_in.completed", DAY, **_CALL, symptoms=["cannot breathe"]),
        frozenset({Kind.ADVERSE_EVENT}),
    ),
    Danger(
        "a symptom that no list names",
        _tells("check_in.completed", DAY, **_CALL, symptoms=["purple spots"]),
        frozenset({Kind.ADVERSE_EVENT}),
        Severity.ROUTINE,
    ),
    Danger(
        "nobody calls the day after",
        _without("check_in.completed", since=DAY + 130 * MINUTE, lost_from=timedelta()),
        frozenset({Kind.CHECK_IN_MISSED}),
        within=timedelta(hours=4, minutes=15),
    ),
    Danger(
        "dies",
        _tells("adverse_event.reported", DAY, term="found dead", grade=5, serious=True),
        frozenset({Kind.PATIENT_DECEASED, Kind.ADVERSE_EVENT}),
        Severity.EMERGENCY,
    ),
)
"""What may happen, with whom the shipped protocols let it call."""


def courses(count: int, seed: int) -> Iterable[list[Told]]:
    """The year's courses. The same seed draws the same year."""
    random = Random(seed)  # noqa: S311  a model, and no secret
    for number in range(1, count + 1):
        yield course(number, random)
