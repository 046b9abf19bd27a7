"""A course's page: where it is, its story, what was measured, what is next and what blocks it, and who is called."""

import re
from datetime import UTC, datetime

import asyncpg
import pytest

from domain.access import TokenRole
from domain.events.clinic_events import MODELS, Fact
from tests.support.cast import clearance as cleared
from tests.support.cast import cssrs, hold, minutes, over, vitals
from tests.support.eventually import eventually
from tests.support.form_filling import BEND
from tests.support.http_stack import House
from tests.support.page_text import section, words_of
from tests.support.ward import Ward

pytestmark = pytest.mark.xdist_group("pages")


async def test_a_session_is_shown_with_what_was_given_and_measured(house: House) -> None:
    """Room, people, dose, each reading with its verdict; drawn, and as a table."""
    course = await house.has(lambda ward: ward.watched(until=minutes(30)))
    await house.sends([vitals(course, 1, at=datetime.now(UTC), systolic=165)])

    page = await house.admin.get(f"/courses/{course}")

    session = section(page, "Session 1")
    for words in (
        "dosed",
        "room willow",
        "Dr Osei; Duty nurse Lind; thorne, therapist",
        "35 mg intramuscular",
        "since dose",
        "next reading",
        "Systolic 165 is above the limit of 160",
        "Session 1, minute by minute",
        "What the readings of session 1 are judged by",
    ):
        assert words in session, words
    assert '<svg class="chart of-wide"' in page.text
    assert page.text.count("<h1") == 1


async def test_the_story_is_told_newest_first_by_whoever_may_read_the_ledger(house: House) -> None:
    """Phases, visits, doses, readings, decisions, escalations with who answered them."""
    course = await house.has(Ward.dosed)
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84)])
    escalation = f"{course}~vitals_emergency~1~1"
    await house.is_called_for(escalation)
    orders = {"acknowledge": {"by": "lind"}, "resolve": {"by": "osei", "note": "Oxygen"}}
    for act, ordered in orders.items():
        assert (await house.admin.post(f"/v1/escalations/{escalation}/{act}", json=ordered)).is_success

    async def told() -> str | None:
        story = section(await house.admin.get(f"/courses/{course}"), "The story")
        return story if "Immediate review: resolved" in story else None

    story = await eventually(told)
    order = [
        "Immediate review: resolved Dr Osei",
        "Immediate review: acknowledged Duty nurse Lind",
        "Immediate review: opened",
        "SpO₂ 84 %",
        "Dose 35 mg intramuscular, session 1 Dr Osei",
        "Cleared for the dose, session 1 Dr Osei",
        "Patient checked in, session 1",
        "C-SSRS: no risk",
        "Session 1 booked for",
        "Medicine begins",
        "Preparation talk: coping tools, safety plan thorne, therapist",
        "Plan prescribed",
        "Decided: eligible",
        "PHQ-9 17, moderately severe",
        "Screening visit",
        "Referred",
    ]
    places = [story.find(words) for words in order]
    assert -1 not in places, dict(zip(order, places, strict=True))
    assert places == sorted(places)
    assert "As far as the course itself tells it" not in story


async def test_who_may_not_read_the_ledger_is_told_what_the_course_itself_knows(house: House) -> None:
    """The same facts; what was lifted or called off is left to the ledger, and that is said."""
    course = await house.has(Ward.dosed)
    await house.is_recorded(course)

    stories = {
        role: section(await (await house.caller(role)).get(f"/courses/{course}"), "The story")
        for role in (TokenRole.CLINIC, TokenRole.OPERATIONS, TokenRole.AUDITOR)
    }

    for words in ("Dose 35 mg intramuscular", "Preparation talk: coping tools", "PHQ-9 17", "Medicine begins"):
        assert all(words in story for story in stories.values()), words
    assert "As far as the course itself tells it" in stories[TokenRole.CLINIC]
    assert "As far as the course itself tells it" not in stories[TokenRole.AUDITOR]


async def test_what_is_next_and_what_blocks_it_is_said_with_its_source(house: House) -> None:
    """As the course itself says it, each blocker in its words."""
    course = await house.has(Ward.dosed)
    view = (await house.admin.get(f"/v1/courses/{course}")).json()

    following = section(await house.admin.get(f"/courses/{course}"), "What may come next")

    for words in ("Reading", "Discharge assessment", "What blocks discharge"):
        assert words in following, words
    timeless = [blocker for blocker in view["blockers"] if "to go" not in blocker["message"]]
    assert timeless
    for blocker in timeless:
        assert f"{blocker['message']} {blocker['source'] or ''}".strip() in following


async def test_who_is_called_if_nobody_acts_is_foretold(house: House) -> None:
    """The next reading, then who is paged when it does not come: by name and by the site's clock."""
    course = await house.has(Ward.dosed)

    page = await house.admin.get(f"/courses/{course}")

    foretold = (await house.admin.get(f"/v1/courses/{course}/forecast")).json()
    said = section(page, "If nobody acts")
    first = foretold["pages"][0]
    assert "reading overdue" in said
    assert first["name"] in said
    assert f'datetime="{local_iso(first["at"])}"' in page.text
    due = section(page, "What is due")
    assert "Reading at 0 min, session 1" in due
    assert "Discharge at the latest, session 1" in due


async def test_what_is_late_says_how_late(house: House) -> None:
    """At the session and among what is due, counted up from when it was due."""
    course = await house.has(lambda ward: ward.watched(until=minutes(0)), ago=minutes(18))

    page = await house.admin.get(f"/courses/{course}")

    assert re.search(r"Reading at 15 min, session 1 . [34] min late", section(page, "What is due"))
    assert re.search(r"next reading (◷ )?[34] min late", section(page, "Session 1"))


async def test_each_measure_is_drawn_against_response_and_remission(house: House) -> None:
    """And its standing is said in a word."""
    course = await house.has(lambda ward: ward.checked_in(2))

    page = await house.admin.get(f"/courses/{course}")

    phq9 = section(page, "PHQ-9")
    for words in ("response", "−12", "PHQ-9 over the course", "Remission"):
        assert words in phq9, words
    assert "C-SSRS over the course" in section(page, "C-SSRS")


async def test_an_override_stands_there_for_ever(house: House) -> None:
    """Who went on over what, and why: in its own place and in the story."""
    course = house.expects()
    ward = Ward(course).checked_in()
    at = ward.begins()
    ward.reports(vitals(course, at=at - minutes(10), systolic=146))
    reasons = ward.reasons(cleared(course, at=at - minutes(5)))
    assert reasons == ["vitals.systolic_above_limit"]
    ward.reports(cleared(course, at=at - minutes(5), overrides=over(*reasons, rationale="Their usual pressure")))
    await house.sends([event for event, _ in ward.answers])

    page = await house.admin.get(f"/courses/{course}")

    overrides = section(page, "Overrides")
    assert "Blood pressure above the limit" in overrides
    assert "Their usual pressure Dr Osei" in overrides
    assert "over “Blood pressure above the limit”: Their usual pressure" in section(page, "The story")


async def test_a_held_course_says_so_first_with_who_may_lift_it(house: House) -> None:
    """An ordinary hold and a safety hold."""
    course, at_risk = await house.has(Ward.prepared), await house.has(Ward.prepared)
    await house.sends([hold(course, at=datetime.now(UTC), reason="A family matter")])
    await house.sends([cssrs(at_risk, at=datetime.now(UTC), items=(1, 1, 1, 1, 1, 0))])

    held = words_of(await house.admin.get(f"/courses/{course}"))
    for_safety = words_of(await house.admin.get(f"/courses/{at_risk}"))

    assert "A family matter. Nothing is dosed meanwhile." in held
    assert "Only a prescriber resumes it." in for_safety
    assert "Needs a human now" in for_safety
    assert "Clinician contact needed" in for_safety
    assert "Needs a human now" not in held


async def test_the_ledger_says_whether_it_is_whole(house: House) -> None:
    """Recomputed from what is stored, against the head that the course holds; a changed row is named."""
    course = await house.has(Ward.prepared)
    view = await house.is_recorded(course)

    whole = section(await house.admin.get(f"/courses/{course}"), "Ledger")
    assert f"{view['sequence']} entries, chain whole" in whole
    assert view["ledger_head"][:8] in whole

    await meddle(house, course, 'UPDATE ledger SET data = \'{"reason": "x"}\' WHERE course_id = $1 AND sequence = 3')
    page = await house.admin.get(f"/courses/{course}")

    assert "Entry 3 differs: its content does not match its hash" in section(page, "Ledger")
    assert "chain whole" not in page.text


async def test_a_closed_course_says_how_it_ended_and_asks_for_nothing(house: House) -> None:
    """Its story stays, and what happens to the patient afterwards may still be recorded."""
    course = await house.has(Ward.completed)

    page = await house.admin.get(f"/courses/{course}")

    said = words_of(page)
    assert "This course is closed: completed" in said
    assert "Nothing: the course is closed." in said
    assert "Course closed: completed" in said
    assert "What blocks" not in said
    offered = {f"kap.{name}" for name in re.findall(rf"/courses/{course}/record/([a-z_.]+)", page.text)}
    assert "kap.adverse_event.reported" in offered
    assert all(issubclass(MODELS[kind], Fact) for kind in offered)


async def test_a_course_that_nobody_knows_is_told_in_a_sentence(house: House) -> None:
    """To a person as a page."""
    page = await house.admin.get(f"/courses/{house.expects()}", headers={"accept": "text/html"})

    assert page.status_code == 404
    assert "There is no course" in words_of(page)


async def test_nothing_is_said_before_anything_happened(house: House) -> None:
    """A course that was only referred has its empty places named."""
    course = await house.has(Ward.referred)

    said = words_of(await house.admin.get(f"/courses/{course}"))

    assert "No session is booked. Each one would stand here, with its readings." in said
    assert "What blocks eligibility" in said


async def meddle(house: House, course: str, statement: str) -> None:
    """Somebody writes into the database by hand, where the ledger forbids it to Kapstan itself."""
    connection = await asyncpg.connect(house.stack.database)
    try:
        await connection.execute("SET session_replication_role = replica")
        await connection.execute(statement, course)
    finally:
        await connection.close()


def local_iso(moment: str) -> str:
    """By the clock of the clinic's rotas."""
    return datetime.fromisoformat(moment).astimezone(BEND).isoformat(timespec="seconds")
