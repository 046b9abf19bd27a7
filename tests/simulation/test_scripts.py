"""Every story comes to its ending by the protocol's own rules, whatever the seed."""

from datetime import UTC, datetime, timedelta
from inspect import signature
from itertools import pairwise

import pytest

import starter
from domain.course.state import Outcome
from domain.escalation.messages import Kind
from domain.events.clinic_events import CheckInCompleted, ConsentSigned, SessionCleared
from domain.protocol.instruments import PHQ9
from domain.protocol.model import Protocol
from domain.values import Role
from simulation.course.ending import Call, Ending, ExpectedEnding, differences
from simulation.course.journey import Journey
from simulation.course.reporter import OffScript
from simulation.course.staff import DESK, NURSE, PRESCRIBER
from simulation.scripts.incidents import at_risk_before
from simulation.scripts.scripts import CAST, ScriptPart, everybody, parts
from tests.support.rehearsed import A_MONDAY_NIGHT, Rehearse
from tests.support.shipped_protocols import SHIPPED_BY_ID

ROUND = len(CAST)
SEEDS = range(8)
BEGINNINGS = (
    A_MONDAY_NIGHT,
    datetime(2026, 1, 4, 3, 12, tzinfo=UTC),
    datetime(2026, 3, 1, 9, 59, tzinfo=UTC),
    datetime(2026, 10, 20, 17, 0, tzinfo=UTC),
    datetime(2028, 2, 28, 23, 59, 59, tzinfo=UTC),
)
"""A course begins when it begins: at night, on a Sunday, and just before the clocks are changed."""

CONSENT = ConsentSigned.Data(actor=DESK, document="kap-consent", version="2026-01")
CALL = CheckInCompleted.Data(actor=NURSE, session=1, days_after=1, suicidal_ideation=False)
CLEARANCE = SessionCleared.Data(actor=PRESCRIBER, session=1)


def cast(protocol: Protocol, seed: int, patients: int = ROUND) -> tuple[ScriptPart, ...]:
    return parts(patients, seed, protocol, lambda number: f"demo-{number}")


def named(protocol: Protocol, seed: int, script: str) -> ScriptPart:
    return next(part for part in cast(protocol, seed) if part.script.name == script)


@pytest.mark.parametrize("seed", SEEDS)
async def test_every_story_ends_as_its_script_says(rehearse: Rehearse, protocol: Protocol, seed: int) -> None:
    """Outcome, late checkpoints, warnings, overrides; who was paged for what, and who answered."""
    for part in cast(protocol, seed):
        rehearsed = await rehearse(part, BEGINNINGS[seed % len(BEGINNINGS)])

        assert differences(part.script.expected, rehearsed.ending) == ()


async def test_the_same_seed_plays_the_same_day_again(rehearse: Rehearse, protocol: Protocol) -> None:
    """Two rehearsals of one seed write the same ledger; another seed writes another."""
    first, again, other = [await rehearse(cast(protocol, seed)[0]) for seed in (3, 3, 4)]

    assert first.ledger == again.ledger
    assert first.ledger != other.ledger


async def test_a_missed_reading_wakes_the_nurse_and_resolves_itself(rehearse: Rehearse, protocol: Protocol) -> None:
    """Ten minutes after the 45-minute reading was due they are paged; it is opened, acknowledged and resolved once."""
    rehearsed = await rehearse(named(protocol, 5, "missed reading"))

    told = [entry for entry in rehearsed.ledger if entry.type.startswith(("kap.checkpoint.", "kap.escalation."))]
    assert [entry.type for entry in told] == [
        "kap.checkpoint.missed",
        "kap.escalation.opened",
        "kap.escalation.acknowledged",
        "kap.escalation.resolved",
    ]
    assert told[1].data["kind"] == "vitals_overdue"
    dosed = max(e.time for e in rehearsed.ledger if e.type == "kap.dose.administered" and e.time < told[0].time)
    assert told[0].time - dosed == timedelta(minutes=45) + protocol.medicine.checkpoints.missed_after
    assert rehearsed.ending.answered_after == (timedelta(seconds=30),)


async def test_an_alarm_that_the_nurse_does_not_answer_reaches_the_prescriber(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """Two readings above the alarm within 5 minutes page the nurse; 5 minutes later the prescriber, who resolves it."""
    ledger = (await rehearse(named(protocol, 5, "override, alarm"))).ledger

    opened, acknowledged, resolved = [e for e in ledger if e.type.startswith("kap.escalation.")]
    systolics = {
        e.time: e.data["systolic"] for e in ledger if e.type == "kap.vitals.recorded" and e.time <= opened.time
    }
    (first, _), (second, _) = alarming = [item for item in systolics.items() if int(str(item[1])) > 180]
    assert len(alarming) == 2
    assert second - first < timedelta(minutes=5)
    assert opened.data["kind"] == "vitals_urgent"
    assert acknowledged.time - opened.time > timedelta(minutes=5)
    assert (acknowledged.data["by"], resolved.data["by"]) == ("osei", "osei")


async def test_a_high_risk_holds_the_course_until_a_prescriber_resumes(rehearse: Rehearse, protocol: Protocol) -> None:
    """Both escalations are resolved and the visit is canceled before; nobody is dosed in between."""
    ledger = (await rehearse(named(protocol, 5, "risk, hold"))).ledger

    types = [entry.type for entry in ledger]
    held_from, resumed_at = types.index("kap.escalation.opened"), types.index("kap.course.resumed")
    between = types[held_from:resumed_at]
    assert between.count("kap.escalation.resolved") == 2
    assert "kap.session.canceled" in between
    assert "kap.dose.administered" not in between
    assert "kap.dose.administered" in types[resumed_at:]
    resumed = ledger[resumed_at]
    assert resumed.actor is not None
    assert resumed.actor.role is Role.PRESCRIBER


async def test_a_risk_that_comes_with_a_worse_score_is_seen_by_a_prescriber(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """The desk is told of the score, and a prescriber resolves it before the risk screen."""
    part = named(protocol, 5, "risk, hold")
    moods = tuple(mood.but(start=19, end=6) if mood.instrument == PHQ9 else mood for mood in part.patient.moods)
    story = part.script.but(story=at_risk_before(3))

    rehearsed = await rehearse(part.but(script=story, patient=part.patient.but(medicine_sessions=3, moods=moods)))

    assert rehearsed.ending.unresolved == 0
    worse, resolved = (
        next(one for one in rehearsed.ledger if one.type == f"kap.escalation.{what}" and "worsened" in str(one.data))
        for what in ("opened", "resolved")
    )
    assert resolved.time - worse.time < timedelta(minutes=5)
    assert resolved.data["by"] == PRESCRIBER.id


async def test_a_dose_after_its_clearance_ran_out_is_a_deviation(rehearse: Rehearse, protocol: Protocol) -> None:
    """The no-show comes on another day. The first clearance is refused; the dose, given late, is recorded and told."""
    part = named(protocol, 5, "no-show, late dose")

    rehearsed = await rehearse(part)

    ledger = rehearsed.ledger
    doses = [entry.data["session"] for entry in ledger if entry.type == "kap.dose.administered"]
    assert doses == list(range(1, part.patient.medicine_sessions + 1))
    assert len([entry for entry in ledger if entry.type == "kap.session.cleared"]) == len(doses)
    [deviation] = [entry for entry in ledger if entry.type == "kap.deviation.recorded"]
    assert deviation.data["session"] == 2
    assert deviation.data["deviations"] == [{"code": "clearance.expired", "absolute": True, "source": "our proposal"}]
    assert any(one.says.startswith("session cleared refused: Systolic") for one in rehearsed.news)
    missed, moved = (next(e for e in ledger if e.type == f"kap.session.{what}") for what in ("missed", "rebooked"))
    assert moved.time - missed.time < timedelta(hours=1)


async def test_a_reading_that_was_typed_wrong_is_corrected_and_its_page_is_marked(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """Both values stay in the ledger; the emergency that the wrong one opened is marked, and resolved by a human."""
    rehearsed = await rehearse(named(protocol, 5, "slip corrected"))

    told = [entry for entry in rehearsed.ledger if entry.type.startswith(("kap.correction.", "kap.escalation."))]
    assert [entry.type for entry in told] == [
        "kap.escalation.opened",
        "kap.escalation.acknowledged",
        "kap.correction.recorded",
        "kap.escalation.corrected",
        "kap.escalation.resolved",
    ]
    opened, _, correction, marked, resolved = told
    assert opened.data["kind"] == "vitals_emergency"
    assert marked.data["id"] == opened.data["id"]
    corrects = str(correction.data["corrects"])
    typed = next(one for one in rehearsed.ledger if one.event_id and one.event_id in corrects)
    right = {**typed.data, "spo2": int(str(typed.data["spo2"])) + 10, "actor": NURSE.model_dump(mode="json")}
    assert correction.data["data"] == right
    assert correction.time - typed.time < timedelta(minutes=1)
    assert resolved.data["by"] == NURSE.id
    assert not rehearsed.ending.warned
    assert any(one.says.startswith("corrected: Typed wrong: ") for one in rehearsed.news)


@pytest.mark.parametrize("seed", [15, 17, 20])
async def test_no_dose_rises_after_a_session_with_a_page_that_was_for_a_typing_error(
    rehearse: Rehearse, protocol: Protocol, seed: int
) -> None:
    """Whoever is heavier then is given no more: an emergency counts, though it rests on a corrected value."""
    part = named(protocol, seed, "slip corrected")

    rehearsed = await rehearse(part)

    assert differences(part.script.expected, rehearsed.ending) == ()


async def test_a_slip_that_nobody_corrects_does_not_end_as_scripted(rehearse: Rehearse, protocol: Protocol) -> None:
    """The demonstration's check says what is missing."""
    part = named(protocol, 5, "slip corrected")
    uneventful = part.script.but(story=CAST[0].story)

    found = (await rehearse(part.but(script=uneventful))).ending

    missing = "not in the ledger: kap.correction.recorded, kap.escalation.corrected"
    assert missing in differences(part.script.expected, found)


async def test_no_dose_rises_after_a_session_with_an_alarm(rehearse: Rehearse, protocol: Protocol) -> None:
    """Whole milligrams by the weight of the day; after the alarm of session 2 no more than then (CLINICAL.md 3.5)."""
    for seed in SEEDS:
        ledger = (await rehearse(named(protocol, seed, "override, alarm"))).ledger

        doses = [entry.data["mg"] for entry in ledger if entry.type == "kap.dose.administered"]
        assert all(float(str(mg)).is_integer() for mg in doses)
        assert float(str(doses[2])) <= float(str(doses[1]))


async def test_a_script_that_is_wrong_about_an_answer_is_told(rehearse: Rehearse, protocol: Protocol) -> None:
    """Where the system answers otherwise than the script expects, the story does not end as if it were well."""
    part = named(protocol, 5, "no-show, late dose")

    async def asks_at_the_wrong_moment(journey: Journey) -> None:
        await journey.refer()
        await journey.teller.tell_in_vain(journey.teller.now, CLEARANCE, "escort.missing")

    async def is_let_in(journey: Journey) -> None:
        await journey.refer()
        await journey.teller.tell_in_vain(journey.teller.now, CONSENT, "consent.missing")

    async def is_called_for_nothing(journey: Journey) -> None:
        await journey.refer()
        await journey.teller.tell(journey.teller.now, CALL)

    async def signs_in_time(journey: Journey) -> None:
        await journey.refer()
        await journey.teller.tell(journey.teller.now, CONSENT, deviation="dose.above_plan")

    for story, told in (
        (asks_at_the_wrong_moment, "refused for .*; it must be refused for escort.missing"),
        (is_let_in, "kap.consent.signed was accepted; it must be refused for consent.missing"),
        (is_called_for_nothing, "kap.check_in.completed deviates: "),
        (signs_in_time, "kap.consent.signed deviates by nothing; it must by dose.above_plan"),
    ):
        with pytest.raises(OffScript, match=told):
            await rehearse(part.but(script=part.script.but(story=story)))


async def test_a_course_takes_the_weeks_and_months_that_the_protocol_asks_for(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """Doses are a week apart, and the course closes no sooner than its last follow-up visit is due."""
    ledger = (await rehearse(cast(protocol, 1)[0])).ledger

    doses = [entry.time for entry in ledger if entry.type == "kap.dose.administered"]
    assert len(doses) >= protocol.course.sessions_min
    for before, after in pairwise(doses):
        assert abs(after - before - protocol.course.interval) <= timedelta(hours=1)
    assert ledger[-1].type == "kap.course.closed"
    assert ledger[-1].time - doses[-1] >= protocol.follow_up.after[-1]


async def test_who_withdraws_leaves_in_the_middle_and_is_called_all_the_same(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """After two of at least three sessions; but for the calls that stay owed, nothing is asked of them afterwards."""
    rehearsed = await rehearse(named(protocol, 5, "withdraws"))

    assert rehearsed.ending.sessions == 2
    types = [entry.type for entry in rehearsed.ledger]
    assert set(types[types.index("kap.course.closed") + 1 :]) == {"kap.check_in.completed"}
    assert types.count("kap.check_in.completed") == 2 * len(protocol.check_ins.after)


@pytest.mark.parametrize("seed", range(4))
async def test_a_patient_of_each_other_protocol_comes_to_the_end_of_it(
    rehearse: Rehearse, protocol: Protocol, seed: int
) -> None:
    """Nobody is called; each dose is given by the protocol's own route, within its spacing, and nothing deviates."""
    for part in everyone(protocol, seed)[ROUND:]:
        rehearsed = await rehearse(part, BEGINNINGS[seed % len(BEGINNINGS)])

        assert differences(part.script.expected, rehearsed.ending) == ()
        given = [one for one in rehearsed.ledger if one.type in {"kap.dose.administered", "kap.infusion.started"}]
        assert len(given) == part.patient.medicine_sessions
        course = part.protocol.course
        for number, (before, after) in enumerate(pairwise(given), start=2):
            spacing = course.part_of(number) or course
            assert spacing.interval_min <= after.time - before.time <= spacing.interval_max


@pytest.mark.parametrize("seed", range(4))
async def test_a_measure_that_is_due_at_an_interval_is_taken_at_the_visit_that_it_is_due_by(
    rehearse: Rehearse, protocol: Protocol, seed: int
) -> None:
    """Weekly where the doses are twice a week, and with the next visit at the latest; follow-up has its own."""
    for part in everyone(protocol, seed)[ROUND:]:
        every = part.protocol.measures[PHQ9].every
        if not isinstance(every, timedelta):
            continue
        rehearsed = await rehearse(part, BEGINNINGS[seed % len(BEGINNINGS)])

        asked = [
            one.time
            for one in rehearsed.ledger
            if one.type == "kap.measure.recorded" and one.data["instrument"] == PHQ9
        ]
        doses = [one.time for one in rehearsed.ledger if one.type == "kap.dose.administered"]
        treated = [at for at in asked if at <= doses[-1]]
        assert len(treated) > 1
        assert {
            later - earlier <= every + part.protocol.course.interval_min for earlier, later in pairwise(treated)
        } == {True}
        assert doses[-1] - treated[-1] < every
        assert len([at for at in asked if at > doses[-1]]) == len(part.protocol.follow_up.after)
        assert rehearsed.ending.phq9 is not None
        assert rehearsed.ending.phq9[0] > rehearsed.ending.phq9[1]


async def test_an_infusion_runs_as_long_as_it_does_and_is_paused_in_between(
    rehearse: Rehearse, protocol: Protocol
) -> None:
    """The pause of the second session makes it longer; they leave two hours after it has stopped, and not before."""
    part = next(one for one in everyone(protocol, 5) if one.script.name == "kap-iv-weekly")

    ledger = (await rehearse(part)).ledger

    def times(what: str) -> list[datetime]:
        return [one.time for one in ledger if one.type == f"kap.{what}" and one.data["session"] == 2]

    (started,), (paused,), (resumed,), (stopped,) = (
        times(f"infusion.{what}") for what in ("started", "paused", "resumed", "stopped")
    )
    (left,) = times("patient.discharged")
    assert started < paused < resumed < stopped
    assert stopped - started >= part.protocol.medicine.infusion.usual + (resumed - paused)
    assert left - stopped >= part.protocol.medicine.minimum_observation


def everyone(protocol: Protocol, seed: int = 1, patients: int | None = None) -> tuple[ScriptPart, ...]:
    others = [one for one in SHIPPED_BY_ID.values() if one.id != protocol.id]
    return everybody(patients, seed, protocol, others, lambda number: f"demo-{number}")


def test_with_more_patients_than_scripts_the_cast_begins_again(protocol: Protocol) -> None:
    """The scripts go round, with other patients in them."""
    drawn = cast(protocol, 1, patients=2 * ROUND)

    assert [part.script for part in drawn] == [*CAST, *CAST]
    assert drawn[0].patient.rest != drawn[ROUND].patient.rest


def test_the_demonstration_shows_every_script_once_unless_it_is_said(protocol: Protocol) -> None:
    """`kapstan demo`: as many patients as there are scripts, and one of each other protocol; then it begins again."""
    once = everyone(protocol)

    assert signature(starter.demo).parameters["patients"].default is None
    assert [part.script for part in once[:ROUND]] == [*CAST]
    assert [part.script.name for part in once[ROUND:]] == [one for one in SHIPPED_BY_ID if one != protocol.id]
    assert [part.protocol.id for part in once] == [*[protocol.id] * ROUND, *(part.script.name for part in once[ROUND:])]
    assert [part.patient for part in everyone(protocol, patients=3)] == [part.patient for part in once[:3]]
    assert everyone(protocol, patients=len(once) + 1)[-1].script == CAST[0]


def test_an_ending_that_is_not_the_scripts_is_named() -> None:
    """Every difference is told as a sentence."""
    found = Ending(
        course_id="demo-1",
        outcome=None,
        sessions=1,
        on_time=6,
        late=2,
        warned=True,
        calls=(Call(kind=Kind.VITALS_OVERDUE, paged=("lind", "osei"), answered_by="osei"),),
        answered_after=(),
        unresolved=1,
        overrides=(),
        happened=("kap.course.referred",),
        phq9=None,
        rises=(),
        severe=0,
    )
    expected = ExpectedEnding(
        outcome=Outcome.COMPLETED, overrides=("screening.sleep_apnoea",), happened=("kap.course.resumed",)
    )

    assert differences(expected, found) == (
        "it ended not at all; must be completed",
        "late checkpoints: 2; must be 0",
        "there must be no warning",
        "called: vitals_overdue paged lind, osei, answered by osei; must be nobody",
        "overridden: nothing; must be screening.sleep_apnoea",
        "not in the ledger: kap.course.resumed",
        "unresolved escalations: 1",
    )
    assert differences(expected.but(is_left_to_chance=True), found) == (
        "it ended not at all; must be completed",
        "unresolved escalations: 1",
    )
