"""The fingerprint of a clinic event: the same content has the same one, however it was sent."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from pydantic import JsonValue

from domain.durations import iso_8601
from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent, Fact
from domain.last_answer import keeps_last_answer
from domain.ledger import canonical

ADDED: Final = frozenset(
    {"since_last_contact", "abstinent_days", "adequate_trials", "further_routes", "group", "set_aside"}
)
"""Fields of an event's data that an earlier release did not have.

Left out they are no part of the content: an event that was accepted before the field was there is answered as at first
when it is sent again.
"""


@keeps_last_answer
def content(event: ClinicEvent) -> bytes:
    """The event's content as canonical JSON: equal content gives equal bytes, however it was sent."""
    said = CLINIC_EVENT.dump_python(event, include={"type", "subject", "time", "data"})
    said["data"] = {name: value for name, value in said["data"].items() if value is not None or name not in ADDED}
    if isinstance(event, Fact) and event.corrects is not None:
        said["corrects"] = event.corrects_named()
    return canonical(_in_one_offset(said))


def fingerprint(event: ClinicEvent) -> str:
    """The hash of the event's content."""
    return hashlib.sha256(content(event)).hexdigest()


def _in_one_offset(value: object) -> JsonValue:
    """The same content as JSON, with every moment in UTC, and every length in its one spelling."""
    match value:
        case datetime():
            return value.astimezone(UTC).isoformat()
        case timedelta():
            return iso_8601(value)
        case Mapping():
            return {name: _in_one_offset(item) for name, item in value.items()}
        case tuple() | list():
            return [_in_one_offset(item) for item in value]
        case None | str() | int() | float():
            return value
        case _:
            raise TypeError(f"a {type(value).__name__} has no place in an event")
