"""The activities that workflows ask for by name are those that a worker carries out."""

from collections.abc import Callable
from inspect import signature
from typing import Any, get_type_hints

import pytest
from temporalio import activity

from activities.paging import Paging
from activities.records import Records
from activities.verification import Verifying
from workflows import activity_names

PAIRS = [
    (activity_names.append_entries, Records.append_entries),
    (activity_names.keep_ended_course, Records.keep_ended_course),
    (activity_names.is_kept, Records.is_kept),
    (activity_names.record_escalation, Records.record_escalation),
    (activity_names.standing, Paging.standing),
    (activity_names.page, Paging.page),
    (activity_names.verify_record, Verifying.verify_record),
]


@pytest.mark.parametrize(("asked", "carried_out"), PAIRS, ids=[asked.__name__ for asked, _ in PAIRS])
def test_an_activity_is_carried_out_as_it_is_asked_for(
    asked: Callable[..., Any], carried_out: Callable[..., Any]
) -> None:
    """The same name, the same input, the same result."""
    names = [activity._Definition.must_from_callable(one).name for one in (asked, carried_out)]
    shapes = [
        [get_type_hints(one)[name] for name in signature(one).parameters if name != "self"]
        + [get_type_hints(one)["return"]]
        for one in (asked, carried_out)
    ]

    assert names[0] == names[1]
    assert shapes[0] == shapes[1]
