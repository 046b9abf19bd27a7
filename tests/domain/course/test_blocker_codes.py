"""Every reason that Kapstan can give is given in a story; a rule that nobody tried fails here by its code."""

import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

import pytest

from domain.course import size_budget
from domain.course.rules.eligibility import cautions
from domain.escalation.escalation import Escalation, opened
from domain.escalation.ids import escalation_id
from domain.escalation.messages import Acknowledge, Kind, Opening, Resolve
from domain.events.parsing import parse_event
from domain.oncall.file import OnCallQuery, OnCallSnapshot, parse_on_call
from domain.protocol.values import Vital
from domain.refusal import RefusalCode, Refused
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.blocker_sources import raised
from tests.support.blocker_stories import (
    FOUND,
    REFUSING,
    SAYING,
    WAKING,
    Found,
    Reason,
    Said,
    Woken,
)
from tests.support.cast import (
    MARA,
    MONDAY,
    WEEKLY,
    clearance,
    cssrs,
    dose,
    minutes,
    plan,
    referral,
    screening,
    vitals,
    weekly,
    withdrawal,
)
from tests.support.paths import ROOT
from tests.support.ward import Ward

CLINIC = parse_on_call((ROOT / "examples" / "oncall.toml").read_text(encoding="utf-8"), "oncall.toml")


def meant_by(text: str, codes: Collection[str]) -> str | None:
    """The code that a text is: that very one, else the one with the fewest blanks that it fills; None where it is none.

    So `screening.missing` is no condition to review, and neither is the protocol's key `screening.within`.
    """
    if text in codes:
        return text
    filled = [code for code in codes if re.fullmatch(re.escape(code).replace("<>", "[a-z0-9_]+"), text)]
    return max(filled, key=lambda code: len(code.replace("<>", "")), default=None)


@pytest.mark.parametrize("reason", REFUSING, ids=lambda reason: reason.code)
def test_this_reason_speaks_against_an_event(opens: Opens, reason: Reason) -> None:
    """The story ends in an act that is refused for it, and nothing has changed; or in a fact that deviates by it."""
    ward = opens(reason.protocol)

    assert reason.code in ward.hears_against(reason.story(ward))


@pytest.mark.parametrize("said", SAYING, ids=lambda said: said.code)
def test_this_reason_is_said(ward: Ward, said: Said) -> None:
    """It stands between the course and its next step, and no event is refused for it."""
    assert said.code in [blocker.code for blocker in said.story(ward)]


def test_every_blocker_that_the_domain_can_raise_has_its_story() -> None:
    """As its source spells it; the code of a story fills the blanks of one of them, and no story is told of another."""
    codes = {one.code for one in raised()}
    told = [*(reason.code for reason in REFUSING), *(said.code for said in SAYING)]

    assert len(codes) > 60
    assert {meant_by(code, codes) for code in told} == codes


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


@pytest.mark.parametrize("found", FOUND, ids=lambda found: found.code)
def test_a_reading_is_found_to_be_this(opens: Opens, found: Found) -> None:
    """Every vital above a limit, below one, or risen over the clearance reading: alone in a protocol of its own."""
    ward = opens(weekly({"medicine.limits": (found.limit,), "medicine.clearance.hold.moaas": None})).checked_in()
    usual: dict[str, Any] = {found.limit.vital: found.at_clearance}
    ward.reports(vitals(MARA, at=ward.now, **usual))
    ward.reports(clearance(MARA, at=ward.now))
    ward.reports(dose(MARA, at=ward.now))
    answer = ward.reports(vitals(MARA, at=ward.now + minutes(1), **{**usual, found.limit.vital: found.measured}))

    assert answer.verdict is not None
    assert [finding.code for finding in answer.verdict.findings] == [found.code]


def test_every_side_of_every_vital_has_its_story() -> None:
    """A symptom's is told in tests/domain/course/rules/test_vitals.py, with each severity that it may have."""
    sides = ("above_limit", "below_limit", "risen")
    assert [found.code for found in FOUND] == [f"vitals.{vital}_{side}" for vital in Vital for side in sides]


@pytest.mark.parametrize("medication", WEEKLY.screening.caution_medications)
def test_a_medication_to_be_careful_with_is_shown(ward: Ward, medication: str) -> None:
    """Each that the protocol names; one that it does not name is not."""
    ward.referred().reports(screening(MARA, at=ward.now, medications=[medication, "vitamin_d"]))

    assert cautions(ward.course) == (medication,)


@pytest.mark.parametrize("woken", WAKING, ids=lambda woken: woken.kind)
def test_somebody_is_woken_for_this(ward: Ward, woken: Woken) -> None:
    """After the story an escalation of this kind is open, and the ledger says so."""
    woken.story(ward)

    assert woken.kind in ward.open
    assert f'"{woken.kind}"' in "".join(
        entry.model_dump_json() for entry in ward.entries if entry.type == "kap.escalation.opened"
    )


def test_every_kind_of_escalation_has_its_story() -> None:
    """All but those that no course can raise of itself: that courses are silent, or the record differs."""
    of_none = {Kind.ORCHESTRATOR_SILENT, Kind.RECORD_DIFFERS}
    assert [woken.kind for woken in WAKING] == [kind for kind in Kind if kind not in of_none]


def _ended(ward: Ward) -> Ward:
    ward.referred().reports(withdrawal(MARA, at=ward.now))
    return ward


def _alarm() -> tuple[Escalation, OnCallSnapshot]:
    opening = Opening(
        id=escalation_id(MARA, Kind.VITALS_URGENT, 1, 1),
        course_id=MARA,
        kind=Kind.VITALS_URGENT,
        session=1,
        severity=Severity.URGENT,
        opened_at=MONDAY,
    )
    return opened(opening, MONDAY), CLINIC.standing(OnCallQuery(severity=Severity.URGENT, at=MONDAY))


def _resolved_twice(_ward: Ward) -> object:
    alarm, standing = _alarm()
    order = Resolve(by="lind", note="Looked after")
    return alarm.resolve(order, standing, MONDAY).resolve(order, standing, MONDAY)


def _answered_twice_by_one_link(_ward: Ward) -> object:
    alarm, standing = _alarm()
    order = Acknowledge(by="lind", link="page-1")
    raised_again = alarm.acknowledge(order, standing, MONDAY).lapse(MONDAY + standing.policy.resolve_within)
    return raised_again.acknowledge(order, standing, MONDAY)


def _full() -> Ward:
    """Not as it came about, which takes an hour: no ledger stands behind it."""
    ward = Ward().referred()
    ward.course = ward.course.but(older={str(number): "1/0" for number in range(size_budget.MOST_EVENTS)})
    return ward


ELSEWHERE = {RefusalCode.UNKNOWN_ESCALATION, RefusalCode.INTERNAL}
"""Told where an escalation is sought (tests/console/api/test_acting_on_escalations.py), and of a defect of ours."""

TURNED_AWAY: Mapping[RefusalCode, Callable[[Ward], object]] = {
    RefusalCode.MALFORMED: lambda _ward: parse_event("{"),
    RefusalCode.INVALID: lambda ward: ward.sends(referral(MARA, at=MONDAY, indications=["none"])),
    RefusalCode.BLOCKED: lambda ward: ward.sends(plan(MARA, at=ward.referred().now)),
    RefusalCode.UNKNOWN_COURSE: lambda ward: ward.sends(screening(MARA, at=MONDAY)),
    RefusalCode.COURSE_EXISTS: lambda ward: ward.sends(referral(MARA, at=ward.referred().now, site="salem")),
    RefusalCode.COURSE_CLOSED: lambda ward: ward.sends(plan(MARA, at=_ended(ward).now)),
    RefusalCode.EVENT_ID_REUSED: lambda ward: ward.sends(ward.referred().answers[0][0].but(time=MONDAY - minutes(1))),
    RefusalCode.COURSE_FULL: lambda _ward: _full().sends(cssrs(MARA, at=MONDAY)),
    RefusalCode.TOO_LARGE: lambda ward: ward.sends(plan(MARA, at=ward.eligible().now, goals=["x" * 4000] * 20)),
    RefusalCode.NOT_OPEN: _resolved_twice,
    RefusalCode.LINK_USED: _answered_twice_by_one_link,
}


@pytest.mark.parametrize("code", TURNED_AWAY)
def test_this_refusal_is_given(ward: Ward, code: RefusalCode) -> None:
    """By its stable word, and with a sentence."""
    with pytest.raises(Refused) as refused:
        TURNED_AWAY[code](ward)

    assert refused.value.refusal.code is code
    assert refused.value.refusal.message


def test_every_refusal_has_its_story() -> None:
    """None that only a type knows of."""
    assert set(TURNED_AWAY) == set(RefusalCode) - ELSEWHERE
