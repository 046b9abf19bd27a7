"""What each key of integration, calls, visits, paperwork and questionnaires says is followed, and nothing else."""

from collections.abc import Iterable, Mapping
from datetime import time, timedelta
from typing import Final

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.measures import Direction, ScoreChange
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.values import Severity
from domain.views.course import course_view
from tests.support.cast import (
    HAS_A_METHOD,
    HAS_A_PLAN,
    MARA,
    clearance,
    cssrs,
    days,
    eligible,
    form,
    hours,
    measure,
    minutes,
    over,
    phq9,
    referral,
    vitals,
)
from tests.support.cast import PHQ9 as PHQ9_ANSWERS
from tests.support.file_keys import OneKey, Path, protocol_with
from tests.support.ward import Ward

A_HINT = (2, 2, 2, 2, 2, 1, 1, 1, 2)
BETTER = (1, 1, 1, 1, 1, 1, 1, 1, 0)


def due_after_they_left(ward: Ward, kind: DeadlineKind) -> list[timedelta]:
    left_at = ward.begins() + minutes(130)
    return [deadline.due_at - left_at for deadline in ward.discharged().due(kind)]


def grace(ward: Ward, kind: DeadlineKind) -> timedelta:
    return ward.due(kind)[0].grace


def misses_all_calls(ward: Ward) -> list[Severity]:
    asked = (call.consequence for call in ward.discharged().due(DeadlineKind.CHECK_IN))
    return [one.severity for one in asked if one is not None]


def visits(ward: Ward) -> list[str | None]:
    return [deadline.subject for deadline in ward.in_follow_up().due(DeadlineKind.FOLLOW_UP)]


def improves(ward: Ward) -> ScoreChange:
    """From 17 to 8 points."""
    ward.screened().reports(phq9(MARA, at=ward.now, items=BETTER))
    shown = course_view(ward.course, ward.now).measures[-1].trend
    assert shown is not None
    return shown


def relieved(ward: Ward) -> Severity | None:
    """How loudly 8 points are told."""
    ward.referred().reports(phq9(MARA, at=ward.now, items=BETTER))
    return ward.open.get(Kind.MEASURE_HIGH)


def relapses(ward: Ward) -> Severity | None:
    """From 17 to 8 points, and back to 17."""
    improves(ward)
    ward.reports(phq9(MARA, at=ward.now + days(1)))
    return ward.open.get(Kind.MEASURE_WORSENED)


def hints(ward: Ward) -> dict[Kind, Severity]:
    ward.screened().reports(phq9(MARA, at=ward.now + days(1), items=A_HINT))
    ward.passes(minutes(45))
    return ward.open


def hints_at_first(ward: Ward) -> dict[Kind, Severity]:
    ward.screened().reports(phq9(MARA, at=ward.now + days(1), items=A_HINT))
    return ward.open


def asked_the_same_day(ward: Ward) -> list[str | None]:
    hints(ward)
    return [deadline.subject for deadline in ward.due(DeadlineKind.RISK_SCREEN)]


def at_risk(ward: Ward, answers: Iterable[int]) -> tuple[Severity | None, bool]:
    """Whom a risk screen wakes, and whether the course is held."""
    ward.screened().reports(cssrs(MARA, at=ward.now, items=answers))
    return ward.open.get(Kind.SUICIDE_RISK), ward.course.hold is not None


def is_news(ward: Ward, after: timedelta, indication: str = "R45.851") -> bool:
    """Whether somebody is called for the C-SSRS that they came with, so long after it was weighed at the decision."""
    ward.reports(referral(MARA, at=ward.now, indications=[indication]))
    ward.screened().reports(cssrs(MARA, at=ward.now, items=HAS_A_METHOD))
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED)
    ward.reports(eligible(MARA, at=ward.now, overrides=over("measure.cssrs_raised")))
    ward.reports(cssrs(MARA, at=ward.now + after, items=HAS_A_METHOD))
    return Kind.SUICIDE_RISK in ward.open


def asks_for(ward: Ward, instrument: str) -> bool:
    return instrument in [one.instrument for one in course_view(ward.booked(2).course, ward.now).measures_due]


def rated(ward: Ward, score: float) -> list[str]:
    return ward.referred().reasons(measure(MARA, "madrs", at=ward.now, score=score))


PHQ9: Final[Path] = ("measures", "phq9")
CUT_OFF: Final[Mapping[Path, object]] = {(*PHQ9, "cut_off"): {"at_least": 8, "severity": "urgent"}}
FUTILITY: Final[Path] = (*PHQ9, "futility")
A_LOOK: Final[Mapping[Path, object]] = {FUTILITY: {"after_session": 1, "least_percent": 20}}
WITHOUT_BENEFIT: Final = "measure.phq9_without_benefit"
FIVE_BETTER: Final = (2, 2, 2, 2, 2, 2, 0, 0, 0)


def clears_unimproved(ward: Ward, session: int, answers: Iterable[int] = PHQ9_ANSWERS) -> list[str]:
    """What stands before the clearance of somebody who gave these answers, after 17 points at first."""
    ward.checked_in(session)
    ward.reports(phq9(MARA, at=ward.now, items=answers))
    ward.reports(vitals(MARA, session, at=ward.now))
    return ward.reasons(clearance(MARA, session, at=ward.now))


CSSRS: Final[Path] = ("measures", "cssrs")
PAPER: Final[Path] = ("forms", 0)

KEYS: Final[tuple[OneKey[Ward], ...]] = (
    OneKey("integration.sessions", 2, lambda ward: ward.integrated().course.phase, Phase.MEDICINE, Phase.INTEGRATION),
    OneKey(
        "integration.least_minutes", 61, lambda ward: ward.integrated().course.phase, Phase.MEDICINE, Phase.INTEGRATION
    ),
    OneKey(
        "integration.roles",
        ["prescriber"],
        lambda ward: ward.integrated().course.phase,
        Phase.MEDICINE,
        Phase.INTEGRATION,
    ),
    OneKey(
        "integration.within",
        "PT48H",
        lambda ward: due_after_they_left(ward, DeadlineKind.INTEGRATION),
        [hours(72)],
        [hours(48)],
    ),
    OneKey(
        "check_ins.after",
        ["PT24H", "P14D"],
        lambda ward: due_after_they_left(ward, DeadlineKind.CHECK_IN),
        [days(1), days(3), days(7)],
        [days(1), days(14)],
    ),
    OneKey(
        "check_ins.reminder",
        "PT1H",
        lambda ward: grace(ward.discharged(), DeadlineKind.CHECK_IN_REMINDER),
        hours(2),
        hours(1),
    ),
    OneKey(
        "check_ins.missed", "PT3H", lambda ward: grace(ward.discharged(), DeadlineKind.CHECK_IN), hours(4), hours(3)
    ),
    OneKey(
        "check_ins.waking",
        ["08:00", "16:00"],
        lambda ward: max(one.passes_at for one in ward.discharged().due(DeadlineKind.CHECK_IN)[:1]).time(),
        time(16, 10),
        time(8),
    ),
    OneKey(
        "check_ins.urgent_through",
        "P3D",
        misses_all_calls,
        [Severity.URGENT, Severity.ROUTINE, Severity.ROUTINE],
        [Severity.URGENT, Severity.URGENT, Severity.ROUTINE],
    ),
    OneKey(
        "check_ins.missed_at_risk",
        "PT2H",
        lambda ward: (at_risk(ward.discharged(), HAS_A_METHOD), grace(ward, DeadlineKind.CHECK_IN))[1],
        hours(1),
        hours(2),
    ),
    OneKey("follow_up.after", ["P30D"], visits, ["P30D", "P90D", "P180D"], ["P30D"]),
    OneKey("follow_up.grace", "P5D", lambda ward: grace(ward.in_follow_up(), DeadlineKind.FOLLOW_UP), days(7), days(5)),
    OneKey(
        "forms.form",
        "parking",
        lambda ward: ward.discharged().reasons(form(MARA, at=ward.now, form="parking")),
        ["form.not_in_protocol"],
        [],
        where=(*PAPER, "form"),
    ),
    OneKey(
        "forms.within",
        "P6D",
        lambda ward: due_after_they_left(ward, DeadlineKind.FORM),
        [days(7)],
        [days(6)],
        where=(*PAPER, "within"),
    ),
    OneKey(
        "forms.remind",
        ["P2D"],
        lambda ward: due_after_they_left(ward, DeadlineKind.FORM_REMINDER),
        [days(3), days(5)],
        [days(2)],
        where=(*PAPER, "remind"),
    ),
    OneKey(
        "measures.every",
        "baseline",
        lambda ward: asks_for(ward, "phq9"),
        True,
        False,
        where=(*PHQ9, "every"),
    ),
    OneKey(
        "measures.indications",
        ["F42"],
        lambda ward: "madrs" in [one.instrument for one in course_view(ward.referred().course, ward.now).measures_due],
        True,
        False,
        where=("measures", "madrs", "indications"),
    ),
    OneKey(
        "measures.range", [0, 50], lambda ward: rated(ward, 51), [], ["invalid"], where=("measures", "madrs", "range")
    ),
    OneKey(
        "measures.response_percent",
        60,
        lambda ward: improves(ward).is_response,
        True,
        False,
        where=(*PHQ9, "response_percent"),
    ),
    OneKey(
        "measures.remission_below",
        9,
        lambda ward: improves(ward).is_remission,
        False,
        True,
        where=(*PHQ9, "remission_below"),
    ),
    OneKey(
        "measures.meaningful_change",
        10,
        lambda ward: improves(ward).direction,
        Direction.IMPROVED,
        Direction.UNCHANGED,
        where=(*PHQ9, "meaningful_change"),
    ),
    OneKey(
        "measures.worsened",
        "urgent",
        relapses,
        Severity.ROUTINE,
        Severity.URGENT,
        where=(*PHQ9, "worsened"),
    ),
    OneKey(
        "measures.item9.at_least",
        3,
        hints,
        {Kind.ITEM9_POSITIVE: Severity.URGENT},
        {},
        where=(*PHQ9, "item9", "at_least"),
    ),
    OneKey(
        "measures.item9.severity",
        "emergency",
        hints,
        {Kind.ITEM9_POSITIVE: Severity.URGENT},
        {Kind.ITEM9_POSITIVE: Severity.EMERGENCY},
        where=(*PHQ9, "item9", "severity"),
    ),
    OneKey(
        "measures.item9.routine_to",
        2,
        hints,
        {Kind.ITEM9_POSITIVE: Severity.URGENT},
        {Kind.ITEM9_POSITIVE: Severity.ROUTINE},
        where=(*PHQ9, "item9", "routine_to"),
    ),
    OneKey(
        "measures.item9.screened_to",
        1,
        hints_at_first,
        {Kind.ITEM9_POSITIVE: Severity.ROUTINE},
        {Kind.ITEM9_POSITIVE: Severity.URGENT},
        where=(*PHQ9, "item9", "screened_to"),
    ),
    OneKey(
        "measures.item9.screened_within",
        "PT1H",
        hints,
        {Kind.ITEM9_POSITIVE: Severity.URGENT},
        {Kind.ITEM9_POSITIVE: Severity.ROUTINE},
        where=(*PHQ9, "item9", "screened_within"),
    ),
    OneKey("measures.item9.needs", "madrs", asked_the_same_day, ["cssrs"], ["madrs"], where=(*PHQ9, "item9", "needs")),
    OneKey(
        "measures.cut_off.at_least",
        9,
        relieved,
        Severity.URGENT,
        None,
        where=(*PHQ9, "cut_off", "at_least"),
        also=CUT_OFF,
    ),
    OneKey(
        "measures.cut_off.severity",
        "routine",
        relieved,
        Severity.URGENT,
        Severity.ROUTINE,
        where=(*PHQ9, "cut_off", "severity"),
        also=CUT_OFF,
    ),
    OneKey(
        "measures.futility.after_session",
        2,
        lambda ward: clears_unimproved(ward, 2),
        [WITHOUT_BENEFIT],
        [],
        where=(*FUTILITY, "after_session"),
        also=A_LOOK,
    ),
    OneKey(
        "measures.futility.least_percent",
        50,
        lambda ward: clears_unimproved(ward, 2, FIVE_BETTER),
        [],
        [WITHOUT_BENEFIT],
        where=(*FUTILITY, "least_percent"),
        also=A_LOOK,
    ),
    OneKey(
        "measures.high.severity",
        "urgent",
        lambda ward: at_risk(ward, HAS_A_PLAN),
        (Severity.EMERGENCY, True),
        (Severity.URGENT, True),
        where=(*CSSRS, "high", "severity"),
    ),
    OneKey(
        "measures.high.hold",
        False,
        lambda ward: at_risk(ward, HAS_A_PLAN),
        (Severity.EMERGENCY, True),
        (Severity.EMERGENCY, False),
        where=(*CSSRS, "high", "hold"),
    ),
    OneKey(
        "measures.moderate.severity",
        "routine",
        lambda ward: at_risk(ward, HAS_A_METHOD),
        (Severity.URGENT, False),
        (Severity.ROUTINE, False),
        where=(*CSSRS, "moderate", "severity"),
    ),
    OneKey(
        "measures.moderate.hold",
        True,
        lambda ward: at_risk(ward, HAS_A_METHOD),
        (Severity.URGENT, False),
        (Severity.URGENT, True),
        where=(*CSSRS, "moderate", "hold"),
    ),
    OneKey(
        "measures.known_baseline.indications",
        ["R45.851", "F33"],
        lambda ward: is_news(ward, days(7), "F33.2"),
        True,
        False,
        where=(*CSSRS, "known_baseline", "indications"),
    ),
    OneKey(
        "measures.known_baseline.valid_for",
        "P6D",
        lambda ward: is_news(ward, days(7)),
        False,
        True,
        where=(*CSSRS, "known_baseline", "valid_for"),
    ),
)


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.key)
def test_a_key_that_says_something_else_is_followed(one: OneKey[Ward]) -> None:
    """The same story under two files that differ in this key alone: what is seen differs as the key says."""
    assert one.seen(Ward(protocol=protocol_with(one, other=False))) == one.as_written
    assert one.seen(Ward(protocol=protocol_with(one, other=True))) == one.otherwise
