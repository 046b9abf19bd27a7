"""No key without a story: whoever adds one to a file's format shows what it does, or this fails and names it."""

from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from domain.oncall.file import OnCallFileError, parse_on_call
from domain.protocol.file import ProtocolFileError, parse_protocol
from tests.proofs.keys import (
    test_keys_after_the_visit,
    test_keys_before_the_visit,
    test_keys_of_deviations,
    test_keys_of_the_on_call_file,
    test_keys_of_the_visit,
)
from tests.support.file_keys import (
    ON_CALL,
    ON_CALL_KEYS,
    PROTOCOL_KEYS,
    SCHEMA,
    WEEKLY,
    OneKey,
    written,
)

OF_THE_PROTOCOL: tuple[OneKey[Any], ...] = (
    *test_keys_before_the_visit.KEYS,
    *test_keys_of_the_visit.KEYS,
    *test_keys_after_the_visit.KEYS,
    *test_keys_of_deviations.KEYS,
)
OF_THE_ON_CALL_FILE: tuple[OneKey[Any], ...] = test_keys_of_the_on_call_file.KEYS


@pytest.mark.parametrize(
    ("keys", "stories"),
    [(PROTOCOL_KEYS, OF_THE_PROTOCOL), (ON_CALL_KEYS, OF_THE_ON_CALL_FILE)],
    ids=["protocol", "on-call"],
)
def test_every_key_has_its_story(keys: Iterable[str], stories: Iterable[OneKey[Any]]) -> None:
    """One each, and none for a key that there is not; only `schema` tells none: with another one nothing is read.

    `id`, `version`, `title`, evidence and names decide nothing in a course: their stories are what is shown, pinned or
    approved. A title is also printed, which tests/journeys/ sees.
    """
    told = Counter(one.key for one in stories)

    assert sorted(set(keys) - told.keys()) == [SCHEMA]
    assert sorted(told.keys() - set(keys)) == []


@pytest.mark.parametrize("one", [*OF_THE_PROTOCOL, *OF_THE_ON_CALL_FILE], ids=lambda one: one.key)
def test_every_story_tells_a_difference(one: OneKey[Any]) -> None:
    """A key that changes nothing that is seen is shown by nothing."""
    assert one.as_written != one.otherwise


def test_another_schema_is_not_read() -> None:
    """Neither file says anything that counts under a format that this Kapstan does not know."""
    with pytest.raises(ProtocolFileError, match="schema"):
        parse_protocol(written({**WEEKLY, SCHEMA: 2}), "kap.toml")
    with pytest.raises(OnCallFileError, match="schema"):
        parse_on_call(written({**ON_CALL, SCHEMA: 2}), "oncall.toml")
