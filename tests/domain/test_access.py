"""Who may do what, and for whom a token speaks: what is not theirs is refused with a sentence that says what is."""

import pytest

from domain.access import Caller, Grant, Right, TokenRole
from domain.values import Actor, Role

CLINIC, OPERATIONS, ONCALL, AUDITOR, ADMIN, WALL = TokenRole
ALL = tuple(Role)
BUT_PRESCRIBER = tuple(role for role in Role if role is not Role.PRESCRIBER)


def caller(*roles: TokenRole, speaks_as: tuple[Role, ...] | None = None, person: str | None = None) -> Caller:
    return Caller(token_id="00000001", name="somebody", roles=roles, speaks_as=speaks_as, person=person)


@pytest.mark.parametrize(
    ("roles", "speaks_as"),
    [
        ((CLINIC,), BUT_PRESCRIBER),
        ((OPERATIONS,), (Role.COORDINATOR,)),
        ((ADMIN,), ALL),
        ((ONCALL,), ()),
        ((AUDITOR,), ()),
        ((WALL,), ()),
        ((CLINIC, ONCALL), BUT_PRESCRIBER),
        ((OPERATIONS, ONCALL), (Role.COORDINATOR,)),
    ],
)
def test_a_token_that_names_no_actor_roles_has_those_of_its_roles(
    roles: tuple[TokenRole, ...], speaks_as: tuple[Role, ...]
) -> None:
    """So has each token that was made before they could be named. A prescriber must be named."""
    assert Grant(roles=roles).actor_roles == speaks_as
    assert Grant(roles=roles, speaks_as=(Role.PRESCRIBER,)).actor_roles == (Role.PRESCRIBER,)


def test_several_roles_add_up() -> None:
    """A nurse reports and acts on escalations with one token."""
    nurse = caller(CLINIC, ONCALL)

    assert nurse.has(Right.REPORT)
    assert nurse.has(Right.ACT_ON_ESCALATIONS)
    assert not nurse.has(Right.READ_LEDGER)
    assert nurse.role == "clinic,oncall"


@pytest.mark.parametrize(
    ("who", "actor", "why"),
    [
        (caller(CLINIC), Actor(id="lind", role=Role.MONITOR), None),
        (caller(ADMIN), Actor(id="osei", role=Role.PRESCRIBER), None),
        (
            caller(OPERATIONS),
            Actor(id="osei", role=Role.PRESCRIBER),
            "This token speaks as coordinator, not as prescriber",
        ),
        (
            caller(CLINIC, speaks_as=(Role.MONITOR, Role.THERAPIST)),
            Actor(id="desk", role=Role.COORDINATOR),
            "This token speaks as monitor or therapist, not as coordinator",
        ),
        (caller(ONCALL), Actor(id="lind", role=Role.MONITOR), "This token speaks as nobody, not as monitor"),
        (caller(CLINIC, person="lind"), Actor(id="lind", role=Role.MONITOR), None),
        (
            caller(CLINIC, person="lind"),
            Actor(id="Lind", role=Role.MONITOR),
            "This token speaks for lind alone, not for Lind",
        ),
    ],
)
def test_a_token_reports_for_those_it_speaks_for(who: Caller, actor: Actor, why: str | None) -> None:
    """By role, and by person where it is bound to one."""
    assert who.why_not_report(actor) == why


@pytest.mark.parametrize(
    ("who", "by", "role", "may"),
    [
        (caller(ONCALL), "osei", Role.PRESCRIBER, True),
        (caller(ADMIN), "osei", Role.PRESCRIBER, True),
        (caller(CLINIC, ONCALL), "lind", Role.MONITOR, True),
        (caller(CLINIC, ONCALL), "osei", Role.PRESCRIBER, False),
        (caller(ONCALL, speaks_as=(Role.MONITOR,)), "osei", Role.PRESCRIBER, False),
        (caller(ONCALL, person="lind"), "lind", Role.MONITOR, True),
        (caller(ONCALL, person="lind"), "osei", Role.PRESCRIBER, False),
        (caller(CLINIC, ONCALL, person="osei"), "osei", Role.PRESCRIBER, True),
        (caller(ONCALL, speaks_as=(Role.MONITOR,)), "stranger", None, True),
    ],
)
def test_a_token_acts_for_those_it_speaks_for(who: Caller, by: str, role: Role | None, may: bool) -> None:
    """A shared phone's acts for whoever is on call; the escalation refuses whom nobody knows."""
    assert (who.why_not_act(by, role, ()) is None) is may


@pytest.mark.parametrize(
    ("by", "role", "paged", "why"),
    [
        ("desk", Role.COORDINATOR, {"desk", "ward"}, None),
        (
            "desk",
            Role.COORDINATOR,
            {"lind"},
            "A token of role operations acts on what pages its people, and this does not page desk",
        ),
        ("lind", Role.MONITOR, {"lind"}, "This token speaks as coordinator; lind is on call as monitor"),
        (
            "stranger",
            None,
            {"desk"},
            "A token of role operations acts on what pages its people, and this does not page stranger",
        ),
    ],
)
def test_operations_act_on_what_pages_them(by: str, role: Role | None, paged: set[str], why: str | None) -> None:
    """By those it speaks for; a nurse's alarm is a nurse's."""
    assert caller(OPERATIONS).why_not_act(by, role, paged) == why


def test_operations_refer_and_book() -> None:
    """And record nothing of what happened to a patient."""
    desk = caller(OPERATIONS)

    assert all(map(desk.may_report, ("kap.course.referred", "kap.session.booked", "kap.session.rebooked")))
    assert not any(map(desk.may_report, ("kap.vitals.recorded", "kap.consent.signed", "kap.session.cleared")))
