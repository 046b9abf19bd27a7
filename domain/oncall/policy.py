"""Whom a clinic can call, and how each severity calls them: in which steps, with how much patience in between."""

from collections.abc import Iterator
from datetime import timedelta
from enum import StrEnum
from itertools import accumulate, cycle
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field, SecretStr

from domain.durations import Length, LengthOrZero
from domain.oncall.rota import Hours, at_least_one
from domain.values import Frozen, Role


def _has_scheme(channel: SecretStr) -> SecretStr:
    scheme, found, address = channel.get_secret_value().partition("://")
    if not (found and scheme and address):
        raise ValueError("must be a channel's URL such as mailto://… or json://…")
    return channel


Channel = Annotated[SecretStr, AfterValidator(_has_scheme)]
"""Where a page goes: an Apprise URL. It may hold an address or a token, so it is never shown."""


def scheme(channel: Channel) -> str:
    """What kind of channel it is, such as `mailto`: all of it that is ever shown."""
    return channel.get_secret_value().partition("://")[0].lower()


Channels = Annotated[tuple[Channel, ...], at_least_one("has no channel: a page could not be sent")]


def _is_staff(role: Role) -> Role:
    if role in {Role.PATIENT, Role.SYSTEM}:
        raise ValueError("must be the role of somebody who may be paged: a patient or the system is not")
    return role


class Person(Frozen):
    """Somebody who may be paged."""

    name: Annotated[str, AfterValidator(str.strip)]
    role: Annotated[Role, AfterValidator(_is_staff)]
    channels: Channels


class Fallback(Frozen):
    """Where a page goes when every channel of a step failed."""

    channels: Channels


class TargetKind(StrEnum):
    """What a target names."""

    ROTA = "rota"
    PERSON = "person"
    ROLE = "role"


class Named(NamedTuple):
    """A target taken apart."""

    kind: TargetKind
    name: str


def read_target(target: str) -> Named:
    """`rota:nurse` as a rota by the name of nurse. Raises ValueError."""
    kind, _, name = target.partition(":")
    if kind not in set(TargetKind) or not name:
        raise ValueError("must be a target such as rota:nurse, person:osei or role:prescriber")
    return Named(TargetKind(kind), name)


def _is_target(target: str) -> str:
    read_target(target)
    return target


Target = Annotated[str, AfterValidator(_is_target)]
"""Whom a step calls: `rota:nurse`, `person:osei`, `role:prescriber`."""


class Step(Frozen):
    """Whom to call at once, and how long to wait for an answer."""

    notify: Annotated[tuple[Target, ...], at_least_one("calls nobody: a step needs at least one target")]
    wait: Length


MOST_STEPS: Final = 100
"""A ladder begins anew after its last step: nobody climbs so many."""


class Policy(Frozen):
    """The ladder of one severity. `hours`, for `routine` only, are those in which it pages."""

    steps: Annotated[
        tuple[Step, ...],
        Field(max_length=MOST_STEPS),
        at_least_one("has no steps: nobody would ever be called"),
    ]
    resolve_within: Length
    max_snooze: LengthOrZero
    hours: Hours | None = None

    def wait_after(self, step: int) -> timedelta:
        """How long the step, counted from 1, waits for an answer."""
        return self.steps[step - 1].wait

    def step_after(self, step: int) -> int:
        """The step that follows: the first again after the last one."""
        return step % len(self.steps) + 1

    def elapsed(self) -> Iterator[timedelta]:
        """How long after its first page each page of the ladder goes out when nobody answers; without end."""
        return accumulate((step.wait for step in cycle(self.steps)), initial=timedelta())
