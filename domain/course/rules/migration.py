"""Migration: a running course changes to another version of its protocol."""

from collections.abc import Iterator
from typing import Any

from domain.course.event_rule import ANY_PHASE, PRESCRIBER, EventRule
from domain.course.rules.endings import in_progress
from domain.course.rules.followup import complete_when_followed_up, go_on_when_integrated
from domain.course.state import CourseState
from domain.course.transition import Transition
from domain.events.clinic_events import ProtocolMigrated
from domain.protocol.pinned import PinnedProtocol
from domain.values import Blocker


def version_blockers(course: CourseState, event: ProtocolMigrated, offered: PinnedProtocol | None) -> Iterator[Blocker]:
    """The blockers of changing to that version; `offered` is the version in the clinic's folder, if there is one."""
    target = (offered.protocol.id, offered.protocol.version) if offered else None
    if target != (course.protocol.id, event.data.to_version):
        yield Blocker(
            code="protocol.version_unknown",
            message=f"There is no approved version {event.data.to_version} of protocol {course.protocol.id}",
            absolute=True,
            observed=event.data.to_version,
        )


def _migrate(transition: Transition[Any], event: ProtocolMigrated) -> None:
    # The course follows the new version already, so what that no longer requires is not waited for.
    go_on_when_integrated(transition, event.time)
    complete_when_followed_up(transition, event.time)


MIGRATED = EventRule(event=ProtocolMigrated, phases=ANY_PHASE, roles=PRESCRIBER, standing=in_progress, apply=_migrate)
RULES = (MIGRATED,)
