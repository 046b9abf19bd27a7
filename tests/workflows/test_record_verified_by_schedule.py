"""The record is verified by Temporal's own schedule: it remembers what it found, and calls whoever runs the clinic."""

from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom

import pytest
from temporalio.client import Client, ScheduleIntervalSpec
from temporalio.service import RPCError
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities.verification import Verifying
from domain.escalation.ids import RECORD
from domain.escalation.messages import EscalationState, Kind, Resolve
from domain.oncall.file import parse_on_call
from domain.values import Severity
from domain.verification import ChainHead, VerificationReport
from gateway.codec import EncryptionCodec
from gateway.escalations import Escalations
from gateway.temporal import data_converter
from gateway.verification_schedule import SCHEDULE, keep_schedule, newest_report
from settings import PayloadKey
from tests.support.clinic import RecordsTwin
from tests.support.eventually import eventually
from tests.support.on_call_side import PagerTwin
from tests.support.running_stack import example_on_call
from tests.workflows.conftest import Temporal
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING
from workflows.verification import RecordVerification

AT_ALL_HOURS = parse_on_call(
    "\n".join(line for line in example_on_call().splitlines() if not line.startswith("hours = {")), "oncall.toml"
)
HEAD = ChainHead(chain="course_reads", sequence=7, hash="a" * 64)
A_DAY = timedelta(days=1)


@dataclass
class Night:
    """A schedule with its worker: the record is as `found` says, and `before` is what each verification was told of."""

    client: Client
    pager: PagerTwin
    found: list[str] = field(default_factory=list)
    before: list[VerificationReport | None] = field(default_factory=list)

    async def verify(self) -> VerificationReport:
        before = await newest_report(self.client)
        self.before.append(before)
        return VerificationReport(
            at=datetime.now(UTC),
            courses=3,
            differing=len(self.found),
            found=tuple(self.found),
            is_news=not set(self.found) <= set(before.found if before else ()),
            heads=(HEAD,),
            escalation=before.escalation if before else None,
        )

    async def passes(self) -> VerificationReport:
        """Temporal verifies once more; its report."""
        last = await newest_report(self.client)
        await self.client.get_schedule_handle(SCHEDULE).trigger()

        async def reported() -> VerificationReport | None:
            report = await newest_report(self.client)
            return report if report != last else None

        return await eventually(reported)


@pytest.fixture
async def night(temporal: Temporal) -> AsyncIterator[Night]:
    """With keys, as everywhere: nothing of the schedule may be in clear, or be refused."""
    codec = EncryptionCodec.of((PayloadKey("k1", urandom(32)),))
    client = Client(
        temporal.client.service_client, namespace=temporal.client.namespace, data_converter=data_converter(codec)
    )
    night = Night(client, PagerTwin(AT_ALL_HOURS))
    records = RecordsTwin()
    await keep_schedule(client, A_DAY)
    async with (
        Worker(
            client,
            task_queue=COURSES,
            workflows=[RecordVerification],
            activities=[Verifying(night.verify, again_after=timedelta()).verify_record, records.record_escalation],
        ),
        Worker(
            client,
            task_queue=PAGING,
            workflows=[EscalationWorkflow],
            activities=[night.pager.standing, night.pager.page],
        ),
    ):
        yield night
        await client.get_schedule_handle(SCHEDULE).delete()
        # Nobody else on this server has the key that what still runs was written with.
        async for left in client.list_workflows('WorkflowId STARTS_WITH "escalation/" AND ExecutionStatus="Running"'):
            if RECORD in left.id:
                with suppress(RPCError):  # it has come to its own end meanwhile
                    await client.get_workflow_handle(left.id).terminate()


async def test_each_verification_is_told_what_the_one_before_found(night: Night) -> None:
    """Its report is what Temporal remembers of the audit; where nothing differs nobody is called."""
    first, second = await night.passes(), await night.passes()

    assert first.heads == (HEAD,)
    assert night.before == [None, first]
    assert second.escalation is None
    assert night.pager.sent == []


async def test_the_desk_is_called_for_what_is_found_and_no_nurse(night: Night) -> None:
    """Once, as long as the same differs; again for what is new: as the same escalation while it is open."""
    night.found = ["course_reads 3"]
    escalation = (await night.passes()).escalation
    assert escalation is not None

    async def paged() -> bool:
        return bool(night.pager.sent)

    await eventually(paged)
    again = await night.passes()
    night.found.append("tokens 14ba03db")
    worse = await night.passes()
    view = await Escalations(night.client).view(escalation)

    assert (view.course_id, view.kind, view.severity) == (RECORD, Kind.RECORD_DIFFERS, Severity.ROUTINE)
    assert view.state is EscalationState.OPEN
    assert again.escalation == worse.escalation == escalation
    assert {order.person for order in night.pager.sent} == {"desk"}

    await Escalations(night.client).act(escalation, Resolve(by="desk", note="The backup was restored"))
    same = await night.passes()
    night.found.append("REC-1 4")
    anew = await night.passes()

    assert same.escalation == escalation
    assert anew.escalation not in {None, escalation}
    assert anew.escalation is not None
    await Escalations(night.client).act(anew.escalation, Resolve(by="desk", note="Done"))


async def test_what_was_only_late_calls_nobody() -> None:
    """What is found is looked for once more, a while later: PostgreSQL may have been slow."""
    late = VerificationReport(at=datetime.now(UTC), courses=3, differing=1, found=("REC-1 4",), is_news=True)
    whole = late.but(differing=0, found=(), is_news=False)
    reports = iter((late, whole))

    async def verify() -> VerificationReport:
        return next(reports)

    verifying = Verifying(verify, again_after=timedelta())
    assert await ActivityEnvironment().run(verifying.verify_record) == whole


async def test_the_schedule_is_kept_as_it_is_set(night: Night) -> None:
    """Every worker keeps it as it starts; another interval counts from then on, and who paused it finds it paused."""
    handle = night.client.get_schedule_handle(SCHEDULE)
    await handle.pause()
    await keep_schedule(night.client, A_DAY)
    await keep_schedule(night.client, A_DAY / 2)

    described = await handle.describe()
    assert described.schedule.spec.intervals == [ScheduleIntervalSpec(every=A_DAY / 2)]
    assert described.schedule.state.paused
