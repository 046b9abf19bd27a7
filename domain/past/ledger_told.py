"""The course that comes of a ledger alone: each entry is taken in again by the rules, and must come out as it is."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from domain.course.course import Course, Decision
from domain.course.rules.deviations import RECORDED
from domain.course.transition import RepeatEscalation
from domain.escalation.messages import Change, Kind, Notice, Repeat
from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent, ProtocolMigrated
from domain.events.parsing import CORRECTION
from domain.ledger import Entry, canonical
from domain.moments import moment, rfc_3339
from domain.protocol.pinned import PinnedProtocol
from domain.refusal import Refused
from domain.values import Severity

_PASSED: Final = frozenset({"kap.checkpoint.missed", "kap.deadline.passed"})
_ANEW: Final = frozenset({"kap.escalation.opened", "kap.escalation.raised"})

Versions = Mapping[str, PinnedProtocol]
"""The protocol versions that a course may have changed to, by their version."""


class ToldOtherwise(Exception):  # noqa: N818  an auditor reads it
    """By the rules another entry than `sequence` would stand there: nothing can be said of what comes after it."""

    def __init__(self, sequence: int, why: str) -> None:
        super().__init__(f"Entry {sequence} of the ledger cannot be told again: {why}")
        self.sequence = sequence


def told(begun: Course, entries: Sequence[Entry], versions: Versions) -> Course:
    """The course after these entries, the next ones of its ledger, in order.

    Raises `ToldOtherwise` where the rules come to something else: it was written by other rules, under another version
    of the protocol, or by hand.
    """
    course, place = begun, 0
    while place < len(entries):
        decision = _taken_in(course, entries[place], versions)
        written = entries[place : place + len(decision.entries)]
        if not written:
            raise ToldOtherwise(entries[place].sequence, "by the rules nothing would be written here")
        for one, again in zip(written, decision.entries, strict=False):
            if not _says_the_same(one, again):
                raise ToldOtherwise(one.sequence, f"by the rules it would be another {again.type}")
        course, place = decision.course, place + len(decision.entries)
        if course.sequence == written[-1].sequence:
            course = course.but(ledger_head=written[-1].hash)
    return course


def event_of(entry: Entry, zone: tzinfo = UTC) -> ClinicEvent:
    """The clinic event of an entry that has an `event_id`. Raises `ValueError` for what is none.

    In which offset its time was told the ledger does not keep: it is told in that of the zone.
    """
    if entry.actor is None:
        raise ValueError("there must be an actor")
    said = dict(entry.data)
    corrects = said.pop("corrects", None) if entry.type != CORRECTION else None
    if isinstance(corrects, dict) and corrects.get("source") == entry.source:
        corrects = corrects["id"]  # as it was said
    written = {
        **({} if corrects is None else {"corrects": corrects}),
        "type": entry.type,
        "source": entry.source,
        "id": entry.event_id,
        "subject": entry.course_id,
        "time": rfc_3339(entry.time, zone),
        "data": {**said, "actor": entry.actor.model_dump(mode="json")},
    }
    return CLINIC_EVENT.validate_json(json.dumps(written))


def _says_the_same(written: Entry, again: Entry) -> bool:
    """Whether two entries say the same, whatever offset their moments are written in."""
    return written.hash == again.hash or _said(written) == _said(again)


def _said(entry: Entry) -> tuple[object, ...]:
    data: JsonValue = entry.data
    if entry.type == RECORDED:
        # Sentences name moments and days too: what speaks against a fact is told by its codes.
        data = {**entry.data, "deviations": [one.get("code") for one in _objects(entry.data.get("deviations"))]}
    named = (entry.sequence, entry.recorded_at, entry.time, entry.type, entry.event_id, entry.source, entry.actor)
    return (*named, entry.late, canonical(_in_utc(data)))


def _objects(value: JsonValue) -> list[dict[str, JsonValue]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _in_utc(value: JsonValue) -> JsonValue:
    match value:
        case str():
            with suppress(ValueError):
                return moment(value).astimezone(UTC).isoformat()
            return value
        case dict():
            return {key: _in_utc(item) for key, item in value.items()}
        case list():
            return [_in_utc(item) for item in value]
        case _:
            return value


def _taken_in(course: Course, entry: Entry, versions: Versions) -> Decision:
    """The decision of which this entry is the first one."""
    try:
        if entry.event_id is not None:
            return _event_taken_in(course, entry, versions)
        return _moved(course, entry)
    except (ValueError, LookupError, Refused):
        raise ToldOtherwise(entry.sequence, "it is nothing that a course writes") from None


def _event_taken_in(course: Course, entry: Entry, versions: Versions) -> Decision:
    event = event_of(entry, ZoneInfo(course.timezone))
    offered = None
    if isinstance(event, ProtocolMigrated) and (offered := versions.get(event.data.to_version)) is None:
        raise ToldOtherwise(entry.sequence, f"the folder of protocols must have version {event.data.to_version}")
    return course.accepted(event, entry.recorded_at, offered, entry.request_id, entry.sent_by)


def _moved(course: Course, entry: Entry) -> Decision:
    """What Kapstan itself wrote, besides what follows from an event."""
    now, kind = entry.recorded_at, entry.data.get("kind")
    if entry.type in _PASSED:
        return course.pass_deadlines(now)
    if kind == Kind.RECORD_STORE_BEHIND:
        return course.record_is_behind(now)
    if kind == Kind.COURSE_FILLING:
        return course.is_filling(now)
    if entry.type in _ANEW:
        return course.call_anew(_unheard(entry), now)
    return course.hear(_notice(entry), now)


def _unheard(entry: Entry) -> RepeatEscalation:
    """The repeat that found the escalation before this one resolved."""
    of_kind, _, number = str(entry.data["id"]).rpartition("~")
    repeat = Repeat(severity=Severity(str(entry.data["severity"])), at=entry.time)
    return RepeatEscalation(id=f"{of_kind}~{int(number) - 1}", repeat=repeat)


def _notice(entry: Entry) -> Notice:
    by, note = entry.data.get("by"), entry.data.get("note")
    return Notice(
        id=str(entry.data["id"]),
        change=Change(entry.type.removeprefix("kap.escalation.")),
        at=entry.time,
        by=None if by is None else str(by),
        note=None if note is None else str(note),
        sent_by=entry.sent_by,
    )
