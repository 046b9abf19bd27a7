"""Which handlers of a workflow may wait: what waits between its check and its effect acts on what it knew then."""

from inspect import iscoroutinefunction
from typing import Final

import pytest
from temporalio import workflow

from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow

WAITS: Final = {"acknowledge", "resolve", "snooze", "reassign"}
"""Acts on an escalation may come before it is known who is on call."""


def test_a_course_takes_an_event_without_waiting() -> None:
    """`report` is no coroutine, nor is its validator: nothing may move between the check and its effect.

    Of two doses that arrive together the second is judged by a chart that knows the first. Were there one `await` in
    `report`, both would have been checked before either is taken, and both would be accepted.
    """
    report = workflow._Definition.must_from_class(PatientCourse).updates["report"]

    assert report.validator is not None
    assert not iscoroutinefunction(report.fn)
    assert not iscoroutinefunction(report.validator)


def test_an_act_on_an_escalation_may_wait_and_decides_after_it() -> None:
    """Its four acts wait until it is known who is on call, and decide again by then; no check of them ever waits."""
    updates = workflow._Definition.must_from_class(EscalationWorkflow).updates

    assert {name for name, update in updates.items() if iscoroutinefunction(update.fn)} == WAITS
    assert all(update.validator and not iscoroutinefunction(update.validator) for update in updates.values())


@pytest.mark.parametrize("workflow_class", [PatientCourse, EscalationWorkflow])
def test_news_and_questions_never_wait(workflow_class: type) -> None:
    """News that waited could come in another order than it was sent, and an answer must be of one moment."""
    definition = workflow._Definition.must_from_class(workflow_class)

    handlers = [*(one.fn for one in definition.signals.values()), *(one.fn for one in definition.queries.values())]

    assert [handler for handler in handlers if iscoroutinefunction(handler)] == []
