"""With the clinic's keys Temporal holds ciphertext; keys rotate; what was changed or locked away is said."""

import base64
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.converter import ActivitySerializationContext, SerializationContext, WorkflowSerializationContext
from temporalio.worker import Worker

from domain.events.clinic_events import CourseReferred
from gateway.codec import EncryptionCodec, KapstanPayloadConverter, WithoutKeys, is_locked
from gateway.courses import Courses, NothingRecorded
from gateway.temporal import connect
from gateway.undecipherable import Undecipherable
from settings import Misconfigured, PayloadKey, read_settings
from stack.temporal import TemporalServer
from tests.support.cast import MARA, hold, referral
from tests.support.clinic import LIBRARY, RecordsTwin
from tests.support.running_stack import fresh_folder
from workflows.course import PatientCourse
from workflows.queues import COURSES


def key(name: str) -> PayloadKey:
    return PayloadKey.parse(f"{name}:{base64.b64encode(os.urandom(32)).decode()}")


OLD, NEW = key("2025"), key("2026")
COURSE = WorkflowSerializationContext(namespace="bend", workflow_id="course/MARA")
PAGING = ActivitySerializationContext(
    namespace="bend",
    activity_id="1",
    activity_type="page",
    activity_task_queue="kapstan-paging",
    workflow_id="escalation/MARA/vitals_overdue/1/1",
    workflow_type="Escalation",
    is_local=False,
)
SAID = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151}')


def codec(*keys: PayloadKey) -> EncryptionCodec:
    made = EncryptionCodec.of(keys)
    assert made is not None
    return made


async def read(codec: EncryptionCodec, payload: Payload) -> dict[str, int]:
    """The value, as a workflow or a caller reads it. Raises what refuses it."""
    [value] = KapstanPayloadConverter().from_payloads(await codec.decode([payload]))
    assert isinstance(value, dict)
    return value


async def test_what_was_encrypted_is_unreadable_and_comes_back_whole() -> None:
    """AES-256-GCM over the whole payload, its metadata included; the same text is never encrypted alike."""
    once, twice = await codec(NEW).encode([SAID, SAID])
    assert b"systolic" not in once.SerializeToString()
    assert once.data != twice.data
    assert await codec(NEW).decode([once, twice]) == [SAID, SAID]


async def test_keys_rotate() -> None:
    """The first key encrypts, every key decrypts: a new one goes in front, and nothing is lost."""
    [before] = await codec(OLD).encode([SAID])
    rotated = codec(NEW, OLD)
    [after] = await rotated.encode([SAID])
    assert after.metadata["encryption-key-id"] == b"2026"
    assert await rotated.decode([before, after]) == [SAID, SAID]


async def test_a_payload_in_clear_is_refused_unless_a_clinic_lets_it_in() -> None:
    """It may begin to encrypt while courses are under way; else whoever reaches Temporal could say anything."""
    with pytest.raises(Undecipherable, match="must be encrypted with the key 2026"):
        await read(codec(NEW), SAID)
    lenient = EncryptionCodec.of([NEW], allow_plain=True)
    assert lenient is not None
    assert await lenient.decode([SAID]) == [SAID]


async def test_without_keys_a_payload_says_which_one_it_wants() -> None:
    """A command that was started without them, say."""
    [sealed] = await codec(NEW).encode([SAID])
    [locked] = await WithoutKeys().decode([sealed])
    with pytest.raises(Undecipherable, match="must have the key 2026"):
        KapstanPayloadConverter().from_payloads([locked])
    assert await WithoutKeys().decode([SAID]) == [SAID]


@pytest.mark.parametrize(
    "elsewhere",
    [
        WorkflowSerializationContext(namespace="bend", workflow_id="course/TOVE"),
        WorkflowSerializationContext(namespace="elsewhere", workflow_id="course/MARA"),
        replace(PAGING, activity_type="append_entries"),
    ],
    ids=["another course", "another namespace", "another type"],
)
async def test_what_was_encrypted_for_one_place_is_read_at_no_other(elsewhere: SerializationContext) -> None:
    """Namespace, workflow and type are bound to the ciphertext, and stand beside it: nobody can change them either."""
    here = PAGING if isinstance(elsewhere, ActivitySerializationContext) else COURSE
    [sealed] = await codec(NEW).with_context(here).encode([SAID])
    assert await codec(NEW).with_context(here).decode([sealed]) == [SAID]

    with pytest.raises(Undecipherable, match="was encrypted for"):
        await read(codec(NEW).with_context(elsewhere), sealed)
    [there] = await codec(NEW).with_context(elsewhere).encode([SAID])
    moved = Payload(metadata=there.metadata, data=sealed.data)
    with pytest.raises(Undecipherable, match="has been changed"):
        await read(codec(NEW).with_context(elsewhere), moved)
    unbound = Payload(metadata={k: v for k, v in sealed.metadata.items() if "bound" not in k}, data=sealed.data)
    with pytest.raises(Undecipherable, match="has been changed"):
        await read(codec(NEW).with_context(elsewhere), unbound)


async def test_what_an_earlier_release_bound_to_no_place_is_read_at_any() -> None:
    """Histories in flight go on."""
    [sealed] = await codec(NEW).encode([SAID])
    assert "encryption-bound-to" not in sealed.metadata
    assert await codec(NEW).with_context(COURSE).decode([sealed]) == [SAID]


@pytest.mark.parametrize("keys", [(), (NEW,)], ids=["without keys", "with them"])
async def test_nobody_makes_a_payload_up_that_passes_for_a_locked_one(keys: Sequence[PayloadKey]) -> None:
    """A worker waits for another that has the key: such a signal would stop a course for good."""
    made_up = Payload(metadata={"encoding": b"binary/unreadable", "is-locked": b"1"}, data=b"wait")
    reading = EncryptionCodec.of(keys, allow_plain=True) or WithoutKeys()
    [taken] = await reading.decode([made_up])
    assert not is_locked(taken)


async def test_a_key_that_is_missing_is_named_and_a_changed_payload_is_refused() -> None:
    """An operator sees which key is asked for; nobody reads what was tampered with."""
    [sealed] = await codec(OLD).encode([SAID])
    with pytest.raises(Undecipherable, match="the key 2025"):
        await read(codec(NEW), sealed)
    changed = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    with pytest.raises(Undecipherable, match="has been changed"):
        await read(codec(OLD), changed)
    cut_short = Payload(metadata=sealed.metadata, data=sealed.data[:5])
    with pytest.raises(Undecipherable, match="has been changed"):
        await read(codec(OLD), cut_short)


@pytest.mark.parametrize("keys", ["2026", "2026:short", "2026:bm90IDMyIGJ5dGVz", ":" + "A" * 44, "a:???"])
def test_a_key_that_is_none_is_named_at_start(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is a clear error that names the variable and holds no secret."""
    monkeypatch.setenv("KAPSTAN_PAYLOAD_KEYS", keys)
    with pytest.raises(Misconfigured, match=r"KAPSTAN_PAYLOAD_KEYS: .*id:base64-of-32-bytes") as wrong:
        read_settings()
    assert keys not in str(wrong.value)


def test_two_keys_of_one_id_are_named_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the last would win, and half of what was written be unreadable."""
    both = [f"{name}:{base64.b64encode(os.urandom(32)).decode()}" for name in ("2026", "2025", "2026")]
    monkeypatch.setenv("KAPSTAN_PAYLOAD_KEYS", ",".join(both))
    with pytest.raises(
        Misconfigured, match=r"KAPSTAN_PAYLOAD_KEYS: .* id of its own; more than one has 2026$"
    ) as wrong:
        read_settings()
    assert not [one for one in both if one.partition(":")[2] in str(wrong.value)]


@asynccontextmanager
async def course_worker(client: Client) -> AsyncIterator[None]:
    records = RecordsTwin()
    async with Worker(
        client,
        task_queue=COURSES,
        workflows=[PatientCourse],
        activities=records.activities,
    ):
        yield


async def test_nothing_of_a_patient_stands_in_clear_on_the_server() -> None:
    """A whole history, refusals included, without a word of what was said; only ids, types and times."""
    secret = "nobody-may-read-this"
    with fresh_folder() as folder:
        async with TemporalServer(folder) as temporal:
            client = await connect(identity="test", target_host=temporal.address, codec=codec(NEW))
            async with course_worker(client):
                courses = Courses(client, LIBRARY, NothingRecorded(), allow_unapproved=True)
                event = referral(MARA, at=datetime.now(UTC))
                await courses.report(_with_note(event, secret))
                await courses.report(hold(MARA, at=datetime.now(UTC), reason=secret))
                history = await temporal.client.get_workflow_handle(f"course/{MARA}").fetch_history()
    raw = b"".join(event.SerializeToString() for event in history.events)
    assert secret.encode() not in raw
    assert b"F33" not in raw
    assert len(history.events) > 10


def _with_note(event: CourseReferred, note: str) -> CourseReferred:
    return event.but(data=event.data.but(note=note))
