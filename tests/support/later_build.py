"""A later build of Kapstan, made up: at a check-in it also writes down that a room is taken. Run, it is a worker."""

import sys
from dataclasses import replace
from typing import Any, Final

from domain.course.event_rule_registry import EVENT_RULES
from domain.course.rules.arrival import CHECKED_IN
from domain.course.session import MedicineSession
from domain.course.transition import Transition
from domain.events.clinic_events import PatientCheckedIn
from domain.ledger import Note

ROOM_TAKEN: Final = "kap.room.taken"


def also_notes_the_room(transition: Transition[Any], session: MedicineSession, event: PatientCheckedIn) -> None:
    """What this build's check-in does, and one entry more."""
    CHECKED_IN.apply(transition, session, event)
    transition.write(Note(time=event.time, type=ROOM_TAKEN, data={}))


LATER_ARRIVAL: Final = replace(CHECKED_IN, apply=also_notes_the_room)

if __name__ == "__main__":
    import worker
    from gateway.temporal import leave

    EVENT_RULES[CHECKED_IN.event] = LATER_ARRIVAL
    sys.argv = ["worker"]
    leave(worker.main())
