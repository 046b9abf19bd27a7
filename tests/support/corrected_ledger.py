"""A ledger read as its corrections have made it: from its entries alone, asking no rule that decided.

Every fact stands where it stood, as it reads now, or not at all where it was taken back. What corrections say of it
stands nowhere any more.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from domain.ledger import Entry
from domain.values import Actor

CORRECTION = "kap.correction.recorded"
DEVIATION = "kap.deviation.recorded"
DOSE = "kap.dose.administered"
TALK = "kap.preparation.held"

PLACING = {
    "kap.patient.checked_in",
    "kap.session.missed",
    "kap.session.aborted",
    "kap.dose.administered",
    "kap.patient.left",
    "kap.patient.returned",
    "kap.patient.handed_over",
    "kap.patient.died",
}
"""Facts by which other facts find their session: moved or taken back, they may take those with them."""

SIGNS = {"kap.vitals.recorded", "kap.discharge.assessed", "kap.medication.administered"}
"""Facts by which somebody at the clinic shows that the patient is there."""

LOST = {"kap.patient.handed_over", "kap.patient.died"}
"""What ends a visit until a sign speaks against it: then that sign places what comes after it, as those above do."""


class Telling(NamedTuple):
    """How a fact reads since ledger entry `sequence`; without an `entry` it never happened."""

    sequence: int
    entry: Entry | None


def tellings(entries: Iterable[Entry]) -> dict[int, list[Telling]]:
    """By the sequence of each clinic event that is no correction: how it was told at first, and ever since."""
    told: dict[int, list[Telling]] = {}
    root_of: dict[tuple[str, str], int] = {}
    sequence_of: dict[tuple[str, str], int] = {}
    for one in entries:
        if one.event_id is None or one.source is None:
            continue
        name, named = (one.source, one.event_id), _named(one)
        sequence_of[name] = one.sequence
        root_of[name] = one.sequence if named is None else root_of[named]
        versions = told.setdefault(root_of[name], [])
        versions.append(
            Telling(one.sequence, one if named is None else _as_it_reads(one, versions, sequence_of[named]))
        )
    return told


def as_corrected(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with what corrections made of them.

    A deviation of what no longer reads so is left out, but where it says at which session a fact was that stayed there.
    So is one of a talk before any correction: whether that was in its phase hangs on the other talks, and no entry says
    when it no longer deviates.
    """
    told = tellings(entries)
    corrected_last = max((one.sequence for one in entries if one.event_id is not None and _named(one)), default=0)
    corrected = {
        (first.event_id, first.source): versions
        for versions in told.values()
        if len(versions) > 1 and (first := versions[0].entry) is not None
    }
    read: list[Entry] = []
    for one in entries:
        if one.type == DEVIATION and one.data["type"] == TALK and one.sequence < corrected_last:
            continue
        if one.type == DEVIATION:
            versions = corrected.get((str(one.data["event_id"]), str(one.data["source"])), [])
            is_of_now = not versions or one.sequence > versions[-1].sequence
            if is_of_now or ("session" in one.data and len(_places(versions)) == 1):
                read.append(one)
        elif one.event_id is None:
            read.append(one)
        elif one.sequence in told and (now := told[one.sequence][-1].entry) is not None:
            versions = told[one.sequence]
            read.append(now.but(recorded_at=_known_since(entries, versions)) if len(versions) > 1 else now)
    return read


def _known_since(entries: Iterable[Entry], versions: Sequence[Telling]) -> datetime:
    """Since when it has been told without a break that it happened, and when: in between nobody could act on it."""
    recorded_at = {one.sequence: one.recorded_at for one in entries}
    newest = versions[-1].entry
    assert newest is not None
    since = recorded_at[versions[-1].sequence]
    for one in reversed(versions):
        if one.entry is None or one.entry.time != newest.time:
            break
        since = recorded_at[one.sequence]
    return since


def is_corrected(entries: Iterable[Entry]) -> bool:
    """Whether anything in it was ever corrected."""
    return any(_named(one) is not None for one in entries if one.event_id is not None)


def is_in_doubt(entries: Sequence[Entry], without: frozenset[str] = frozenset()) -> bool:
    """Whether the ledger alone may not tell any more which session its facts belong to.

    That is so where one by which others find theirs was moved, or taken back, a sign too of whoever had been lost;
    `without` are types that are left aside.
    """
    told = [versions for versions in tellings(entries).values() if versions[0].entry is not None]
    was_lost = any(type_of(versions) in LOST for versions in told)
    placing = (PLACING | SIGNS if was_lost else PLACING) - without
    return any(type_of(versions) in placing and len(_places(versions)) > 1 for versions in told)


def type_of(versions: Sequence[Telling]) -> str:
    """The type of the fact, as it was told at first."""
    first = versions[0].entry
    assert first is not None
    return first.type


def _places(versions: Iterable[Telling]) -> set[tuple[datetime, str] | None]:
    """Where and when a fact was said to be, in all that was told of it; None where it never happened."""
    return {(one.entry.time, str(one.entry.data.get("session"))) if one.entry is not None else None for one in versions}


def _named(one: Entry) -> tuple[str, str] | None:
    corrects = one.data.get("corrects")
    if not isinstance(corrects, dict):
        return None
    return str(corrects.get("source") or one.source), str(corrects["id"])


def _as_it_reads(correction: Entry, versions: Sequence[Telling], named: int) -> Entry | None:
    """What it says now of the fact that it is of; to take back a correction is to let stand what was there before."""
    first = versions[0].entry
    assert first is not None
    if correction.type != CORRECTION:
        data = {name: said for name, said in correction.data.items() if name != "corrects"}
        return first.but(time=correction.time, data=data, actor=correction.actor)
    if correction.data.get("retracted"):
        before = [one.entry for one in versions if one.sequence < named]
        return before[-1] if before else None
    last = next(one.entry for one in reversed(versions) if one.entry is not None)
    right, at = correction.data.get("data"), correction.data.get("at")
    time = datetime.fromisoformat(str(at)) if at is not None else last.time
    if right is None:
        # Only its time was wrong.
        return first.but(time=time, data=last.data, actor=last.actor)
    assert isinstance(right, dict)
    return first.but(
        time=time,
        data={name: said for name, said in right.items() if name != "actor"},
        actor=Actor.model_validate(right["actor"]) if "actor" in right else last.actor,
    )
