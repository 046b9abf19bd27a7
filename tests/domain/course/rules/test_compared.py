"""Today beside what was known before: a slip of the pen is told by how far it is from everything else."""

import pytest

from domain.course.session import Stage
from domain.escalation.messages import Change, Kind
from domain.events.fields import PregnancyTest
from domain.protocol.values import Route
from domain.values import Actor, Severity
from tests.domain.conftest import Opens
from tests.support.cast import (
    LIND,
    MARA,
    OSEI,
    check_in,
    clearance,
    consent,
    correction,
    cssrs,
    days,
    dose,
    eligible,
    gad7,
    infusion_started,
    infusion_stopped,
    minutes,
    over,
    phq9,
    plan,
    referral,
    screening,
    vitals,
    weekly,
)
from tests.support.ward import TICK, Ward

POUNDS = "weight.may_be_pounds"
FAR, OUT_OF_RANGE = "weight.far_from_last", "weight.out_of_range"
NO_LONGER = "pregnancy_test.no_longer_applicable"


def screened(ward: Ward, **said: object) -> Ward:
    """Screened for the first time, with this said of them, and all that the decision asks for."""
    day = ward.referred().began_at + days(1)
    ward.reports(screening(MARA, at=day, **said))  # type: ignore[arg-type]
    for event in (phq9(MARA, at=day), gad7(MARA, at=day), cssrs(MARA, at=day), consent(MARA, at=day)):
        ward.reports(event)
    return ward


def here(ward: Ward, session: int, **said: object) -> Ward:
    """Arrived and said this, and measured; whoever is here already is checked in anew."""
    begins = ward.booked(session).begins(session)
    if ward.now < begins - minutes(30):
        ward.reports(cssrs(MARA, at=begins - minutes(30)))
    ward.reports(check_in(MARA, session, at=max(ward.now + TICK, begins - minutes(20)), **said))  # type: ignore[arg-type]
    if ward.now < begins - minutes(10):
        ward.reports(vitals(MARA, session, at=begins - minutes(10)))
    return ward


def arrives(ward: Ward, session: int = 1, **said: object) -> list[str]:
    """What stands in the way of the clearance of somebody who arrives like this."""
    here(ward, session, **said)
    return ward.reasons(clearance(MARA, session, at=ward.begins(session) - minutes(5)))


def visited(ward: Ward, weight: float, session: int = 1) -> None:
    """A visit at that weight, which the prescriber let pass; the dose is the planned one."""
    assert arrives(ward, session, weight_kg=weight) == [FAR]
    ward.reports(clearance(MARA, session, at=ward.begins(session) - minutes(5), overrides=over(FAR)))
    ward.reports(dose(MARA, session, at=ward.begins(session), mg=weight / 2))
    ward.integrated(session)


def _sentence(ward: Ward, session: int, **said: object) -> str:
    here(ward, session, **said)
    (asked,) = ward.refuses(clearance(MARA, session, at=ward.begins(session) - minutes(5))).blockers
    return asked.message


@pytest.mark.parametrize(
    ("weight", "is_far"), [(154, True), (77, False), (77.1, True), (63, False), (62.9, True), (32, True)]
)
def test_a_weight_far_from_the_last_is_weighed_by_the_prescriber(ward: Ward, weight: float, is_far: bool) -> None:
    """Pounds typed as kilograms: 154 instead of 70 (case 23). A tenth is near."""
    assert arrives(ward, weight_kg=weight) == ["weight.far_from_last"] * is_far


def test_the_prescriber_may_clear_them_by_the_value(ward: Ward) -> None:
    """They write why; another weight, of a new check-in, asks again."""
    assert arrives(ward, weight_kg=80) == ["weight.far_from_last"]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over("weight.far_from_last")))
    assert ward.reasons(dose(MARA, at=ward.begins())) == []

    ward.reports(check_in(MARA, at=ward.begins(), weight_kg=90))
    assert "weight.far_from_last" in ward.reasons(clearance(MARA, at=ward.begins() + minutes(1)))


def test_the_last_weight_is_that_of_the_last_visit(ward: Ward) -> None:
    """A weight that falls from visit to visit is far from that of the screening, and near the last one."""
    assert ward.discharged(1).session(1).check_in is not None
    ward.booked(2)
    begins = ward.begins(2)
    ward.reports(cssrs(MARA, at=begins - minutes(30)))
    ward.reports(check_in(MARA, 2, at=begins - minutes(20), weight_kg=64))
    ward.reports(vitals(MARA, 2, at=begins - minutes(10)))

    assert "weight.far_from_last" not in ward.reasons(clearance(MARA, 2, at=begins - minutes(5)))


def test_a_dose_far_below_the_plan_is_a_deviation(ward: Ward) -> None:
    """0.5 mg/kg typed as 0.5 mg (case 25): the record would allow hardly anything at the next visit."""
    answer = ward.cleared().reports(dose(MARA, at=ward.begins(), mg=0.5))

    assert [(one.code, one.absolute) for one in answer.deviations] == [("dose.far_below_plan", False)]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.URGENT}
    assert ward.session().is_monitored


def test_half_of_the_plan_is_enough(ward: Ward) -> None:
    """Who gives less than planned has given what they gave."""
    assert ward.cleared().hears_against(dose(MARA, at=ward.begins(), mg=17.5)) == []


@pytest.mark.parametrize("session", [1, 2])
def test_a_dose_far_above_the_plan_is_a_deviation_whoever_gives_it(ward: Ward, session: int) -> None:
    """Records name the doctor who ordered it: a fifth of it was planned, and they would have said so in a plan."""
    ward.cleared(session).reports(plan(MARA, at=ward.now, mg_per_kg=0.1))

    answer = ward.reports(dose(MARA, session, at=ward.begins(session), mg=35, by=OSEI))

    found = [(one.code, one.absolute, one.observed, one.limit) for one in answer.deviations]
    assert found == [("dose.far_above_plan", False, 35, 7)]
    assert ward.open == {Kind.PROTOCOL_DEVIATION: Severity.URGENT}


@pytest.mark.parametrize(
    ("mg", "by", "codes"),
    [
        (52.5, OSEI, []),
        (52.6, OSEI, ["dose.far_above_plan"]),
        (52.6, LIND, ["dose.above_plan"]),
    ],
)
def test_what_a_prescriber_gives_may_be_half_as_much_again(mg: float, by: Actor, codes: list[str]) -> None:
    """`dose_at_most_percent`; of others anything above the plan is told already."""
    ward = Ward(protocol=weekly({"medicine.dose.first_max": 1.0})).cleared()

    assert ward.hears_against(dose(MARA, at=ward.begins(), mg=mg, by=by)) == codes


def test_an_infusion_far_above_the_plan_is_told_as_it_begins() -> None:
    """And a booster with what was given before it."""
    infused = Ward(protocol=weekly({"route": Route.INTRAVENOUS, "medicine.dose.first_max": 1.0})).cleared()
    boosted = Ward(protocol=weekly({"medicine.dose.boosters_max": 1, "medicine.dose.first_max": 1.0}))
    boosted.watched(until=minutes(15))

    assert infused.hears_against(infusion_started(MARA, at=infused.now, mg=60, by=OSEI)) == ["dose.far_above_plan"]
    assert boosted.reasons(dose(MARA, at=boosted.now, mg=17.5, by=OSEI)) == []
    assert boosted.reasons(dose(MARA, at=boosted.now, mg=18, by=OSEI)) == ["dose.far_above_plan"]


def test_a_second_dose_is_compared_together_with_the_first() -> None:
    """A booster is a part of the plan's dose."""
    ward = Ward(protocol=weekly({"medicine.dose.boosters_max": 1})).cleared()

    assert "dose.far_below_plan" in ward.hears_against(dose(MARA, at=ward.begins(), mg=15))
    assert "dose.far_below_plan" not in ward.hears_against(dose(MARA, at=ward.begins() + minutes(15), mg=10))


def test_an_infusion_may_be_stopped_early(ward: Ward) -> None:
    """What was given is what ran in until then."""
    ward.cleared().reports(infusion_started(MARA, at=ward.begins()))
    against = ward.hears_against(infusion_stopped(MARA, at=ward.begins() + minutes(5), mg_given=4))

    assert "dose.far_below_plan" not in against


def test_a_test_that_no_longer_applies_is_weighed_by_the_prescriber(ward: Ward) -> None:
    """It was negative at the screening: either of the two is a slip."""
    assert arrives(ward, pregnancy_test=PregnancyTest.NOT_APPLICABLE) == ["pregnancy_test.no_longer_applicable"]


@pytest.mark.parametrize("said", [PregnancyTest.NOT_APPLICABLE, None])
def test_a_test_that_never_applied_is_not_asked_about(ward: Ward, said: PregnancyTest | None) -> None:
    """From the first screening on it is said not to apply."""
    screened(ward, pregnancy_test=PregnancyTest.NOT_APPLICABLE)

    assert arrives(ward, pregnancy_test=said) == []


@pytest.mark.parametrize("said", [PregnancyTest.NOT_APPLICABLE, None])
def test_a_new_screening_is_asked_about_as_a_check_in_is(ward: Ward, said: PregnancyTest | None) -> None:
    """Negative at the first one, not applicable the day before the visit: no visit would ask for a test again."""
    ward.booked().reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))

    assert arrives(ward, pregnancy_test=said) == [NO_LONGER]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over(NO_LONGER)))
    assert ward.reasons(dose(MARA, at=ward.begins())) == []

    ward.discharged()
    assert NO_LONGER in arrives(ward, 2, pregnancy_test=said)


def test_a_test_that_was_taken_since_is_asked_about_again(ward: Ward) -> None:
    """The screening says that none is to be taken; the last visit took one."""
    ward.booked().reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))
    ward.discharged()

    assert NO_LONGER in arrives(ward, 2, pregnancy_test=None)


def test_the_decision_weighs_a_test_that_no_longer_applies(ward: Ward) -> None:
    """For the visits too, until a test says something again."""
    ward.screened().reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))
    assert ward.reasons(eligible(MARA, at=ward.now)) == [NO_LONGER]
    ward.reports(eligible(MARA, at=ward.now, overrides=over(NO_LONGER)))

    assert arrives(ward, pregnancy_test=None) == []
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5)))
    ward.discharged()
    ward.reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NEGATIVE))
    ward.reports(screening(MARA, at=ward.now + minutes(1), pregnancy_test=PregnancyTest.NOT_APPLICABLE))
    assert NO_LONGER in arrives(ward, 2, pregnancy_test=None)


def test_what_was_positive_does_not_become_not_applicable_unasked(ward: Ward) -> None:
    """A new screening replaces every earlier test."""
    ward.checked_in().reports(check_in(MARA, at=ward.now, pregnancy_test=PregnancyTest.POSITIVE))
    ward.reports(screening(MARA, at=ward.now, pregnancy_test=PregnancyTest.NOT_APPLICABLE))

    assert NO_LONGER in arrives(ward, pregnancy_test=None)


def test_what_was_known_of_a_weight_is_asked_at_the_decision(ward: Ward) -> None:
    """Pounds at the screening and kilograms in the referral, or the other way round: either is a slip."""
    ward.reports(referral(MARA, at=ward.now, weight_kg=70))
    ward.screened().reports(screening(MARA, at=ward.now, weight_kg=82))

    (asked,) = ward.refuses(eligible(MARA, at=ward.now)).blockers
    assert (asked.code, asked.absolute, asked.observed, asked.limit) == (FAR, False, 82, 70)
    ward.reports(eligible(MARA, at=ward.now, overrides=over(FAR)))
    assert arrives(ward, weight_kg=82) == [FAR]


def test_an_earlier_screening_is_what_was_known(ward: Ward) -> None:
    """The newer one is asked about; one that is told late is no newer."""
    ward.screened().reports(screening(MARA, at=ward.now, weight_kg=82))
    assert ward.reasons(eligible(MARA, at=ward.now)) == [FAR]

    ward.reports(screening(MARA, at=ward.now - days(1), weight_kg=75))
    assert ward.reasons(eligible(MARA, at=ward.now)) == [FAR]


@pytest.mark.parametrize(("weight", "is_out"), [(154, True), (115, False), (115.1, True), (45, False), (44.9, True)])
def test_a_weight_out_of_range_is_asked_about(ward: Ward, weight: float, is_out: bool) -> None:
    """`weight_kg`: pounds from the first word on are far from nothing."""
    screened(ward, weight_kg=weight)
    assert (OUT_OF_RANGE in ward.reasons(eligible(MARA, at=ward.now))) is is_out
    if is_out or weight >= 95:
        ward.reports(eligible(MARA, at=ward.now, overrides=over(OUT_OF_RANGE, POUNDS)))

    assert arrives(ward, weight_kg=weight) == [OUT_OF_RANGE] * is_out


def test_who_is_known_to_weigh_so_much_is_asked_no_more(ward: Ward) -> None:
    """Weighed at the decision and at the first visit: a prescriber has said twice that it is right."""
    screened(ward, weight_kg=130).reports(eligible(MARA, at=ward.now, overrides=over(OUT_OF_RANGE)))
    assert arrives(ward, weight_kg=131) == [OUT_OF_RANGE]
    ward.reports(clearance(MARA, at=ward.begins() - minutes(5), overrides=over(OUT_OF_RANGE)))
    ward.reports(dose(MARA, at=ward.begins()))
    ward.discharged()

    assert OUT_OF_RANGE not in arrives(ward, 2, weight_kg=129)
    assert arrives(ward, 2, weight_kg=145) == [FAR]


def test_an_override_once_is_no_word_for_the_next_visit(ward: Ward) -> None:
    """154 was let pass: the next visit asks about it again, and not about the right 70."""
    visited(ward, 154)

    assert arrives(ward, 2, weight_kg=154) == [FAR]
    assert arrives(ward, 2, weight_kg=70) == []
    assert "last weight that was in no doubt, of 70 kg" in _sentence(ward, 2, weight_kg=154)


def test_what_two_visits_have_weighed_is_known(ward: Ward) -> None:
    """Who has lost that much is not asked for ever; one let pass on the way back is none."""
    for session, weight in ((1, 62), (2, 62.5)):
        visited(ward, weight, session)
    assert arrives(ward, 3, weight_kg=62) == []


def test_a_new_screening_before_the_visit_hides_no_slip(ward: Ward) -> None:
    """Pounds on both days, of a patient who is known as 70."""
    ward.booked().reports(screening(MARA, at=ward.begins() - days(1), weight_kg=154))

    assert arrives(ward, weight_kg=154) == [FAR]


# After the clearance


@pytest.mark.parametrize(
    ("wrong", "mg", "code"),
    [({"weight_kg": 154}, 77, FAR), ({"pregnancy_test": PregnancyTest.NOT_APPLICABLE}, 35, NO_LONGER)],
    ids=["weight", "test"],
)
def test_what_a_correction_says_after_the_clearance_stands_in_the_way_of_the_dose(
    ward: Ward, wrong: dict[str, object], mg: float, code: str
) -> None:
    """Until a clearance after it has weighed it, whoever has resolved the page."""
    ward.checked_in()
    arrived = ward.answers[-1][0]
    ward.cleared()
    ward.reports(correction(arrived, at=ward.now, **wrong))  # type: ignore[arg-type]

    assert code in ward.reasons(dose(MARA, at=ward.now, mg=mg))
    assert ward.stage() is Stage.CLEARED
    ward.hears(Kind.CORRECTION_REVIEW, Change.RESOLVED)
    assert ward.reasons(dose(MARA, at=ward.now, mg=mg)) == [code]

    ward.reports(clearance(MARA, at=ward.now, overrides=over(code)))
    assert ward.reasons(dose(MARA, at=ward.now, mg=mg)) == []


def test_a_protocol_may_compare_nothing() -> None:
    """As those did that were written before it could be said."""
    ward = Ward(protocol=weekly({"medicine.compared": None}))

    assert arrives(ward, weight_kg=154, pregnancy_test=PregnancyTest.NOT_APPLICABLE) == []


@pytest.mark.parametrize(("weight", "is_asked"), [(94.9, False), (95, True), (99, True), (110, True), (115, True)])
def test_a_weight_that_would_be_usual_in_pounds_is_asked_about_once(
    ward: Ward, weight: float, *, is_asked: bool
) -> None:
    """A patient of 50 kg whose scale shows 110: every report says the same, and none is far from another."""
    decides = ward.reasons(eligible(MARA, at=screened(ward, weight_kg=weight).now))

    assert decides == [POUNDS] * is_asked


def test_what_the_decision_said_of_pounds_is_asked_no_more(ward: Ward) -> None:
    """Once a course: the prescriber's word stands for the visits, and for another screening."""
    screened(ward, weight_kg=110)
    ward.reports(eligible(MARA, at=ward.now, overrides=over(POUNDS)))
    ward.planned().prepared()

    assert arrives(ward, weight_kg=111) == []
    ward.reports(screening(MARA, at=ward.now, weight_kg=112))
    assert ward.reasons(clearance(MARA, at=ward.begins() - minutes(5))) == []


def test_a_weight_that_is_asked_about_already_is_asked_nothing_more(ward: Ward) -> None:
    """Out of range: a prescriber looks at it in any case."""
    assert ward.reasons(eligible(MARA, at=screened(ward, weight_kg=154).now)) == [OUT_OF_RANGE]


def test_a_file_that_does_not_ask_for_pounds_asks_nothing(opens: Opens) -> None:
    """A course in flight is judged by its own file."""
    ward = screened(opens(weekly({"medicine.compared.pounds_from_kg": None})), weight_kg=110)

    assert ward.reasons(eligible(MARA, at=ward.now)) == []
