"""With the clinic's keys nobody gets past them through Temporal: neither in clear nor with what another course said."""

import base64
import os
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

import pytest
import pytest_asyncio
from temporalio.api.common.v1 import Payload
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowHistory, WorkflowUpdateFailedError
from temporalio.common import RawValue
from temporalio.converter import PayloadCodec, WorkflowSerializationContext
from temporalio.worker import Replayer, Worker

from domain.access import SentBy
from domain.escalation.messages import Acknowledge, Change, EscalationState, Notice, Reassign, Resolve
from domain.refusal import RefusalCode, Refused
from domain.views.course import CourseView
from gateway.codec import EncryptionCodec
from gateway.compression import CompressionCodec
from gateway.courses import Courses, NothingRecorded
from gateway.escalations import Escalations
from gateway.sandbox import Sandbox
from gateway.temporal import connect, data_converter
from gateway.undecipherable import Undecipherable
from gateway.workflow_calls import KeysDiffer, Unavailable
from settings import PayloadKey
from tests.support.cast import OSEI, hold, vitals
from tests.support.clinic import LIBRARY, ON_CALL, Clinic, Patient, open_clinic, working
from tests.support.errands import Errands, Listener, fetch
from tests.support.eventually import eventually
from tests.workflows.conftest import Temporal
from workflows.course import PatientCourse
from workflows.escalation import EscalationWorkflow


def key(name: str) -> PayloadKey:
    return PayloadKey.parse(f"{name}:{base64.b64encode(os.urandom(32)).decode()}")


OLD, NEW, STRANGE, MISTYPED = key("2025"), key("2026"), key("2027"), key("2026")


def codec(*keys: PayloadKey, allow_plain: bool = False) -> EncryptionCodec | None:
    return EncryptionCodec.of(keys, allow_plain=allow_plain)


async def holding(
    temporal: Temporal, *keys: PayloadKey, allow_plain: bool = False, for_callers: bool = False
) -> Client:
    """A client of somebody who has these keys."""
    return await connect(
        for_callers=for_callers,
        identity="test",
        target_host=temporal.client.service_client.config.target_host,
        codec=codec(*keys, allow_plain=allow_plain),
    )


async def courses_of(temporal: Temporal, *keys: PayloadKey) -> Courses:
    return Courses(await holding(temporal, *keys), LIBRARY, NothingRecorded(), allow_unapproved=True)


@asynccontextmanager
async def clinic_with(temporal: Temporal, *keys: PayloadKey, allow_plain: bool = False) -> AsyncIterator[Clinic]:
    """A clinic whose workers and console have these keys, the first of which encrypts."""
    client = await holding(temporal, *keys, allow_plain=allow_plain)
    async with open_clinic(Temporal(temporal.env, client)) as clinic:
        yield clinic


@pytest_asyncio.fixture
async def clinic(temporal: Temporal) -> AsyncIterator[Clinic]:
    async with clinic_with(temporal, NEW, OLD) as opened:
        yield opened


class OutOfPlace(PayloadCodec):
    """Whoever copied a ciphertext: it is encrypted as for this course, or bound to none, wherever it is sent."""

    def __init__(self, course: str | None, namespace: str) -> None:
        known = codec(NEW, OLD)
        assert known is not None
        self._known = known
        bound = WorkflowSerializationContext(namespace=namespace, workflow_id=f"course/{course}")
        self._for = known.with_context(bound) if course else known

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return await self._for.encode(payloads)

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        return await self._known.decode(payloads)


def copied(clinic: Clinic, course: str | None) -> Client:
    """A client that sends everything as it was encrypted for this course; for none, as earlier releases did."""
    client = clinic.temporal.client
    converter = replace(
        data_converter(codec(NEW)), payload_codec=CompressionCodec(OutOfPlace(course, client.namespace))
    )
    return Client(client.service_client, data_converter=converter)


def is_held(patient: Patient, *, subject: str | None = None) -> dict[str, object]:
    """An update's input: the course is held, as whoever speaks to Temporal by themselves would say it."""
    event = hold(patient.course, at=datetime.now(UTC), reason="by nobody")
    return {"event": event.but(subject=subject or event.subject).model_dump(mode="json")}


async def refusal_at(client: Client, patient: Patient, told: dict[str, object]) -> str:
    """Why the course does not take it. Nothing of it stands in its history, and it goes on."""
    before = await patient.accepted()
    sent = Courses(client, LIBRARY, NothingRecorded(), allow_unapproved=True)

    async def update() -> None:
        handle = client.get_workflow_handle(f"course/{patient.course}")
        await handle.execute_update("report", told, id=uuid4().hex)

    with pytest.raises(KeysDiffer) as refused:
        await sent._answer(patient.course, update)
    assert await patient.accepted() == before
    assert not (await patient.view()).held
    return str(refused.value)


async def test_an_event_in_clear_is_refused(clinic: Clinic, temporal: Temporal) -> None:
    """Whoever has a way to Temporal's port, and no key, holds no course: the answer names the key that it takes."""
    mara = await clinic.has(lambda ward: ward.referred())

    why = await refusal_at(await holding(temporal), mara, is_held(mara))

    assert why == (
        "a worker refused what was sent: a payload cannot be read:"
        " it is in clear, and must be encrypted with the key 2026 of KAPSTAN_PAYLOAD_KEYS"
    )


async def test_an_event_that_was_encrypted_for_another_course_is_refused(clinic: Clinic) -> None:
    """What was copied off one course's history says nothing to another, whatever it says."""
    mara, tove = await clinic.has(lambda ward: ward.referred()), await clinic.has(lambda ward: ward.referred(), "TOVE")

    why = await refusal_at(copied(clinic, mara.course), tove, is_held(tove))

    assert f"it was encrypted for course/{mara.course} in default, and was sent to course/{tove.course} in" in why


async def test_what_an_earlier_release_encrypted_is_read_at_its_own_course_alone(clinic: Clinic) -> None:
    """It is bound to no course, so the course itself compares the subject."""
    mara, tove = await clinic.has(lambda ward: ward.referred()), await clinic.has(lambda ward: ward.referred(), "TOVE")
    earlier = Courses(copied(clinic, None), LIBRARY, NothingRecorded(), allow_unapproved=True)

    handle = copied(clinic, None).get_workflow_handle(f"course/{tove.course}")
    told = is_held(tove, subject=mara.course)

    with pytest.raises(Refused) as refused:
        await earlier._answer(tove.course, lambda: handle.execute_update("report", told, id=uuid4().hex))
    assert refused.value.refusal.code is RefusalCode.INVALID
    assert refused.value.refusal.errors[0].pointer == "/subject"

    await earlier.report(hold(mara.course, at=datetime.now(UTC)))
    assert (await mara.view()).held


@pytest.mark.parametrize(
    ("keys", "wanted"),
    [
        ((), "must be encrypted with the key 2026"),
        ((STRANGE,), "must have the key 2027, which encrypted it; it has 2026, 2025"),
        ((STRANGE, NEW), "must have the key 2027, which encrypted it; it has 2026, 2025"),
        ((MISTYPED,), "the key 2026 of KAPSTAN_PAYLOAD_KEYS must be the one that encrypted it"),
    ],
    ids=["none", "another", "one that the workers have not", "mistyped"],
)
async def test_whoever_has_another_key_is_told_which_is_wanted(
    clinic: Clinic, temporal: Temporal, keys: Sequence[PayloadKey], wanted: str
) -> None:
    """Asked or told, and not that there is no course, nor that Kapstan has a fault."""
    mara = await clinic.has(lambda ward: ward.referred())
    courses = await courses_of(temporal, *keys)

    with pytest.raises(KeysDiffer, match=wanted):
        await courses.view(mara.course)
    with pytest.raises(KeysDiffer, match=wanted):
        await courses.report(hold(mara.course, at=datetime.now(UTC)))
    assert not (await mara.view()).held


async def test_whoever_has_the_old_key_alone_is_told_that_the_answer_is_the_new_ones(
    clinic: Clinic, temporal: Temporal
) -> None:
    """What they sent was taken."""
    mara = await clinic.has(lambda ward: ward.referred())

    with pytest.raises(KeysDiffer, match=r"the answer came, .* have the key 2026, which encrypted it; it has 2025"):
        await (await courses_of(temporal, OLD)).report(hold(mara.course, at=datetime.now(UTC)))
    assert (await mara.view()).held


async def test_a_key_is_replaced_while_courses_go_on(temporal: Temporal) -> None:
    """The new one is put behind the old, then before it: at each step whoever has both is understood by the others."""
    async with clinic_with(temporal, OLD, NEW) as before:
        mara = await before.has(lambda ward: ward.referred())
        await (await courses_of(temporal, NEW, OLD)).report(hold(mara.course, at=datetime.now(UTC)))
        assert (await mara.view()).held
        async with clinic_with(temporal, NEW, OLD) as after:
            assert (await after.courses.view(mara.course)).held


async def _answered(clinic: Clinic, course: str) -> CourseView | None:
    try:
        return await clinic.courses.view(course)
    except Unavailable:
        return None


async def test_payloads_in_clear_are_let_in_where_a_clinic_begins_with_keys(temporal: Temporal) -> None:
    """`KAPSTAN_ALLOW_PLAIN_PAYLOADS`: a course from before goes on, and what is written from now on is encrypted."""
    before = Clinic(Temporal(temporal.env, await holding(temporal)), ON_CALL)
    async with working(before):
        mara = await before.has(lambda ward: ward.referred())

    after = Clinic(Temporal(temporal.env, await holding(temporal, NEW, allow_plain=True)), ON_CALL)
    async with working(after):
        # The first question may go to the workers that have just stopped, and be lost.
        first = await eventually(lambda: _answered(after, mara.course))
        assert not first.held
        with pytest.raises(KeysDiffer):  # it is taken, and the answer is encrypted
            await before.courses.report(hold(mara.course, at=datetime.now(UTC)))
        assert (await after.courses.view(mara.course)).held
        await before.end()


async def test_news_in_clear_is_no_news(clinic: Clinic, temporal: Temporal) -> None:
    """Temporal keeps any signal; the course does not hear it, and goes on."""
    mara = await clinic.has(lambda ward: ward.dosed())
    [escalation] = (await mara.sends(vitals(mara.course, at=datetime.now(UTC), spo2=80))).escalations
    await mara.is_called(OSEI)
    forged = Notice(id=escalation, change=Change.RESOLVED, at=datetime.now(UTC), by="nobody", note="forged")

    handle = (await holding(temporal)).get_workflow_handle(f"course/{mara.course}")
    await handle.signal("escalation_moved", forged)

    assert escalation in {one.id for one in (await mara.view()).escalations}
    assert not [entry for entry in await mara.ledger() if entry.type == "kap.escalation.resolved"]


def lies_there(history: WorkflowHistory) -> Payload:
    """What the first update carried, encrypted: whoever reaches Temporal can read it off."""
    accepted = (
        event.workflow_execution_update_accepted_event_attributes
        for event in history.events
        if event.HasField("workflow_execution_update_accepted_event_attributes")
    )
    [payload] = next(accepted).accepted_request.input.args.payloads
    return payload


@pytest.mark.parametrize("as_order", ["resolve", "acknowledge"])
async def test_what_somebody_answered_once_is_no_answer_again(
    clinic: Clinic, temporal: Temporal, as_order: str
) -> None:
    """An acknowledgement is read off Temporal, and sent again: as a resolution, or to keep the alarm quiet for ever."""
    mara = await clinic.has(lambda ward: ward.dosed())
    [escalation] = (await mara.sends(vitals(mara.course, at=datetime.now(UTC), spo2=80))).escalations
    await mara.is_called(OSEI)
    console = Escalations(await holding(temporal, NEW, OLD, for_callers=True))
    sent_by = SentBy(token="a1b2c3d4", request_id=uuid4().hex)
    await console.act(escalation, Acknowledge(by="osei", note="On my way", sent_by=sent_by))
    if as_order == "acknowledge":
        again = sent_by.but(request_id=uuid4().hex)
        await console.act(escalation, Reassign(by="osei", to="lind", sent_by=again))
    before = await clinic.escalations.view(escalation)

    handle = (await holding(temporal)).get_workflow_handle(f"escalation/{escalation.replace('~', '/')}")
    copy = RawValue(lies_there(await handle.fetch_history()))
    with pytest.raises((WorkflowUpdateFailedError, Undecipherable)):  # why it was refused, is encrypted too
        await handle.execute_update(as_order, copy, id=uuid4().hex, result_type=RawValue)

    now = await clinic.escalations.view(escalation)
    assert (now.state, now.acknowledged_by) == (before.state, before.acknowledged_by)


def signalled(history: WorkflowHistory, name: str) -> Payload:
    """What the newest signal of this name carried, encrypted."""
    *_, newest = (
        event.workflow_execution_signaled_event_attributes
        for event in history.events
        if event.workflow_execution_signaled_event_attributes.signal_name == name
    )
    [payload] = newest.input.payloads
    return payload


async def test_news_that_the_course_heard_is_no_news_again(clinic: Clinic, temporal: Temporal) -> None:
    """Read off its history and sent again, it is written once; so is what the escalation is made to report back."""
    mara = await clinic.has(lambda ward: ward.dosed())
    [escalation] = (await mara.sends(vitals(mara.course, at=datetime.now(UTC), spo2=80))).escalations
    await mara.is_called(OSEI)
    sent_by = SentBy(token="a1b2c3d4", request_id=uuid4().hex)
    await clinic.escalations.act(escalation, Acknowledge(by="osei", note="On my way", sent_by=sent_by))

    async def heard() -> list[str]:
        return [one.type for one in await mara.ledger() if one.type == "kap.escalation.acknowledged"]

    await eventually(heard)
    stranger = await holding(temporal)
    course = stranger.get_workflow_handle(f"course/{mara.course}")
    alarm = stranger.get_workflow_handle(f"escalation/{escalation.replace('~', '/')}")
    copy = RawValue(signalled(await course.fetch_history(), "escalation_moved"))
    for _ in range(2):
        await course.signal("escalation_moved", copy)
        await alarm.signal("report_back")

    await clinic.escalations.act(escalation, Resolve(by="osei", note="Oxygen given"))
    await clinic.is_resolved(escalation)
    assert len(await heard()) == 1


async def test_what_a_course_asked_of_an_escalation_is_not_asked_again(clinic: Clinic, temporal: Temporal) -> None:
    """A reading that told of the same again paged once: nobody reads that off, and lets no alarm ever be quiet."""
    mara = await clinic.has(lambda ward: ward.dosed())
    [escalation] = (await mara.sends(vitals(mara.course, 1, at=datetime.now(UTC), spo2=80))).escalations
    await mara.is_called(OSEI)
    await clinic.escalations.act(escalation, Acknowledge(by="osei"))
    await mara.sends(vitals(mara.course, 2, at=datetime.now(UTC), spo2=80))
    await mara.is_called(OSEI, times=2)
    await clinic.escalations.act(escalation, Acknowledge(by="osei"))

    handle = (await holding(temporal)).get_workflow_handle(f"escalation/{escalation.replace('~', '/')}")
    copy = RawValue(signalled(await handle.fetch_history(), "repeat"))
    await handle.signal("repeat", copy)

    assert (await clinic.escalations.view(escalation)).state is EscalationState.ACKNOWLEDGED
    await mara.sends(vitals(mara.course, 3, at=datetime.now(UTC), spo2=80))
    await mara.is_called(OSEI, times=3)


async def test_all_that_workflows_say_to_each_other_is_read_where_it_belongs(clinic: Clinic) -> None:
    """A course, its escalation, their activities, and both again from their histories alone."""
    mara = await clinic.has(lambda ward: ward.dosed())
    [escalation] = (await mara.sends(vitals(mara.course, at=datetime.now(UTC), spo2=80))).escalations
    await mara.is_called(OSEI)
    await clinic.escalations.act(escalation, Acknowledge(by="osei"))

    async def is_acknowledged() -> bool:
        return any(entry.type == "kap.escalation.acknowledged" for entry in await mara.ledger())

    await eventually(is_acknowledged)
    await clinic.escalations.act(escalation, Resolve(by="osei", note="Oxygen given"))
    await clinic.is_resolved(escalation)
    await clinic.temporal.client.get_workflow_handle(f"escalation/{escalation.replace('~', '/')}").result()
    await mara.sends(vitals(mara.course, at=datetime.now(UTC)))
    client = clinic.temporal.client
    replayer = Replayer(
        workflows=[PatientCourse, EscalationWorkflow], data_converter=client.data_converter, namespace=client.namespace
    )
    for workflow_id in (f"course/{mara.course}", f"escalation/{escalation.replace('~', '/')}"):
        await replayer.replay_workflow(await client.get_workflow_handle(workflow_id).fetch_history())


async def test_a_signal_waits_for_a_worker_that_has_its_key(temporal: Temporal) -> None:
    """While a key is replaced some workers have not the new one yet: what they cannot read is not lost."""
    behind, ahead = await holding(temporal, OLD), await holding(temporal, NEW, OLD)

    def worker(client: Client) -> Worker:
        return Worker(
            client, task_queue="keys", workflows=[Errands, Listener], activities=[fetch], workflow_runner=Sandbox()
        )

    async with worker(behind):
        listener = await behind.start_workflow(Listener.run, "heard", id=f"listener-{uuid4()}", task_queue="keys")
        await ahead.get_workflow_handle(listener.id).signal("tell", "milk")

        async def has_failed() -> bool:
            history = await listener.fetch_history()
            return any(event.event_type == EventType.EVENT_TYPE_WORKFLOW_TASK_FAILED for event in history.events)

        await eventually(has_failed)
    async with worker(ahead):
        assert await ahead.get_workflow_handle(listener.id, result_type=str).result() == "heard: milk"
