"""On-call policies: people and their channels, and each severity's steps and waiting times."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import accumulate, cycle
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, Field, SecretStr

from domain.durations import Length, LengthOrZero
from domain.oncall.rota import Hours, Leave, Zone, at_least_one, next_opening
from domain.values import Frozen, Role


def _has_scheme(channel: SecretStr) -> SecretStr:
    scheme, found, address = channel.get_secret_value().partition("://")
    if not (found and scheme and address):
        raise ValueError("must be a channel's URL such as mailto://… or json://…")
    return channel


Channel = Annotated[SecretStr, AfterValidator(_has_scheme)]
"""Where a page goes: an Apprise URL. It may hold an address or a token, so it is never shown."""


def scheme(channel: Channel) -> str:
    """The kind of a channel, such as `mailto`: the only part that is ever shown."""
    return channel.get_secret_value().partition("://")[0].lower()


Channels = Annotated[tuple[Channel, ...], at_least_one("has no channel: a page could not be sent")]


def _is_staff(role: Role) -> Role:
    if role in {Role.PATIENT, Role.SYSTEM}:
        raise ValueError("must be the role of somebody who may be paged: a patient or the system is not")
    return role


class Absence(StrEnum):
    """Why somebody is not there to be reached."""

    ON_LEAVE = "on leave"
    OUT_OF_HOURS = "out of hours"


class Person(Frozen):
    """Somebody who may be paged. Their leave and `hours` change no page: better somebody on leave than nobody.

    `domain.coverage` counts on them only while they are there.
    """

    name: Annotated[str, AfterValidator(str.strip)]
    role: Annotated[Role, AfterValidator(_is_staff)]
    channels: Channels
    leave: tuple[Leave, ...] = ()
    hours: Hours | None = None

    def absence(self, at: datetime) -> Absence | None:
        """Why a page at that moment does not reach them; None if it does."""
        if any(leave.begins_at <= at < leave.ends_at for leave in self.leave):
            return Absence.ON_LEAVE
        return None if next_opening(self.hours, at) == at else Absence.OUT_OF_HOURS


class Site(Frozen):
    """A site of the clinic: days of its courses are counted in its time zone."""

    timezone: Zone


class Fallback(Frozen):
    """The channels that a page goes to if every channel of a step failed."""

    channels: Channels


class TargetKind(StrEnum):
    """The kind of thing that a target names."""

    ROTA = "rota"
    PERSON = "person"
    ROLE = "role"


class Named(NamedTuple):
    """A parsed target: its kind and name."""

    kind: TargetKind
    name: str


def read_target(target: str) -> Named:
    """Parses a target: `rota:nurse` is the rota named nurse. Raises ValueError if it is malformed."""
    kind, _, name = target.partition(":")
    if kind not in set(TargetKind) or not name:
        raise ValueError("must be a target such as rota:nurse, person:osei or role:prescriber")
    return Named(TargetKind(kind), name)


def _is_target(target: str) -> str:
    read_target(target)
    return target


Target = Annotated[str, AfterValidator(_is_target)]
"""A target of a step: `rota:nurse`, `person:osei`, `role:prescriber`."""


class Step(Frozen):
    """One step of a policy: whom to call at once, and how long to wait for an answer."""

    notify: Annotated[tuple[Target, ...], at_least_one("calls nobody: a step needs at least one target")]
    wait: Length


MOST_STEPS: Final = 100
"""Most steps in a policy. After the last step, a ladder starts again at the first."""


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
        """How long the step, counted from 1, waits for an answer before the next one."""
        return self.steps[step - 1].wait

    def step_after(self, step: int) -> int:
        """The step that follows: the first again after the last one."""
        return step % len(self.steps) + 1

    def elapsed(self) -> Iterator[timedelta]:
        """The time from the first page to each page of the ladder if nobody answers; infinite."""
        return accumulate((step.wait for step in cycle(self.steps)), initial=timedelta())
