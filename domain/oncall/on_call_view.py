"""The roster for display: who is on call now, step by step, and who holds each rota in the coming weeks."""

from datetime import datetime, timedelta

from pydantic import Field

from domain.durations import Length, LengthOrZero
from domain.oncall.file import FALLBACK, OnCall, OnCallQuery
from domain.oncall.policy import Target, TargetKind, read_target
from domain.oncall.rota import Hours, Shift, Zone, next_opening
from domain.values import Frozen, Moment, PersonId, Role, Severity

AHEAD = timedelta(days=28)
"""How far ahead the rotas are shown."""


class Through(Frozen):
    """Why a person is called: by a rota until the shift ends, or by role or name for good."""

    target: Target
    until: Moment | None
    is_override: bool


class Called(Frozen):
    """A person who would be paged, with every target that names them. `channels` are the kinds of their channels."""

    id: PersonId
    name: str
    role: Role
    channels: tuple[str, ...]
    through: tuple[Through, ...]


class StepNow(Frozen):
    """A step of the policy: whom it would page now, and how long it then waits for an answer."""

    step: int = Field(description="From 1")
    people: tuple[Called, ...]
    wait: Length


class PolicyNow(Frozen):
    """A severity's policy now. An escalation opened now pages at `pages_at`: at once, or when the `hours` begin."""

    severity: Severity
    steps: tuple[StepNow, ...]
    resolve_within: Length
    max_snooze: LengthOrZero
    hours: Hours | None
    pages_at: Moment


class RotaAhead(Frozen):
    """A rota with its coming shifts, without a gap."""

    rota: str
    timezone: Zone
    shifts: tuple[Shift, ...]


class Roster(Frozen):
    """Who is on call at a moment, the most urgent policy first; and the rotas from then on.

    `fallback` are the kinds of channel that are used if every channel of a step fails.
    """

    at: Moment
    policies: tuple[PolicyNow, ...]
    fallback: tuple[str, ...]
    rotas: tuple[RotaAhead, ...]


def roster(on_call: OnCall, at: datetime, ahead: timedelta = AHEAD) -> Roster:
    """The roster at a moment, with each rota's shifts for the time `ahead`."""
    return Roster(
        at=at,
        policies=tuple(_policy(on_call, severity, at) for severity in reversed(Severity)),
        fallback=on_call.schemes_of(FALLBACK),
        rotas=tuple(
            RotaAhead(rota=name, timezone=rota.timezone, shifts=rota.shifts(at, at + ahead))
            for name, rota in on_call.rotas.items()
        ),
    )


def _policy(on_call: OnCall, severity: Severity, at: datetime) -> PolicyNow:
    snapshot = on_call.standing(OnCallQuery(severity=severity, at=at))
    policy = snapshot.policy
    steps = zip(policy.steps, snapshot.called, strict=True)
    return PolicyNow(
        severity=severity,
        steps=tuple(
            StepNow(
                step=number,
                people=tuple(_called(on_call, person, step.notify, at) for person in people),
                wait=step.wait,
            )
            for number, (step, people) in enumerate(steps, start=1)
        ),
        resolve_within=policy.resolve_within,
        max_snooze=policy.max_snooze,
        hours=policy.hours,
        pages_at=next_opening(policy.hours, at),
    )


def _called(on_call: OnCall, person: PersonId, targets: tuple[Target, ...], at: datetime) -> Called:
    known = on_call.people[person]
    return Called(
        id=person,
        name=known.name,
        role=known.role,
        channels=on_call.schemes_of(person),
        through=tuple(_through(on_call, one, at) for one in targets if person in on_call.resolve([one], at)),
    )


def _through(on_call: OnCall, target: Target, at: datetime) -> Through:
    match read_target(target):
        case TargetKind.ROTA, name:
            shift = on_call.rotas[name].shift(at)
            return Through(target=target, until=shift.ends_at, is_override=shift.is_override)
        case _:
            return Through(target=target, until=None, is_override=False)
