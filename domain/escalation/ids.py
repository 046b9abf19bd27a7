"""Ids of escalations, and workflow ids of courses and escalations: making and parsing them."""

import re
from typing import Annotated, Final, NamedTuple

from pydantic import StringConstraints

from domain.values import CourseId

EscalationId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}~[a-z0-9_]+~\d+~\d+$")]
"""URL-safe: `<course_id>~<kind>~<session, 0 where none>~<n>`, such as `EX-1~vitals_overdue~2~1`."""

RECORD: Final[CourseId] = "kapstan.record"
"""What stands in the place of a course in an escalation about the record itself."""

COURSE: Final = "course/"
ESCALATION: Final = "escalation/"
_NUMBER: Final = "0|[1-9][0-9]*"
"""Spelled in one way only: `02` would be a second name of the same escalation."""
_PARTS: Final = re.compile(rf"(?P<course_id>[^~]+)~(?P<kind>[^~]+)~(?P<session>{_NUMBER})~(?P<n>{_NUMBER})")


class EscalationKey(NamedTuple):
    """The parts of an escalation's id: the `n`th, from 1, of its course, kind and session (None for no session)."""

    course_id: CourseId
    kind: str
    session: int | None
    n: int

    @classmethod
    def parse(cls, escalation: str) -> "EscalationKey":
        """Parses an escalation id. Raises ValueError if it is malformed."""
        if not (found := _PARTS.fullmatch(escalation)):
            raise ValueError(f"{escalation!r} is not an escalation's id, such as EX-1~vitals_overdue~2~1")
        return cls(found["course_id"], found["kind"], int(found["session"]) or None, int(found["n"]))

    @property
    def id(self) -> EscalationId:
        """`<course_id>~<kind>~<session>~<n>`."""
        return "~".join(self._words)

    @property
    def workflow_id(self) -> str:
        """`escalation/<course_id>/<kind>/<session>/<n>`."""
        return ESCALATION + "/".join(self._words)

    @property
    def _words(self) -> tuple[str, ...]:
        return (self.course_id, self.kind, str(self.session or 0), str(self.n))


def escalation_of(workflow_id: str) -> EscalationId:
    """The id of the escalation whose workflow has this id."""
    return workflow_id.removeprefix(ESCALATION).replace("/", "~")


def course_workflow_id(course_id: CourseId) -> str:
    """The id of the course's only workflow; it is never used again."""
    return f"{COURSE}{course_id}"


def escalation_id(course_id: CourseId, kind: str, session: int | None, n: int) -> EscalationId:
    """The id of the `n`th escalation, from 1, of its course, kind and session."""
    return EscalationKey(course_id, kind, session, n).id


def escalation_workflow_id(escalation: EscalationId) -> str:
    """The id of the escalation's workflow. Raises ValueError if the escalation id is malformed."""
    return EscalationKey.parse(escalation).workflow_id
