"""Every reason that Kapstan can give is given in some story of this folder."""

import ast
import re
from pathlib import Path

from domain.protocol import Vital
from domain.refusal import RefusalCode
from tests.docs.blockers import raised

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


def test_every_blocker_is_given_in_a_story() -> None:
    """A code that no test names is a rule that nobody tried; its changing parts may be anything."""
    codes, told = {one.code for one in raised()}, named()
    patterns = {code: re.escape(code).replace("<>", ".+") for code in codes}

    assert len(codes) > 60
    assert sorted(code for code in codes if not any(re.fullmatch(patterns[code], text) for text in told)) == []


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
