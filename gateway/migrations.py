"""Takes a fleet of courses over to another version of their protocol, or says what that would change."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

from domain.access import SentBy
from domain.events.clinic_events import ProtocolMigrated
from domain.protocol.model import Protocol
from domain.refusal import Refusal, RefusalCode, Refused
from domain.values import Actor, CourseId, Frozen, Role
from domain.views.migration import Foreseen, MigrationEffect, migration_effect
from gateway.courses import Courses
from gateway.workflow_calls import Defect, Ended

SOURCE: Final = "kapstan/protocol-migrate"


class Migrated(Frozen):
    """One course: what the new version changes in it, or changed; or why it was not accepted.

    With a `refusal` the `effect` is what it would be. `differs`: what it changed is not what had been foreseen a moment
    before, for something else happened meanwhile.
    """

    course_id: CourseId
    refusal: Refusal | None = None
    effect: MigrationEffect | None = None
    differs: bool = False


class Migration:
    """From one version of a protocol to another one, for every course that is under way under the first."""

    def __init__(self, courses: Courses, before: Protocol, after: Protocol) -> None:
        self._courses = courses
        self._before = before
        self._after = after

    async def foreseen(self) -> AsyncIterator[Migrated]:
        """What it would change in each course, one after another; nothing is recorded. Raises `Unavailable`."""
        async for course_id, told in self._each("nobody", "nobody"):
            yield told if isinstance(told, Migrated) else _as_foreseen(course_id, told[1])

    async def done(self, by: str, approved_by: str, sent_by: SentBy) -> AsyncIterator[Migrated]:
        """Takes each course over, as decided by this prescriber. Raises `Unavailable`: it may be begun again then."""
        async for course_id, told in self._each(by, approved_by):
            if isinstance(told, Migrated):
                yield told
                continue
            event, foresight = told
            if foresight.refusal is not None or foresight.before is None:
                yield _as_foreseen(course_id, foresight)
                continue
            try:
                await self._courses.report(event, sent_by=sent_by)
                effect = migration_effect(foresight.before, await self._courses.view(course_id))
            except (Refused, Defect, Ended) as refused:
                yield _left(course_id, refused)
            else:
                yield Migrated(course_id=course_id, effect=effect, differs=effect != foresight.effect)

    async def _each(
        self, by: str, approved_by: str
    ) -> AsyncIterator[tuple[CourseId, Migrated | tuple[ProtocolMigrated, Foreseen]]]:
        for course_id in await self._courses.open_under(self._before.id):
            event = self._event(course_id, by, approved_by)
            try:
                foresight = await self._courses.foresee(event)
            except (Refused, Defect, Ended) as silent:
                yield course_id, _left(course_id, silent)
                continue
            if foresight.version == self._before.version:
                yield course_id, (event, foresight)

    def _event(self, course_id: CourseId, by: str, approved_by: str) -> ProtocolMigrated:
        return ProtocolMigrated(
            id=uuid4().hex,
            source=SOURCE,
            subject=course_id,
            time=datetime.now(UTC),
            data=ProtocolMigrated.Data(
                actor=Actor(id=by, role=Role.PRESCRIBER),
                to_version=self._after.version,
                approved_by=approved_by,
            ),
        )


def _as_foreseen(course_id: CourseId, foresight: Foreseen) -> Migrated:
    return Migrated(course_id=course_id, refusal=foresight.refusal, effect=foresight.effect)


def _left(course_id: CourseId, why: Refused | Defect | Ended) -> Migrated:
    """A course that did not answer, or refused only then, keeps none of the others from going over."""
    refusal = why.refusal if isinstance(why, Refused) else Refusal(code=RefusalCode.INTERNAL, message=str(why))
    return Migrated(course_id=course_id, refusal=refusal)
