"""What the one authority does with whatever arrives: once, never twice; now, not in the future; or not at all."""

from datetime import timedelta

from domain.access import SentBy
from domain.course.accepted_events import MOST_WHOLE, Remembered, Shortened, marked_shared, name_of, recall, shortened
from domain.course.session import Stage
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Change, EscalationState, Kind, Notice
from domain.events.clinic_events import ClinicEvent
from domain.ledger import GENESIS
from domain.refusal import RefusalCode
from domain.values import Severity
from domain.views.corrected_entries import as_corrected
from tests.support.cast import (
    DESK,
    HAS_A_PLAN,
    MARA,
    MONDAY,
    adverse_event,
    call,
    check_in,
    clearance,
    consent,
    correction,
    cssrs,
    days,
    eligible,
    hours,
    measure,
    migration,
    minutes,
    phq9,
    pinned,
    plan,
    referral,
    screening,
    seconds,
    vitals,
    voiding,
    weekly,
)
from tests.support.ward import EDGES, TICK, Ward


def test_a_blank_course_waits_for_its_referral(ward: Ward) -> None:
    """Before that there is no course: nothing else is accepted, nothing is due."""
    assert ward.course.next_acts(ward.now) == ("kap.course.referred",)
    assert ward.course.deadlines() == ()
    assert ward.course.blockers(ward.now) == ()
    assert ward.refuses(screening(MARA, at=MONDAY)).code is RefusalCode.UNKNOWN_COURSE
    assert ward.course.ledger_head == GENESIS


def test_a_referral_starts_the_screening(ward: Ward) -> None:
    """The answer says where the course is and what stands before the next step."""
    answer = ward.reports(referral(MARA, at=MONDAY))

    assert (answer.sequence, answer.phase, answer.held, answer.session) == (1, Phase.SCREENING, False, None)
    assert answer.verdict is None
    assert [blocker.code for blocker in answer.blockers] == [
        "screening.missing",
        "consent.missing",
        "measure.phq9_missing",
        "measure.gad7_missing",
        "measure.cssrs_missing",
    ]
    assert "kap.eligibility.decided" in answer.next
    assert "kap.course.referred" not in answer.next


def test_a_second_referral_meets_a_course_that_exists(ward: Ward) -> None:
    """A course id is given once."""
    ward.referred()
    assert ward.refuses(referral(MARA, at=ward.now, site="salem")).code is RefusalCode.COURSE_EXISTS


def test_a_referral_names_the_protocol_and_one_of_its_indications(ward: Ward) -> None:
    """Each wrong field is named by its pointer; nothing of the course is left behind."""
    refusal = ward.refuses(referral(MARA, at=MONDAY, protocol="other", indications=("F99",)))

    assert refusal.code is RefusalCode.INVALID
    assert [error.pointer for error in refusal.errors] == ["/data/protocol", "/data/indications"]
    assert ward.course == ward.blank


def test_a_referral_with_one_indication_of_the_protocol_among_others_is_enough(ward: Ward) -> None:
    """`indications`: at least one of the protocol's."""
    assert ward.reports(referral(MARA, at=MONDAY, indications=("Z00", "F41.1"))).phase is Phase.SCREENING


def test_a_referral_with_a_baseline_that_no_instrument_gives_is_refused(ward: Ward) -> None:
    """A PHQ-9 of 28 does not exist: it is named, never kept."""
    refusal = ward.refuses(referral(MARA, at=MONDAY, baseline={"phq9": 28, "gad7": 21, "cssrs": 1}))

    assert refusal.code is RefusalCode.INVALID
    assert [error.pointer for error in refusal.errors] == [
        "/data/measures_baseline/phq9",
        "/data/measures_baseline/cssrs",
    ]


def test_a_measure_that_does_not_score_is_refused_before_anything_else(ward: Ward) -> None:
    """A missing answer is named, never guessed."""
    refusal = ward.referred().refuses(phq9(MARA, at=MONDAY, items=(1, 2, 3)))

    assert refusal.code is RefusalCode.INVALID
    assert [error.pointer for error in refusal.errors] == ["/data/items"]
    assert ward.refuses(measure(MARA, "moca", at=MONDAY, score=26)).code is RefusalCode.INVALID


# Once, and never twice


def test_an_event_sent_again_is_answered_as_at_first(ward: Ward) -> None:
    """Even when the course has gone on: the first answer comes back and nothing changes."""
    ward.referred()
    signed = consent(MARA, at=MONDAY)
    first = ward.reports(signed)
    ward.eligible()
    before = ward.course

    assert ward.repeats(signed) == first
    assert ward.course == before


def test_an_event_id_used_for_other_content_is_refused(ward: Ward) -> None:
    """`event_id_reused`: the id belongs to what it said first."""
    ward.screened()
    told = cssrs(MARA, at=ward.now)
    ward.reports(told)

    other = cssrs(MARA, at=ward.now, items=HAS_A_PLAN).but(id=told.id)

    assert ward.refuses(other).code is RefusalCode.EVENT_ID_REUSED
    assert ward.refuses(told.but(time=told.time + TICK)).code is RefusalCode.EVENT_ID_REUSED


def test_the_same_id_of_another_source_is_another_event(ward: Ward) -> None:
    """`id` and `source` together name an event."""
    ward.referred()
    one = consent(MARA, at=MONDAY)
    ward.reports(one)

    assert ward.reports(one.but(source="/clinic/bend/tablet")).sequence == 4


EHR, TABLET, LAPTOP = (SentBy(token=f"000000{each}", request_id=each) for each in ("01", "02", "03"))


def test_an_id_is_one_senders_own(ward: Ward) -> None:
    """Another sender's event of the same source and id is neither refused for it nor taken for it."""
    ward.screened()
    calm, at_risk = cssrs(MARA, at=ward.now), cssrs(MARA, at=ward.now, items=HAS_A_PLAN)
    at_risk = at_risk.but(id=calm.id)

    first, second = ward.sends(calm, EHR), ward.sends(at_risk, TABLET)

    assert (first.escalations, second.sequence > first.sequence) == ((), True)
    assert [one.kind for one in ward.course.unresolved] == [Kind.SUICIDE_RISK]
    assert (ward.repeats(calm, EHR), ward.repeats(at_risk, TABLET)) == (first, second)
    later = calm.but(time=calm.time + TICK)
    assert [ward.turns_away(later, sender).code for sender in (EHR, TABLET)] == [RefusalCode.EVENT_ID_REUSED] * 2


def test_the_same_event_by_a_new_token_is_no_other_event(ward: Ward) -> None:
    """A sender whose token was replaced while it waited for its answer doubles no dose."""
    ward.screened()
    told = cssrs(MARA, at=ward.now)

    first = ward.sends(told, EHR)

    assert ward.repeats(told, TABLET) == first


def test_an_id_accepted_before_senders_were_kept_stays_taken(ward: Ward) -> None:
    """Nobody knows whose it is, so that it is nobody else's."""
    ward.screened()
    told = cssrs(MARA, at=ward.now)
    ward.sends(told)

    other = cssrs(MARA, at=ward.now, items=HAS_A_PLAN).but(id=told.id)

    assert ward.turns_away(other, EHR).code is RefusalCode.EVENT_ID_REUSED


def test_a_sender_corrects_their_own_of_two_facts_with_one_id(ward: Ward) -> None:
    """Who sent neither cannot tell which is meant, and nothing is corrected."""
    ward.screened()
    before = ward.course.measures
    calm = cssrs(MARA, at=ward.now)
    other = calm.but(time=calm.time - hours(1))
    first, second = ward.sends(calm, EHR), ward.sends(other, TABLET)

    def retracts(sender: SentBy) -> ClinicEvent:
        return correction(calm, at=ward.now, retracted=True).but(id=f"by {sender.token}")

    assert ward.turns_away(retracts(LAPTOP), LAPTOP).errors[0].pointer == "/data/corrects"
    ward.sends(retracts(TABLET), TABLET)
    assert as_corrected(ward.entries) == {second.sequence: None}
    ward.sends(retracts(EHR), EHR)
    assert as_corrected(ward.entries) == {second.sequence: None, first.sequence: None}
    assert ward.course.measures == before


def test_events_kept_in_short_form_still_know_their_sender() -> None:
    """And whether another sender's has the same id. Those of before senders were kept have none."""
    sent = [(None, False), ("00000001", False), ("00000002", True)]
    kept = [
        Remembered(fingerprint="f" * 64, sequence=number, written="{}", sender=sender, is_shared=is_shared)
        for number, (sender, is_shared) in enumerate([*sent, *[sent[0]] * MOST_WHOLE])
    ]

    whole, older = shortened({name_of("/ehr", str(one.sequence)): one for one in kept}, {})
    marked = marked_shared(whole, older, name_of("/ehr", "1"))

    for one in kept[:3]:
        known = recall(older, name_of("/ehr", str(one.sequence)))
        assert known is not None
        told = (known.sequence, known.sender, known.is_shared, known.is_of(one.fingerprint))
        assert told == (one.sequence, one.sender, one.is_shared, True)
    assert recall(marked[1], name_of("/ehr", "1")) == Shortened(1, "f" * 16, "00000001", is_shared=True)
    assert marked_shared(*marked, name_of("/ehr", "1")) == marked


def test_an_event_that_was_refused_may_come_again(ward: Ward) -> None:
    """A refusal is not remembered: what was too early today is accepted tomorrow, under the same id."""
    decision = eligible(MARA, at=MONDAY + days(2))
    ward.referred()
    ward.refuses(decision)

    ward.screened()

    assert ward.reports(decision).phase is Phase.PREPARATION


# Now, and not in the future


@EDGES
def test_a_clock_may_run_a_minute_ahead_and_no_more(ward: Ward, edge: timedelta) -> None:
    """CONTRACT 4.1: `time` at most 60 s ahead."""
    ward.referred()
    signed = consent(MARA, at=ward.now + seconds(60) + edge)

    if edge <= timedelta():
        assert ward.sends(signed).phase is Phase.SCREENING
    else:
        refusal = ward.turns_away(signed)
        assert (refusal.code, refusal.errors[0].pointer) == (RefusalCode.INVALID, "/time")


def test_a_future_referral_starts_nothing(ward: Ward) -> None:
    """The clock is asked before anything else."""
    assert ward.turns_away(referral(MARA, at=MONDAY + days(1))).code is RefusalCode.INVALID


@EDGES
def test_an_event_older_than_the_newest_of_its_kind_is_marked_late(ward: Ward, edge: timedelta) -> None:
    """`late`: known by the times that events of the same type carry; it is accepted all the same."""
    ward.screened()
    newest = cssrs(MARA, at=ward.now)
    ward.reports(newest)
    ward.passes(hours(1))

    ward.sends(phq9(MARA, at=newest.time + edge))

    assert ward.entries[-1].late is (edge < timedelta())
    assert [entry.late for entry in ward.entries[:-1]] == [False] * (len(ward.entries) - 1)


def test_another_kind_of_event_does_not_make_one_late(ward: Ward) -> None:
    """A consent of the morning may be sent after the readings of noon."""
    ward.checked_in()

    ward.sends(plan(MARA, at=ward.now - days(3)))

    assert ward.entries[-1].late is False


# Or not at all


def test_a_refused_event_leaves_the_very_same_chart_and_says_what_may_come(ward: Ward) -> None:
    """`blocked`: all the reasons at once, absolute ones first, and the acts that may come instead."""
    ward.booked().reports(cssrs(MARA, at=ward.begins() - minutes(30)))
    arrived = ward.begins() - minutes(20)
    ward.reports(check_in(MARA, at=arrived, last_solids_at=arrived - hours(1), escort=False, weight_kg=None))

    refusal = ward.refuses(clearance(MARA, at=arrived + minutes(5)))

    assert refusal.code is RefusalCode.BLOCKED
    assert [(blocker.code, blocker.absolute) for blocker in refusal.blockers] == [
        ("weight.missing", True),
        ("vitals.missing", True),
        ("fasting.solids_too_recent", False),
        ("escort.missing", False),
    ]
    assert all(blocker.message in refusal.message for blocker in refusal.blockers)
    assert "kap.vitals.recorded" in refusal.next
    assert "kap.session.cleared" not in refusal.next


def test_a_blocker_says_what_was_observed_what_the_limit_is_and_who_says_so(ward: Ward) -> None:
    """CONTRACT 4.1, the example: systolic 152 before a dose."""
    ward.checked_in().reports(vitals(MARA, at=ward.begins() - minutes(10), systolic=152))

    blocker = ward.refuses(clearance(MARA, at=ward.begins())).blockers[0]

    assert blocker.model_dump() == {
        "code": "vitals.systolic_above_limit",
        "message": "Systolic 152 is above the pre-dose limit of 140",
        "absolute": False,
        "observed": 152,
        "limit": 140,
        "source": "S1",
    }


def test_an_answer_shows_the_session_it_is_about(ward: Ward) -> None:
    """A call after the first session shows the first; what belongs to no session shows the newest."""
    ward.integrated().booked(2)
    called = ward.reports(call(MARA, 1, at=ward.now, days_after=7)).session
    measured = ward.reports(cssrs(MARA, at=ward.now)).session

    assert called is not None
    assert measured is not None
    assert [(one.number, one.stage) for one in (called, measured)] == [(1, Stage.DISCHARGED), (2, Stage.BOOKED)]


def test_what_stands_against_a_referral_may_be_asked_like_any_other(ward: Ward) -> None:
    """`blockers_for` answers for every clinic event, the first one too."""
    assert ward.course.blockers_for(referral(MARA, at=MONDAY)) == ()


# News of escalations


def test_what_became_of_an_escalation_is_written_down_with_who_did_it(ward: Ward) -> None:
    """Acknowledged, reopened, resolved: the course knows its state and its ledger tells the story."""
    ward.referred().reports(adverse_event(MARA, at=ward.now, grade=3))
    states = []
    for change, by in ((Change.ACKNOWLEDGED, "lind"), (Change.REOPENED, None), (Change.RESOLVED, "osei")):
        ward.passes(minutes(1))
        ward.hears(Kind.ADVERSE_EVENT, change, by=by, note="They feel better" if by == "osei" else None)
        states.append(ward.course.escalations[0].state)

    assert states == [EscalationState.ACKNOWLEDGED, EscalationState.OPEN, EscalationState.RESOLVED]
    assert ward.written()[-4:] == [
        "escalation.opened",
        "escalation.acknowledged",
        "escalation.reopened",
        "escalation.resolved",
    ]
    assert [entry.data.get("by") for entry in ward.entries[-3:]] == ["lind", None, "osei"]
    assert ward.entries[-1].data == {"id": "MARA-1~adverse_event~0~1", "by": "osei", "note": "They feel better"}
    assert ward.open == {}


def test_news_of_an_escalation_that_the_course_does_not_know_is_left_aside(ward: Ward) -> None:
    """Nothing is written."""
    ward.referred()
    notice = Notice(id="MARA-1~adverse_event~0~9", change=Change.RESOLVED, at=ward.now, by="lind")

    decision = ward.course.hear(notice, ward.now)

    assert (decision.course, decision.entries, decision.calls) == (ward.course, (), ())


def test_an_escalation_is_heard_of_after_the_course_has_closed(ward: Ward) -> None:
    """An escalation outlives everything: its end stands in the ledger of a closed course."""
    ward.referred().reports(adverse_event(MARA, at=ward.now, grade=3))
    ward.reports(voiding(MARA, at=ward.now))
    assert ward.open == {Kind.ADVERSE_EVENT: Severity.URGENT}

    ward.hears(Kind.ADVERSE_EVENT, Change.RESOLVED)

    assert ward.open == {}
    assert ward.written()[-1] == "escalation.resolved"


# Another version of the protocol


def test_a_course_goes_on_under_another_version_of_its_protocol(ward: Ward) -> None:
    """By a prescriber; what is decided from then on is decided by the new version."""
    newer = weekly({"version": "1.1.0", "screening.consent_version": "2026-07"})
    ward.migrates_to(newer)
    ward.checked_in()

    ward.reports(migration(MARA, at=ward.now, to_version="1.1.0"))

    assert ward.course.protocol == newer
    assert ward.course.protocol_hash == pinned(newer).hash
    assert "consent.other_version" in ward.reasons(clearance(MARA, at=ward.now))


def test_a_talk_that_a_newer_version_does_not_wait_for_holds_up_nobody(ward: Ward) -> None:
    """The next dose may come before it: on to medicine."""
    _moved_to(ward.discharged(), **{"medicine.integration_before_next_dose": False})
    assert ward.course.phase is Phase.MEDICINE


def test_a_course_without_visits_in_its_newer_version_is_complete(ward: Ward) -> None:
    """Nobody could hold the visit that it would wait for."""
    _moved_to(ward.in_follow_up(), **{"follow_up.after": ()})
    assert ward.course.outcome is Outcome.COMPLETED


def test_calls_and_papers_are_left_by_their_names_not_by_their_number(ward: Ward) -> None:
    """All were made and filed; the newer version names as many, and others."""
    left = {"kap.check_in.completed", "kap.form.filed"}
    before = left & set(ward.in_follow_up().course.next_acts(ward.now))
    (paper,) = ward.course.protocol.forms
    _moved_to(ward, **{"check_ins.after": (days(1), days(3), days(14)), "forms": (paper.but(form="other"),)})

    assert before == set()
    assert left <= set(ward.course.next_acts(ward.now))


def _moved_to(ward: Ward, **rules: object) -> None:
    ward.migrates_to(weekly({"version": "1.1.0", **rules}))
    ward.reports(migration(MARA, at=ward.now, to_version="1.1.0"))


def test_a_version_that_is_not_there_moves_nothing(ward: Ward) -> None:
    """Neither one that nobody has, nor another protocol's."""
    ward.migrates_to(weekly({"version": "2.0.0", "id": "kap-iv"}))
    ward.eligible()

    for version in ("9.9.9", "2.0.0"):
        assert ward.reasons(migration(MARA, at=ward.now, to_version=version)) == ["protocol.version_unknown"]


def test_nobody_changes_the_rules_under_a_dosed_patient(ward: Ward) -> None:
    """Between dose and discharge the protocol stays; and only a prescriber moves a course."""
    ward.migrates_to(weekly({"version": "1.1.0"}))

    ward.eligible()
    assert ward.reasons(migration(MARA, at=ward.now, to_version="1.1.0", by=DESK)) == ["actor.role_not_allowed"]
    ward.dosed()
    assert ward.reasons(migration(MARA, at=ward.now, to_version="1.1.0")) == ["session.in_progress"]
    ward.discharged()
    assert ward.reasons(migration(MARA, at=ward.now, to_version="1.1.0")) == []


def test_an_event_of_an_unknown_session_says_so(ward: Ward) -> None:
    """A number that was never booked is no session."""
    ward.prepared()
    assert ward.reasons(vitals(MARA, 1, at=ward.now)) == ["session.unknown"]
    assert ward.reasons(adverse_event(MARA, 7, at=ward.now)) == ["session.unknown"]
