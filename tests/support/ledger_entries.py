"""Words for reading ledger entries: of which visit they are, what is open, what they say.

An entry belongs to the session that a deviation beside it names, or else to the one that it names itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from pydantic import JsonValue

from domain.events.clinic_events import ClinicEvent
from domain.ledger import Entry
from domain.values import Role, Severity

BOOKINGS = {"kap.session.booked", "kap.session.rebooked"}

COMINGS = {"kap.patient.checked_in", "kap.dose.administered"}

OUR_OWN = {"record_store_behind", "orchestrator_silent", "course_filling"}
"""Escalations about Kapstan itself."""

LONG_PAST = timedelta(days=1)
"""How late a dose may be told of for its patient to be watched."""

DANGERS = {"vitals_emergency", "suicide_risk"}
"""Escalations that keep a patient from their dose and from home, however severe."""


def entry_of(event: ClinicEvent, entries: Iterable[Entry]) -> Entry:
    """The entry that says that it was accepted."""
    (entry,) = [one for one in entries if (one.event_id, one.source) == (event.id, event.source)]
    return entry


def placed(entries: Sequence[Entry]) -> Iterator[tuple[Entry, int | None]]:
    """Each entry with the session that it belongs to; None where it names none, and no deviation does."""
    elsewhere = {
        (one.data["event_id"], one.data["source"]): one.data.get("session")
        for one in entries
        if one.type == "kap.deviation.recorded"
    }
    for one in entries:
        session = elsewhere.get((one.event_id, one.source), one.data.get("session"))
        yield one, session if isinstance(session, int) else None


def visit_of(entries: Sequence[Entry], session: int) -> list[Entry]:
    """What was written of a session since it was booked last: nothing of an earlier visit counts.

    What names no session belongs to it from when the patient came; a check-in that names none, to the last one booked.
    """
    named = [(one, number) for one, number in placed(entries) if number in {session, None}]
    booked = [one.sequence for one, number in named if number == session and one.type in BOOKINGS]
    since = max(booked, default=0)
    later = [(one, number) for one, number in named if one.sequence > since]
    comings = (
        one.time
        for one, number in later
        if one.type in COMINGS and session == (number or _newest_booked(entries, one.sequence))
    )
    came = min(comings, default=None)
    return [one for one, number in later if number == session or (came is not None and came <= one.time)]


def _newest_booked(entries: Sequence[Entry], sequence: int) -> int | None:
    """The last session that was booked before this entry: of whom a check-in is that names none."""
    numbers = [one.data["session"] for one in entries if one.type in BOOKINGS and one.sequence < sequence]
    return max((one for one in numbers if isinstance(one, int)), default=None)


def counted_from(visit: Iterable[Entry], given: Entry) -> datetime:
    """When a dose counts as given: no earlier than the check-in and the clearance that it was told after.

    The first check-in: another one of the same visit has no place in it.
    """
    began = (*islice(said(visit, "patient.checked_in"), 1), *said(visit, "session.cleared"))
    before = (one for one in began if one.sequence < given.sequence)
    return max((given.time, *(one.time for one in before)))


def open_escalations(entries: Iterable[Entry]) -> dict[tuple[str, str], Severity]:
    """The escalations that nobody has resolved, by kind and session, with their severity.

    Of a kind and session there is one at a time: another one tells that those before it are over, also where the news
    of that is still on its way.
    """
    newest: dict[tuple[str, str], int] = {}
    worst: dict[tuple[str, str], Severity] = {}
    resolved: set[tuple[str, str]] = set()
    for one in entries:
        if not one.type.startswith("kap.escalation."):
            continue
        _, kind, session, n = str(one.data["id"]).split("~")
        if int(n) < newest.get((kind, session), 0):
            continue
        newest[kind, session] = int(n)
        if "severity" in one.data:
            worst[kind, session] = Severity(str(one.data["severity"]))
        (resolved.add if one.type == "kap.escalation.resolved" else resolved.discard)((kind, session))
    return {named: severity for named, severity in worst.items() if named not in resolved}


def standing(entries: Iterable[Entry]) -> dict[str, Severity]:
    """The kinds of escalation that nobody has resolved, each with its worst severity; none about Kapstan itself."""
    worst: dict[str, Severity] = {}
    for (kind, _), severity in open_escalations(entries).items():
        if kind not in OUR_OWN:
            worst[kind] = max(severity, worst.get(kind, severity), key=lambda one: one.rank)
    return worst


def is_deviation_of(one: Entry, event_id: str | None, source: str | None) -> bool:
    return one.type == "kap.deviation.recorded" and (one.data["event_id"], one.data["source"]) == (event_id, source)


def deviates(entry: Entry, entries: Iterable[Entry]) -> bool:
    return any(is_deviation_of(one, entry.event_id, entry.source) for one in entries)


def said(entries: Iterable[Entry], *names: str) -> Iterator[Entry]:
    return (one for one in entries if one.type.removeprefix("kap.") in names)


def newest(entries: Iterable[Entry]) -> Entry:
    """The one that happened last; of two at one moment the one that was told last."""
    return max(entries, key=lambda one: (one.time, one.sequence))


def role_of(entry: Entry) -> Role | None:
    return entry.actor.role if entry.actor else None


def lifted_by(entry: Entry) -> set[str]:
    overrides = entry.data.get("overrides")
    assert isinstance(overrides, list)
    return {str(one["code"]) for one in overrides if isinstance(one, dict)}


def number_in(entry: Entry, field: str, missing: JsonValue = None) -> float:
    value = entry.data.get(field, missing)
    assert isinstance(value, int | float)
    return value


def listed_in(entry: Entry, field: str) -> list[str]:
    value = entry.data[field]
    assert isinstance(value, list)
    return [str(one) for one in value]
