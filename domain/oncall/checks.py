"""Consistency checks of the on-call file: unknown targets, overlapping stand-ins, severities that page out of order."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import combinations, islice, pairwise
from math import lcm
from typing import Final
from zoneinfo import ZoneInfo

from domain.durations import in_words
from domain.moments import is_skipped
from domain.oncall.policy import Person, Policy, Step, TargetKind, read_target
from domain.oncall.rota import LocalPeriod, Rota, Zone
from domain.values import Frozen, PersonId, Severity

FALLBACK: Final[PersonId] = "fallback"
"""The person id of pages to the fallback channels; nobody in the file may have it."""

Contradiction = tuple[str, str]
"""A key path, counted from 1 as a reader does, and what must be there."""


class Parts(Frozen):
    """The valid parts of an on-call file, with the names of every person, rota and policy, invalid ones too."""

    people: Mapping[PersonId, Person]
    rotas: Mapping[str, Rota]
    policies: Mapping[Severity, Policy]
    person_names: frozenset[str]
    rota_names: frozenset[str]
    policy_names: frozenset[str]


def contradictions(parts: Parts) -> Iterator[Contradiction]:
    """Every contradiction in the file, by its key."""
    references = [*_people(parts), *_rotas(parts), *_targets(parts)]
    yield from references
    yield from _policies(parts)
    ranked = sorted(parts.policies, key=lambda severity: severity.rank)
    for lower, higher in pairwise(ranked):
        yield from _haste(parts, lower, higher)
        if not references:
            yield from _loudness(parts, lower, higher)


def _people(parts: Parts) -> Iterator[Contradiction]:
    if FALLBACK in parts.person_names:
        yield f"people.{FALLBACK}", "must be another id: this is the name of the fallback channels"
    for name, person in parts.people.items():
        for place, leave in enumerate(person.leave, start=1):
            yield from _skipped(f"people.{name}.leave[{place}]", leave, leave.timezone)


def _rotas(parts: Parts) -> Iterator[Contradiction]:
    for name, rota in parts.rotas.items():
        yield from _moments(f"rotas.{name}", rota)
        for place, member in enumerate(rota.members, start=1):
            if member not in parts.person_names:
                yield f"rotas.{name}.members[{place}]", f"{member} is not one of [people]"
        for place, override in enumerate(rota.overrides, start=1):
            if override.person not in parts.person_names:
                yield f"rotas.{name}.overrides[{place}].person", f"{override.person} is not one of [people]"
        yield from _overlaps(f"rotas.{name}", rota)


def _moments(key: str, rota: Rota) -> Iterator[Contradiction]:
    yield from _skipped_moment(f"{key}.handoff", rota.handoff, rota.timezone)
    for place, override in enumerate(rota.overrides, start=1):
        yield from _skipped(f"{key}.overrides[{place}]", override, rota.timezone)


def _skipped(key: str, period: LocalPeriod, timezone: Zone) -> Iterator[Contradiction]:
    yield from _skipped_moment(f"{key}.from", period.from_, timezone)
    yield from _skipped_moment(f"{key}.until", period.until, timezone)


def _skipped_moment(key: str, local: datetime, timezone: Zone) -> Iterator[Contradiction]:
    """A local time that does not exist, because the clock is put forward over it."""
    if is_skipped(local, ZoneInfo(timezone)):
        yield key, f"{local.isoformat()} does not exist in {timezone}: the clock is put forward over it"


def _overlaps(key: str, rota: Rota) -> Iterator[Contradiction]:
    """Overlapping overrides of a rota, which would leave it open who is called."""
    for (place, one), (later, other) in combinations(enumerate(rota.overrides, start=1), 2):
        if one.from_ < other.until and other.from_ < one.until:
            stands_in = f"{one.person} stands in from {one.from_.isoformat()} until {one.until.isoformat()}"
            yield f"{key}.overrides[{later}]", f"overlaps overrides[{place}], when {stands_in}"


def _targets(parts: Parts) -> Iterator[Contradiction]:
    for severity, policy in parts.policies.items():
        for step_number, step in enumerate(policy.steps, start=1):
            for place, target in enumerate(step.notify, start=1):
                key = f"policies.{severity}.steps[{step_number}].notify[{place}]"
                match read_target(target):
                    case TargetKind.PERSON, name if name not in parts.person_names:
                        yield key, f"{name} is not one of [people]"
                    case TargetKind.ROTA, name if name not in parts.rota_names:
                        yield key, f"{name} is not one of [rotas]"
                    case TargetKind.ROLE, name if not _have_role(parts, name) and _people_are_sound(parts):
                        yield key, f"nobody in [people] has the role {name}"
                    case _:
                        pass


def _policies(parts: Parts) -> Iterator[Contradiction]:
    for severity in Severity:
        if severity not in parts.policy_names:
            yield f"policies.{severity}", "is missing: each severity needs its policy"
    for severity, policy in parts.policies.items():
        if policy.hours and severity is not Severity.ROUTINE:
            yield f"policies.{severity}.hours", "only routine waits for the office to open"
        if policy.max_snooze > policy.resolve_within:
            yield (
                f"policies.{severity}.max_snooze",
                f"must be at most resolve_within, {in_words(policy.resolve_within)}",
            )


def _haste(parts: Parts, lower: Severity, higher: Severity) -> Iterator[Contradiction]:
    """A lower severity must not page sooner. Compared over one common cycle of both ladders; then it repeats."""
    low, high = parts.policies[lower], parts.policies[higher]
    around = lcm(len(low.steps), len(high.steps)) + 1
    pages = enumerate(zip(low.elapsed(), high.elapsed(), strict=False), start=1)
    for number, (low_after, high_after) in islice(pages, around):
        if low_after < high_after:
            step = (number - 2) % len(low.steps) + 1
            sooner = f"after {in_words(low_after)}, sooner than {higher}'s after {in_words(high_after)}"
            yield f"policies.{lower}.steps[{step}].wait", f"page {number} would go out {sooner}"
            break
    if low.resolve_within < high.resolve_within:
        yield (
            f"policies.{lower}.resolve_within",
            f"must be at least {higher}'s {in_words(high.resolve_within)}",
        )
    if low.max_snooze < high.max_snooze:
        yield f"policies.{lower}.max_snooze", f"must be at least {higher}'s {in_words(high.max_snooze)}"


def _loudness(parts: Parts, lower: Severity, higher: Severity) -> Iterator[Contradiction]:
    """A lower severity's step must not call more people at once than the higher one is sure to call by then."""
    high = parts.policies[higher].steps
    for number, step in enumerate(parts.policies[lower].steps, start=1):
        if not any(_is_no_louder(parts, step, than) for than in high[:number]):
            yield (
                f"policies.{lower}.steps[{number}].notify",
                f"may call {_most(parts, step)} at once, more than {higher} is sure to call by its step {number}",
            )


def _is_no_louder(parts: Parts, step: Step, than: Step) -> bool:
    return set(step.notify) <= set(than.notify) or _most(parts, step) <= _fewest(parts, than)


def _most(parts: Parts, step: Step) -> int:
    """The most people a step can call: each of its rotas is held by somebody else."""
    certain = _certain(parts, step)
    return len(certain) + sum(1 for held_by in _rota_people(parts, step) if not held_by <= certain)


def _fewest(parts: Parts, step: Step) -> int:
    """The fewest people a step can call, whoever holds its rotas (one may stand in for another)."""
    seen, count = set(certain := _certain(parts, step)), len(certain)
    for held_by in _rota_people(parts, step):
        if seen.isdisjoint(held_by):
            seen |= held_by
            count += 1
    return count


def _certain(parts: Parts, step: Step) -> frozenset[PersonId]:
    targets = [read_target(target) for target in step.notify]
    return frozenset(
        person
        for kind, name in targets
        if kind is not TargetKind.ROTA
        for person in ([name] if kind is TargetKind.PERSON else _have_role(parts, name))
    )


def _rota_people(parts: Parts, step: Step) -> list[frozenset[PersonId]]:
    named = dict.fromkeys(name for kind, name in map(read_target, step.notify) if kind is TargetKind.ROTA)
    return [parts.rotas[name].people for name in named if name in parts.rotas]


def _have_role(parts: Parts, role: str) -> list[PersonId]:
    return [name for name, person in parts.people.items() if person.role == role]


def _people_are_sound(parts: Parts) -> bool:
    return parts.people.keys() == parts.person_names
