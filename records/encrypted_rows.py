"""Rows with encrypted content: how they are written, and opened again when they are read.

Encrypted, with the key of their course: `data` of the ledger, with the entry's own hash; a course's `hold_reason`,
`to_do`, `blocked_by` and `ledger_head`; its scores; `room` and `staff` of its bookings; what is kept of it once its
workflow has ended, with the head of its ledger; an escalation's `note`; the watchdog's account of an alarm. All else
stays clear: docs/operations.md says why.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from asyncpg.pool import PoolConnectionProxy
from pydantic import JsonValue

from domain.course.ended_course import EndedCourse
from domain.escalation.ids import EscalationKey
from domain.escalation.messages import EscalationView
from domain.escalation.watchdog_alarm import WatchdogAlarm
from domain.ledger import Entry, digest
from domain.values import CourseId
from domain.views.bookings import Booking
from domain.views.figures import MeasureFigures
from domain.views.summary import CourseSummary
from records import projection
from records.errors import CourseErased, RecordLocked
from records.sealing import SEALED_TEXT, CourseSeal, Keyring, is_sealed_text, keep_clear, open_clear
from records.statements import statement
from records.unreadable_rows import LockedRow, Row

SEALED: Final = "sealed"
"""The member of an entry's `data`, a booking's `staff` or an alarm's account that holds it encrypted, in base64."""

_LOCKED_WHOLE: Final = frozenset({"data", "incident", "kept_head", SEALED})
"""Columns without which a row says nothing: of a course that was erased it is locked, and not shown without them."""

FORGED: Final = "is_forged"
"""The column that says that a row stands in clear where it could only have been written encrypted."""

KEY_IS_GONE: Final = "it is encrypted, and the key of its course is gone from the record"

_LEFT_CLEAR: Final[Mapping[str, tuple[str, ...]]] = {"kap.escalation.opened": ("id", "severity")}
"""What of an entry's data stays clear: the watchdog looks there for escalations that were never recorded."""

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
    "hold_reason": ("courses", "course_id"),
    "to_do": ("courses", "course_id"),
    "ledger_head": ("courses", "course_id"),
    "kept_head": ("ended_courses", "course_id"),
    "content": ("ended_courses", "course_id"),
    "room": ("bookings", "id"),
    "note": ("escalations", "id"),
}
"""The text columns that hold encrypted content, each with its table and the column that names the row."""


async def seal_to_write(connection: PoolConnectionProxy, keyring: Keyring, course_id: CourseId) -> CourseSeal | None:
    """The seal of a course that is written to; None for one that stays in clear.

    A course that has a key keeps it, whatever the setting is now, unless somebody planted it. Raises `RecordLocked`, or
    `CourseErased`.
    """
    row = await _key_row(connection, course_id)
    if row is None or await _is_planted(connection, keyring, row):
        if not keyring.encrypts:
            return None
        newest = await connection.fetchrow(statement("newest_entry"), course_id)
        if newest is not None and is_sealed(newest["data"]):
            raise RecordLocked(KEY_IS_GONE)
        await connection.execute(statement("add_course_key"), course_id, *keyring.new_key(course_id))
        row = await _key_row(connection, course_id)
    return _seal(keyring, row)


async def _is_planted(connection: PoolConnectionProxy, keyring: Keyring, row: Row) -> bool:
    """Whether nobody of the clinic made this key, and nothing of the course stands under it: it is taken away then.

    Whoever has a run-time role may add one, for a course to come or one in clear, that nobody can open.
    """
    if row["erased_at"] is not None or keyring.opens(dict(row)):
        return False
    is_refuted = keyring.has(row["key_id"])
    planted = statement("forget_planted_key"), row["course_id"], row["wrapped"], is_refuted
    return bool(await connection.fetchval(*planted))


async def _key_row(connection: PoolConnectionProxy, course_id: CourseId) -> Row | None:
    return await connection.fetchrow(statement("course_keys"), [course_id])


def _seal(keyring: Keyring, row: Row | None) -> CourseSeal:
    if row is None:
        raise RecordLocked(KEY_IS_GONE)
    if row["erased_at"] is not None:
        raise CourseErased(row["course_id"], row["erased_at"], (row["ended_with"], row["ended_hash"]))
    return keyring.seal(dict(row))


def sealed_entry(entry: Entry, previous_hash: str, seal: CourseSeal) -> Entry:
    """The entry as it is stored: its data encrypted, with the hashes of its content, in a chain over what is stored.

    So that chain is verified without a key, and tells nothing of the content. `previous_hash` is the stored one.
    """
    content: JsonValue = {"data": entry.data, "hash": entry.hash, "previous_hash": entry.previous_hash}
    clear = {name: entry.data[name] for name in _LEFT_CLEAR.get(entry.type, ()) if name in entry.data}
    sealed = seal.seal(("ledger", entry.sequence, "data"), content)
    stored = entry.but(data={**clear, SEALED: sealed}, previous_hash=previous_hash, hash="")
    return stored.but(hash=digest(stored))


def course_as_stored(summary: CourseSummary, seal: CourseSeal | None) -> CourseSummary:
    """The summary as its row holds it."""
    row = summary.course_id
    return summary.but(
        hold_reason=_kept(seal, ("courses", row, "hold_reason"), summary.hold_reason),
        to_do=_kept(seal, ("courses", row, "to_do"), summary.to_do),
        ledger_head=_kept(seal, ("courses", row, "ledger_head"), summary.ledger_head),
        blocked_by=(
            (SEALED_TEXT + seal.seal(("courses", row, "blocked_by"), list(summary.blocked_by)),)
            if seal and summary.blocked_by
            else summary.blocked_by
        ),
    )


def ended_course_as_stored(ended: EndedCourse, seal: CourseSeal | None) -> EndedCourse:
    """What is kept of a course whose workflow ends, as its row holds it."""
    row = ended.head.course_id
    return ended.but(
        head=ended.head.but(hash=_kept(seal, ("ended_courses", row, "kept_head"), ended.head.hash)),
        content=_kept(seal, ("ended_courses", row, "content"), ended.content),
    )


def booking_as_stored(booking: Booking, seal: CourseSeal | None) -> tuple[object, ...]:
    """The values of `project_booking.sql`, in its order."""
    stored = booking.but(room=_kept(seal, ("bookings", booking.id, "room"), booking.room))
    staff: JsonValue = [one.model_dump(mode="json") for one in booking.staff]
    if seal and staff:
        staff = {SEALED: seal.seal(("bookings", booking.id, "staff"), staff)}
    return projection.booking_row(stored, staff)


def escalation_as_stored(view: EscalationView, seal: CourseSeal | None) -> EscalationView:
    """The escalation as its row holds it."""
    return view.but(note=_kept(seal, ("escalations", view.id, "note"), view.note))


def measure_as_stored(course_id: CourseId, measure: MeasureFigures, seal: CourseSeal | None) -> tuple[object, ...]:
    """The values of `project_measure.sql`, in its order."""
    if seal is None:
        scores = (measure.baseline, measure.latest, measure.is_response, measure.is_remission)
        return (course_id, measure.instrument, *scores, None)
    content = measure.model_dump(mode="json", exclude={"instrument"})
    sealed = seal.seal(("course_measures", measure.instrument, SEALED), content)
    return (course_id, measure.instrument, None, None, None, None, sealed)


def alarm_as_stored(alarm: WatchdogAlarm, seal: CourseSeal | None) -> JsonValue:
    """The watchdog's account of an alarm as its row holds it."""
    content: JsonValue = alarm.model_dump(mode="json")
    if seal is None:
        return content
    course_id = alarm.escalation.view.course_id
    return {"course_id": course_id, SEALED: seal.seal(("watch_incidents", alarm.id, "incident"), content)}


def _kept(seal: CourseSeal | None, place: Sequence[object], text: str | None) -> str | None:
    return seal.seal_text(place, text) if seal else keep_clear(text)


async def opened(connection: PoolConnectionProxy, keyring: Keyring, rows: Sequence[Row]) -> Sequence[Row]:
    """The rows with what is encrypted in them opened.

    One that cannot be becomes a `LockedRow`. Of a course that was erased the lists show what stays clear, and its
    ledger and alarms are locked. Rows in clear are as they were, and cost no query.
    """
    if not (courses := sorted({course for row in rows if (course := _sealed_for(row) or _alarmed(row)) is not None})):
        return [_refused_or_in_clear(row) for row in rows]
    keys = {row["course_id"]: row for row in await connection.fetch(statement("course_keys"), courses)}
    return [_opened(keyring, keys, row) for row in rows]


def unlocked(rows: Sequence[Row]) -> Sequence[Row]:
    """The same rows. Raises `RecordLocked` or `CourseErased` if one of them is locked."""
    for row in rows:
        if isinstance(row, LockedRow):
            raise row.why
    return rows


def is_erased(row: Row) -> bool:
    """Whether this row's content is locked since its course was erased."""
    return isinstance(row, LockedRow) and isinstance(row.why, CourseErased)


def _opened(keyring: Keyring, keys: Mapping[str, Row], row: Row) -> Row:
    course_id = None if row.get(FORGED) else _sealed_for(row)
    if course_id is None:
        return _refused_or_in_clear(_as_raised(keyring, keys, row))
    try:
        return _opened_by(_seal(keyring, keys.get(course_id)), row)
    except CourseErased as erased:
        return LockedRow(row, erased) if _LOCKED_WHOLE & set(row.keys()) else _blank(row)
    except RecordLocked as locked:
        return LockedRow(row, locked)


def _sealed_for(row: Row) -> str | None:
    """The course that this row's encrypted content belongs to; None for a row in clear."""
    match row.get("incident"):
        case {"course_id": str(course_id), "sealed": str()}:
            return course_id
    holds_any = (
        any(is_sealed_text(row.get(name)) for name in _TEXTS)
        or any(map(is_sealed_text, row.get("blocked_by") or ()))
        or is_sealed(row.get("data"))
        or is_sealed(row.get("staff"))
        or any(map(is_sealed, row.get("measures") or ()))
        or isinstance(row.get(SEALED), str)
    )
    return str(row["course_id"]) if holds_any else None


def _alarmed(row: Row) -> str | None:
    """The course of the alarm in this row; None for any other row."""
    if "incident" not in row:
        return None
    try:
        return EscalationKey.parse(str(row["escalation_id"])).course_id
    except ValueError:
        return None


def _as_raised(keyring: Keyring, keys: Mapping[str, Row], row: Row) -> Row:
    """The alarm of an encrypted course that stands in clear, as it was raised, where it says that somebody answered it.

    A watch without the course's key writes in clear, and so does whoever else has a run-time role. Here, where the key
    is at hand, an answer is written with it: what is in clear may call people, and keeps nobody from being called.
    """
    course_id = _alarmed(row)
    key = keys.get(course_id) if course_id is not None else None
    if key is None or key["erased_at"] is not None or not keyring.opens(dict(key)):
        return row
    try:
        alarm = WatchdogAlarm.model_validate(row["incident"])
    except ValueError:
        return row  # whoever reads it says so
    return {**row, "incident": alarm.unanswered.model_dump(mode="json")} if alarm.is_answered else row


def is_sealed(held: object) -> bool:
    """Whether an entry's data, a booking's staff, an alarm's account or an instrument's row is encrypted."""
    return isinstance(held, Mapping) and isinstance(held.get(SEALED), str)


def _opened_by(seal: CourseSeal, row: Row) -> Row:
    found = dict(row)
    if is_sealed(found.get("data")):
        content = seal.open(("ledger", row["sequence"], "data"), row["data"][SEALED])
        found |= {name: content[name] for name in ("data", "hash", "previous_hash")}
    if is_sealed(found.get("incident")):
        found["incident"] = seal.open(("watch_incidents", row["escalation_id"], "incident"), row["incident"][SEALED])
    if is_sealed(found.get("staff")):
        found["staff"] = seal.open(("bookings", row["id"], "staff"), row["staff"][SEALED])
    if "measures" in found:
        found["measures"] = [_measure(seal, one) for one in row["measures"]]
    if isinstance(found.get(SEALED), str):
        found = _measure(seal, found)
    return found | _opened_texts(seal, row)


def _measure(seal: CourseSeal, measure: Mapping[str, Any]) -> dict[str, Any]:
    """An instrument's row with its scores."""
    found = dict(measure)
    sealed = found.pop(SEALED, None)
    if isinstance(sealed, str):
        found |= seal.open(("course_measures", measure["instrument"], SEALED), sealed)
    return found


def _opened_texts(seal: CourseSeal, row: Row) -> dict[str, Any]:
    texts = {
        name: seal.open_text((table, row[key], name), row[name]) for name, (table, key) in _TEXTS.items() if name in row
    }
    match row.get("blocked_by"):
        case [str(held)] if is_sealed_text(held):
            blocked = seal.open(("courses", row["course_id"], "blocked_by"), held.removeprefix(SEALED_TEXT))
            return {**texts, "blocked_by": blocked}
    return texts


def _refused_or_in_clear(row: Row) -> Row:
    """Refuses one that somebody wrote in clear under an encrypted course: whoever can do that has no key."""
    if row.get(FORGED):
        return LockedRow(row, RecordLocked("it is in clear, and its ledger is encrypted: Kapstan did not write it"))
    return _in_clear(row)


def _in_clear(row: Row) -> Row:
    """A row that holds nothing encrypted."""
    found: dict[str, Any] = {}
    for name in _TEXTS:
        if name in row and isinstance(row[name], str) and (text := open_clear(row[name])) != row[name]:
            found[name] = text
    if isinstance(row.get("measures"), list):
        found["measures"] = [_without_sealed(one) for one in row["measures"]]
    return {**row, **found} if found else row


def _without_sealed(measure: object) -> object:
    if not isinstance(measure, Mapping):
        return measure
    return {name: value for name, value in measure.items() if name != SEALED}


def _blank(row: Row) -> Row:
    """The row of a course that was erased: what stays clear of it."""
    found: dict[str, Any] = {name: None for name, value in row.items() if name in _TEXTS and is_sealed_text(value)}
    if "ledger_head" in found:
        found["ledger_head"] = ""
    if any(map(is_sealed_text, row.get("blocked_by") or ())):
        found["blocked_by"] = []
    if is_sealed(row.get("staff")):
        found["staff"] = []
    if "measures" in row:
        found["measures"] = [_without_sealed(one) for one in row["measures"] if not is_sealed(one)]
    return {**row, **found}
