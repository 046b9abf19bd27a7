"""Temporal and the record side by side: what somebody did to either by hand is named, and lists are made anew."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import cast

import asyncpg
import pytest

from domain.access import SentBy
from domain.course.transition import OpenEscalation
from domain.escalation.escalation import opened
from domain.escalation.ids import RECORD, EscalationId, escalation_id
from domain.escalation.messages import Acknowledge, EscalationView, Kind, Opening, Resolve
from domain.escalation.watchdog_alarm import raised
from domain.refusal import RefusalCode, Refused
from domain.values import CourseId, Severity
from domain.verification import VerificationReport
from domain.views.course import batch_of
from domain.views.summary import Batch
from gateway import rebuilding, verification
from gateway.courses import Courses, HeldHead
from gateway.escalations import Escalations
from gateway.list_verification import ListVerification
from gateway.rebuilding import Rebuilding
from gateway.verification import Verification, Verified
from records.access import AccessStore, AdministrationAct
from records.audit_chains import AuditChains, AuditVerdict
from records.connections import Connections, open_connections
from records.gauges import gauges
from records.store import EscalationFilter, RecordStore
from records.watchdog import WatchdogStore
from tests.support.cast import vitals
from tests.support.clinic import ON_CALL
from tests.support.record_samples import MONDAY, batch, ledger, readings
from tests.support.ward import Ward

pytestmark = [pytest.mark.xdist_group("postgres"), pytest.mark.usefixtures("at_once")]


class Temporal:
    """What its workflows would say: three courses on paper, the first with an emergency that nobody has answered."""

    def __init__(self) -> None:
        low = Ward("MARA-1").dosed()
        low.reports(vitals("MARA-1", 1, at=low.now, spo2=84))
        self.wards = {
            ward.course.course_id: ward for ward in (low, Ward("NILS-7").planned(), Ward("OLGA-2").screened())
        }
        calls = [call for call in low.calls if isinstance(call, OpenEscalation)]
        self.alarms = {call.opening.id: opened(call.opening, call.opening.opened_at).view for call in calls}
        (self.alarm,) = (one for one in self.alarms if "vitals_emergency" in one)

    async def ids(self) -> list[CourseId]:
        return list(self.wards)

    async def held_head(self, course: CourseId) -> HeldHead:
        return HeldHead(head=self._ward(course).course.head)

    async def is_in_temporal(self, course: CourseId) -> bool:
        return course in self.wards

    async def as_listed(self, course: CourseId, at: datetime) -> Batch:
        return batch_of(self._ward(course).course, (), at)

    async def view(self, escalation: EscalationId) -> EscalationView:
        if escalation not in self.alarms:
            raise Refused.because(RefusalCode.UNKNOWN_ESCALATION, f"There is no escalation {escalation}")
        return self.alarms[escalation]

    def _ward(self, course: CourseId) -> Ward:
        if course not in self.wards:
            raise Refused.because(RefusalCode.UNKNOWN_COURSE, f"There is no course {course}")
        return self.wards[course]


class Clinic:
    """Temporal, and a record of all that it knows."""

    def __init__(self, connections: Connections, temporal: Temporal) -> None:
        self.connections = connections
        self.store = store = RecordStore(connections)
        self.audit = AuditChains(connections)
        self.temporal = temporal
        self.courses = cast("Courses", temporal)
        self.lists = (store, WatchdogStore(connections), self.courses, cast("Escalations", temporal))

    async def records(self) -> None:
        for ward in self.temporal.wards.values():
            at = ward.entries[-1].recorded_at
            await self.store.append(batch_of(ward.course, tuple(ward.entries), at))
        for alarm in self.temporal.alarms.values():
            await self.store.record_escalation(alarm)

    async def report(self, before: VerificationReport | None = None) -> VerificationReport:
        lists = ListVerification(*self.lists)
        return await Verification(self.store, self.courses, lists, self.audit, before).report()

    async def wrong(self, course: CourseId | None = None) -> list[str]:
        """What verification finds wrong, in words."""
        said = []
        lists = ListVerification(*self.lists)
        async for found in Verification(self.store, self.courses, lists, self.audit).run(course):
            match found:
                case Verified(verdict=verdict) if verdict.fault is not None:
                    said.append(f"{found.course_id}: row {verdict.fault.sequence}: {verdict.fault.reason}")
                case Verified(unanswered=why) if why is not None:
                    said.append(f"{found.course_id}: {why}")
                case Verified() | AuditVerdict(is_whole=True):
                    pass
                case _:
                    said.append(": ".join(str(part) for _, part in found))
        return said

    async def rebuilds(self) -> list[str]:
        """The courses that could not be made anew, and those that were taken off."""
        return [one.course_id async for one in Rebuilding(*self.lists).run() if one.left or one.is_taken_off]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes meanwhile, so nothing is waited for."""
    monkeypatch.setattr(verification, "CATCH_UP_WITHIN", timedelta())
    monkeypatch.setattr(rebuilding, "CATCH_UP_WITHIN", verification.LOOK_AGAIN_AFTER)


@pytest.fixture
async def clinic(database_url: str) -> AsyncIterator[Clinic]:
    async with open_connections(database_url) as connections:
        clinic = Clinic(connections, Temporal())
        await clinic.records()
        yield clinic


async def test_what_nobody_touched_is_whole(clinic: Clinic) -> None:
    """Every course and its lists, and one of them alone."""
    assert await clinic.wrong() == []
    assert await clinic.wrong("MARA-1") == []
    with pytest.raises(Refused, match="There is no course ANNA-9"):
        await clinic.wrong("ANNA-9")


async def test_a_report_says_what_is_new_and_where_the_audit_ended(
    clinic: Clinic, superuser: asyncpg.Connection
) -> None:
    """What was found the time before is no news; a chain that is broken is remembered as it was when it was whole."""
    whole = await clinic.report()
    await superuser.execute("UPDATE courses SET phase = 'closed' WHERE course_id = 'NILS-7'")
    broken = await clinic.report(whole)
    again = await clinic.report(broken)
    await superuser.execute("UPDATE audit_heads SET sequence = 9 WHERE chain = 'administration'")
    worse = await clinic.report(again)

    assert (whole.courses, whole.differing, whole.is_news, len(whole.heads)) == (3, 0, False, 4)
    assert (broken.found, broken.is_news) == (("courses NILS-7",), True)
    assert (again.found, again.is_news) == (broken.found, False)
    assert (worse.differing, worse.is_news, set(worse.heads)) == (2, True, set(whole.heads))
    assert (await gauges(clinic.connections)).differing == 2


async def test_more_than_a_report_names_is_news_too(
    clinic: Clinic, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever hides a row behind a crowd of others is found out by their number."""
    monkeypatch.setattr(verification, "MOST_NAMED", 1)
    await superuser.execute("UPDATE courses SET phase = 'closed' WHERE course_id = 'MARA-1'")
    before = await clinic.report(await clinic.report())
    await superuser.execute("UPDATE courses SET phase = 'closed' WHERE course_id = 'NILS-7'")
    worse = await clinic.report(before)

    assert (before.differing, before.is_news) == (1, False)
    assert (worse.found, worse.differing, worse.is_news) == (before.found, 2, True)


async def test_an_escalation_about_the_record_is_no_course_that_nobody_knows(
    clinic: Clinic, superuser: asyncpg.Connection
) -> None:
    """It is compared with its workflow; once Temporal has forgotten it, it must be resolved. Rebuilding leaves it."""
    opening = Opening(
        id=escalation_id(RECORD, Kind.RECORD_DIFFERS, None, 1),
        course_id=RECORD,
        kind=Kind.RECORD_DIFFERS,
        session=None,
        severity=Severity.ROUTINE,
        opened_at=MONDAY,
    )
    clinic.temporal.alarms[opening.id] = opened(opening, MONDAY).view
    await clinic.records()
    assert await clinic.wrong() == []

    await superuser.execute("UPDATE escalations SET state = 'resolved' WHERE course_id = $1", RECORD)
    assert await clinic.wrong() == [f"escalations: {opening.id}: not as Kapstan wrote it: state"]

    del clinic.temporal.alarms[opening.id]
    assert await clinic.wrong() == []
    assert await clinic.rebuilds() == []
    assert [one.id for one in await clinic.store.escalations(EscalationFilter(course_id=RECORD))] == [opening.id]


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            "UPDATE escalations SET state = 'resolved', resolved_by = 'osei'",
            "escalations: {alarm}: it is listed as resolved, and its ledger says open",
        ),
        (
            "DELETE FROM escalations",
            "escalations: {alarm}: its ledger says that it is open, and it is on no list",
        ),
        (
            "UPDATE escalations SET severity = 'routine', revision = 999",
            "escalations: {alarm}: not as Kapstan wrote it: severity, revision",
        ),
        (
            "UPDATE escalations SET id = 'NILS-7~vitals_emergency~1~1', course_id = 'NILS-7'",
            "escalations: NILS-7~vitals_emergency~1~1: its course's ledger knows nothing of it",
        ),
        (
            """INSERT INTO escalations (id, course_id, kind, severity, state, opened_at, step, revision, change) VALUES
            ('NILS-7~orchestrator_silent~0~1', 'NILS-7', 'orchestrator_silent', 'urgent', 'open', now(), 0, 1, 1)""",
            "escalations: NILS-7~orchestrator_silent~0~1: the watchdog never raised it",
        ),
        (
            "UPDATE courses SET phase = 'closed' WHERE course_id = 'NILS-7'",
            "courses: NILS-7: not as Kapstan wrote it: phase",
        ),
        (
            "UPDATE courses SET sequence = 999 WHERE course_id = 'NILS-7'",
            "courses: NILS-7: it is not listed as of the newest entry of its ledger",
        ),
        ("DELETE FROM courses WHERE course_id = 'NILS-7'", "courses: NILS-7: it has a ledger, and is on no list"),
        (
            "UPDATE course_figures SET sessions = 7 WHERE course_id = 'NILS-7'",
            "course_figures: NILS-7: not as Kapstan wrote it: sessions",
        ),
        (
            "DELETE FROM course_figures WHERE course_id = 'NILS-7'",
            "course_figures: NILS-7: not as Kapstan wrote it: all of it",
        ),
        (
            "UPDATE bookings SET room = 'oak' WHERE course_id = 'MARA-1'",
            "bookings: MARA-1~1: not as Kapstan wrote it: room",
        ),
        (
            "UPDATE bookings SET stage = 'limbo' WHERE course_id = 'MARA-1'",
            "bookings: MARA-1~1: its stage cannot be read",
        ),
        (
            """INSERT INTO bookings SELECT course_id, 9, site, stage, starts_at, ends_at, is_here, is_off, room, staff,
            "group" FROM bookings WHERE course_id = 'MARA-1'""",
            "bookings: MARA-1~9: its course knows no such booking",
        ),
        (
            "INSERT INTO course_figures VALUES ('FAKE-1', 1, 1, 1, 1, 1, 1, 1)",
            "courses: FAKE-1: it is listed, and there is no ledger of it",
        ),
    ],
)
async def test_a_list_that_was_changed_by_hand_is_named_and_made_anew(
    clinic: Clinic, superuser: asyncpg.Connection, tampering: str, said: str
) -> None:
    """Nothing that somebody wrote into a list, took out of one, or made up for one stays."""
    await superuser.execute(f"SET session_replication_role = replica; {tampering}")

    found = await clinic.wrong()
    await clinic.rebuilds()

    assert said.format(alarm=clinic.temporal.alarm) in found
    assert await clinic.wrong() == []


@pytest.mark.parametrize(
    ("tampering", "said"),
    [
        (
            "DELETE FROM ledger WHERE course_id = 'NILS-7'; DELETE FROM courses WHERE course_id = 'NILS-7'",
            "NILS-7: row 1: the record holds nothing of it; Temporal holds {held} entries",
        ),
        (
            "DELETE FROM ledger WHERE course_id = 'NILS-7' AND sequence = {held}",
            "NILS-7: row {held}: entry {held} is missing; Temporal holds {held} entries",
        ),
        (
            "UPDATE ledger SET late = NOT late WHERE course_id = 'NILS-7' AND sequence = 2",
            "NILS-7: row 2: its content does not match its hash",
        ),
    ],
)
async def test_a_ledger_that_was_changed_by_hand_is_named_and_stays_named(
    clinic: Clinic, superuser: asyncpg.Connection, tampering: str, said: str
) -> None:
    """A course that is gone from the record, a row that is gone, a row that was changed: no rebuilding hides it."""
    held = clinic.temporal.wards["NILS-7"].course.sequence
    await superuser.execute(f"SET session_replication_role = replica; {tampering.format(held=held)}")

    found = await clinic.wrong()
    await clinic.rebuilds()

    assert found == [said.format(held=held)]
    assert await clinic.wrong() == [said.format(held=held)]


async def test_a_course_that_somebody_made_up_is_named(clinic: Clinic) -> None:
    """Its chain is whole, its row is listed, and no workflow ever was."""
    await clinic.store.append(batch(ledger(readings(3), "FAKE-1")))

    assert await clinic.wrong() == [f"FAKE-1: {verification.UNKNOWN_TO_TEMPORAL}"]
    assert await clinic.rebuilds() == ["FAKE-1"]
    assert await clinic.wrong() == [f"FAKE-1: {verification.UNKNOWN_TO_TEMPORAL}"]


async def test_an_alarm_of_the_watch_that_nobody_answered_is_named(clinic: Clinic) -> None:
    """Whoever has a run-time role writes that somebody did, in its row and on the list: no act of theirs is there."""
    watch = WatchdogStore(clinic.connections)
    course = next(iter(clinic.temporal.wards))
    alarm = raised(course, 1, 1, MONDAY, severity=Severity.URGENT)
    await watch.add(alarm)
    assert await clinic.wrong() == []
    for order, what in (
        (Acknowledge(by="osei"), "escalation acknowledged"),
        (Resolve(by="osei", note="Seen"), "escalation resolved"),
    ):
        await watch.move(alarm.id, lambda one, order=order: one.obeyed(order, ON_CALL, MONDAY))  # type: ignore[misc]

        assert f"escalations: {alarm.id}: no act of administration answered it: {what}" in await clinic.wrong()

        about = f"{alarm.id}, by osei"
        act = AdministrationAct(at=MONDAY, what=what, about=about, sent_by=SentBy(request_id="1"))
        await AccessStore(clinic.connections).record([act])
        assert await clinic.wrong() == []


async def test_an_open_escalation_that_temporal_has_lost_is_named(clinic: Clinic) -> None:
    """It stands on every list, and nobody is paged."""
    clinic.temporal.alarms.clear()

    (said,) = await clinic.wrong()

    assert said.startswith(f"escalations: {clinic.temporal.alarm}: it stands open, and Temporal knows no such")
    assert said.endswith("nobody is paged for it")
