"""The clinic's on-call file: people with their channels, rotas, and a policy for each severity."""

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Literal, TypeVar

from pydantic import ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from domain.oncall.checks import FALLBACK, Contradiction, Parts, contradictions
from domain.oncall.policy import (
    Channel,
    Fallback,
    Person,
    Policy,
    Site,
    Step,
    TargetKind,
    read_target,
    scheme,
)
from domain.oncall.rota import UTC_ZONE, Hours, Rota, RotaOverride
from domain.values import Code, Frozen, Moment, PersonId, Role, Severity

__all__ = [
    "FALLBACK",
    "Fallback",
    "Fault",
    "Hours",
    "OnCall",
    "OnCallFileError",
    "OnCallQuery",
    "OnCallSnapshot",
    "Person",
    "Policy",
    "Rota",
    "RotaOverride",
    "Site",
    "Step",
    "parse_on_call",
]


class OnCallQuery(Frozen):
    """The query: who is on call for a severity at a moment."""

    severity: Severity
    at: Moment


class OnCallSnapshot(Frozen):
    """The on-call snapshot: who is on call for a severity at a moment. It names people, never their channels.

    `called[n]` are those whom step n + 1 of the policy would page; `people` is everybody in the file, in `roles`.
    """

    policy: Policy
    called: tuple[tuple[PersonId, ...], ...]
    people: tuple[PersonId, ...]
    roles: Mapping[PersonId, Role] = {}


class OnCall(Frozen):
    """A valid on-call file, checked for contradictions."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True, serialize_by_alias=True)

    format: Literal[1] = Field(alias="schema")
    people: Mapping[PersonId, Person]
    rotas: Mapping[str, Rota] = {}
    policies: Mapping[Severity, Policy]
    fallback: Fallback
    sites: Mapping[Code, Site] = {}

    def on_duty(self, rota: str, at: datetime) -> PersonId:
        """Who holds the rota at a moment, however far ahead."""
        return self.rotas[rota].on_duty(at)

    def resolve(self, targets: Iterable[str], at: datetime) -> tuple[PersonId, ...]:
        """The people that the targets name at a moment, each once, in order."""
        return tuple(dict.fromkeys(person for target in targets for person in self._named(target, at)))

    def standing(self, duty: OnCallQuery) -> OnCallSnapshot:
        """The on-call snapshot for a severity at a moment, step by step."""
        policy = self.policies[duty.severity]
        called = tuple(self.resolve(step.notify, duty.at) for step in policy.steps)
        roles = {name: person.role for name, person in self.people.items()}
        return OnCallSnapshot(policy=policy, called=called, people=tuple(self.people), roles=roles)

    @property
    def timezone(self) -> str:
        """The clinic's own time zone: that of its first rota; UTC without one."""
        return next((rota.timezone for rota in self.rotas.values()), UTC_ZONE)

    def timezone_of(self, site: str) -> str:
        """The site's time zone; UTC for a site that the file does not name."""
        return self.sites[site].timezone if site in self.sites else UTC_ZONE

    def channels_of(self, person: PersonId) -> tuple[Channel, ...]:
        """A person's channels, or those of `FALLBACK`; empty for somebody who is no longer in the file."""
        if person == FALLBACK:
            return self.fallback.channels
        return self.people[person].channels if person in self.people else ()

    def schemes_of(self, person: PersonId) -> tuple[str, ...]:
        """The kinds of a person's channels: all of them that may be shown."""
        return tuple(scheme(channel) for channel in self.channels_of(person))

    def _named(self, target: str, at: datetime) -> Iterator[PersonId]:
        match read_target(target):
            case TargetKind.ROTA, name:
                yield self.on_duty(name, at)
            case TargetKind.PERSON, name:
                yield name
            case TargetKind.ROLE, name:
                yield from (person for person, known in self.people.items() if known.role == name)


class OnCallFileError(Exception):
    """An on-call file is invalid; `findings` says why, each as a key path and what must be there."""

    def __init__(self, file: str, findings: tuple[tuple[str, str], ...]) -> None:
        super().__init__(
            "\n".join(f"{file}: {key}: {expected}" if key else f"{file}: {expected}" for key, expected in findings)
        )
        self.file = file
        self.findings = findings


Fault = Callable[[str], str | None]
"""Why no page could ever go out by the channel of this URL, without its address; None if one might."""


def parse_on_call(text: str, file: str, fault: Fault = lambda _: None) -> OnCall:
    """Parses the text of an on-call file; no channel may have a `fault`.

    Raises `OnCallFileError` with everything that is wrong with it.
    """
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is no `TOMLDecodeError`
        raise OnCallFileError(file, (("", f"not valid TOML: {error}"),)) from None
    try:
        on_call, malformed = OnCall.model_validate(content), []
    except ValidationError as error:
        on_call, malformed = None, [_finding(one) for one in error.errors(include_url=False, include_input=False)]
    findings = (*malformed, *contradictions(_parts(content)), *_unusable(content, fault))
    if on_call is None or findings:
        raise OnCallFileError(file, findings)
    return on_call


Part = TypeVar("Part", bound=Frozen)


def _parts(content: Mapping[str, object]) -> Parts:
    """The parts that are valid although others are malformed, so that all errors are reported at once."""
    people, rotas, policies = (_table(content, name) for name in ("people", "rotas", "policies"))
    return Parts(
        people=_sound(people, Person),
        rotas=_sound(rotas, Rota),
        policies={Severity(name): policy for name, policy in _sound(policies, Policy).items() if name in set(Severity)},
        person_names=frozenset(people),
        rota_names=frozenset(rotas),
        policy_names=frozenset(policies),
    )


def _unusable(content: Mapping[str, object], fault: Fault) -> Iterator[Contradiction]:
    """The channels that could never take a page, each with its fault. Malformed values are reported elsewhere."""
    reached: dict[str, tuple[Channel, ...]] = {
        f"people.{name}": person.channels for name, person in _sound(_table(content, "people"), Person).items()
    }
    for name, fallback in _sound({"fallback": content.get("fallback")}, Fallback).items():
        reached[name] = fallback.channels
    for key, channels in reached.items():
        for place, channel in enumerate(channels, start=1):
            if found := fault(channel.get_secret_value()):
                yield f"{key}.channels[{place}]", found


def _table(content: Mapping[str, object], name: str) -> Mapping[str, object]:
    table = content.get(name)
    return table if isinstance(table, dict) else {}


def _sound(table: Mapping[str, object], model: type[Part]) -> dict[str, Part]:
    sound = {}
    for name, value in table.items():
        try:
            sound[name] = model.model_validate(value)
        except ValidationError:
            continue
    return sound


def _finding(error: ErrorDetails) -> Contradiction:
    key = ""
    for part in error["loc"]:
        match part:
            case int():
                key += f"[{part + 1}]"
            case "[key]":
                pass
            case _:
                key += f".{part}" if key else part
    return key, _expected(error)


def _expected(error: ErrorDetails) -> str:
    match error["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is not a key of an on-call file"
        case "string_type":
            return "must be text in quotes"
        case "tuple_type":
            return "must be a list in brackets"
        case "model_type" | "mapping_type" | "dict_type":
            return "must be a table"
        case "enum" | "literal_error":
            return f"must be {error['ctx']['expected']}".replace("'", "")
        case "value_error":
            return str(error["ctx"]["error"])
        case _:
            return error["msg"].replace("Input should be", "must be")
