"""What several keys let through together, though each of them alone is within all that is published."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from domain.course.rules import discharge
from domain.holes.asked import DOSED_AT, WELL, course, dosed, reading
from domain.holes.checker import holes
from domain.holes.doses import dose_holes
from domain.holes.hole import Hole
from domain.holes.watch import watch_holes
from domain.protocol.checks import contradictions
from domain.protocol.medicine import DoseBasis, RouteRules
from domain.protocol.model import Protocol
from domain.protocol.values import Route
from tests.support.cast import changed, hours, minutes
from tests.support.shipped_protocols import SHIPPED_BY_ID

BY_MUSCLE, BY_VEIN = SHIPPED_BY_ID["kap-im-weekly"], SHIPPED_BY_ID["kap-iv-weekly"]
OFFSETS, THEN = "medicine.checkpoints.offsets", "medicine.checkpoints.then_every"
STAY, VALID = "medicine.minimum_observation", "medicine.discharge.reading_valid"
USUAL, MOST = "medicine.infusion.usual", "medicine.infusion.most"


def named(protocol: Protocol, ask: Callable[[Protocol], object], key: str) -> list[Hole]:
    return [hole for hole in ask(protocol) if hole.key == key and not hole.is_remark]  # type: ignore[attr-defined]


def can_be_meant(protocol: Protocol) -> bool:
    return [one for one in contradictions(protocol) if not one[0].startswith("evidence.")] == []


@pytest.mark.parametrize(
    ("stay", "valid", "is_named"),
    [
        (hours(1), hours(1), True),
        (hours(1), minutes(21), True),
        (hours(1), minutes(20), False),
        (hours(2), hours(1), False),
        (hours(1.5), minutes(50), True),
        (hours(1.5), minutes(45), False),
    ],
)
def test_nobody_goes_home_on_vitals_of_before_the_medicine_works_most(
    stay: timedelta, valid: timedelta, *, is_named: bool
) -> None:
    """A short stay is allowed, and so is an old reading; with both nobody reads them while the pressure peaks (S1)."""
    mine = changed(BY_MUSCLE, {STAY: stay, VALID: valid, OFFSETS: (timedelta(), minutes(15)), THEN: hours(1)})
    session = dosed(mine, reading(DOSED_AT + stay - valid, WELL))
    against = discharge.blockers(course(mine, session), session, DOSED_AT + stay, escort=True, instructions=True)

    found = named(mine, watch_holes, VALID)

    assert can_be_meant(mine)
    assert "vitals.too_old" not in {one.code for one in against}
    assert bool(found) is is_named
    assert all("would be discharged" in hole.lets_through for hole in found)


def test_by_vein_the_peak_is_over_as_the_observation_begins() -> None:
    """The second half of the stay is late enough there."""
    mine = changed(BY_VEIN, {STAY: hours(1), VALID: minutes(30)})

    assert named(mine, watch_holes, VALID) == []
    assert named(changed(mine, {VALID: minutes(31)}), watch_holes, VALID)


@pytest.mark.parametrize(
    ("most", "offsets", "then", "key"),
    [
        (hours(4), (0, 20, 60), hours(1), OFFSETS),
        (hours(4), (0, 20), hours(1), THEN),
        (minutes(50), (0, 20, 60), hours(1), OFFSETS),
        (minutes(40), (0, 20, 40, 100), hours(1), None),
        (hours(4), (0, 20), minutes(20), None),
    ],
)
def test_an_infusion_is_watched_as_long_as_it_may_run(
    most: timedelta, offsets: tuple[int, ...], then: timedelta, key: str | None
) -> None:
    """Its start may say more than its usual length, up to `most`: they are read as closely until then."""
    mine = changed(BY_VEIN, {USUAL: minutes(20), MOST: most, "medicine.infusion.least": minutes(20), THEN: then})
    mine = changed(mine, {OFFSETS: tuple(minutes(one) for one in offsets)})

    found = {hole.key for hole in watch_holes(mine) if "while it runs" in hole.lets_through}

    assert can_be_meant(mine)
    assert found == ({key} if key else set())


def by(route: Route, **bounds: float) -> RouteRules:
    """A further route with these bounds in mg/kg."""
    return RouteRules(route=route, basis=DoseBasis.MG_PER_KG, boosters_max=0, least=0.1, prescribed=True, **bounds)


LOZENGE_AT_MOST = by(Route.SUBLINGUAL, first_max=3.5, max=5, hard_max=7, step_max=3)
BENEATH_THE_SKIN = by(Route.SUBCUTANEOUS, first_max=1, max=1.5, hard_max=2, step_max=0.5)
BY_THE_NOSE = by(Route.INTRANASAL, first_max=1, max=1.5, hard_max=2, step_max=0.5)


def test_several_routes_together_are_no_more_than_the_most_of_one() -> None:
    """Each is held against bounds of its own, and nothing that was given is added up."""
    three = changed(BY_MUSCLE, {"medicine.routes": (LOZENGE_AT_MOST, BENEATH_THE_SKIN, BY_THE_NOSE)})
    each = [changed(BY_MUSCLE, {"medicine.routes": (one,)}) for one in (LOZENGE_AT_MOST, BY_THE_NOSE)]

    (alone, first) = named(three, dose_holes, "medicine.routes")

    assert can_be_meant(three)
    assert "by one prescriber alone" in alone.lets_through
    assert "1.5 mg/kg subcutaneous" in alone.lets_through
    assert "first" in first.lets_through
    assert all(len(named(one, dose_holes, "medicine.routes")) == 1 for one in each)


def test_a_lozenge_before_an_injection_is_practised() -> None:
    """200 mg, or 300, and then half a milligram per kilogram (Wolfson, Dore): no hole, and no remark."""
    lozenge = RouteRules(
        route=Route.SUBLINGUAL,
        basis=DoseBasis.MG,
        first_max=200,
        max=300,
        hard_max=300,
        step_max=100,
        boosters_max=0,
        least=25,
        prescribed=True,
    )
    mine = changed(BY_MUSCLE, {"medicine.routes": (lozenge,), "medicine.dose.hard_max": 1.0})

    assert [hole for hole in dose_holes(mine) if hole.key == "medicine.routes"] == []
    twice = changed(mine, {"medicine.dose.hard_max": 2.0})
    assert [hole.is_remark for hole in dose_holes(twice) if hole.key == "medicine.routes"] == [True]


@pytest.mark.parametrize("protocol", SHIPPED_BY_ID.values(), ids=lambda one: one.id)
def test_a_shipped_file_has_none_of_these(protocol: Protocol) -> None:
    assert [hole for hole in holes(protocol) if hole.key in (VALID, OFFSETS, THEN, "medicine.routes")] == []
