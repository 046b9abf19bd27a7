"""Notes on an escalation: what people added to it, and the form by which somebody adds theirs, resolved or not."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Final
from uuid import uuid4

from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.viewer import Viewer
from console.pages.recording.record import SOURCE
from domain.escalation.ids import EscalationId, EscalationKey
from domain.escalation.messages import EscalationView
from domain.events.clinic_events import MODELS, NoteAdded
from domain.ledger import Entry
from domain.refusal import FieldError, invalid
from domain.values import Actor, Attribute, Frozen, PersonId, Text
from domain.views.corrected_entries import as_corrected
from records.errors import RecordStoreError

TYPE: Final = next(name for name, model in MODELS.items() if model is NoteAdded)


class NoteShown(Frozen):
    """One note: what it says, who added it, and when."""

    note: str
    by: str
    at: Clock


class NoteForm(Frozen):
    """A note as it is sent. `id` names it, so that however often it is sent, it is added once."""

    id: Attribute
    by: PersonId
    note: Text


def new_id() -> str:
    """The id of a note that nobody has written yet."""
    return str(uuid4())


async def notes(viewer: Viewer, view: EscalationView, clock: WallClock) -> tuple[NoteShown, ...]:
    """The notes on this escalation as they read today, oldest first; none while the record store is away."""
    with suppress(RecordStoreError):
        entries = await viewer.services.store.entries(view.course_id)
        return tuple(
            NoteShown(
                note=str(one.data["note"]),
                by=viewer.name_of(one.actor.id) if one.actor else "",
                at=clock.at(one.time),
            )
            for one in _in_force(entries)
            if one.data.get("escalation") == view.id
        )
    return ()


async def is_added(viewer: Viewer, escalation: EscalationId, note_id: str) -> bool:
    """Whether the record has the note. Raises `RecordStoreError`."""
    entries = await viewer.services.store.entries(EscalationKey.parse(escalation).course_id)
    return any((one.source, one.event_id) == (SOURCE, note_id) for one in entries)


def note_of(viewer: Viewer, escalation: EscalationId, said: NoteForm) -> NoteAdded:
    """The note as a clinic event. Raises `Refused` for somebody whom the on-call file does not know."""
    person = viewer.services.on_call.now().people.get(said.by)
    if person is None:
        raise invalid(FieldError(pointer="/by", detail="must be somebody of the on-call file"))
    data = NoteAdded.Data(actor=Actor(id=said.by, role=person.role), note=said.note, escalation=escalation)
    course_id = EscalationKey.parse(escalation).course_id
    return NoteAdded(id=said.id, source=SOURCE, subject=course_id, time=viewer.now, data=data)


def _in_force(entries: list[Entry]) -> Iterator[Entry]:
    corrected = as_corrected(entries)
    for entry in entries:
        now = corrected.get(entry.sequence, entry)
        if entry.type == TYPE and now is not None and "note" in now.data:
            yield now
