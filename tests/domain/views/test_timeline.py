"""A course's own story and the ledger's: the same things happened, and the ledger knows what no longer counts."""

import pytest

from domain.escalation.messages import Change, Kind
from domain.values import Role
from domain.views.timeline import Happening, happening, happenings
from tests.support.cast import (
    HAS_A_PLAN,
    MARA,
    booking,
    cancellation,
    cssrs,
    days,
    hold,
    infusion_started,
    infusion_stopped,
    minutes,
    resumption,
)
from tests.support.ward import Ward


def told_by_the_ledger(ward: Ward) -> list[Happening]:
    return [happening(entry) for entry in ward.entries]


def named(story: list[Happening] | tuple[Happening, ...]) -> set[tuple[object, ...]]:
    return {(one.at, one.type, one.what) for one in story}


def test_a_course_tells_what_its_ledger_tells(ward: Ward) -> None:
    """Of a course on good days both say the same, but for the phases that lie behind."""
    ward.in_follow_up()

    course, ledger = named(happenings(ward.course)), named(told_by_the_ledger(ward))

    assert course <= ledger
    assert {kind for _, kind, _ in ledger - course} == {"kap.phase.entered"}


@pytest.mark.parametrize("is_infused", [False, True])
def test_every_fact_names_the_entry_by_which_it_can_be_corrected(ward: Ward, is_infused: bool) -> None:
    """A dose as well, and an infusion of which only the stop was told."""
    if is_infused:
        ward.cleared().reports(infusion_stopped(MARA, at=ward.now, mg_given=35))
        ward.reports(infusion_started(MARA, at=ward.begins()))
    else:
        ward.completed()
    entries = {entry.sequence: entry.type for entry in ward.entries}

    facts = [one for one in happenings(ward.course) if one.by is not None]

    assert [(one.type, entries.get(one.sequence or 0)) for one in facts] == [(one.type, one.type) for one in facts]


def test_the_story_is_told_in_its_order(ward: Ward) -> None:
    """Oldest first."""
    told = happenings(ward.completed().course)

    assert [one.at for one in told] == sorted(one.at for one in told)
    assert (told[0].type, told[-1].type) == ("kap.course.referred", "kap.course.closed")


def test_who_reported_it_and_what_it_was_is_told(ward: Ward) -> None:
    """A person, their role, the session, the particular; what was measured is told elsewhere."""
    story = happenings(ward.checked_in().course)

    booked = next(one for one in story if one.type == "kap.session.booked")
    talk = next(one for one in story if one.type == "kap.preparation.held")
    assert (booked.by, booked.role, booked.session, booked.what) == (
        "desk",
        Role.COORDINATOR,
        1,
        ward.begins().isoformat().replace("+00:00", "Z"),
    )
    assert (talk.by, talk.what) == ("thorne", "rapport, intentions")


def test_no_remark_and_no_reason_is_in_it(ward: Ward) -> None:
    """What somebody wrote freely stays where only those read it who may read the ledger."""
    ward.prepared().reports(hold(MARA, at=ward.now, reason="Their brother is ill"))

    assert not any("brother" in one.model_dump_json() for one in happenings(ward.course))
    assert not any("brother" in one.model_dump_json() for one in told_by_the_ledger(ward))


def test_a_hold_that_was_lifted_is_known_to_the_ledger_alone(ward: Ward) -> None:
    """The course's own facts are what still counts."""
    ward.prepared().reports(hold(MARA, at=ward.now))
    assert "kap.course.held" in {one.type for one in happenings(ward.course)}

    ward.reports(resumption(MARA, at=ward.now + minutes(5)))

    assert "kap.course.held" not in {one.type for one in happenings(ward.course)}
    assert {"kap.course.held", "kap.course.resumed"} <= {one.type for one in told_by_the_ledger(ward)}


def test_a_visit_that_was_called_off_is_known_to_the_ledger_too(ward: Ward) -> None:
    """Both bookings stand there; in the course only the second."""
    ward.booked().reports(cancellation(MARA, at=ward.now))
    ward.reports(booking(MARA, at=ward.now, starts_at=ward.begins() + days(1)))

    assert sum(one.type == "kap.session.booked" for one in happenings(ward.course)) == 1
    assert sum(one.type == "kap.session.booked" for one in told_by_the_ledger(ward)) == 2


def test_a_missed_reading_is_told_with_the_moment_that_it_was_due(ward: Ward) -> None:
    """As it passed, five minutes after it was due."""
    ward.dosed().passes(minutes(21))

    missed = [one for one in happenings(ward.course) if one.type == "kap.checkpoint.missed"]

    assert [(one.session, one.what) for one in missed] == [
        (1, (ward.begins() + minutes(due)).isoformat()) for due in (0, 15)
    ]
    assert named(missed) <= {
        (one.at, one.type, (one.what or "").replace("Z", "+00:00")) for one in told_by_the_ledger(ward)
    }


def test_who_answered_an_escalation_is_told_by_the_ledger(ward: Ward) -> None:
    """The course knows that it was opened."""
    ward.prepared().reports(cssrs(MARA, at=ward.now, items=HAS_A_PLAN))
    ward.hears(Kind.SUICIDE_RISK, Change.ACKNOWLEDGED, by="lind")
    ward.hears(Kind.SUICIDE_RISK, Change.RESOLVED, by="osei")

    moved = [(one.type, one.by) for one in told_by_the_ledger(ward) if one.type.startswith("kap.escalation.")]

    assert moved == [
        ("kap.escalation.opened", None),
        ("kap.escalation.acknowledged", "lind"),
        ("kap.escalation.resolved", "osei"),
    ]
    assert [one.what for one in happenings(ward.course) if one.type == "kap.escalation.opened"] == [
        f"{MARA}~suicide_risk~0~1"
    ]
