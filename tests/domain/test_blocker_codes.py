"""Every reason that Kapstan can give is given in some story of this folder."""

import ast
import re
from collections.abc import Collection
from pathlib import Path

import pytest

from domain.protocol import Vital
from domain.refusal import RefusalCode
from tests.docs.blockers import raised
from tests.domain.keys import ON_CALL_KEYS, PROTOCOL_KEYS

HERE = Path(__file__).parent
ELSEWHERE = {RefusalCode.NOT_OPEN, RefusalCode.UNKNOWN_ESCALATION}
"""Refusals of escalations and of what stands before a course."""


def named() -> set[str]:
    """Every text that a test of this folder compares with, this one left out."""
    return {
        node.value
        for module in HERE.glob("test_*.py")
        if module.name != Path(__file__).name
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def meant_by(text: str, codes: Collection[str]) -> str | None:
    """The code that a text is: that very one, else the one with the fewest blanks that it fills; None where it is none.

    So `screening.missing` is no condition to review, and neither is the protocol's key `screening.within`.
    """
    if text in codes:
        return text
    filled = [code for code in codes if re.fullmatch(re.escape(code).replace("<>", "[a-z0-9_]+"), text)]
    return max(filled, key=lambda code: len(code.replace("<>", "")), default=None)


def test_every_blocker_is_given_in_a_story() -> None:
    """A code that no test names is a rule that nobody tried; its changing parts may be anything."""
    codes = {one.code for one in raised()}
    told = {meant_by(text, codes) for text in named() - {*PROTOCOL_KEYS, *ON_CALL_KEYS}}

    assert len(codes) > 60
    assert sorted(codes - told) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("screening.missing", "screening.missing"),
        ("screening.sleep_apnoea", "screening.<>"),
        ("screening.systolic_above_limit", "screening.<>_above_limit"),
        ("screening.age_below_limit", "screening.age_below_limit"),
        ("kap.screening.recorded", None),
    ],
)
def test_a_text_counts_for_one_code_alone(text: str, code: str | None) -> None:
    """A code with a blank is not shown by a text that says something else."""
    assert meant_by(text, {one.code for one in raised()}) == code


def test_every_finding_is_given_in_a_story() -> None:
    """`above`, `below` and `risen`, each vital that the weekly protocol limits, and a symptom."""
    told = named()
    codes = {f"vitals.{vital}_{side}_limit" for vital in Vital for side in ("above", "below")}
    meant = codes - {"vitals.spo2_above_limit", "vitals.moaas_above_limit"}

    assert meant | {"vitals.systolic_risen", "vitals.symptom_reported"} <= told


def test_every_refusal_of_a_course_is_given_in_a_story() -> None:
    """By the name of its code."""
    stories = "\n".join(module.read_text(encoding="utf-8") for module in HERE.glob("test_*.py"))
    untold = [code for code in set(RefusalCode) - ELSEWHERE if f"RefusalCode.{code.name}" not in stories]

    assert untold == []
