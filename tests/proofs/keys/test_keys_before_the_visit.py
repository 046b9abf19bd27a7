"""What each key at the top of a protocol, of course, screening and preparation says is followed, and nothing else."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Phase
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import ClinicEvent
from domain.protocol.approval import content_hash
from domain.protocol.parameters import rows
from domain.values import Severity
from domain.views.course import course_view
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    SHIPPED,
    adverse_event,
    booking,
    check_in,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    dose,
    eligible,
    gad7,
    hold,
    hours,
    phq9,
    plan,
    preparation,
    referral,
    result,
    screening,
    vitals,
    withdrawal,
)
from tests.support.file_keys import OneKey, Path, protocol_with
from tests.support.ward import Ward

NO_SYNONYMS: Final[Mapping[Path, object]] = {("vocabulary",): {}}
"""Where a list names less, its synonyms would name nothing."""

AS_SHIPPED: Final = content_hash(SHIPPED)


def refers(ward: Ward, *indications: str, protocol: str = "kap-im-weekly") -> list[str]:
    return ward.reasons(referral(MARA, at=ward.now, indications=indications or ["F33.2"], protocol=protocol))


def decides_by_paper(ward: Ward, document: str) -> list[str]:
    """What stands before `eligible` where this document was signed, and no other."""
    day = ward.referred().now + days(1)
    for event in (
        screening(MARA, at=day),
        phq9(MARA, at=day),
        gad7(MARA, at=day),
        cssrs(MARA, at=day),
        consent(MARA, at=day, document=document),
    ):
        ward.reports(event)
    return ward.reasons(eligible(MARA, at=ward.now))


def decides(ward: Ward, visit: ClinicEvent | None = None, *, after: int = 0) -> list[str]:
    """What stands before `eligible` after this screening visit, so many days later."""
    ward.screened().reports(visit or screening(MARA, at=ward.now))
    return ward.reasons(eligible(MARA, at=ward.now + days(after)))


def sees(ward: Ward, **found: object) -> list[str]:
    ward.screened()
    return decides(ward, screening(MARA, at=ward.now, **found))  # type: ignore[arg-type]


UNMEASURED: Final = ["measure.phq9_missing", "measure.gad7_missing", "measure.cssrs_missing"]


def decides_days_later(ward: Ward) -> list[str]:
    return ward.screened().reasons(eligible(MARA, at=ward.now + days(3)))


def decides_unmeasured(ward: Ward) -> list[str]:
    ward.referred().reports(screening(MARA, at=ward.now))
    ward.reports(consent(MARA, at=ward.now))
    return ward.reasons(eligible(MARA, at=ward.now))


def plans(ward: Ward, **prescribed: object) -> list[str]:
    return ward.eligible().reasons(plan(MARA, at=ward.now, **prescribed))  # type: ignore[arg-type]


def interval(ward: Ward) -> int:
    ward.eligible().reports(plan(MARA, at=ward.now, interval_days=None))
    shown = course_view(ward.course, ward.now).plan
    assert shown is not None
    return shown.interval_days


PLANNED: Final = "interval.shorter_than_plan"


def books_again_after(ward: Ward, distance: float) -> list[str]:
    ward.discharged()
    return ward.reasons(booking(MARA, 2, at=ward.now, starts_at=ward.begins() + days(distance)))


def clears(ward: Ward, session: int, at: datetime) -> list[str]:
    """What stands before the clearance of a patient who is well, at that moment."""
    ward.booked(session)
    for event in (cssrs(MARA, at=at), check_in(MARA, session, at=at), vitals(MARA, session, at=at)):
        ward.reports(event)
    return ward.reasons(clearance(MARA, session, at=at))


def reviewed_once(ward: Ward) -> list[str]:
    """What stands before the fifth clearance where the prescriber reviewed after the third session alone."""
    ward.planned(6).discharged(3).reports(plan(MARA, at=ward.now, sessions=6))
    ward.discharged(4)
    return clears(ward, 5, ward.begins(5))


def after_an_event(ward: Ward) -> list[str]:
    """What stands before the second clearance of somebody who had a serious event in the first session."""
    ward.dosed().reports(adverse_event(MARA, 1, at=ward.now, grade=4))
    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)
    return clears(ward, 2, ward.begins(2))


def phase_ends_after(ward: Ward) -> float:
    (deadline,) = ward.due(DeadlineKind.PHASE)
    assert ward.course.phase_entered_at is not None
    return (deadline.due_at - ward.course.phase_entered_at) / days(1)


def prepared_by(ward: Ward, *talks: tuple[str, ...]) -> Phase:
    ward.planned()
    for number, topics in enumerate(talks, start=1):
        ward.reports(preparation(MARA, at=ward.now + hours(number), topics=topics))
    return ward.course.phase


def hold_is_reviewed_after(ward: Ward, laid: ClinicEvent) -> timedelta:
    ward.prepared().reports(laid)
    (deadline,) = ward.due(DeadlineKind.HOLD_REVIEW)
    return deadline.due_at - laid.time


def asked_again_after(ward: Ward) -> timedelta | None:
    (deadline,) = ward.referred().due(DeadlineKind.PHASE)
    return deadline.every


def calls_after_closing(ward: Ward) -> list[str | None]:
    ward.discharged().reports(withdrawal(MARA, at=ward.now))
    return [deadline.subject for deadline in ward.due(DeadlineKind.CHECK_IN)]


def evidence(ward: Ward, key: str) -> tuple[str | None, str | None]:
    (row,) = (row for row in rows(ward.course.protocol) if row.key == key)
    return row.grade, row.note


def source(ward: Ward) -> str | None:
    ward.screened().reports(screening(MARA, at=ward.now, systolic=160))
    (blocker,) = ward.course.blockers(ward.now)
    return blocker.source


def waits_for_a_second_dose(ward: Ward) -> timedelta:
    return ward.integrated().due(DeadlineKind.NEXT_DOSE)[0].due_at - ward.begins()


def named_parts(ward: Ward) -> list[str]:
    keys = [row.key for row in rows(ward.course.protocol)]
    return [key for key in keys if key.startswith("course.schedule.") and key.endswith(".sessions")]


def plans_more(ward: Ward, sessions: int) -> list[str]:
    return ward.in_follow_up().reasons(plan(MARA, at=ward.now, sessions=sessions, interval_days=None))


def goes_on(ward: Ward) -> Ward:
    """One more session is planned in follow-up, a week after the last dose."""
    ward.in_follow_up().reports(plan(MARA, at=ward.now, sessions=4, interval_days=None))
    return ward


def goes_on_after(ward: Ward) -> int:
    shown = course_view(goes_on(ward).course, ward.now).plan
    assert shown is not None
    return shown.interval_days


MAINTENANCE: Final[Path] = ("course", "maintenance")
MAINTAINED: Final[Mapping[Path, object]] = {
    MAINTENANCE: {"interval": "P28D", "interval_min": "P14D", "interval_max": "P60D", "most": 2}
}

PART: Final[Path] = ("course", "schedule", 0)
IN_PARTS: Final[Mapping[Path, object]] = {
    PART[:-1]: [{"part": "daily", "sessions": 2, "interval": "P3D", "interval_min": "P1D", "interval_max": "P7D"}]
}

TESTS: Final[Path] = ("screening", "tests")
GATES: Final[Path] = ("screening", "gates")
FURTHER: Final[Path] = ("screening", "further_consents")


def a_liver_value(**changes: object) -> Mapping[Path, object]:
    """Our file with a test of its own."""
    return {TESTS: {"alt": {"range": [0, 60], "unit": "U/L", "valid_for": "P30D", **changes}}}


def a_drug_screen(**changes: object) -> Mapping[Path, object]:
    return {TESTS: {"urine_drug_screen": {"wanted": ["negative"], "valid_for": "P7D", **changes}}}


def a_gate(**asked: object) -> Mapping[Path, object]:
    return {GATES: {"resistant": {"indications": ["F33"], **asked}}}


def a_recording(**changes: object) -> Mapping[Path, object]:
    return {FURTHER: {"recording": {"version": "2", "valid_for": "P90D", **changes}}}


def decides_with(ward: Ward, value: float = 50, unit: str = "U/L", *, after: int = 0) -> list[str]:
    """What stands before `eligible` with this liver value, so many days later."""
    ward.screened().reports(result(MARA, "alt", at=ward.now, value=value, unit=unit))
    return ward.reasons(eligible(MARA, at=ward.now + days(after)))


def decides_after_a_drug_screen(ward: Ward, answer: str) -> list[str]:
    ward.screened().reports(result(MARA, "urine_drug_screen", at=ward.now, answer=answer))
    return ward.reasons(eligible(MARA, at=ward.now))


def clears_the_second(ward: Ward) -> list[str]:
    """What stands before the second clearance, three weeks after the only drug screen."""
    ward.screened().reports(result(MARA, "urine_drug_screen", at=ward.now, answer="negative"))
    return clears(ward, 2, ward.begins(2))


def brings_along(ward: Ward, items: tuple[int, ...]) -> Mapping[Kind, Severity]:
    """What is open once their answers of two months ago have been imported."""
    ward.referred().sends(cssrs(MARA, at=ward.now - days(60), items=items))
    return ward.open


def decides_once_recorded(ward: Ward, after: int = 0, version: str = "2") -> list[str]:
    ward.screened().reports(consent(MARA, at=ward.now, document="recording", version=version))
    return ward.reasons(eligible(MARA, at=ward.now + days(after)))


TOPICS = ("rapport", "intentions", "coping_tools", "safety_plan")
PRESSURE = ("evidence", "screening.systolic_max")

KEYS: Final[tuple[OneKey[Ward], ...]] = (
    OneKey("id", "kap-im-daily", refers, [], ["invalid"]),
    OneKey(
        "version", "1.1", lambda ward: course_view(ward.referred().course, ward.now).protocol.version, "1.0.0", "1.1"
    ),
    OneKey("title", "Daily", lambda ward: content_hash(ward.course.protocol) == AS_SHIPPED, True, False),
    OneKey(
        "route",
        "intravenous",
        lambda ward: ward.cleared().reasons(dose(MARA, at=ward.now, route="intravenous")),
        ["dose.route_not_allowed"],
        [],
    ),
    OneKey("indications", ["F33.2", "F99"], lambda ward: refers(ward, "F99"), ["invalid"], []),
    OneKey("course.medicine_sessions", 5, lambda ward: ward.referred().course.planned_sessions, 6, 5),
    OneKey("course.sessions_min", 4, lambda ward: plans(ward, sessions=3), [], ["plan.sessions_out_of_bounds"]),
    OneKey("course.sessions_max", 7, lambda ward: plans(ward, sessions=8), [], ["plan.sessions_out_of_bounds"]),
    OneKey("course.interval", "P10D", interval, 7, 10),
    OneKey("course.interval_min", "P3D", lambda ward: books_again_after(ward, 2.5), [PLANNED], ["interval.too_short"]),
    OneKey(
        "course.interval_by_day",
        False,
        lambda ward: books_again_after(ward, 1.9),
        [PLANNED],
        ["interval.too_short"],
    ),
    OneKey("course.plan_interval_within", "P5D", lambda ward: books_again_after(ward, 2.5), [PLANNED], []),
    OneKey("course.ask_again", "P3D", asked_again_after, days(7), days(3)),
    OneKey(
        "course.hold_review",
        "P5D",
        lambda ward: hold_is_reviewed_after(ward, hold(MARA, at=ward.prepared().now)),
        days(7),
        days(5),
    ),
    OneKey(
        "course.safety_hold_review",
        "P1D",
        lambda ward: hold_is_reviewed_after(ward, consent_withdrawn(MARA, at=ward.prepared().now)),
        days(2),
        days(1),
    ),
    OneKey(
        "course.hold_review_by_day",
        False,
        lambda ward: hold_is_reviewed_after(
            ward, consent_withdrawn(MARA, at=ward.prepared().now.replace(hour=23, minute=0))
        ),
        days(2) - hours(2),
        days(2),
    ),
    OneKey("course.safety_window", "P4D", calls_after_closing, ["P1D", "P3D", "P7D"], ["P1D", "P3D"]),
    OneKey(
        "course.interval_max",
        "P14D",
        waits_for_a_second_dose,
        days(21),
        days(14),
    ),
    OneKey(
        "course.rescreen_after",
        "P35D",
        lambda ward: clears(ward, 2, ward.begins() + days(30)),
        ["screening.outdated"],
        [],
    ),
    OneKey(
        "course.review_after_session",
        2,
        lambda ward: clears(ward.planned(6), 3, ward.begins(3)),
        [],
        ["plan.review_due"],
    ),
    OneKey(
        "course.review_every",
        1,
        reviewed_once,
        [],
        ["plan.review_due"],
    ),
    OneKey(
        "course.review_after_event",
        False,
        after_an_event,
        ["plan.review_due"],
        [],
    ),
    OneKey(
        "course.schedule.part",
        "early",
        named_parts,
        ["course.schedule.daily.sessions"],
        ["course.schedule.early.sessions"],
        where=(*PART, "part"),
        also=IN_PARTS,
    ),
    OneKey(
        "course.schedule.sessions",
        1,
        lambda ward: books_again_after(ward, 1.5),
        [PLANNED],
        ["interval.too_short"],
        where=(*PART, "sessions"),
        also=IN_PARTS,
    ),
    OneKey("course.schedule.interval", "P4D", interval, 3, 4, where=(*PART, "interval"), also=IN_PARTS),
    OneKey(
        "course.schedule.interval_min",
        "P2D",
        lambda ward: books_again_after(ward, 1.5),
        [PLANNED],
        ["interval.too_short"],
        where=(*PART, "interval_min"),
        also=IN_PARTS,
    ),
    OneKey(
        "course.schedule.interval_max",
        "P10D",
        waits_for_a_second_dose,
        days(7),
        days(10),
        where=(*PART, "interval_max"),
        also=IN_PARTS,
    ),
    OneKey(
        "course.schedule.dose_max",
        0.4,
        plans,
        [],
        ["plan.dose_above_part_max"],
        where=(*PART, "dose_max"),
        also=IN_PARTS,
    ),
    OneKey("course.maintenance.interval", "P30D", goes_on_after, 28, 30, also=MAINTAINED),
    OneKey(
        "course.maintenance.interval_min",
        "P21D",
        lambda ward: goes_on(ward).reasons(booking(MARA, 4, at=ward.now, starts_at=ward.begins(3) + days(20))),
        [],
        ["interval.too_short"],
        also=MAINTAINED,
    ),
    OneKey(
        "course.maintenance.interval_max",
        "P90D",
        lambda ward: goes_on(ward).due(DeadlineKind.NEXT_DOSE)[0].due_at - ward.now,
        days(60),
        days(90),
        also=MAINTAINED,
    ),
    OneKey(
        "course.maintenance.most",
        1,
        lambda ward: plans_more(ward, 5),
        [],
        ["plan.sessions_out_of_bounds"],
        also=MAINTAINED,
    ),
    OneKey("course.goals_required", False, lambda ward: plans(ward, goals=()), ["plan.goals_missing"], []),
    OneKey("screening.valid_for", "P2D", decides_days_later, [], ["screening.outdated", *UNMEASURED]),
    OneKey("screening.within", "P10D", lambda ward: phase_ends_after(ward.referred()), 14, 10),
    OneKey(
        "screening.measures",
        ["phq9"],
        decides_unmeasured,
        UNMEASURED,
        ["measure.phq9_missing"],
    ),
    OneKey("screening.age_max", 40, lambda ward: sees(ward, age_years=41), [], ["screening.age_above_limit"]),
    OneKey("screening.age_min", 21, lambda ward: sees(ward, age_years=20), [], ["screening.age_below_limit"]),
    OneKey(
        "screening.prior_trials_min",
        2,
        lambda ward: sees(ward, prior_adequate_trials=1),
        [],
        ["screening.prior_trials_below_limit"],
    ),
    OneKey(
        "screening.systolic_max", 140, lambda ward: sees(ward, systolic=145), [], ["screening.systolic_above_limit"]
    ),
    OneKey(
        "screening.diastolic_max", 85, lambda ward: sees(ward, diastolic=88), [], ["screening.diastolic_above_limit"]
    ),
    OneKey(
        "screening.earlier_answers",
        "urgent",
        lambda ward: brings_along(ward, HAS_A_PLAN),
        {Kind.SUICIDE_RISK: Severity.ROUTINE},
        {Kind.SUICIDE_RISK: Severity.URGENT},
    ),
    OneKey("screening.consent_version", "2027-01", decides, [], ["consent.other_version"]),
    OneKey("screening.consent_documents", ["ours"], decides, [], ["consent.other_document"]),
    OneKey(
        "screening.consent_spelling_free",
        False,
        lambda ward: decides_by_paper(ward, "KAP Consent"),
        [],
        ["consent.other_document"],
    ),
    OneKey("screening.consent_valid_for", "P30D", lambda ward: decides(ward, after=31), [], ["consent.expired"]),
    OneKey(
        "screening.absolute",
        ["pregnancy"],
        lambda ward: sees(ward, conditions=["active_mania"]),
        ["screening.condition_excludes"],
        ["screening.condition_unknown"],
        also=NO_SYNONYMS,
    ),
    OneKey(
        "screening.review",
        ["cystitis"],
        lambda ward: sees(ward, conditions=["sleep_apnoea"]),
        ["screening.sleep_apnoea"],
        ["screening.condition_unknown"],
        also=NO_SYNONYMS,
    ),
    OneKey(
        "screening.caution_medications",
        ["maoi"],
        lambda ward: (sees(ward, medications=["opioid"]), course_view(ward.course, ward.now).cautions),
        ([], ("opioid",)),
        (["screening.medication_unknown"], ()),
        also=NO_SYNONYMS,
    ),
    OneKey(
        "screening.known",
        ["asthma"],
        lambda ward: sees(ward, medications=["ssri"]),
        [],
        ["screening.medication_unknown"],
        also=NO_SYNONYMS,
    ),
    OneKey(
        "vocabulary",
        {"theophylline": ["theophyllamine"]},
        lambda ward: sees(ward, medications=["aminophylline"]),
        ["screening.condition_excludes"],
        ["screening.medication_unknown"],
    ),
    OneKey(
        "screening.tests.range",
        [0, 40],
        decides_with,
        [],
        ["result.alt_above_limit"],
        where=(*TESTS, "alt", "range"),
        also=a_liver_value(),
    ),
    OneKey(
        "screening.tests.unit",
        "µkat/L",
        decides_with,
        [],
        ["result.alt_in_other_unit"],
        where=(*TESTS, "alt", "unit"),
        also=a_liver_value(),
    ),
    OneKey(
        "screening.tests.wanted",
        ["negative", "not_done"],
        lambda ward: decides_after_a_drug_screen(ward, "not done"),
        ["result.urine_drug_screen_not_as_wanted"],
        [],
        where=(*TESTS, "urine_drug_screen", "wanted"),
        also=a_drug_screen(),
    ),
    OneKey(
        "screening.tests.valid_for",
        "P2D",
        lambda ward: [one for one in decides_with(ward, after=3) if one.startswith("result.")],
        [],
        ["result.alt_outdated"],
        where=(*TESTS, "alt", "valid_for"),
        also=a_liver_value(),
    ),
    OneKey(
        "screening.tests.before_every",
        3,
        clears_the_second,
        ["result.urine_drug_screen_outdated"],
        [],
        where=(*TESTS, "urine_drug_screen", "before_every"),
        also=a_drug_screen(before_every=2),
    ),
    OneKey(
        "screening.tests.indications",
        ["F11.2"],
        lambda ward: ward.screened().reasons(eligible(MARA, at=ward.now)),
        ["result.alt_missing"],
        [],
        where=(*TESTS, "alt", "indications"),
        also=a_liver_value(indications=["F33"]),
    ),
    OneKey(
        "screening.gates.indications",
        ["G89"],
        lambda ward: sees(ward, prior_adequate_trials=1),
        ["screening.prior_trials_below_limit"],
        [],
        where=(*GATES, "resistant", "indications"),
        also=a_gate(prior_trials_min=2),
    ),
    OneKey(
        "screening.gates.prior_trials_min",
        1,
        lambda ward: sees(ward, prior_adequate_trials=1),
        ["screening.prior_trials_below_limit"],
        [],
        where=(*GATES, "resistant", "prior_trials_min"),
        also=a_gate(prior_trials_min=2),
    ),
    OneKey(
        "screening.gates.trials_named",
        True,
        lambda ward: sees(ward, prior_adequate_trials=2),
        [],
        ["screening.prior_trials_below_limit"],
        where=(*GATES, "resistant", "trials_named"),
        also=a_gate(prior_trials_min=2),
    ),
    OneKey(
        "screening.gates.abstinent_days_min",
        28,
        lambda ward: sees(ward, abstinent_days=28),
        ["screening.abstinence_below_limit"],
        [],
        where=(*GATES, "resistant", "abstinent_days_min"),
        also=a_gate(abstinent_days_min=90),
    ),
    OneKey(
        "screening.gates.measure",
        "gad7",
        lambda ward: ward.screened().reasons(eligible(MARA, at=ward.now)),
        [],
        ["measure.gad7_below_limit"],
        where=(*GATES, "resistant", "measure"),
        also=a_gate(measure="phq9", score_min=15),
    ),
    OneKey(
        "screening.gates.score_min",
        20,
        lambda ward: ward.screened().reasons(eligible(MARA, at=ward.now)),
        [],
        ["measure.phq9_below_limit"],
        where=(*GATES, "resistant", "score_min"),
        also=a_gate(measure="phq9", score_min=15),
    ),
    OneKey(
        "screening.gates.score_max",
        16,
        lambda ward: ward.screened().reasons(eligible(MARA, at=ward.now)),
        [],
        ["measure.phq9_above_limit"],
        where=(*GATES, "resistant", "score_max"),
        also=a_gate(measure="phq9", score_max=20),
    ),
    OneKey(
        "screening.further_consents.version",
        "3",
        decides_once_recorded,
        [],
        ["consent.further_other_version"],
        where=(*FURTHER, "recording", "version"),
        also=a_recording(),
    ),
    OneKey(
        "screening.further_consents.valid_for",
        "P1D",
        lambda ward: decides_once_recorded(ward, after=1),
        [],
        ["consent.further_expired"],
        where=(*FURTHER, "recording", "valid_for"),
        also=a_recording(),
    ),
    OneKey(
        "screening.further_consents.from_session",
        1,
        lambda ward: clears(ward, 1, ward.begins()),
        [],
        ["consent.further_missing"],
        where=(*FURTHER, "recording", "from_session"),
        also=a_recording(from_session=2),
    ),
    OneKey(
        "screening.further_consents.indications",
        ["F11.2"],
        lambda ward: ward.screened().reasons(eligible(MARA, at=ward.now)),
        ["consent.further_missing"],
        [],
        where=(*FURTHER, "recording", "indications"),
        also=a_recording(indications=["F33"]),
    ),
    OneKey("preparation.sessions", 1, lambda ward: prepared_by(ward, TOPICS), Phase.PREPARATION, Phase.MEDICINE),
    OneKey(
        "preparation.least_minutes",
        61,
        lambda ward: prepared_by(ward, TOPICS, TOPICS),
        Phase.MEDICINE,
        Phase.PREPARATION,
    ),
    OneKey(
        "preparation.roles",
        ["prescriber"],
        lambda ward: prepared_by(ward, TOPICS, TOPICS),
        Phase.MEDICINE,
        Phase.PREPARATION,
    ),
    OneKey(
        "preparation.during_screening",
        False,
        lambda ward: ward.screened().reasons(preparation(MARA, at=ward.now)),
        [],
        ["course.wrong_phase"],
    ),
    OneKey("preparation.within", "P10D", lambda ward: phase_ends_after(ward.planned()), 14, 10),
    OneKey(
        "preparation.topics",
        ["rapport"],
        lambda ward: prepared_by(ward, TOPICS[:1], TOPICS[:1]),
        Phase.PREPARATION,
        Phase.MEDICINE,
    ),
    OneKey(
        "evidence.grade",
        "weak",
        lambda ward: evidence(ward, "screening.systolic_max"),
        ("sourced", None),
        ("weak", None),
        where=(*PRESSURE, "grade"),
        also={PRESSURE: {"grade": "sourced", "source": "S27"}},
    ),
    OneKey("evidence.source", "S1", source, "S27", "S1", where=(*PRESSURE, "source")),
    OneKey(
        "evidence.note",
        "Seen in one trial",
        lambda ward: evidence(ward, "screening.systolic_max"),
        ("sourced", None),
        ("sourced", "Seen in one trial"),
        where=(*PRESSURE, "note"),
        also={PRESSURE: {"grade": "sourced", "source": "S27"}},
    ),
)


@pytest.mark.parametrize("one", KEYS, ids=lambda one: one.key)
def test_a_key_that_says_something_else_is_followed(one: OneKey[Ward]) -> None:
    """The same story under two files that differ in this key alone: what is seen differs as the key says."""
    assert one.seen(Ward(protocol=protocol_with(one, other=False))) == one.as_written
    assert one.seen(Ward(protocol=protocol_with(one, other=True))) == one.otherwise
