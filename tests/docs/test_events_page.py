"""docs/events.md against the code: a clinic's developer reads there what Kapstan does, and nothing else."""

import inspect
import json
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from domain.course import (
    course,
    deadlines,
    rules,
    screens_due,
    size_budget,
    standstill,
    transition,
    unreported,
)
from domain.course.answer import Answer
from domain.course.corrections import consequences
from domain.course.deadlines import DeadlineKind
from domain.course.event_rule import ANYONE, STAFF
from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules import deviations
from domain.course.session import Stage
from domain.course.state import Phase
from domain.course.verdict import Finding, VerdictSeverity
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import MODELS, CourseReferred, EventData
from domain.events.parsing import parse_event
from domain.events.set_aside import SET_ASIDE
from domain.protocol.values import Vital
from domain.refusal import RefusalCode
from domain.values import Blocker, Role
from settings import Settings
from tests.support.blocker_sources import Raised, raised, with_blanks
from tests.support.doc_page import Page, Row, Section, code_in
from tests.support.file_keys import PROTOCOL_KEYS
from tests.support.paths import PROTOCOLS
from workflows.ledger_outbox import TOLD_AFTER

Schema = Mapping[str, Any]

EVENTS = pytest.mark.parametrize("name", MODELS)
FIELD = re.compile(r"^`(?P<name>\w+)`(?P<optional>\??) ?(?P<says>.*)$")
COMMON = {*EventData.model_fields, SET_ASIDE}


def _event(page: Page, name: str) -> Section:
    return page.section(f"`{name}`")


def _schema(name: str) -> Schema:
    data = MODELS[name].model_fields["data"].annotation
    assert isinstance(data, type)
    assert issubclass(data, EventData)
    return data.model_json_schema()


def _fields(page: Page, name: str) -> dict[str, tuple[bool, str]]:
    """What the page says of an event's fields: whether each may be left out, and in which bounds it lies."""
    said = _event(page, name).items["data"]
    if said == "nothing more":
        return {}
    found = [FIELD.match(part) for part in said.split("; ")]
    return {field["name"]: (bool(field["optional"]), field["says"]) for field in found if field}


def _in_full(schema: Schema, part: Schema) -> Schema:
    """The part itself, where it is a reference or may be null."""
    if "$ref" in part:
        return _in_full(schema, schema["$defs"][part["$ref"].rpartition("/")[2]])
    choices = [choice for choice in part.get("anyOf", ()) if choice.get("type") != "null"]
    return _in_full(schema, choices[0]) if choices else part


def _bounds(schema: Schema, part: Schema) -> Iterator[str]:
    """What must be said of a field: its least and its greatest value, its choices, the fields within it."""
    part = _in_full(schema, part)
    match part:
        case {"minimum": least, "maximum": most}:
            yield f"{least:g}–{most:g}"
        case {"exclusiveMinimum": least, "maximum": most}:
            yield f"above {least:g}, at most {most:g}"
        case {"minItems": least, "maxItems": most}:
            yield f"{least}–{most} "
        case {"maxItems": most}:
            yield f"at most {most} "
        case {"enum": choices}:
            yield from (f"`{choice}`" for choice in choices)
        case {"properties": fields}:
            for name, field in fields.items():
                yield f"`{name}`"
                if not _in_full(schema, field).get("enum"):
                    yield from _bounds(schema, field)
        case {"additionalProperties": values} if values:
            yield from _bounds(schema, values)
    if "items" in part and _in_full(schema, part["items"]).get("type") == "object":
        yield from (f"`{name}`" for name in _in_full(schema, part["items"])["properties"])


def test_the_page_lists_every_event_in_the_order_of_a_course(events: Page) -> None:
    """Each type has its heading, and no heading names a type that there is not."""
    named = [code_in(section.title)[0] for section in events.sections if section.title.startswith("`kap.")]
    assert named == list(MODELS)


@EVENTS
def test_the_page_lists_the_fields_of_an_event(events: Page, name: str) -> None:
    """Every field of the event's data and no other, with `?` where it may be left out."""
    schema = _schema(name)
    fields = {field: field not in schema["required"] for field in schema["properties"] if field not in COMMON}
    assert {field: optional for field, (optional, _) in _fields(events, name).items()} == fields


@EVENTS
def test_the_page_gives_the_bounds_of_each_field(events: Page, name: str) -> None:
    """The bounds and the choices that the page gives are those that an event is held to."""
    schema = _schema(name)
    for field, (_, says) in _fields(events, name).items():
        for bound in _bounds(schema, schema["properties"][field]):
            assert bound in f"{says} ", field


@EVENTS
def test_the_page_says_who_may_report_an_event(events: Page, name: str) -> None:
    """The page's roles are those of the gates; a referral comes before any gate."""
    words = {STAFF: "staff", ANYONE: "anyone"}
    roles = ANYONE if MODELS[name] is CourseReferred else EVENT_RULES[MODELS[name]].roles
    expected = words.get(roles, " or ".join(role for role in Role if role in roles))
    assert _event(events, name).items["who"].partition(";")[0] == expected


@EVENTS
def test_the_page_says_where_in_a_course_an_event_belongs(events: Page, name: str) -> None:
    """The page's phases and stages are those of the gates."""
    if MODELS[name] is CourseReferred:
        return
    place = EVENT_RULES[MODELS[name]]
    phases, _, stages = _event(events, name).items["where"].partition(" · ")
    words: dict[str, set[str]] = {"at any time": {*Phase}, "any open phase": {*Phase} - {Phase.CLOSED}}
    named = next((meant for said, meant in words.items() if phases.startswith(said)), set(code_in(phases)))
    assert named == place.phases
    assert set(code_in(stages.partition(";")[0])) & set(Stage) == (place.stages or set())


def test_the_page_names_whom_each_event_and_each_deadline_may_wake(events: Page) -> None:
    """Every kind of escalation that the rules raise stands with an event or a deadline, and no other."""
    by_events = {kind for section in events.sections for kind in code_in(section.items.get("wakes", ""))}
    by_deadlines = {kind for row in events.section("What falls due").rows for kind in code_in(row["raises"])}
    assert by_events & set(Kind) == _kinds_raised_by_rules()
    assert by_deadlines == _kinds_of_deadlines()


def test_the_page_says_when_a_course_is_ahead_of_its_record(events: Page) -> None:
    """What no event and no deadline raises stands with what falls due, with the time that it waits."""
    by_itself = _kinds_named_in(course)
    text = " ".join(events.section("What falls due").text.split())

    assert by_itself == {Kind.RECORD_STORE_BEHIND, Kind.COURSE_FILLING}
    assert f"`{Kind.RECORD_STORE_BEHIND}`, routine" in text
    assert f"`{Kind.COURSE_FILLING}`, routine" in text
    assert f"holds {size_budget.MOST_EVENTS:,} events" in text
    assert f"waited {TOLD_AFTER // timedelta(minutes=1)} minutes" in text


def test_the_page_says_when_nobody_watches(events: Page) -> None:
    """What Kapstan's own silence raises, with how long it is waited for; with it every kind has its place."""
    text = " ".join(events.section("What falls due").text.split())
    grace = Settings.model_fields["watch_grace"].default

    assert f"`{Kind.ORCHESTRATOR_SILENT}`, emergency" in text
    assert f"{grace // timedelta(minutes=1)} minutes (`KAPSTAN_WATCH_GRACE`)" in text
    assert f"`{Kind.RECORD_DIFFERS}`, routine" in text
    assert _kinds_raised_by_rules() | _kinds_of_deadlines() | _kinds_named_in(course) == set(Kind) - {
        Kind.ORCHESTRATOR_SILENT,
        Kind.RECORD_DIFFERS,
    }


def _kinds_raised_by_rules() -> set[Kind]:
    texts = (file.read_text(encoding="utf-8") for file in Path(rules.__path__[0]).glob("*.py"))
    raising = [text for text in texts if "transition.escalate(" in text]
    by_rules = {Kind[name] for text in raising for name in re.findall(r"\bKind\.([A-Z0-9_]+)", text)}
    return by_rules | _kinds_named_in(consequences) - consequences.OF_THE_MONITORED


def _kinds_of_deadlines() -> set[Kind]:
    modules = (deadlines, rules.risk_screens, screens_due, standstill, unreported)
    return {kind for module in modules for kind in _kinds_named_in(module)}


def _kinds_named_in(module: ModuleType) -> set[Kind]:
    return {Kind[name] for name in re.findall(r"\bKind\.([A-Z0-9_]+)", inspect.getsource(module))}


def test_the_page_lists_every_deadline(events: Page) -> None:
    """Every kind of deadline in its order, and the protocol's keys that it comes from."""
    table = events.section("What falls due").rows
    assert [code_in(row["deadline"])[0] for row in table] == list(DeadlineKind)


def _blocker_rows(page: Page) -> dict[str, Row]:
    return {with_blanks(code_in(row["code"])[0]): row for s in page.sections for row in s.rows if "absolute" in row}


def test_the_page_lists_every_blocker_and_no_other(events: Page) -> None:
    """A code that the domain can raise has its row; a row without such a code is a promise that nobody keeps."""
    assert _blocker_rows(events).keys() == {with_blanks(one.code) for one in raised()}


def test_the_page_says_of_each_blocker_what_the_domain_says(events: Page) -> None:
    """Whether it is absolute, a sentence that it says, the protocol's keys whose evidence it quotes."""
    by_code: dict[str, list[Raised]] = defaultdict(list)
    for one in raised():
        by_code[one.code].append(one)
    for code, row in _blocker_rows(events).items():
        match list({one.absolute for one in by_code[code]}):
            case [bool() as always]:
                assert row["absolute"] == ("yes" if always else "no"), code
            case _:
                assert row["absolute"] not in {"yes", "no"}, code
        assert any(re.search(one.sentence, row["sentence"]) for one in by_code[code]), code
        assert {key for one in by_code[code] for key in one.keys} <= set(code_in(row["protocol key"])), code


def test_every_protocol_key_on_the_page_is_one(events: Page) -> None:
    """A key that a protocol file does not have would be sought in vain."""
    files = (tomllib.loads(file.read_text(encoding="utf-8")) for file in PROTOCOLS.glob("*.toml"))
    known = {key for content in files for key in _keys(content)}
    known |= set(_named(PROTOCOL_KEYS))
    named = [key for row in _blocker_rows(events).values() for key in code_in(row["protocol key"])]
    named += [key for row in events.section("What falls due").rows for key in code_in(row["due"] + row["grace"])]
    for key in named:
        pattern = "[a-z_0-9]+".join(map(re.escape, re.split("<[^>]*>", key)))
        assert any(re.fullmatch(pattern, one) for one in known), key


def _named(keys: Iterable[str]) -> Iterator[str]:
    """Each key that a file may have, and each table, also with a name that the clinic chooses for one in it."""
    for key in keys:
        *tables, last = key.split(".")
        for depth in range(1, len(tables) + 1):
            yield ".".join(tables[:depth])
        yield ".".join((*tables, "name", last))
        yield key


def _keys(value: object, prefix: str = "") -> Iterator[str]:
    """Every key path of a protocol file; the tables of an array share theirs."""
    match value:
        case dict():
            for name, part in value.items():
                yield f"{prefix}{name}"
                yield from _keys(part, f"{prefix}{name}.")
        case list():
            for part in value:
                yield from _keys(part, prefix)
        case _:
            pass


def test_the_page_lists_the_answer_the_refusals_and_the_verdicts(events: Page) -> None:
    """Each field of the answer, each code of a refusal and each verdict; nothing that there is not."""
    told = [field for row in events.section("The answer").rows for field in code_in(row["field"])]
    assert told == list(Answer.model_fields)
    assert {code for row in events.section("Refusals").rows for code in code_in(row["code"])} == set(RefusalCode)
    assert set(events.code) >= {*VerdictSeverity, *Finding.model_fields}


def test_the_page_lists_what_kapstan_itself_writes(events: Page) -> None:
    """Each type of ledger entry that no clinic event is."""
    sources = map(inspect.getsource, (course, transition, deviations))
    written = {type_ for source in sources for type_ in re.findall(r'"(kap\.[a-z_.]+)"', source)}
    written |= {f"kap.escalation.{change}" for change in Change}
    assert {code for code in code_in(events.section("What Kapstan itself writes").text) if "." in code} == written


def test_the_examples_on_the_page_are_what_they_are_said_to_be(events: Page) -> None:
    """The event is one; the blocker is one."""
    event, blocker = events.blocks("json")
    parse_event(event)
    assert Blocker.model_validate(json.loads(blocker)).model_dump() == json.loads(blocker)


def test_the_page_names_roles_and_vitals_as_they_are_spelled(events: Page) -> None:
    """Every role; every vital that a reading holds."""
    assert set(events.code) >= {*Role, *Vital}
