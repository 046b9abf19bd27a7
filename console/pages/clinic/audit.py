"""The auditor's page: who read what, acts of administration, and sign-ins that failed; newest first; also as CSV."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Response

from console.errors.problems import ProblemCode, problem_error
from console.pages.floor.board import OrAny
from console.pages.frame.clock import Clock, WallClock
from console.pages.frame.csv_file import MOST_ROWS, csv_href, csv_list, in_zone
from console.pages.frame.days import Bound, DayOrTime, as_typed, begins, ends
from console.pages.frame.reads import ReadShown, reads_shown, sender_named
from console.pages.frame.rendering import floor_page
from console.pages.frame.viewer import Viewer, looking
from domain.access import Right, SentBy
from domain.values import CourseId, Frozen
from records.access import AdministrationAct, CourseRead, FailedSignIn, Span
from records.unreadable_rows import Found

PATH: Final = "/audit"
SHOWN: Final = 200
"""Most rows of each table: its CSV has all of them."""

Reader = Annotated[Viewer, Depends(looking(Right.READ_AUDIT))]

router = APIRouter(include_in_schema=False)


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


class AuditTable(StrEnum):
    """The tables of the page, each a file as well."""

    READS = "reads"
    ACTS = "acts"
    FAILURES = "failures"


COLUMNS: Final[Mapping[AuditTable, tuple[str, ...]]] = {
    AuditTable.READS: ("at", "course_id", "what", "name", "role", "token_id", "person", "request_id", "own_request_id"),
    AuditTable.ACTS: ("at", "what", "about", "token", "person", "account", "request_id"),
    AuditTable.FAILURES: ("at", "token_id", "address", "request_id"),
}


class AuditPage(Frozen):
    """The three tables, and the address of each as CSV. `sees_all`: not only the reads of one site's courses.

    `course` is the only one shown, `since` and `until` the times that are, both included. `unreadable` names the rows
    that cannot be read.
    """

    course: str | None
    since: str
    until: str
    csv: Mapping[AuditTable, str]
    sees_all: bool
    reads: tuple[ReadShown, ...]
    acts: tuple[ActShown, ...]
    failures: tuple[FailureShown, ...]
    unreadable: tuple[str, ...]

    @property
    def is_any(self) -> bool:
        """Whether any filter is in use."""
        return any((self.course, self.since, self.until))


@router.get(PATH)
async def audit(
    viewer: Reader, course: OrAny[CourseId] = None, since: DayOrTime = None, until: DayOrTime = None
) -> Response:
    """The newest of each, within these days. A token of one site is shown the reads of its courses alone."""
    access, clock, site = viewer.services.access, viewer.clock(), viewer.caller.site
    within = _within(viewer, since, until)
    reads = await access.reads(course, site=site, within=within, limit=SHOWN)
    acts = Found[AdministrationAct]()
    failures = Found[FailedSignIn]()
    if site is None:
        acts = await access.administration(within=within, limit=SHOWN)
        failures = await access.failed_sign_ins(within=within, limit=SHOWN)
    viewer.saw("audit", course)
    shown = AuditPage(
        course=course,
        since=as_typed(since, "T00:00"),
        until=as_typed(until, "T23:59"),
        csv={table: csv_href(viewer, f"{PATH}/{table}.csv") for table in AuditTable},
        sees_all=site is None,
        reads=reads_shown(reads, clock),
        acts=tuple(_act(one, clock) for one in acts),
        failures=tuple(_failure(one, clock) for one in failures),
        unreadable=tuple(one.name for one in (*reads.unreadable, *acts.unreadable, *failures.unreadable)),
    )
    return await floor_page(viewer, PATH, "audit.html", shown)


@router.get(PATH + "/{table}.csv")
async def as_csv(
    viewer: Reader, table: AuditTable, course: OrAny[CourseId] = None, since: DayOrTime = None, until: DayOrTime = None
) -> Response:
    """One table whole, within these days. Only its reads are shown to a token of one site."""
    access, site, most = viewer.services.access, viewer.caller.site, MOST_ROWS + 1
    if site is not None and table is not AuditTable.READS:
        raise problem_error(ProblemCode.FORBIDDEN, f"This token is bound to site {site}: it is shown reads alone")
    within = _within(viewer, since, until)
    found: Found[CourseRead] | Found[AdministrationAct] | Found[FailedSignIn]
    match table:
        case AuditTable.READS:
            found = await access.reads(course, site=site, within=within, limit=most)
        case AuditTable.ACTS:
            found = await access.administration(within=within, limit=most)
        case AuditTable.FAILURES:
            found = await access.failed_sign_ins(within=within, limit=most)
    viewer.saw("audit", course)
    zone = viewer.clock().zone
    rows = ({**in_zone(one, zone), **_sent_by(one)} for one in found)
    return csv_list(f"kapstan-audit-{table}", COLUMNS[table], rows, found.unreadable)


def _within(viewer: Viewer, since: Bound, until: Bound) -> Span:
    zone = viewer.clock().zone
    return Span(since=begins(since, zone), until=ends(until, zone))


def _sent_by(one: CourseRead | AdministrationAct | FailedSignIn) -> dict[str, object]:
    return dict(one.sent_by) if isinstance(one, AdministrationAct) else {}


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
    return sender_named(sent_by.token, sent_by.person)
