"""Any protocol file: a slip at any place is told and breaks nothing, a key may go, and a layout says nothing."""

import json
import re
import tomllib
from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.durations import duration
from domain.holes.checker import holes
from domain.protocol.approval import content_hash
from domain.protocol.file import ProtocolFileError, parse_protocol, protocol_from
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from tests.domain.protocol.test_protocol_file import BARE
from tests.support.file_keys import Path, written
from tests.support.paths import WEEKLY_FILE

WEEKLY = WEEKLY_FILE.read_text(encoding="utf-8")
CONTENT: dict[str, Any] = tomllib.loads(WEEKLY)
HASH = content_hash(parse_protocol(WEEKLY, "kap.toml"))


ODDITIES = [
    "-1",
    "1e400",
    "nan",
    "true",
    '""',
    '"P1Y"',
    '"P99999999999D"',
    "[]",
    "[[1]]",
    "{}",
    "{ a = 1 }",
    "12:00:00",
]


def _leaves(content: object, place: Path = ()) -> Iterator[Path]:
    match content:
        case dict():
            for name, inner in content.items():
                yield from _leaves(inner, (*place, name))
        case list() if content and isinstance(content[0], dict):
            for number, inner in enumerate(content):
                yield from _leaves(inner, (*place, number))
    if place:
        yield place


def _reads(read: Callable[..., Protocol], said: object) -> None:
    try:
        read(said, "kap.toml")
    except ProtocolFileError as refused:
        assert refused.findings  # noqa: PT017  either way is right


@pytest.mark.parametrize("oddity", ODDITIES)
def test_no_slip_makes_the_reader_stumble(oddity: str) -> None:
    """Whatever stands where a value or a table should be, the answer is a protocol or a list of findings."""
    odd, content = tomllib.loads(f"odd = {oddity}")["odd"], tomllib.loads(BARE)
    for *tables, last in [*_leaves(content)]:
        table: Any = content
        for name in tables:
            table = table[name]
        said = table[last]
        table[last] = odd
        _reads(protocol_from, content)
        table[last] = said


@pytest.mark.parametrize("oddity", ODDITIES)
def test_no_slip_in_the_text_makes_the_reader_stumble(oddity: str) -> None:
    """The same as somebody types it: in the first line, and where the rest of a list is left behind."""
    lines = BARE.splitlines()
    of_values = [number for number, line in enumerate(lines) if re.match(r"\w+ *= ", line)]
    for number in [of_values[0], *(number for number in of_values if lines[number].endswith(","))]:
        slip = f"{lines[number].partition('=')[0]}= {oddity}"
        _reads(parse_protocol, "\n".join([*lines[:number], slip, *lines[number + 1 :]]))


OF_THE_CLINIC = [place for place in _leaves(CONTENT) if place[0] not in {"schema", "evidence", "vocabulary"}]


@st.composite
def another_file(draw: st.DrawFn) -> str:
    """The weekly protocol with a key left out, emptied or shifted, and without its evidence for what is gone."""
    content = deepcopy(CONTENT)
    *tables, last = draw(st.sampled_from(OF_THE_CLINIC))
    table: Any = content
    for name in tables:
        table = table[name]
    match table[last]:
        case bool() as said:
            table[last] = not said
        case int() | float() as number if draw(st.booleans()):
            table[last] = number + draw(st.sampled_from([-50, -10, -1, 1, 10, 50]))
        case list() as listed if draw(st.booleans()):
            table[last] = listed[: draw(st.integers(0, max(0, len(listed) - 1)))]
        case _:
            del table[last]
    return written(content)


@given(another_file())
@settings(max_examples=25)
def test_whatever_a_clinic_changes_the_file_is_refused_or_its_holes_are_named(text: str) -> None:
    """No key, left out or shifted, makes the checker fail; and each hole names a key of the format."""
    try:
        protocol = parse_protocol(text, "kap.toml")
    except ProtocolFileError:
        return

    found = holes(protocol)

    tables = {key.partition(".")[0] for key, _ in parameters(protocol)}
    assert all(hole.key.partition(".")[0] in tables and hole.lets_through and hole.mend for hole in found)
    assert json.dumps([hole.model_dump(mode="json") for hole in found])


@st.composite
def rewritten(draw: st.DrawFn) -> str:
    """The same protocol by another hand: other order, other white space, comments, other spellings of durations."""

    def value(content: object) -> str:
        match content:
            case dict():
                return "{" + ", ".join(f"{json.dumps(key)} = {value(content[key])}" for key in shuffled(content)) + "}"
            case list():
                gap = draw(st.sampled_from([" ", "", "\n", " # by another hand\n  "]))
                return "[" + ",".join(f"{gap}{value(item)}" for item in content) + "]"
            case bool():
                return "true" if content else "false"
            case str() if re.fullmatch(r"P[\dTDHM]+", content) and draw(st.booleans()):
                return f'"PT{duration(content).total_seconds():.0f}S"'
            case str():
                return json.dumps(content)
            case _:
                return str(float(content)) if isinstance(content, float) else str(content)

    def shuffled(content: dict[str, object]) -> list[str]:
        return draw(st.permutations(list(content)))

    return "\n\n".join(f"{key} =   {value(CONTENT[key])} # {key}" for key in shuffled(CONTENT))


@given(rewritten())
@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_the_hash_is_over_what_is_said_not_how(text: str) -> None:
    """A file laid out anew, with the same values, stays approved."""
    assert content_hash(parse_protocol(text, "kap.toml")) == HASH
