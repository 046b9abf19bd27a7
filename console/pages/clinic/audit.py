"""The auditor's page: who read what, acts of administration, and sign-ins that failed; newest first."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.pages.floor.board import OrAny
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right, SentBy
from domain.values import CourseId, Frozen
from records.access import AdministrationAct, CourseRead, FailedSignIn
from records.unreadable_rows import Found

PATH: Final = "/audit"
SHOWN: Final = 200
"""Most rows of each table: `kapstan reads` lists more."""

router = APIRouter(include_in_schema=False)


class ReadShown(Frozen):
    """One read: when, of which course, what, and by whom."""

    at: Clock
    course_id: str | None
    what: str
    who: str
    role: str
    sender: str
    request: str


class ActShown(Frozen):
    """One act of administration: when, what, to what, and who sent it."""

    at: Clock
    what: str
    about: str
    sender: str
    request: str


class FailureShown(Frozen):
    """One sign-in that failed: when, by which token as it claimed, and from where."""

    at: Clock
    token: str
    address: str
    request: str


class AuditPage(Frozen):
    """The three tables. `sees_all`: not only the reads of one site's courses. `course` is the only one shown.

    `unreadable` names the rows that cannot be read.
    """

    course: str | None
    sees_all: bool
    reads: tuple[ReadShown, ...]
    acts: tuple[ActShown, ...]
    failures: tuple[FailureShown, ...]
    unreadable: tuple[str, ...]


@router.get(PATH)
async def audit(
    viewer: Annotated[Viewer, Depends(looking(Right.READ_AUDIT))], course: OrAny[CourseId] = None
) -> Response:
    """The newest of each. A token that is bound to a site is shown the reads of its courses alone."""
    access, clock, site = viewer.services.access, viewer.clock(), viewer.caller.site
    reads = await access.reads(course, site=site, limit=SHOWN)
    acts = await access.administration(SHOWN) if site is None else Found[AdministrationAct]()
    failures = await access.failed_sign_ins(SHOWN) if site is None else Found[FailedSignIn]()
    viewer.saw("audit", course)
    shown = AuditPage(
        course=course,
        sees_all=site is None,
        reads=tuple(_read(one, clock) for one in reads),
        acts=tuple(_act(one, clock) for one in acts),
        failures=tuple(_failure(one, clock) for one in failures),
        unreadable=tuple(one.name for one in (*reads.unreadable, *acts.unreadable, *failures.unreadable)),
    )
    return await floor_page(viewer, PATH, "audit.html", shown)


def _read(one: CourseRead, clock: WallClock) -> ReadShown:
    return ReadShown(
        at=clock.at(one.at),
        course_id=one.course_id,
        what=one.what,
        who=one.name,
        role=one.role,
        sender=_named(one.token_id, one.person),
        request=one.own_request_id or one.request_id,
    )


def _act(one: AdministrationAct, clock: WallClock) -> ActShown:
    return ActShown(
        at=clock.at(one.at),
        what=one.what,
        about=one.about,
        sender=_sender(one.sent_by),
        request=one.sent_by.request_id,
    )


def _failure(one: FailedSignIn, clock: WallClock) -> FailureShown:
    return FailureShown(
        at=clock.at(one.at),
        token=one.token_id or "none",
        address=one.address or "unknown",
        request=one.request_id,
    )


def _sender(sent_by: SentBy) -> str:
    if sent_by.account is not None:
        return f"the account {sent_by.account} on Kapstan's machine"
    return _named(sent_by.token, sent_by.person)


def _named(token: str | None, person: str | None) -> str:
    """`token a1b2c3d4, lind`, as far as it is known."""
    return ", ".join(part for part in (f"token {token}" if token else None, person) if part) or "–"
