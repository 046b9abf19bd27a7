"""Whether the code at hand says what a release said: all that binds in what was recorded is said now, unchanged."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, pairwise, zip_longest
from typing import Final

from pydantic import JsonValue

from domain.ledger import Entry, digest
from gateway.replayed import Asked

HANDED_ON: Final = ("course_id", "sequence", "ledger_head", "phase")
"""What a course hands to the next run for ever. The rest may be kept in another way, as long as an old one is read."""

MEASURED: Final = {"carried_bytes"}
"""How large a course was: it is measured anew, and what answers say in words may have become a byte longer."""

OF_THE_DAY: Final = {"blockers", "next", "blocked_by", "to_do", "to_do_by"}
"""What answers and summaries say of what may come next. A rule that has become stricter may change it; it binds nobody:
no entry, no call and no deadline follows from it."""


def differences(then: Iterable[Asked], now: Iterable[Asked], *, goes_on: bool = False) -> list[str]:
    """Each place where the code at hand says something else than was recorded, a line each; none when it says all.

    It may say more: what travels may have gained fields. Lists are compared element by element, and in length. Where
    the run that was recorded `goes_on`, what is asked after all that was recorded is no difference.
    """
    before, after = _by_kind(then), _by_kind(now)
    if goes_on:
        after = {kind: asked[: len(before.get(kind, ()))] for kind, asked in after.items()}
    return [
        line
        for kind in sorted({*before, *after})
        for number, (one, other) in enumerate(zip_longest(before.get(kind, ()), after.get(kind, ())), start=1)
        for line in _unlike(f"{kind} {number}", _binding(one), _told(other))
    ]


def ledger_faults(asked: Sequence[Asked]) -> list[str]:
    """Where the entries that a course's run told are no chain, or do not end with the head that it holds."""
    told = [one.said[0] for one in asked if one.of == "append_entries"]
    next_runs = [one.said[0] for one in asked if one.kind == "next run"]
    written = [*(batch["entries"] for batch in told), *(run["unrecorded"] for run in next_runs)]
    # An entry whose batch was not confirmed is told again.
    entries = {entry["sequence"]: Entry.model_validate(entry) for entry in chain.from_iterable(written)}
    heads = [*(batch["summary"] for batch in told), *(run["course"] for run in next_runs)]
    return [
        *(f"entry {n} has another hash" for n, entry in entries.items() if digest(entry) != entry.hash),
        *(
            f"entry {after.sequence} does not follow the one before it"
            for before, after in pairwise(entries.values())
            if (after.sequence, after.previous_hash) != (before.sequence + 1, before.hash)
        ),
        *(
            f"the head {head['ledger_head']} is not the hash of entry {head['sequence']}"
            for head in heads
            if head["sequence"] in entries and head["ledger_head"] != entries[head["sequence"]].hash
        ),
    ]


def _by_kind(asked: Iterable[Asked]) -> Mapping[str, list[Asked]]:
    kinds: dict[str, list[Asked]] = {}
    for one in asked:
        kinds.setdefault(one.kind, []).append(one)
    return kinds


def _told(one: Asked | None) -> JsonValue:
    return {"asked": False} if one is None else {"asked": True, "of": one.of, "said": list(one.said)}


def _binding(one: Asked | None) -> JsonValue:
    """What must be said again of what was recorded."""
    match one:
        case Asked(kind="next run", said=({"course": dict() as course, **others},)):
            handed_on = {name: course[name] for name in HANDED_ON}
            bound = {name: value for name, value in others.items() if name not in MEASURED}
            return _told(Asked(one.kind, one.of, ({**bound, "course": handed_on},)))
        case Asked(kind="answer", said=(dict() as answer,)):
            return _told(Asked(one.kind, one.of, (_lasting(answer),)))
        case Asked(of="append_entries", said=({"summary": dict() as summary, **others},)):
            return _told(Asked(one.kind, one.of, ({**others, "summary": _lasting(summary)},)))
        case _:
            return _told(one)


def _lasting(said: dict[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in said.items() if name not in OF_THE_DAY}


def _unlike(place: str, then: JsonValue, now: JsonValue) -> Iterator[str]:
    match then, now:
        case dict(), dict():
            for name, value in then.items():
                if name in now:
                    yield from _unlike(f"{place}/{name}", value, now[name])
                else:
                    yield f"{place}/{name}: {value!r} is not said any more"
        case list(), list() if len(then) == len(now):
            for number, (one, other) in enumerate(zip(then, now, strict=True)):
                yield from _unlike(f"{place}/{number}", one, other)
        case _:
            if then != now or type(then) is not type(now):
                yield f"{place}: {then!r} has become {now!r}"
