"""Before a fleet goes over to a new version, each course says what that changes in it; afterwards it has."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from domain.course.deadlines import DeadlineKind
from domain.course.state import Outcome, Phase
from domain.escalation.messages import Kind
from domain.events.clinic_events import ProtocolMigrated
from domain.protocol.model import Protocol
from domain.refusal import RefusalCode
from domain.views.course import course_view
from domain.views.migration import Foreseen, MigrationEffect, foreseen, migration_effect
from tests.support.cast import WEEKLY, days, migration, minutes, pinned, weekly
from tests.support.ward import Ward


def next_version(changes: Mapping[str, object]) -> Protocol:
    return weekly({"version": "1.1.0", **changes})


def to(ward: Ward, version: str = "1.1.0") -> ProtocolMigrated:
    return migration(ward.course_id, at=ward.now, to_version=version)


def asked(ward: Ward, changes: Mapping[str, object]) -> Foreseen:
    return foreseen(ward.course, to(ward), ward.now, pinned(next_version(changes)))


def effect(ward: Ward, changes: Mapping[str, object]) -> MigrationEffect:
    found = asked(ward, changes)
    assert found.refusal is None
    assert found.effect is not None
    return found.effect


def test_a_version_of_the_same_rules_changes_nothing(ward: Ward) -> None:
    """But the version itself."""
    assert effect(ward.prepared(), {}).is_none


def test_what_would_block_the_next_step_and_what_no_longer_would(ward: Ward) -> None:
    """A questionnaire that is wanted now, and one that is not any more."""
    ward.referred()
    more = {"screening.measures": (*WEEKLY.screening.measures, "madrs")}
    fewer = {"screening.measures": WEEKLY.screening.measures[1:]}

    assert [one.code for one in effect(ward, more).blockers_added] == ["measure.madrs_missing"]
    assert [one.code for one in effect(ward, fewer).blockers_gone] == ["measure.phq9_missing"]


def test_what_is_due_at_another_moment_anew_or_no_more(ward: Ward) -> None:
    """The call after a day stays, the one after three days is gone, another one comes; the talk is due sooner."""
    ward.discharged()
    changed = effect(
        ward, {"check_ins.after": (days(1), days(5), days(7)), "integration.within": WEEKLY.integration.within / 2}
    )

    calls = {(one.before is None, one.after is None) for one in changed.deadlines if one.kind is DeadlineKind.CHECK_IN}
    (talk,) = [one for one in changed.deadlines if one.kind is DeadlineKind.INTEGRATION]
    assert calls == {(False, True), (True, False)}
    assert talk.before is not None
    assert talk.after is not None
    assert talk.before - talk.after == WEEKLY.integration.within / 2


def test_who_is_watched_stays_under_the_version_of_their_dose(ward: Ward) -> None:
    """Refused until they have gone home; which readings would be due, and which no more, is said all the same."""
    given_at = ward.dosed().now
    offsets = WEEKLY.medicine.checkpoints.offsets
    found = asked(ward, {"medicine.checkpoints.offsets": (*offsets[:-1], offsets[-1] + minutes(10))})

    assert found.refusal is not None
    assert [one.code for one in found.refusal.blockers] == ["session.in_progress"]
    assert found.effect is not None
    assert {(one.due_at - given_at, one.is_gone) for one in found.effect.checkpoints} >= {
        (offsets[-1], True),
        (offsets[-1] + minutes(10), False),
    }


def test_a_course_that_has_all_of_it_comes_to_its_next_phase(ward: Ward) -> None:
    """The new version wants one talk less, or no visit any more: nobody waits for what is not wanted."""
    followed = ward.in_follow_up()
    done = effect(followed, {"follow_up.after": ()})

    assert (done.phase, done.outcome) == (Phase.CLOSED, Outcome.COMPLETED)


def test_what_is_overdue_by_the_new_version_calls_somebody_at_once(ward: Ward) -> None:
    """The talk was to be held within three days, and is to be within one: on the second day it is overdue."""
    ward.discharged()
    ward.passes(days(2))

    changed = effect(ward, {"integration.within": days(1)})

    assert Kind.INTEGRATION_OVERDUE in {one.kind for one in changed.calls}


def test_a_version_that_nobody_approved_changes_nothing(ward: Ward) -> None:
    """It is refused, and what it would do is not told."""
    found = foreseen(ward.prepared().course, to(ward, "7.0.0"), ward.now, None)

    assert found.refusal is not None
    assert (found.refusal.code, found.effect) == (RefusalCode.BLOCKED, None)


@pytest.mark.parametrize("reach", [Ward.screened, Ward.prepared, Ward.booked, Ward.discharged, Ward.in_follow_up])
def test_what_was_foreseen_is_what_comes_of_it(ward: Ward, reach: Callable[[Ward], Ward]) -> None:
    """Wherever the course stands: the same effect when it is done, and the course as it was when it is asked."""
    reach(ward)
    changes = {
        "screening.measures": (*WEEKLY.screening.measures, "madrs"),
        "preparation.sessions": 3,
        "course.interval": days(10),
        "check_ins.after": (days(1),),
        "follow_up.after": (days(30), days(60)),
        "forms": (),
        "medicine.clearance_valid": timedelta(minutes=15),
    }
    before, course = course_view(ward.course, ward.now), ward.course
    said = effect(ward, changes)
    assert ward.course is course

    ward.migrates_to(next_version(changes))
    ward.reports(to(ward))
    ward.passes(timedelta())

    assert migration_effect(before, course_view(ward.course, ward.now)) == said
