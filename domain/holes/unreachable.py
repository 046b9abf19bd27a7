"""Rules that ask nobody: a code that is a slip of the pen, an indication the file does not have, a session too far."""

from collections.abc import Iterator
from typing import Final

from domain.codes import is_within
from domain.durations import iso_8601
from domain.holes.hole import Hole, Holes
from domain.holes.published import SHORT_COURSE
from domain.protocol.model import Protocol
from domain.values import Code

_LOOK_ALIKE: Final = str.maketrans({"O": "0", "o": "0", "l": "1", "I": "1", "S": "5", "B": "8"})
"""Letters that stand for digits by a slip of the pen, after the first letter of a code."""


def unreachable_holes(protocol: Protocol) -> Holes:
    """A hole for each code that was meant for an indication of the file, a remark for each rule that asks nobody."""
    for key, codes in _of_whom(protocol):
        reached = [code for code in codes if _reaches(protocol, code)]
        for code in (one for one in codes if one not in reached):
            meant = code[:1] + code[1:].translate(_LOOK_ALIKE)
            if meant != code and _reaches(protocol, meant):
                yield Hole(
                    key=key,
                    lets_through=f"a patient who was referred for {meant} would be asked nothing: {code} is no code",
                    mend=f"must name {meant}",
                )
                reached.append(code)
        if not reached:
            yield Hole(
                key=key,
                lets_through=f"nobody would be asked by it: no indication of the file is {' or '.join(codes)}",
                mend="should name an indication of the file, or be left out",
                is_remark=True,
            )
    for code in protocol.indications:
        meant = code[:1] + code[1:].translate(_LOOK_ALIKE)
        if meant != code and _is_icd(meant):
            yield Hole(
                key="indications",
                lets_through=f"a patient who was referred for {meant} would be turned away: {code} is no code",
                mend=f"must name {meant}",
            )
    yield from _too_late(protocol)


def _of_whom(protocol: Protocol) -> Iterator[tuple[str, tuple[Code, ...]]]:
    """Each list of those of whom something is asked, by its key."""
    screening = protocol.screening
    tables = (
        ("screening.gates", screening.gates or {}),
        ("screening.tests", screening.tests or {}),
        ("screening.further_consents", screening.further_consents or {}),
        ("measures", protocol.measures),
    )
    for table, rules in tables:
        for name, rule in rules.items():
            codes: tuple[Code, ...] | None = getattr(rule, "indications", None)
            if codes:
                yield f"{table}.{name}.indications", codes


def _reaches(protocol: Protocol, code: Code) -> bool:
    """Whether the code is an indication of the file, is below one, or holds one."""
    named = protocol.canonical(code)
    each = map(protocol.canonical, protocol.indications)
    return any(is_within(one, named) or is_within(named, one) for one in each)


def _is_icd(code: Code) -> bool:
    """Whether it is spelled as a code of the ICD-10 is."""
    return code[:1].isalpha() and code[1:3].isdigit() and (len(code) == _FAMILY or code[_FAMILY] == ".")


_FAMILY: Final = 3


def _too_late(protocol: Protocol) -> Holes:
    course = protocol.course
    last = course.sessions_max + (course.maintenance.most if course.maintenance else 0)
    for name, test in (protocol.screening.tests or {}).items():
        if test.before_every is not None and test.before_every > last:
            yield Hole(
                key=f"screening.tests.{name}.before_every",
                lets_through=f"it would be asked for once alone: a course has {last} sessions at the most",
                mend=f"should be at most {last}, or be left out",
                is_remark=True,
            )
    widest = course.interval_max - course.interval_min
    if course.plan_interval_within is not None and course.plan_interval_within >= widest:
        yield Hole(
            key="course.plan_interval_within",
            lets_through="nobody would be asked about a dose sooner than planned: the longest interval of a plan less "
            "this much is no longer than interval_min",
            mend=f"should be less than {iso_8601(widest)}",
            is_remark=True,
        )
    if (
        course.review_every is not None
        and course.review_after_session is not None
        and course.medicine_sessions > SHORT_COURSE
        and course.review_after_session + course.review_every >= last
    ):
        yield Hole(
            key="course.review_every",
            lets_through=f"nobody would review a second time: a course has {last} sessions at the most",
            mend=f"should be less than {last - course.review_after_session}, or be left out",
            is_remark=True,
        )
    for name, rule in protocol.measures.items():
        if rule.futility is not None and rule.futility.after_session > course.medicine_sessions:
            yield Hole(
                key=f"measures.{name}.futility.after_session",
                lets_through=f"of a course of {course.medicine_sessions} sessions, as it is planned by default, nobody "
                "would ask whether it helps",
                mend=f"should be at most medicine_sessions ({course.medicine_sessions})",
                is_remark=True,
            )
    for document, consent in (protocol.screening.further_consents or {}).items():
        if consent.from_session is not None and consent.from_session > course.medicine_sessions:
            yield Hole(
                key=f"screening.further_consents.{document}.from_session",
                lets_through="it would be asked for in no course that is planned by default "
                f"({course.medicine_sessions} sessions)",
                mend=f"should be at most medicine_sessions ({course.medicine_sessions})",
                is_remark=True,
            )
