"""The patient's consent: signed in the right version, for a year, and theirs to take back at any moment."""

from datetime import datetime, timedelta, timezone

import pytest

from domain.escalation.messages import Kind
from domain.events.clinic_events import ConsentSigned
from domain.protocol.screening import FurtherConsent
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    DESK,
    EHR,
    LIND,
    MARA,
    MONDAY,
    OSEI,
    PATIENT,
    clearance,
    consent,
    consent_withdrawn,
    cssrs,
    days,
    dose,
    eligible,
    gad7,
    hours,
    minutes,
    over,
    phq9,
    resumption,
    screening,
    weekly,
)
from tests.support.ward import EDGES, Ward

CODES = ("consent.missing", "consent.withdrawn", "consent.other_version", "consent.expired")


def test_nobody_enters_without_a_consent(ward: Ward) -> None:
    """`consent.missing`, and no prescriber can override it: it is the patient's (S18)."""
    ward.referred().reports(screening(MARA, at=ward.now))
    measures = over("measure.phq9_missing", "measure.gad7_missing", "measure.cssrs_missing")

    assert ward.reasons(eligible(MARA, at=ward.now, overrides=(*measures, *over(*CODES)))) == ["consent.missing"]


def test_a_consent_to_another_version_is_none_to_this_one(ward: Ward) -> None:
    """`screening.consent_version`: what they read is not what will be done."""
    ward.screened().reports(consent(MARA, at=ward.now, version="2025-07"))
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over(*CODES))) == ["consent.other_version"]


@EDGES
def test_a_consent_expires_after_a_year(edge: timedelta) -> None:
    """`consent_valid_for`: from that moment on it no longer stands."""
    ward = Ward(protocol=weekly({"screening.valid_for": days(400)})).screened()
    signed_at = MONDAY + days(1) + hours(1)
    decided = eligible(MARA, at=signed_at + days(365) + edge, overrides=over(*CODES))

    assert ward.reasons(decided) == ([] if edge < timedelta() else ["consent.expired"])


@pytest.mark.parametrize("actor", [PATIENT, LIND, DESK, EHR], ids=lambda actor: actor.role)
def test_a_consent_withdrawn_stops_the_dose_at_once(ward: Ward, actor: Actor) -> None:
    """Whoever reports it: the course is held, and nothing lifts either but the patient and a prescriber."""
    ward.cleared().reports(consent_withdrawn(MARA, at=ward.now, by=actor))

    assert set(ward.reasons(dose(MARA, at=ward.now))) == {"course.held", "consent.withdrawn"}
    assert "consent.withdrawn" in ward.reasons(clearance(MARA, at=ward.now, overrides=over(*CODES)))
    assert ward.pages == []


def test_a_prescribers_resumption_does_not_consent_for_them(ward: Ward) -> None:
    """The hold is lifted by the prescriber, the consent given by the patient: both are needed."""
    ward.cleared().reports(consent_withdrawn(MARA, at=ward.now))
    ward.reports(resumption(MARA, at=ward.now, by=OSEI))
    blocked = ward.reasons(dose(MARA, at=ward.now))

    ward.reports(consent(MARA, at=ward.now + minutes(1)))

    assert blocked == ["consent.withdrawn"]
    assert ward.reasons(dose(MARA, at=ward.now + minutes(1))) == []


def test_there_must_be_a_consent_to_withdraw(ward: Ward) -> None:
    """Neither before the first nor twice."""
    ward.referred()
    assert ward.reasons(consent_withdrawn(MARA, at=ward.now)) == ["consent.missing"]
    ward.screened().reports(consent_withdrawn(MARA, at=ward.now))
    assert ward.reasons(consent_withdrawn(MARA, at=ward.now + minutes(1))) == ["consent.missing"]


def test_a_signature_that_arrives_late_does_not_undo_their_withdrawal(ward: Ward) -> None:
    """They signed on Tuesday and withdrew on Thursday; Tuesday's paper is entered on Friday."""
    ward.prepared().reports(consent_withdrawn(MARA, at=ward.now))

    ward.sends(consent(MARA, at=MONDAY + days(3)))
    ward.reports(resumption(MARA, at=ward.now))

    assert "consent.withdrawn" in [blocker.code for blocker in ward.course.blockers(ward.now)]


def test_a_withdrawal_that_arrives_after_a_newer_signature_holds_the_course_and_leaves_it(
    ward: Ward,
) -> None:
    """A prescriber looks at it; the newer signature stands."""
    ward.prepared().reports(consent(MARA, at=ward.now))

    answer = ward.sends(consent_withdrawn(MARA, at=ward.now - days(1)))

    assert answer.held
    assert [blocker.code for blocker in answer.blockers] == ["course.held"]


@pytest.mark.parametrize(
    ("later", "session"),
    [(minutes(5), 1), (hours(3), 1), (hours(13) + minutes(59), 1), (hours(14), None), (days(1), None)],
)
def test_a_consent_withdrawn_on_the_day_of_a_dose_is_urgent(ward: Ward, later: timedelta, session: int | None) -> None:
    """CONTRACT 5: urgent if dosed today, and today ends at midnight; the dose was at ten."""
    ward.discharged() if later > hours(2) else ward.watched(until=minutes(5))
    withdrawn = consent_withdrawn(MARA, at=ward.begins() + later)
    ward.reports(withdrawn)

    opened = {one.kind: (one.session, one.severity) for one in ward.course.unresolved}
    assert opened.get(Kind.CONSENT_WITHDRAWN) == (None if session is None else (session, Severity.URGENT))


def test_today_is_the_sites_day() -> None:
    """A dose at ten in Oregon and a withdrawal at nine in the evening: the same day there, the next in London."""
    oregon = timezone(-hours(8))
    ward = Ward(now=datetime(2026, 1, 5, 9, tzinfo=oregon), timezone="America/Los_Angeles").discharged()
    ward.reports(consent_withdrawn(MARA, at=ward.begins() + hours(11)))

    assert Kind.CONSENT_WITHDRAWN in ward.open


def test_a_consent_withdrawn_while_dosed_leaves_the_patient_watched(ward: Ward) -> None:
    """Nobody is left alone with the medicine in them: checkpoints go on, and discharge is as ever."""
    ward.dosed().reports(consent_withdrawn(MARA, at=ward.now + minutes(1)))
    ward.discharged()

    assert ward.course.monitored is None


def test_a_parking_permit_is_no_consent(ward: Ward, opens: Opens) -> None:
    """`screening.consent_documents`: the document counts, not only its version; nobody can override it."""
    careless = opens(weekly({"screening.consent_documents": None}))
    for one in (ward, careless):
        screened_with(one, consent(MARA, at=one.began_at + days(1), document="parking-permit"))
    lifted = over("consent.other_document")

    assert ward.reasons(eligible(MARA, at=ward.now, overrides=lifted)) == ["consent.other_document"]
    assert careless.reasons(eligible(MARA, at=careless.now)) == []


def test_a_paper_of_another_kind_and_version_is_told_as_another_paper(ward: Ward) -> None:
    """Its version says nothing: it is no consent in any."""
    screened_with(ward, consent(MARA, at=ward.began_at + days(1), document="privacy-notice", version="3"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == ["consent.other_document"]


@pytest.mark.parametrize("paper", [("photo-consent", "2026-01"), ("privacy-notice", "3"), ("recording", "2")])
def test_another_paper_takes_no_consent_back(ward: Ward, paper: tuple[str, str]) -> None:
    """Signed beside the consent to the treatment, it is neither one nor its end: nobody is paged for a planned dose."""
    document, version = paper
    ward.cleared().reports(consent(MARA, at=ward.now + minutes(2), document=document, version=version))
    assert ward.reasons(clearance(MARA, at=ward.now)) == []

    answer = ward.reports(dose(MARA, at=ward.begins()))

    assert answer.deviations == ()
    assert ward.pages == []


def test_another_paper_gives_back_no_consent_that_was_withdrawn(ward: Ward) -> None:
    """Only the consent to the treatment does."""
    ward.cleared().reports(consent_withdrawn(MARA, at=ward.now))
    ward.reports(resumption(MARA, at=ward.now))
    ward.reports(consent(MARA, at=ward.now + minutes(1), document="photo-consent"))
    assert ward.reasons(dose(MARA, at=ward.now)) == ["consent.withdrawn"]

    ward.reports(consent(MARA, at=ward.now + minutes(1)))
    assert ward.reasons(dose(MARA, at=ward.now)) == []


def test_a_withdrawal_behind_another_paper_is_one(ward: Ward) -> None:
    """Whatever was signed last: the consent to the treatment is there to be withdrawn."""
    ward.cleared().reports(consent(MARA, at=ward.now, document="photo-consent"))
    withdrawn = consent_withdrawn(MARA, at=ward.now + minutes(1))
    assert ward.reasons(withdrawn) == []

    ward.reports(withdrawn)
    assert "consent.withdrawn" in ward.reasons(dose(MARA, at=ward.now))


def test_a_consent_in_an_older_version_is_told_whatever_was_signed_after_it(ward: Ward) -> None:
    """The newest signature of the consent itself counts, and not that of the paper beside it."""
    ward.screened().reports(consent(MARA, at=ward.now, version="2025-07"))
    ward.reports(consent(MARA, at=ward.now + minutes(1), document="photo-consent"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == ["consent.other_version"]


def test_a_paper_speaks_for_no_consent_that_was_signed_after_the_dose(ward: Ward) -> None:
    """The consent came an hour after that moment, and the paper before it."""
    screened_with(ward, consent(MARA, at=ward.began_at + days(1), document="parking-permit"))
    at = ward.now
    ward.reports(consent(MARA, at=at + hours(1)))

    assert "consent.signed_later" in ward.reasons(dose(MARA, at=at))


@pytest.mark.parametrize(
    ("document", "version"), [("KAP-Consent", "2026-01"), ("kap consent", "2026-01 "), ("Kap_Consent", "2026_01")]
)
def test_a_paper_is_the_same_however_it_is_spelled(ward: Ward, opens: Opens, document: str, version: str) -> None:
    """`screening.consent_spelling_free`: of the consent and of its version; left out, as before."""
    strict = opens(weekly({"screening.consent_spelling_free": None}))
    for one in (ward, strict):
        screened_with(one, consent(MARA, at=one.began_at + days(1), document=document, version=version))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []
    assert strict.reasons(eligible(MARA, at=strict.now)) != []


def test_a_further_paper_is_the_same_however_it_is_spelled(opens: Opens) -> None:
    """`RECORDING` was signed for `recording`."""
    recording = {"screening.further_consents": {"recording": FurtherConsent(version="2", valid_for=days(365))}}
    ward = opens(weekly(recording)).screened()
    assert ward.reasons(eligible(MARA, at=ward.now)) == ["consent.further_missing"]
    ward.reports(consent(MARA, at=ward.now, document="RECORDING ", version="2"))

    assert ward.reasons(eligible(MARA, at=ward.now)) == []


def screened_with(ward: Ward, paper: ConsentSigned) -> None:
    """Everything for the prescriber's decision is there, and this instead of the consent."""
    day = ward.referred().began_at + days(1)
    for event in (
        screening(MARA, at=day),
        phq9(MARA, at=day),
        gad7(MARA, at=day),
        cssrs(MARA, at=day),
        paper,
    ):
        ward.reports(event)


# Further consents


RECORDING = FurtherConsent(version="2", valid_for=days(90))
FURTHER = weekly({"screening.further_consents": {"recording": RECORDING}})


def decides(ward: Ward, at: datetime | None = None) -> list[str]:
    return ward.reasons(eligible(MARA, at=at or ward.now, overrides=over(*CODES)))


def test_a_further_consent_is_asked_for_beside_the_first(opens: Opens) -> None:
    """`screening.further_consents`: missing, it blocks like the first, and nobody can override it."""
    ward = opens(FURTHER).screened()
    assert decides(ward) == ["consent.further_missing"]
    assert ward.reasons(eligible(MARA, at=ward.now, overrides=over("consent.further_missing"))) == [
        "consent.further_missing"
    ]

    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))
    assert decides(ward) == []


def test_a_further_consent_is_of_its_version(opens: Opens) -> None:
    """And the consent to the treatment, signed before it, is still the consent to the treatment."""
    ward = opens(FURTHER).screened()
    ward.reports(consent(MARA, at=ward.now, document="recording", version="1"))

    assert decides(ward) == ["consent.further_other_version"]


def test_a_further_consent_alone_is_no_consent_to_the_treatment(opens: Opens) -> None:
    """Nor does it bring back one that was withdrawn."""
    ward = opens(FURTHER).referred()
    ward.reports(screening(MARA, at=ward.now))
    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))
    assert "consent.missing" in decides(ward)
    assert ward.reasons(consent_withdrawn(MARA, at=ward.now)) == ["consent.missing"]

    ward.reports(consent(MARA, at=ward.now))
    ward.reports(consent_withdrawn(MARA, at=ward.now + minutes(1)))
    ward.reports(consent(MARA, at=ward.now + minutes(1), document="recording", version="2"))
    assert "consent.withdrawn" in decides(ward)


def test_whoever_withdraws_consent_withdraws_each_of_them(opens: Opens) -> None:
    """They sign anew what they want to sign."""
    ward = opens(FURTHER).screened()
    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))
    ward.reports(consent_withdrawn(MARA, at=ward.now + minutes(1)))
    ward.reports(consent(MARA, at=ward.now + minutes(1)))

    assert decides(ward) == ["consent.further_missing"]


@EDGES
def test_a_further_consent_expires_by_itself(opens: Opens, edge: timedelta) -> None:
    """Its own `valid_for`: from that moment on it no longer stands."""
    ward = opens(weekly({"screening.further_consents": {"recording": RECORDING.but(valid_for=days(2))}})).screened()
    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))

    assert decides(ward, ward.now + days(2) + edge) == ([] if edge < timedelta() else ["consent.further_expired"])


def test_a_further_consent_is_asked_for_from_a_session_on(opens: Opens) -> None:
    """`from_session`: before that dose and every later one, and at no decision before."""
    late = weekly({"screening.further_consents": {"recording": RECORDING.but(from_session=2)}})
    ward = opens(late).cleared(1)
    assert ward.reasons(dose(MARA, at=ward.now)) == []

    ward.checked_in(2)
    assert "consent.further_missing" in ward.reasons(clearance(MARA, 2, at=ward.now))
    assert "consent.further_missing" in [one.code for one in ward.course.blockers(ward.now)]
    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))
    assert ward.reasons(dose(MARA, 2, at=ward.cleared(2).now)) == []


def test_a_further_consent_is_asked_of_those_it_is_for(opens: Opens) -> None:
    """`indications`."""
    of_addiction = RECORDING.but(indications=("F11.2",))

    assert decides(opens(weekly({"screening.further_consents": {"recording": of_addiction}})).screened()) == []


def test_a_consent_that_runs_out_before_the_dose_stands_before_it(opens: Opens) -> None:
    """As the first does, after the clearance too."""
    ward = opens(FURTHER).screened()
    ward.reports(consent(MARA, at=ward.now, document="recording", version="2"))
    ward.cleared().reports(consent_withdrawn(MARA, at=ward.now))

    assert "consent.further_missing" in ward.reasons(dose(MARA, at=ward.now))
