"""What the protocol says of a reading, and whom it wakes: judged by when it was taken, whenever it arrives."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.course.deadlines import DeadlineKind
from domain.course.rules.vitals import judged_anew, standing_findings, verdict
from domain.course.session import Stage
from domain.course.transition import RepeatEscalation
from domain.course.verdict import Verdict, VerdictSeverity
from domain.escalation.messages import Change, Kind
from domain.events.clinic_events import VitalsRecorded
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.values import LimitSeverity, Vital
from domain.values import Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    MARA,
    WEEKLY,
    abortion,
    clearance,
    days,
    hours,
    minutes,
    moved,
    over,
    seconds,
    signs,
    vitals,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward, taken_in_again

TODAY = Ward().begins()
NORMAL, WARNING, RECHECK, URGENT, EMERGENCY = VerdictSeverity

HIGH = {"systolic": 181}
WELL: Mapping[str, int] = {}


def confirmed_of(readings: int | None) -> Protocol:
    """The weekly protocol with limits that are confirmed among so many readings."""
    waits = (limit for limit in WEEKLY.medicine.limits if limit.confirm_within is not None)
    others = (limit for limit in WEEKLY.medicine.limits if limit.confirm_within is None)
    return weekly({"medicine.limits": (*(limit.but(confirm_of=readings) for limit in waits), *others)})


def reads(ward: Ward, minute: float, **measured: int) -> Verdict:
    """The verdict on a reading so many minutes after the dose."""
    answer = ward.reports(vitals(MARA, at=ward.begins() + minutes(minute), **measured))  # type: ignore[arg-type]
    assert answer.verdict is not None
    return answer.verdict


def verdicts(ward: Ward, session: int = 1) -> list[VerdictSeverity]:
    """What the protocol says now of every reading since the dose, in the order in which they were taken."""
    monitored = ward.session(session)
    dosed_at = monitored.doses[0].at
    return [
        verdict(ward.course.protocol, monitored, reading).severity
        for reading in monitored.readings
        if reading.at >= dosed_at
    ]


@pytest.mark.parametrize(
    ("reading", "severity", "code"),
    [
        (vitals(MARA, at=TODAY), NORMAL, None),
        (vitals(MARA, at=TODAY, systolic=160), NORMAL, None),
        (vitals(MARA, at=TODAY, systolic=161), WARNING, "vitals.systolic_above_limit"),
        (vitals(MARA, at=TODAY, systolic=165), WARNING, "vitals.systolic_above_limit"),
        (vitals(MARA, at=TODAY, systolic=181), RECHECK, "vitals.systolic_above_limit"),
        (vitals(MARA, at=TODAY, diastolic=100), NORMAL, None),
        (vitals(MARA, at=TODAY, diastolic=50), NORMAL, None),
        (vitals(MARA, at=TODAY, diastolic=49), WARNING, "vitals.diastolic_below_limit"),
        (vitals(MARA, at=TODAY, systolic=220), RECHECK, "vitals.systolic_above_limit"),
        (vitals(MARA, at=TODAY, systolic=221), URGENT, "vitals.systolic_above_limit"),
        (vitals(MARA, at=TODAY, systolic=89), URGENT, "vitals.systolic_below_limit"),
        (vitals(MARA, at=TODAY, systolic=69, diastolic=30), EMERGENCY, "vitals.systolic_below_limit"),
        (vitals(MARA, at=TODAY, diastolic=101), WARNING, "vitals.diastolic_above_limit"),
        (vitals(MARA, at=TODAY, diastolic=110), WARNING, "vitals.diastolic_above_limit"),
        (vitals(MARA, at=TODAY, diastolic=111), RECHECK, "vitals.diastolic_above_limit"),
        (vitals(MARA, at=TODAY, heart_rate=120), NORMAL, None),
        (vitals(MARA, at=TODAY, heart_rate=121), RECHECK, "vitals.heart_rate_above_limit"),
        (vitals(MARA, at=TODAY, heart_rate=50), NORMAL, None),
        (vitals(MARA, at=TODAY, heart_rate=151), URGENT, "vitals.heart_rate_above_limit"),
        (vitals(MARA, at=TODAY, heart_rate=30), URGENT, "vitals.heart_rate_below_limit"),
        (vitals(MARA, at=TODAY, heart_rate=29), EMERGENCY, "vitals.heart_rate_below_limit"),
        (vitals(MARA, at=TODAY, heart_rate=49), URGENT, "vitals.heart_rate_below_limit"),
        (vitals(MARA, at=TODAY, spo2=94), NORMAL, None),
        (vitals(MARA, at=TODAY, spo2=93), WARNING, "vitals.spo2_below_limit"),
        (vitals(MARA, at=TODAY, spo2=92), WARNING, "vitals.spo2_below_limit"),
        (vitals(MARA, at=TODAY, spo2=91), URGENT, "vitals.spo2_below_limit"),
        (vitals(MARA, at=TODAY, spo2=90), URGENT, "vitals.spo2_below_limit"),
        (vitals(MARA, at=TODAY, spo2=89), EMERGENCY, "vitals.spo2_below_limit"),
        (vitals(MARA, at=TODAY, respiratory_rate=10), NORMAL, None),
        (vitals(MARA, at=TODAY, respiratory_rate=31), URGENT, "vitals.respiratory_rate_above_limit"),
        (vitals(MARA, at=TODAY, respiratory_rate=9), URGENT, "vitals.respiratory_rate_below_limit"),
        (vitals(MARA, at=TODAY, respiratory_rate=8), URGENT, "vitals.respiratory_rate_below_limit"),
        (vitals(MARA, at=TODAY, respiratory_rate=7), EMERGENCY, "vitals.respiratory_rate_below_limit"),
        (vitals(MARA, at=TODAY, moaas=4), NORMAL, None),
        (vitals(MARA, at=TODAY, moaas=3), WARNING, "vitals.moaas_below_limit"),
        (vitals(MARA, at=TODAY, moaas=2), URGENT, "vitals.moaas_below_limit"),
        (vitals(MARA, at=TODAY, moaas=1), EMERGENCY, "vitals.moaas_below_limit"),
        (vitals(MARA, at=TODAY, moaas=None), NORMAL, None),
        (vitals(MARA, at=TODAY, symptoms=["nausea"]), WARNING, "vitals.symptom_reported"),
        (vitals(MARA, at=TODAY, symptoms=["agitation"]), URGENT, "vitals.symptom_reported"),
        (vitals(MARA, at=TODAY, symptoms=["chest_pain"]), EMERGENCY, "vitals.symptom_reported"),
        (vitals(MARA, at=TODAY, symptoms=["hiccups"]), URGENT, "vitals.symptom_unknown"),
    ],
    ids=lambda value: None if value is None else str(getattr(value, "id", value)).split("-")[0],
)  # fmt: skip
def test_a_reading_is_what_the_highest_limit_it_crosses_says(
    ward: Ward, reading: VitalsRecorded, severity: VerdictSeverity, code: str | None
) -> None:
    """`[[medicine.limits]]`: a limit is itself still within; `[medicine.symptoms]` whatever the numbers say."""
    answer = ward.dosed().reports(moved(reading, ward.now + minutes(1)))

    assert answer.verdict is not None
    assert answer.verdict.severity is severity
    assert code in {None, *(finding.code for finding in answer.verdict.findings)}
    assert (answer.verdict.findings == ()) is (severity is NORMAL)
    kind = {URGENT: Kind.VITALS_URGENT, EMERGENCY: Kind.VITALS_EMERGENCY}.get(severity)
    assert list(ward.open) == ([kind] if kind else [])


@pytest.mark.parametrize(("systolic", "findings"), [(165, []), (166, ["vitals.systolic_risen"])])
def test_a_rise_of_forty_over_the_clearance_reading_is_a_warning(
    opens: Opens, systolic: int, findings: list[str]
) -> None:
    """`rise`: CLINICAL.md 3.4 says 40 or more (S2); the reading at clearance was 126."""
    risen = Limit(vital=Vital.SYSTOLIC, rise=40, severity=LimitSeverity.WARNING)
    ward = opens(weekly({"medicine.limits": (risen,)})).dosed()

    said = reads(ward, 15, systolic=systolic)

    assert [finding.code for finding in said.findings] == findings
    if findings:
        assert (said.findings[0].observed, said.findings[0].limit) == (166, 40)
        assert said.findings[0].message == "Systolic 166 has risen over the clearance reading by at least 40"


def test_a_finding_says_what_was_seen_what_the_limit_is_and_who_says_so(ward: Ward) -> None:
    """As a nurse says it."""
    (finding,) = reads(ward.watched(until=minutes(0)), 15, diastolic=105).findings

    assert finding.model_dump() == {
        "code": "vitals.diastolic_above_limit",
        "message": "Diastolic 105 is above the limit of 100",
        "observed": 105,
        "limit": 100,
        "severity": "warning",
        "source": "S45",
    }


# The second reading


def test_a_first_breach_asks_for_a_second_reading_and_wakes_nobody(ward: Ward) -> None:
    """`confirm_within`: verdict `recheck`, due five minutes later."""
    said = reads(ward.watched(until=minutes(0)), 15, **HIGH)

    assert (said.severity, said.recheck_due_at) == (RECHECK, ward.begins() + minutes(20))
    assert [deadline.due_at for deadline in ward.due(DeadlineKind.RECHECK)] == [ward.begins() + minutes(20)]
    assert ward.pages == []


def test_a_second_breach_is_what_the_limit_says(ward: Ward) -> None:
    """181 and five minutes later 182: urgent."""
    reads(ward.watched(until=minutes(0)), 15, **HIGH)
    said = reads(ward, 20, systolic=182)

    assert (said.severity, said.recheck_due_at) == (URGENT, None)
    assert ward.pages == [(Kind.VITALS_URGENT, Severity.URGENT)]
    assert ward.due(DeadlineKind.RECHECK) == []


@pytest.mark.parametrize("readings", [None, 2])
def test_a_second_reading_within_the_limit_ends_it(opens: Opens, readings: int | None) -> None:
    """181 and then 170 is a warning, and the next 181 is a first breach again, where two in a row are asked for."""
    ward = opens(confirmed_of(readings))
    reads(ward.watched(until=minutes(0)), 15, **HIGH)
    said = [reads(ward, minute, systolic=value).severity for minute, value in ((18, 170), (30, 181))]

    assert said == [WARNING, RECHECK]
    assert ward.pages == []


def test_a_pressure_that_swings_is_told_at_its_second_breach(ward: Ward) -> None:
    """`confirm_of`: 220/125, 179/99, 220/125: the arm moves, and two of three readings are beyond the limit."""
    ward.watched(until=minutes(0))
    swing = ({"systolic": 220, "diastolic": 125}, {"systolic": 179, "diastolic": 99})
    said = [reads(ward, 15 + 4 * turn, **swing[turn % 2]).severity for turn in range(3)]

    assert said == [RECHECK, WARNING, URGENT]
    assert ward.pages == [(Kind.VITALS_URGENT, Severity.URGENT)]


@pytest.mark.parametrize(("between", "severity"), [(1, URGENT), (2, RECHECK)])
def test_a_breach_is_confirmed_by_one_of_as_many_readings_as_the_protocol_says(
    ward: Ward, between: int, severity: VerdictSeverity
) -> None:
    """`confirm_of` 3: the two values before are looked at, and no third one."""
    reads(ward.watched(until=minutes(0)), 15, **HIGH)
    for minute in range(between):
        reads(ward, 16 + minute)

    assert reads(ward, 20, **HIGH).severity is severity


def test_a_breach_that_is_told_late_confirms_the_one_after_the_next(ward: Ward) -> None:
    """`confirm_of` 3: it arrives before two others, and the second of them was the first breach until then."""
    ward.watched(until=minutes(0))
    said = [reads(ward, minute, **taken).severity for minute, taken in ((17, WELL), (19, HIGH))]
    assert (said, ward.pages) == ([NORMAL, RECHECK], [])

    ward.sends(vitals(MARA, at=ward.begins() + minutes(15), **HIGH))  # type: ignore[arg-type]

    assert verdicts(ward)[1:] == [RECHECK, NORMAL, URGENT]
    assert ward.pages == [(Kind.VITALS_URGENT, Severity.URGENT)]


def test_another_vital_sign_does_not_confirm_this_one(ward: Ward) -> None:
    """A high heart rate after a high pressure is the first of its kind."""
    reads(ward.watched(until=minutes(0)), 15, **HIGH)
    assert reads(ward, 20, heart_rate=130).severity is RECHECK


def test_a_reading_without_this_vital_sign_lies_between_two_that_confirm_each_other(opens: Opens) -> None:
    """MOAA/S may be left out: the second one that was taken is the second one."""
    deep = Limit(vital=Vital.MOAAS, below=3, severity=LimitSeverity.URGENT, confirm_within=minutes(5))
    ward = opens(weekly({"medicine.limits": (deep,)})).watched(until=minutes(0))

    assert reads(ward, 15, moaas=2).severity is RECHECK
    ward.reports(vitals(MARA, at=ward.begins() + minutes(18), moaas=None))
    assert reads(ward, 20, moaas=2).severity is URGENT


def test_a_rise_is_confirmed_by_another_one_over_the_same_clearance_reading(opens: Opens) -> None:
    """It was 126 at the clearance: 166 is the first, 165 none, and the next 166 the second of the three."""
    risen = Limit(vital=Vital.SYSTOLIC, rise=40, severity=LimitSeverity.URGENT, confirm_within=minutes(5), confirm_of=3)
    ward = opens(weekly({"medicine.limits": (risen,)})).watched(until=minutes(0))

    said = [reads(ward, minute, systolic=value).severity for minute, value in ((15, 166), (18, 165), (20, 166))]

    assert said == [RECHECK, NORMAL, URGENT]
    assert reads(ward, 40, systolic=165).severity is NORMAL


@EDGES
def test_a_second_reading_that_is_not_taken_lets_the_severity_stand(ward: Ward, edge: timedelta) -> None:
    """No second reading by then: urgent, and one that comes too late does not take it back."""
    reads(ward.watched(until=minutes(0)), 15, **HIGH)
    reads(ward, 20 + edge / minutes(1))

    assert ward.pages == ([(Kind.VITALS_URGENT, Severity.URGENT)] if edge > timedelta() else [])


def test_the_severest_limit_that_waits_is_the_one_that_stands(opens: Opens) -> None:
    """Two limits crossed at once: the emergency is not hidden behind the warning, and the nearer moment counts."""
    limits = (
        Limit(vital=Vital.HEART_RATE, above=120, severity=LimitSeverity.URGENT, confirm_within=minutes(5)),
        Limit(vital=Vital.SYSTOLIC, above=180, severity=LimitSeverity.EMERGENCY, confirm_within=minutes(8)),
    )
    ward = opens(weekly({"medicine.limits": limits})).watched(until=minutes(0))
    said = reads(ward, 15, systolic=181, heart_rate=121)
    ward.until(ward.begins() + minutes(20))

    assert said.recheck_due_at == ward.begins() + minutes(20)
    assert ward.open == {Kind.VITALS_EMERGENCY: Severity.EMERGENCY}


def test_a_warning_that_waited_for_a_second_reading_is_still_a_warning(opens: Opens) -> None:
    """The severity that stands wakes whom it wakes: of a warning the ledger says so, and nobody is called."""
    limit = Limit(vital=Vital.SYSTOLIC, above=160, severity=LimitSeverity.WARNING, confirm_within=minutes(5))
    ward = opens(weekly({"medicine.limits": (limit,)})).watched(until=minutes(0))
    said = reads(ward, 15, systolic=165)
    ward.until(ward.begins() + minutes(20))

    assert said.severity is RECHECK
    assert ward.pages == []
    assert ward.entries[-1].type == "kap.deadline.passed"
    assert ward.entries[-1].data["kind"] == DeadlineKind.RECHECK


def test_a_recheck_before_the_dose_is_asked_for_as_well(ward: Ward) -> None:
    """181 at the door: measured again, or somebody is told; sent away in between, they are still measured."""
    ward.checked_in().reports(vitals(MARA, at=ward.now, **HIGH))  # type: ignore[arg-type]
    ward.reports(abortion(MARA, at=ward.now + minutes(1)))

    answer = ward.reports(vitals(MARA, at=ward.now + minutes(1)))
    ward.passes(hours(1))

    assert answer.verdict is not None
    assert answer.verdict.severity is NORMAL
    assert ward.pages == []


# Worse and again


def test_a_breach_behind_an_acknowledged_one_calls_again(ward: Ward) -> None:
    """One open escalation a course, kind and session; every further breach is told to it."""
    reads(ward.watched(until=minutes(0)), 15, respiratory_rate=9)
    ward.hears(Kind.VITALS_URGENT, Change.ACKNOWLEDGED)
    reads(ward, 20, respiratory_rate=9)

    assert ward.pages == [(Kind.VITALS_URGENT, Severity.URGENT)] * 2
    assert isinstance(ward.calls[-1], RepeatEscalation)
    assert len(ward.course.escalations) == 1


def test_an_emergency_is_its_own_kind_beside_the_urgent_one(ward: Ward) -> None:
    """And it stays when the next reading is well: only a human resolves it."""
    reads(ward.watched(until=minutes(0)), 15, respiratory_rate=9)
    reads(ward, 16, respiratory_rate=7)
    reads(ward, 17)

    assert ward.open == {Kind.VITALS_URGENT: Severity.URGENT, Kind.VITALS_EMERGENCY: Severity.EMERGENCY}


def test_a_breach_after_a_resolution_opens_another(ward: Ward) -> None:
    """Numbered: the second of its kind in this session."""
    reads(ward.watched(until=minutes(0)), 15, spo2=88)
    ward.hears(Kind.VITALS_EMERGENCY, Change.RESOLVED)
    reads(ward, 20, spo2=88)

    assert [one.id for one in ward.course.escalations] == ["MARA-1~vitals_emergency~1~1", "MARA-1~vitals_emergency~1~2"]


def test_a_reading_of_before_their_discharge_may_arrive_after_it_and_is_judged(ward: Ward) -> None:
    """A late emergency is one; a reading of the day after is none of this session's any more."""
    ward.discharged()
    answer = ward.sends(vitals(MARA, at=ward.begins() + minutes(50), spo2=88))

    assert answer.verdict is not None
    assert answer.verdict.severity is EMERGENCY
    assert Kind.VITALS_EMERGENCY in ward.open
    assert ward.reasons(vitals(MARA, at=ward.now + days(1))) == []
    assert ward.reasons(vitals(MARA, at=ward.now + days(1) + TICK)) == ["session.discharged"]


# The order in which readings arrive


def test_a_breach_confirmed_by_a_reading_that_arrives_late_wakes_somebody(ward: Ward) -> None:
    """182 at twenty past was a first breach until 181 of a quarter past arrived."""
    ward.watched(until=minutes(0))
    first = reads(ward, 20, systolic=182).severity
    ward.sends(vitals(MARA, at=ward.begins() + minutes(15), systolic=181))

    assert first is RECHECK
    assert verdicts(ward) == [NORMAL, RECHECK, URGENT]
    assert ward.open == {Kind.VITALS_URGENT: Severity.URGENT}


def test_a_reading_between_two_breaches_that_arrives_late_takes_no_page_back(opens: Opens) -> None:
    """What was believed is kept; what is true now is shown."""
    ward = opens(confirmed_of(2)).watched(until=minutes(0))
    said = [reads(ward, minute, **HIGH).severity for minute in (15, 20)]
    ward.sends(vitals(MARA, at=ward.begins() + minutes(17)))

    assert said == [RECHECK, URGENT]
    assert verdicts(ward) == [NORMAL, RECHECK, NORMAL, RECHECK]
    assert list(ward.open) == [Kind.VITALS_URGENT]


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_three_readings_come_to_the_same_in_every_order(ward: Ward, order: tuple[int, ...]) -> None:
    """Normal, first breach, second breach; the page goes out in each."""
    ward.watched(until=minutes(0)).passes(seconds(1))
    taken = [
        vitals(MARA, at=ward.now + minutes(1)),
        vitals(MARA, at=ward.now + minutes(2), systolic=181),
        vitals(MARA, at=ward.now + minutes(3), systolic=181),
    ]
    ward.passes(minutes(3))
    for index in order:
        ward.sends(taken[index])

    assert verdicts(ward) == [NORMAL, NORMAL, RECHECK, URGENT]
    assert list(ward.open) == [Kind.VITALS_URGENT]


SOMEHOW = st.fixed_dictionaries(
    {},
    optional={
        "systolic": st.sampled_from([118, 161, 181, 190]),
        "heart_rate": st.sampled_from([48, 80, 125]),
        "spo2": st.sampled_from([89, 93, 97]),
    },
)
TAKEN = st.lists(st.tuples(st.integers(0, 170), SOMEHOW), max_size=7, unique_by=lambda reading: reading[0])
DOSED = Ward().watched(until=minutes(0)).course
DOSED_AT: datetime = DOSED.sessions[0].doses[0].at


@given(taken=TAKEN, data=st.data())
def test_the_order_in_which_readings_arrive_changes_no_verdict(
    taken: list[tuple[int, dict[str, int]]], data: st.DataObject
) -> None:
    """Whatever was measured: verdicts and checkpoints are those of the order in which it was taken."""
    events = [vitals(MARA, at=DOSED_AT + minutes(minute) + seconds(1), **values) for minute, values in taken]  # type: ignore[arg-type]
    now = DOSED_AT + hours(3)
    in_order, shuffled = Ward(now=now), Ward(now=now)
    in_order.course = shuffled.course = DOSED
    for event in sorted(events, key=lambda event: event.time):
        in_order.sends(event)
    for event in data.draw(st.permutations(events)):
        shuffled.sends(event)

    assert verdicts(shuffled) == verdicts(in_order)
    assert {Kind.VITALS_EMERGENCY in ward.open for ward in (in_order, shuffled)} in ({True}, {False})
    assert [(one.at, one.data) for one in shuffled.session().readings] == [
        (one.at, one.data) for one in in_order.session().readings
    ]
    assert {*in_order.open} <= {*shuffled.open}


@pytest.mark.parametrize(
    ("limits", "following"),
    [(WEEKLY.medicine.limits, [17, 19]), ((), [17])],
    ids=["as far as the protocol looks back", "without limits"],
)
def test_a_reading_that_arrives_late_is_compared_with_those_that_look_back_at_it(
    opens: Opens, limits: tuple[Limit, ...], following: list[float]
) -> None:
    """`confirm_of` 3: with the two that follow it; without a limit with the next one, for a pressure that stays."""
    ward = opens(weekly({"medicine.limits": limits})).watched(until=minutes(0))
    for minute in (17, 19, 21, 23):
        reads(ward, minute)
    before = ward.session()
    late = before.readings[-1].but(at=ward.begins() + minutes(15))

    anew = judged_anew(ward.course.protocol, before, before.with_reading(late), late)
    assert [(one.at - ward.begins()) / minutes(1) for one in anew] == following


def test_a_sign_that_arrives_late_is_looked_back_at_as_far_as_its_own_limits_say(opens: Opens) -> None:
    """`confirm_of` 3 of the systolic alone, which alone was taken: the two readings that follow it are judged anew."""
    swings = Limit(
        vital=Vital.SYSTOLIC, above=180, severity=LimitSeverity.URGENT, confirm_within=minutes(5), confirm_of=3
    )
    fast = Limit(vital=Vital.HEART_RATE, above=120, severity=LimitSeverity.URGENT, confirm_within=minutes(5))
    ward = opens(weekly({"medicine.limits": (swings, fast)})).watched(until=minutes(0))
    for minute in (17, 19, 21):
        reads(ward, minute)
    before = ward.session()
    ward.sends(signs(MARA, at=ward.begins() + minutes(15), systolic=185))
    late = ward.session().readings[-4]

    anew = judged_anew(ward.course.protocol, before, ward.session(), late)
    assert [(one.at - ward.begins()) / minutes(1) for one in anew] == [17, 19]


def test_what_stands_is_each_signs_newest_value(ward: Ward) -> None:
    """A pressure that was taken again and is well, and a pulse of 49 beside the first that was not taken again."""
    ward.watched(until=minutes(0))
    reads(ward, 15, systolic=221, heart_rate=49)
    ward.reports(signs(MARA, at=ward.begins() + minutes(16), systolic=126))

    found = standing_findings(ward.course.protocol, ward.session(), ward.now, ward.begins())
    assert [one.code for one in found] == ["vitals.heart_rate_below_limit"]


@EDGES
def test_what_was_measured_before_the_moment_that_is_asked_for_does_not_stand(ward: Ward, edge: timedelta) -> None:
    """A booster's reading is one of since the dose before it."""
    reads(ward.watched(until=minutes(0)), 15, heart_rate=49)

    found = standing_findings(ward.course.protocol, ward.session(), ward.now, ward.now - edge)
    assert [one.code for one in found] == (["vitals.heart_rate_below_limit"] if edge >= timedelta() else [])


@EDGES
def test_a_rise_is_one_of_after_the_clearance(opens: Opens, edge: timedelta) -> None:
    """Of two readings of its own moment they were cleared on the later one; the other has risen from nothing."""
    risen = Limit(vital=Vital.SYSTOLIC, rise=40, severity=LimitSeverity.WARNING)
    ward = opens(weekly({"medicine.limits": (risen,)})).cleared()
    cleared_at = ward.now
    ward.reports(vitals(MARA, at=cleared_at + edge, systolic=170))
    high = ward.session().readings[-1]
    ward.sends(vitals(MARA, at=cleared_at))

    found = verdict(ward.course.protocol, ward.session(), high).findings
    assert [one.code for one in found] == (["vitals.systolic_risen"] if edge > timedelta() else [])


# A reading that is put right


def believed(ward: Ward, entries: int) -> list[VerdictSeverity]:
    """What every reading was by the first so many entries of the ledger, taken in again."""
    then = Ward()
    then.course = taken_in_again(ward.blank, ward.entries[:entries], {})
    return verdicts(then)


@pytest.mark.parametrize(
    ("first", "corrected", "now", "is_due", "then"),
    [
        (185, 128, [RECHECK, NORMAL], False, RECHECK),
        (128, 185, [NORMAL, RECHECK], True, URGENT),
        (185, 186, [RECHECK, RECHECK], True, URGENT),
    ],
)
def test_a_corrected_reading_is_what_the_next_one_is_held_against(
    ward: Ward, first: int, corrected: int, now: list[VerdictSeverity], *, is_due: bool, then: VerdictSeverity
) -> None:
    """Of two at the same `time` the one that came last counts; it is no second reading to the first."""
    ward.watched(until=minutes(0))
    reads(ward, 15, systolic=first)
    reads(ward, 15, systolic=corrected)

    assert verdicts(ward)[1:] == now
    assert bool(ward.due(DeadlineKind.RECHECK)) is is_due
    assert ward.open == {}
    assert reads(ward, 19, systolic=185).severity is then


def test_a_correction_takes_back_no_page_and_the_ledger_keeps_what_was_believed(ward: Ward) -> None:
    """88 was typed for 98: an emergency was called, both values stand in the record, and a human ends it."""
    ward.watched(until=minutes(0))
    said = reads(ward, 15, spo2=88).severity
    before = len(ward.entries)
    ward.sends(vitals(MARA, at=ward.begins() + minutes(15), spo2=98))

    written = [(one.type, one.data.get("spo2"), one.time) for one in ward.entries[before - 2 :]]
    at = ward.begins() + minutes(15)
    assert said is EMERGENCY
    assert written == [
        ("kap.vitals.recorded", 88, at),
        ("kap.escalation.opened", None, at),
        ("kap.vitals.recorded", 98, at),
    ]
    assert believed(ward, before) == [NORMAL, EMERGENCY]
    assert verdicts(ward) == [NORMAL, EMERGENCY, NORMAL]
    assert ward.open == {Kind.VITALS_EMERGENCY: Severity.EMERGENCY}


@pytest.mark.parametrize(
    ("late", "before", "after"),
    [(128, [RECHECK, URGENT], [RECHECK, NORMAL, RECHECK]), (186, [RECHECK, URGENT], [RECHECK, URGENT, URGENT])],
)
def test_what_was_believed_before_a_late_reading_is_read_off_the_ledger(
    opens: Opens, late: int, before: list[VerdictSeverity], after: list[VerdictSeverity]
) -> None:
    """Marked late, written after what it changes: the record up to it says what it said then, all of it what is so."""
    ward = opens(confirmed_of(2)).watched(until=minutes(0))
    for minute in (15, 19):
        reads(ward, minute, systolic=185)
    known = len(ward.entries)
    ward.sends(vitals(MARA, at=ward.begins() + minutes(17), systolic=late))

    assert ward.entries[known].late
    assert believed(ward, known)[1:] == before
    assert believed(ward, len(ward.entries))[1:] == after == verdicts(ward)[1:]
    assert list(ward.open) == [Kind.VITALS_URGENT]


# A pressure that does not fall


@EDGES
def test_a_high_pressure_that_does_not_fall_after_two_hours_is_urgent(ward: Ward, edge: timedelta) -> None:
    """`bp_not_falling_after` (S1): still above the hold limits and not lower than the reading before."""
    ward.watched(until=minutes(60))
    reads(ward, 90, systolic=150)
    ward.reports(vitals(MARA, at=ward.begins() + minutes(120) + edge, systolic=150))

    expected = {Kind.BLOOD_PRESSURE_NOT_FALLING: Severity.URGENT} if edge >= timedelta() else {}
    assert ward.open == expected


@pytest.mark.parametrize(
    ("before", "after", "paged"),
    [
        ({"systolic": 150}, {"systolic": 149}, False),
        ({"systolic": 149}, {"systolic": 150}, True),
        ({"systolic": 139}, {"systolic": 140}, False),
        ({"systolic": 130}, {"systolic": 141}, True),
        ({"diastolic": 95}, {"diastolic": 95}, True),
        ({"diastolic": 95}, {"diastolic": 94}, False),
        ({"diastolic": 90}, {"diastolic": 90}, False),
        ({"systolic": 150, "diastolic": 95}, {"systolic": 145, "diastolic": 95}, True),
    ],
)
def test_not_falling_is_not_lower_than_before_in_one_of_the_two(
    ward: Ward, before: dict[str, int], after: dict[str, int], paged: bool
) -> None:
    """Systolic or diastolic, each on its own."""
    ward.watched(until=minutes(60))
    reads(ward, 90, **before)
    reads(ward, 120, **after)

    assert (Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open) is paged


def test_a_diastolic_pressure_that_was_taken_alone_may_not_fall_either(ward: Ward) -> None:
    """The cuff has shown no systolic one."""
    ward.watched(until=minutes(60))
    for minute in (90, 120):
        ward.reports(signs(MARA, at=ward.begins() + minutes(minute), diastolic=95))

    assert Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open


def test_a_pressure_that_did_not_fall_is_seen_when_the_reading_before_arrives_late(ward: Ward) -> None:
    """160, then 150: falling. But in between there was 145, and it is entered last."""
    ward.watched(until=minutes(60))
    reads(ward, 90, systolic=158)
    reads(ward, 124, systolic=150)
    fell = dict(ward.open)
    ward.sends(vitals(MARA, at=ward.begins() + minutes(121), systolic=145))

    assert fell == {}
    assert ward.open == {Kind.BLOOD_PRESSURE_NOT_FALLING: Severity.URGENT}


def dosed_after(ward: Ward, **cleared_with: int) -> Ward:
    """They were cleared with these values, by override."""
    measured = vitals(MARA, at=ward.checked_in().now)
    ward.reports(measured.but(data=measured.data.but(**cleared_with)))
    codes = [f"vitals.{vital}_above_limit" for vital in cleared_with]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(6), overrides=over(*codes)))
    return ward.dosed()


def test_a_pressure_is_held_against_one_of_after_the_dose(ward: Ward) -> None:
    """The first reading after the dose has none before it to fall from, not even the one that they were cleared on."""
    dosed_after(ward, systolic=150)
    reads(ward, 120, systolic=156)
    first = Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open
    reads(ward, 125, systolic=156)

    assert first is False
    assert Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open


EDGES_OF_A_MARGIN = pytest.mark.parametrize(
    ("margin", "after", "paged"),
    [(None, 150, False), (None, 151, True), (3, 153, False), (3, 154, True), (10, 160, False), (10, 161, True)],
)


@pytest.mark.parametrize(
    ("cleared_with", "after", "paged"),
    [
        ({"systolic": 150}, {"systolic": 141}, False),
        ({"systolic": 150}, {"systolic": 150}, False),
        ({"systolic": 150}, {"systolic": 155}, False),
        ({"systolic": 150}, {"systolic": 156}, True),
        ({"diastolic": 95}, {"diastolic": 95}, False),
        ({"diastolic": 95}, {"diastolic": 100}, False),
        ({"diastolic": 95}, {"diastolic": 101}, True),
        ({"systolic": 150}, {"systolic": 141, "diastolic": 91}, True),
    ],
)
def test_a_pressure_that_is_back_where_they_were_cleared_need_not_fall(
    ward: Ward, cleared_with: dict[str, int], after: dict[str, int], paged: bool
) -> None:
    """Of a patient who always has 150 nobody is told that it stays at 141; each of the two by its own value."""
    dosed_after(ward, **cleared_with)
    reads(ward, 120, **after)
    reads(ward, 125, **after)

    assert (Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open) is paged


@EDGES_OF_A_MARGIN
def test_a_pressure_that_is_back_near_the_clearance_reading_calls_nobody(
    opens: Opens, margin: int | None, after: int, paged: bool
) -> None:
    """`bp_not_falling_margin`: cleared with 150, and 151 twice were two calls for 1 mmHg. Left out, as before."""
    ward = dosed_after(opens(weekly({"medicine.discharge.bp_not_falling_margin": margin})), systolic=150)
    reads(ward, 120, systolic=after)
    reads(ward, 125, systolic=after)

    assert (Kind.BLOOD_PRESSURE_NOT_FALLING in ward.open) is paged


def test_two_high_readings_wake_one_call_each(ward: Ward) -> None:
    """Every reading that has not fallen is told once, not again with each that follows."""
    ward.watched(until=minutes(90))
    for minute in (120, 130, 140):
        reads(ward, minute, systolic=150)
    reads(ward, 150, systolic=130)

    assert ward.pages == [(Kind.BLOOD_PRESSURE_NOT_FALLING, Severity.URGENT)] * 3


def test_readings_stay_with_their_session(ward: Ward) -> None:
    """A high reading of the first session confirms none of the second."""
    ward.watched(until=minutes(90))
    reads(ward, 119, **HIGH)
    reads(ward, 120, systolic=140)
    ward.discharged()
    ward.dosed(2)
    said = ward.reports(vitals(MARA, 2, at=ward.now, systolic=181)).verdict

    assert said is not None
    assert said.severity is RECHECK


@pytest.mark.parametrize("stage", ["checked_in", "cleared", "dosed"])
def test_a_reading_that_names_the_session_of_last_week_belongs_to_the_one_under_way(ward: Ward, stage: str) -> None:
    """The number was typed wrong: it is held against the readings of today, and counts among them."""
    getattr(ward, stage)(2)
    answer = ward.reports(vitals(MARA, 1, at=ward.now + minutes(1), systolic=185))

    assert [one.code for one in answer.deviations] == ["session.wrong_stage"]
    assert ward.session(2).readings[-1].at == ward.now
    assert ward.session(1).stage is Stage.DISCHARGED
    assert [one.session for one in ward.due(DeadlineKind.RECHECK)] == [2]


def test_it_answers_the_reading_that_is_due(ward: Ward) -> None:
    """Nobody asks for a reading that was taken."""
    ward.dosed(2).reports(vitals(MARA, 1, at=ward.begins(2)))
    ward.passes(minutes(6))

    assert Kind.VITALS_OVERDUE not in ward.open


def test_a_late_reading_of_the_last_session_stays_with_it(ward: Ward) -> None:
    """It was under way when the reading was taken."""
    ward.dosed(2).sends(vitals(MARA, 1, at=ward.begins(1) + minutes(50), spo2=85))

    assert any(one.data.spo2 == 85 for one in ward.session(1).readings)
