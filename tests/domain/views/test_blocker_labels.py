"""What a screen on the wall says of a blocker: enough to act on, nothing that a passer-by may not read."""

import re

import pytest

from domain.protocol.values import Vital
from domain.values import Blocker
from domain.views.blocker_labels import LIFTED_BY_TIME, UNNAMED, WORDS, words_of, words_of_all
from tests.support.blocker_sources import raised
from tests.support.cast import MARA, TOPICS, consent, minutes, preparation, screening, vitals
from tests.support.ward import Ward

BLANKS = {"vitals.<>_above_limit": list(Vital), "vitals.<>_below_limit": list(Vital)}
"""Where the changing part has words of its own."""


def codes() -> set[str]:
    every = {one.code for one in raised()}
    spelled_out = {code.replace("<>", part) for code, parts in BLANKS.items() for part in parts}
    return (every - BLANKS.keys()) | spelled_out


def blocker(code: str, observed: str | float | None = None) -> Blocker:
    return Blocker(code=code, message="Systolic 152 is above the limit of 140", observed=observed, limit=140)


def test_every_blocker_has_its_words() -> None:
    """Whoever gives a new reason says here what the wall says of it; words for what is no reason any more are gone."""
    assert set(WORDS) == codes()


@pytest.mark.parametrize("code", sorted(codes()))
def test_no_words_hold_a_value_or_a_diagnosis(code: str) -> None:
    """Neither what was observed nor the limit, and of a condition or a test not even its name."""
    observed = TOPICS[-1] if code == "preparation.topics_missing" else 152
    shown = words_of(blocker(code.replace("<>", "bipolar_disorder"), observed))

    assert shown != UNNAMED
    assert not re.search(r"\d", shown)
    assert "{" not in shown
    if code.startswith(("screening.", "pregnancy_test.", "escalation.", "discharge.")):
        assert "bipolar" not in shown
        assert "pregnan" not in shown.lower()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("measure.phq9_missing", "PHQ-9 to come"),
        ("measure.madrs_missing", "MADRS to come"),
        ("booking.therapist_missing", "Therapist to be booked"),
        ("screening.sleep_apnoea", "A finding for the prescriber to decide"),
        ("screening.systolic_above_limit", "Blood pressure above the screening limit"),
        ("screening.missing", "Screening visit to come"),
        ("escalation.suicide_risk_open", "Escalation to be resolved"),
        ("fasting.solids_too_recent", "Fasting goes on"),
        ("of.another_version", UNNAMED),
    ],
)
def test_a_code_with_a_changing_part_is_said_with_it(code: str, words: str) -> None:
    """The instrument and the role by name, the condition never; an unknown code has words, too."""
    assert words_of(blocker(code)) == words


def test_the_topics_to_come_are_named(ward: Ward) -> None:
    """They are the protocol's, not the patient's."""
    ward.planned().reports(preparation(MARA, at=ward.now, topics=TOPICS[:2]))

    assert words_of_all(ward.course.blockers(ward.now)) == (
        "Preparation talk to come",
        "Coping tools, safety plan to come",
    )


def test_the_same_words_stand_once(ward: Ward) -> None:
    """Two findings of one kind are one thing to look at."""
    ward.referred().reports(screening(MARA, at=ward.now, conditions=["sleep_apnoea", "cystitis"]))
    ward.reports(consent(MARA, at=ward.now))
    said = words_of_all(ward.course.blockers(ward.now))

    assert said == ("A finding for the prescriber to decide", "PHQ-9 to come", "GAD-7 to come", "C-SSRS to come")


def test_what_time_alone_will_lift_is_left_out(ward: Ward) -> None:
    """The words are of the newest entry: two hours after the dose nobody reads that the observation goes on."""
    ward.dosed().reports(vitals(MARA, at=ward.begins() + minutes(1)))
    blockers = ward.course.blockers(ward.now)

    assert "discharge.observation_too_short" in [one.code for one in blockers]
    assert words_of_all(blockers) == (
        "Discharge assessment to come",
        "Escort to come",
        "Written instructions to come",
    )


def test_what_time_lifts_are_blockers() -> None:
    """Each code that is left out is one that somebody raises."""
    assert {code.replace("solids", "<>").replace("fluids", "<>") for code in LIFTED_BY_TIME} <= codes()
