"""Whom an escalation pages: whoever was paged already, and whomever its policy names now, at any step."""

from datetime import timedelta

from domain.escalation.messages import EscalationState, EscalationView, Kind, Page
from domain.escalation.paged import whom_it_pages
from domain.oncall.file import parse_on_call
from domain.values import Severity
from tests.support.cast import MONDAY
from tests.support.running_stack import example_on_call

ON_CALL = parse_on_call(example_on_call(), "oncall.toml")
ROTA = """members  = ["lind"]"""
TWO = """members  = ["lind", "osei"]"""


def alarm(*paged: str, severity: Severity = Severity.EMERGENCY) -> EscalationView:
    """An escalation of this severity that paged these people."""
    return EscalationView(
        id="EX-1~vitals_emergency~1~1",
        course_id="EX-1",
        kind=Kind.VITALS_EMERGENCY,
        session=1,
        severity=severity,
        state=EscalationState.OPEN,
        opened_at=MONDAY,
        step=1,
        pages=tuple(Page(at=MONDAY, step=1, person=person, channel="json", ok=False) for person in paged),
        revision=1,
    )


def test_every_step_of_its_policy_pages_for_it() -> None:
    """Not only the first one; whoever is on no step of its severity is not paged by it."""
    assert whom_it_pages(alarm(), ON_CALL, MONDAY) == {"lind", "osei", "ward"}
    assert whom_it_pages(alarm(severity=Severity.ROUTINE), ON_CALL, MONDAY) == {"desk", "ward"}


def test_whoever_was_paged_stays_among_them() -> None:
    """It was passed on to the desk: it is theirs too, though no step names them."""
    assert whom_it_pages(alarm("desk"), ON_CALL, MONDAY) == {"desk", "lind", "osei", "ward"}


def test_a_rota_pages_whoever_holds_it_then() -> None:
    """A week later the other one holds it."""
    on_call = parse_on_call(example_on_call().replace(ROTA, TWO), "oncall.toml")
    urgent = alarm(severity=Severity.URGENT)
    first_step = on_call.policies[Severity.URGENT].steps[0].notify

    this_week, next_week = MONDAY + timedelta(days=1), MONDAY + timedelta(days=8)
    for at in (this_week, next_week):
        assert set(on_call.resolve(first_step, at)) <= whom_it_pages(urgent, on_call, at)
    assert on_call.resolve(first_step, this_week) != on_call.resolve(first_step, next_week)
