"""An on-call file that cannot keep what it promises is refused, with every reason and its key."""

import re
from pathlib import Path

import pytest

from domain.oncall.file import OnCallFileError, parse_on_call
from domain.values import Severity

EXAMPLE = Path("examples/oncall.toml").read_text(encoding="utf-8")


def findings(text: str) -> dict[str, str]:
    with pytest.raises(OnCallFileError) as refused:
        parse_on_call(text, "oncall.toml")
    assert all(line.startswith("oncall.toml: ") for line in str(refused.value).splitlines())
    return dict(refused.value.findings)


def test_the_example_is_read_whole() -> None:
    """Every key of the shipped example is understood."""
    on_call = parse_on_call(EXAMPLE, "oncall.toml")

    assert set(on_call.people) == {"lind", "osei", "ward", "desk"}
    assert set(on_call.policies) == set(Severity)
    assert on_call.rotas["nurse"].overrides[0].person == "osei"


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ("schema = 1", "schema = 2", "schema", "must be 1"),
        ("schema = 1", "schema = 1\nextra = 1", "extra", "is not a key of an on-call file"),
        ("schema = 1", "schema = ", "", "not valid TOML"),
        ('name = "Dr Osei"', 'nom = "Dr Osei"', "people.osei.name", "is missing"),
        ('name = "Dr Osei"', "name = 7", "people.osei.name", "must be text in quotes"),
        ('role = "monitor"', 'role = "nurse"', "people.lind.role", "monitor"),
        ('role = "monitor"', 'role = "patient"', "people.lind.role", "who may be paged"),
        ('["json://127.0.0.1:9900/desk"]', "[]", "people.desk.channels", "has no channel"),
        ('["json://127.0.0.1:9900/desk"]', '["desk"]', "people.desk.channels[1]", "a channel's URL"),
        (
            "[people.desk]",
            "[people.fallback]",
            "people.fallback",
            "must be another id",
        ),
        ("America/Los_Angeles", "America/Los_Angles", "rotas.nurse.timezone", "an IANA time zone"),
        ("America/Los_Angeles", "America", "rotas.nurse.timezone", "an IANA time zone"),
        ('members  = ["lind"]', "members = []", "rotas.nurse.members", "has nobody"),
        ('members  = ["lind"]', 'members = ["lind", "mallory"]', "rotas.nurse.members[2]", "mallory is not one of"),
        ('"P7D"', "7", "rotas.nurse.period", "a duration in quotes"),
        ('"P7D"', '"P1M"', "rotas.nurse.period", "no years or months"),
        ('"P7D"', '"PT59M"', "rotas.nurse.period", "at least PT1H"),
        ('"2026-01-05T08:00:00"', '"2026-01-05T08:00:00Z"', "rotas.nurse.handoff", "without an offset"),
        *(
            ('"2026-01-05T08:00:00"', f'"{told}"', "rotas.nurse.handoff", "must be a local date and time such as")
            for told in (
                "0001-01-01T00:00:00",
                "1899-12-31T23:59:59",
                "2200-01-01T00:00:00.000001",
                "9999-12-31T23:59:59",
                "20260105T080000",
                "2026-01-05_08:00:00",
                "2026-01-05T08",
                "2026-W02-1T08:00:00",
                "1767600000",
            )
        ),
        ("2026-12-24T08:00:00", "0001-01-01T00:00:00", "rotas.nurse.overrides[1].from", "between the years 1900 and"),
        ("2026-12-26T08:00:00", "9999-12-31T23:59:59", "rotas.nurse.overrides[1].until", "between the years 1900 and"),
        ("schema = 1", f"schema = {'9' * 5_000}", "", "not valid TOML"),
        ('"2026-01-05T08:00:00"', '"monday"', "rotas.nurse.handoff", "a local date and time"),
        ('"2026-01-05T08:00:00"', '"2026-03-08T02:30:00"', "rotas.nurse.handoff", "does not exist in America/Los_An"),
        ("2026-12-24T08:00:00", "2026-03-08T02:30:00", "rotas.nurse.overrides[1].from", "does not exist"),
        ("2026-12-26T08:00:00", "2027-03-14T02:30:00", "rotas.nurse.overrides[1].until", "does not exist"),
        ('person = "osei", from', "person = 7, from", "rotas.nurse.overrides[1].person", "must be text in quotes"),
        ("2026-12-24T08:00:00", "2026-12-24", "rotas.nurse.overrides[1].from", "a local date and time"),
        ('person = "osei", from', 'person = "eve", from', "rotas.nurse.overrides[1].person", "eve is not one of"),
        ("2026-12-26T08:00:00", "2026-12-24T08:00:00", "rotas.nurse.overrides[1]", "until must be later than from"),
        ("[policies.routine]", "[policies.routinely]", "policies.routine", "each severity needs its policy"),
        ('"rota:nurse"], wait = "PT5M"', '"rota:night"], wait = "PT5M"', "policies.urgent.steps[1].notify[1]", "night"),
        (
            '"person:osei"], wait = "PT10M"',
            '"person:eve"], wait = "PT10M"',
            "policies.urgent.steps[2].notify[1]",
            "eve",
        ),
        ('"person:desk"', '"role:therapist"', "policies.routine.steps[1].notify[1]", "nobody in [people] has the role"),
        ('"person:desk"', '"desk"', "policies.routine.steps[1].notify[1]", "a target such as rota:nurse"),
        ('["person:desk"]', "[]", "policies.routine.steps[1].notify", "calls nobody"),
        ('wait = "PT4H"', 'wait = "PT0S"', "policies.routine.steps[1].wait", "longer than zero"),
        ('max_snooze = "PT30M"', 'max_snooze = "PT61M"', "policies.urgent.max_snooze", "at most resolve_within, 1 h"),
        ('from = "08:00"', 'from = "18:00"', "policies.routine.hours", "until must be later than from"),
        ('from = "08:00"', "from = 8", "policies.routine.hours.from", "a local time such as 08:00"),
        ('["mon", "tue", "wed", "thu", "fri"]', "[]", "policies.routine.hours.days", "has no day"),
        ('["mon", "tue", "wed", "thu", "fri"]', '["monday"]', "policies.routine.hours.days[1]", "mon, tue"),
        ('channels = ["json://127.0.0.1:9900/fallback"]', "channels = []", "fallback.channels", "has no channel"),
        ("[fallback]", "[fallbacks]", "fallback", "is missing"),
        ('max_snooze = "PT0S"', 'max_snooze = "-PT1S"', "policies.emergency.max_snooze", "PT15M"),
    ],
)
def test_each_mistake_is_named_by_its_key(old: str, new: str, key: str, expected: str) -> None:
    """File, key path counted from 1, and what was expected there."""
    assert old in EXAMPLE

    assert expected in findings(EXAMPLE.replace(old, new))[key]


def test_a_policy_without_steps_is_refused() -> None:
    """Nobody would ever be called."""
    without = re.sub(r'steps = \[ \{ notify = \["person:desk.*\]\n', "steps = []\n", EXAMPLE)

    assert "has no steps" in findings(without)["policies.routine.steps"]


def with_a_second_stand_in(since: str, until: str) -> str:
    first = 'until = "2026-12-26T08:00:00" } ]'
    assert first in EXAMPLE
    second = f'{{ person = "ward", from = "{since}", until = "{until}" }}'
    return EXAMPLE.replace(first, f"{first[:-2]}, {second} ]")


@pytest.mark.parametrize(
    ("since", "until", "overlaps"),
    [
        ("2026-12-26T07:59:59", "2026-12-27T08:00:00", True),
        ("2026-12-26T08:00:00", "2026-12-27T08:00:00", False),
        ("2026-12-23T08:00:00", "2026-12-24T08:00:00", False),
        ("2026-12-23T08:00:00", "2026-12-24T08:00:01", True),
        ("2026-12-25T08:00:00", "2026-12-25T09:00:00", True),
        ("2026-12-20T08:00:00", "2026-12-30T08:00:00", True),
    ],
)
def test_two_stand_ins_at_once_are_refused(since: str, until: str, overlaps: bool) -> None:
    """It would be unclear who holds the rota; one may follow the other in the same second, in whatever order."""
    text = with_a_second_stand_in(since, until)

    if overlaps:
        [(key, sentence)] = findings(text).items()
        assert key == "rotas.nurse.overrides[2]"
        assert "overlaps overrides[1], when osei stands in from 2026-12-24T08:00:00 until 2026-12-26" in sentence
    else:
        parse_on_call(text, "oncall.toml")


@pytest.mark.parametrize(
    ("local", "exists"),
    [
        ("2026-03-08T01:59:59", True),
        ("2026-03-08T02:00:00", False),
        ("2026-03-08T02:59:59", False),
        ("2026-03-08T03:00:00", True),
        ("2026-11-01T01:30:00", True),
    ],
)
def test_a_moment_that_the_clock_skips_is_none_to_hand_on_at(local: str, exists: bool) -> None:
    """Put forward from two to three, the clock never says half past two; the hour that comes twice is said at first."""
    text = EXAMPLE.replace('"2026-01-05T08:00:00"', f'"{local}"')

    if exists:
        parse_on_call(text, "oncall.toml")
    else:
        sentence = f"{local} does not exist in America/Los_Angeles: the clock is put forward over it"
        assert findings(text) == {"rotas.nurse.handoff": sentence}


def test_only_routine_has_hours() -> None:
    """An urgent page never waits for the office to open."""
    hours = EXAMPLE[EXAMPLE.index("hours = ") : EXAMPLE.index("[fallback]")]
    text = EXAMPLE.replace('max_snooze = "PT30M"\n', f'max_snooze = "PT30M"\n{hours}')

    assert findings(text) == {"policies.urgent.hours": "only routine waits for the office to open"}


NURSE_FIRST = '["rota:nurse"], wait = "PT5M"'
WARD_LAST = '["person:ward"], wait = "PT15M"'
EVERYBODY = '["rota:nurse", "role:prescriber"]'


@pytest.mark.parametrize(
    ("old", "new", "key", "expected"),
    [
        ('"PT5M"', '"PT59S"', "policies.urgent.steps[1].wait", "page 2 would go out after 59 s, sooner"),
        (NURSE_FIRST, f'{EVERYBODY}, wait = "PT5M"', "policies.urgent.steps[1].notify", "may call 3 at once"),
        (WARD_LAST, f'{EVERYBODY}, wait = "PT15M"', "policies.urgent.steps[3].notify", "may call 3 at once"),
        (
            'resolve_within = "PT60M"',
            'resolve_within = "PT14M"',
            "policies.urgent.resolve_within",
            "at least emergency's",
        ),
        ('max_snooze = "P1D"', 'max_snooze = "PT29M"', "policies.routine.max_snooze", "at least urgent's 30 min"),
    ],
)
def test_a_lower_severity_may_be_neither_sooner_nor_louder(old: str, new: str, key: str, expected: str) -> None:
    """Page by page, by the people a step may call at once, and by how soon a promise lapses or a snooze ends."""
    assert expected in findings(EXAMPLE.replace(old, new))[key]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"PT5M"', '"PT1M"'),
        (WARD_LAST, '["person:ward"], wait = "PT1S"'),
        (NURSE_FIRST, '["rota:nurse", "person:osei"], wait = "PT5M"'),
        (WARD_LAST, '["person:ward", "person:osei", "rota:nurse"], wait = "PT15M"'),
    ],
)
def test_a_lower_severity_may_be_as_soon_and_as_loud(old: str, new: str) -> None:
    """The same wait, or the same people, is not more; nor is a short last wait of a ladder that was slow before."""
    parse_on_call(EXAMPLE.replace(old, new), "oncall.toml")


def test_everything_wrong_is_named_at_once() -> None:
    """A file is mended in one go, malformed values and broken references alike."""
    text = (
        EXAMPLE.replace('name = "Dr Osei"', "")
        .replace('["lind"]', '["linda"]')
        .replace("[policies.urgent]", "[policies.dire]")
    )

    assert findings(text).keys() == {"people.osei.name", "rotas.nurse.members[1]", "policies.dire", "policies.urgent"}


def test_no_channel_is_shown_in_an_error() -> None:
    """A channel may hold an address or a token."""
    text = EXAMPLE.replace('["json://127.0.0.1:9900/desk"]', '["s3cret-token"]')

    with pytest.raises(OnCallFileError) as refused:
        parse_on_call(text, "oncall.toml")
    assert "s3cret" not in str(refused.value)
