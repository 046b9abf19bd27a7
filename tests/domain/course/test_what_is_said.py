"""What a person reads of each reason: the sentence, whether it is absolute, what was observed, the limit, the key."""

import re
import tomllib
from collections.abc import Iterable
from typing import Any, Final

import pytest

from domain.protocol.model import Evidence, Grade, Protocol
from domain.protocol.parameters import parameters
from domain.values import Blocker
from tests.domain.conftest import Opens
from tests.support.blocker_stories import REFUSING, SAYING, Reason, Said
from tests.support.blocker_variants import VARIANTS, Variant
from tests.support.cast import WEEKLY
from tests.support.paths import ROOT

TABLE: Final[dict[str, dict[str, Any]]] = tomllib.loads(
    (ROOT / "tests" / "domain" / "course" / "what_is_said.toml").read_text(encoding="utf-8")
)
NO_BLOCKERS: Final = {"corrects.unknown", "protocol.version_unknown"}
"""Refusals by these codes have nothing else to say: tests/domain/course/test_admissibility.py."""


def evidenced(protocol: Protocol) -> Protocol:
    """The same protocol, in which the evidence of each value names its key: what is quoted shows whose it is."""
    keys = [parameter.key for parameter in parameters(protocol)]
    return protocol.but(evidence={key: Evidence(grade=Grade.SOURCED, source=key) for key in keys})


def said(blockers: Iterable[Blocker], code: str) -> dict[str, Any]:
    """All that the first blocker of that code says, as far as it says anything."""
    first = next(blocker for blocker in blockers if blocker.code == code)
    return first.model_dump(exclude={"code"}, exclude_defaults=True)


@pytest.mark.parametrize("reason", [one for one in REFUSING if one.code not in NO_BLOCKERS], ids=lambda one: one.code)
def test_a_refusal_says_this(opens: Opens, reason: Reason) -> None:
    """As the table has it, to the letter: it is all that the nurse knows of why."""
    ward = opens(evidenced(reason.protocol))
    event = reason.story(ward)

    assert said(ward.course.blockers_for(event), reason.code) == TABLE[reason.code]


@pytest.mark.parametrize("reason", SAYING, ids=lambda one: one.code)
def test_what_stands_before_the_next_step_says_this(opens: Opens, reason: Said) -> None:
    """As the table has it, to the letter."""
    ward = opens(evidenced(WEEKLY))

    assert said(reason.story(ward), reason.code) == TABLE[reason.code]


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda one: one.name)
def test_in_another_situation_a_reason_says_this(opens: Opens, variant: Variant) -> None:
    """As the table has it, to the letter: the same code may be read for another cause."""
    ward = opens(evidenced(variant.protocol))

    assert said(variant.story(ward), variant.code) == TABLE[variant.name]


def test_the_table_has_every_reason() -> None:
    """One that has a story has its sentence, and no sentence is left over."""
    told = [*(one.code for one in REFUSING), *(one.code for one in SAYING), *(one.name for one in VARIANTS)]

    assert [*TABLE] == [code for code in told if code not in NO_BLOCKERS]


@pytest.mark.parametrize("code", TABLE)
def test_a_sentence_names_days_and_codes_as_people_do(code: str) -> None:
    """Not as a file does: `6 Jan 2027`, `follow up`. What was observed stays as it is compared."""
    sentence = str(TABLE[code]["message"]).replace("version 2025-06", "").replace("for 2026-01", "")

    assert not re.search(r"\d{4}-\d{2}|_|\b[a-z]+\.[a-z]", sentence)
