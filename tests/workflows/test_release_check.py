"""What a release would break of what is under way is named before it is deployed."""

from dataclasses import replace
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner

from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules.arrival import CHECKED_IN
from domain.course.session import MedicineSession
from domain.course.transition import Transition
from domain.events.clinic_events import PatientCheckedIn
from domain.values import CourseId
from gateway.release_check import ReleaseCheck
from tests.support.clinic import open_clinic
from tests.support.later_build import LATER_ARRIVAL
from tests.workflows.conftest import Temporal


def fails(_transition: Transition[Any], _session: MedicineSession, _event: PatientCheckedIn) -> None:
    raise ValueError("71 kg")


async def test_what_a_release_would_break_is_named(temporal: Temporal, monkeypatch: pytest.MonkeyPatch) -> None:
    """By course, and where; never with what it says. Who has not been checked in yet is not broken by that rule."""
    async with open_clinic(temporal) as clinic:
        here, at_home = await clinic.has(lambda ward: ward.checked_in()), await clinic.has(lambda ward: ward.booked())
        await here.ledger()
        await at_home.ledger()
        courses = here.course, at_home.course
        assert await found(temporal.client, *courses) == ["", ""]

        monkeypatch.setitem(EVENT_RULES, CHECKED_IN.event, LATER_ARRIVAL)
        one_more = await found(temporal.client, *courses)
        monkeypatch.setitem(EVENT_RULES, CHECKED_IN.event, replace(CHECKED_IN, apply=fails))
        failing = await found(temporal.client, *courses)

    assert one_more[0].startswith("it would say something else: activity")
    assert failing[0].startswith("it would not replay: ")
    assert "71 kg" not in failing[0]
    assert (one_more[1], failing[1]) == ("", "")


async def found(client: Client, *courses: CourseId) -> list[str]:
    """What the code at hand would break of each of these courses."""
    check = ReleaseCheck(client, None, UnsandboxedWorkflowRunner())
    checked = {one.id: one.why async for one in check.run() if one.id in courses}
    return [checked[course] for course in courses]
