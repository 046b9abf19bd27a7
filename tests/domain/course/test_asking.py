"""Asking before recording: what an event would be told, and what stands in the way of one, with nothing changed."""

from datetime import datetime

import pytest

from domain.course.asking import Intent, check_deviations, in_the_way
from domain.course.rules.deviations import KEPT
from domain.events.clinic_events import MODELS, ClinicEvent
from domain.refusal import RefusalCode, Refused
from domain.views.course import course_view
from tests.support.cast import MARA, clearance, dose, eligible, form, minutes, screening, vitals
from tests.support.ward import Ward


def codes(ward: Ward, kind: str, session: int | None = None, at: datetime | None = None) -> list[str]:
    return [one.code for one in in_the_way(ward.course, Intent(type=kind, session=session, at=at or ward.now))]


def asks(ward: Ward, event: ClinicEvent) -> None:
    check_deviations(ward.course, ward.course.accept(event, ward.now), ward.now)


def test_a_fact_that_would_deviate_is_told_so_before_it_is_recorded() -> None:
    """The same findings that would be its deviations, and what may come instead."""
    ward = Ward().checked_in()
    given = dose(MARA, 1, at=ward.now, mg=400)

    with pytest.raises(Refused) as told:
        asks(ward, given)

    assert told.value.refusal.code is RefusalCode.BLOCKED
    assert told.value.refusal.next == ward.course.next_acts(ward.now)
    assert told.value.refusal.blockers == ward.reports(given).deviations


def test_a_fact_with_nothing_against_it_is_let_through() -> None:
    """A reading of a patient who is here."""
    ward = Ward().checked_in()

    asks(ward, vitals(MARA, 1, at=ward.now))


def test_what_stands_in_the_way_of_a_clearance_is_what_would_refuse_it() -> None:
    """Of the session concerned, as of this moment, whoever reports it."""
    ward = Ward().checked_in()
    ward.reports(vitals(MARA, 1, at=ward.now, systolic=152))
    refusal = ward.turns_away(clearance(MARA, 1, at=ward.now))

    assert in_the_way(ward.course, Intent(type="kap.session.cleared", session=1, at=ward.now)) == refusal.blockers


def test_what_stands_in_the_way_of_the_decision_is_what_speaks_against_eligible() -> None:
    """Although it is still to be said what is decided, and `ineligible` may always be."""
    ward = Ward().referred()
    ward.reports(screening(MARA, at=ward.now, conditions=("bipolar",)))
    refusal = ward.turns_away(eligible(MARA, at=ward.now))

    assert codes(ward, "kap.eligibility.decided") == [blocker.code for blocker in refusal.blockers]
    assert "kap.eligibility.decided" in ward.course.next_acts(ward.now)


def test_a_dose_that_nobody_cleared_is_known_before_it_is_given() -> None:
    """The gates of a fact are told as those of an act are."""
    ward = Ward().checked_in()

    assert "session.not_cleared" in codes(ward, "kap.dose.administered", 1)
    assert "session.not_cleared" in codes(ward, "kap.dose.administered")


def test_the_wrong_phase_stage_or_session_stands_in_the_way() -> None:
    """Each by the code that a refusal has for it."""
    prepared, dosed = Ward().prepared(), Ward().dosed()

    assert codes(prepared, "kap.eligibility.decided")[0] == "course.wrong_phase"
    assert codes(dosed, "kap.session.canceled", 1) == ["session.wrong_stage"]
    assert codes(dosed, "kap.session.canceled", 7) == ["session.unknown"]


@pytest.mark.parametrize("kind", MODELS)
def test_every_event_may_be_asked_about_at_any_point_of_a_course(kind: str) -> None:
    """No question fails, whatever the course has come to."""
    for ward in (Ward().referred(), Ward().booked(), Ward().dosed(), Ward().discharged(), Ward().completed()):
        for session in (None, 1, 9):
            codes(ward, kind, session)


def test_the_view_tells_of_each_deviation() -> None:
    """Which fact it was, of which session, whose, and what the protocol has against it."""
    ward = Ward().checked_in()
    answer = ward.reports(dose(MARA, 1, at=ward.now, mg=400))

    (told,) = course_view(ward.course, ward.now).deviations

    assert (told.type, told.event_id, told.session, told.by.id) == ("kap.dose.administered", answer.event_id, 1, "osei")
    assert told.deviations == answer.deviations
    assert "Clearance to come" in next(
        one.what or "" for one in course_view(ward.course, ward.now).happened if one.type == "kap.deviation.recorded"
    )


def test_the_ledger_keeps_no_sentence_of_a_deviation() -> None:
    """It is chained: a release that words one otherwise would write another ledger when it replays the course."""
    ward = Ward().checked_in()
    ward.reports(dose(MARA, 1, at=ward.now, mg=400))

    (told,) = (one.data["deviations"] for one in ward.entries if one.type == "kap.deviation.recorded")

    assert isinstance(told, list)
    assert {"code": "session.not_cleared", "absolute": True} in told
    assert all("message" not in one and not isinstance(one.get("observed"), str) for one in told)  # type: ignore[union-attr,operator]


def test_a_course_keeps_the_newest_deviations() -> None:
    """All of them stand in the ledger; what it carries from run to run does not grow without end."""
    ward = Ward().discharged()
    for _ in range(KEPT + 3):
        ward.passes(minutes(1))
        ward.sends(form(MARA, 1, at=ward.now, form="unheard_of"))

    assert len(ward.course.deviations) == KEPT
    assert ward.course.deviations[-1].at == ward.now
    assert len([one for one in ward.entries if one.type == "kap.deviation.recorded"]) == KEPT + 3
