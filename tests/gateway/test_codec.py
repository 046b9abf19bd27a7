"""With the clinic's keys Temporal holds ciphertext; keys rotate; what was changed or locked away is said."""

import base64
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from temporalio.api.common.v1 import Payload
from temporalio.client import Client
from temporalio.worker import Worker

from domain.events.clinic_events import CourseReferred
from gateway.codec import EncryptionCodec, Undecipherable
from gateway.courses import Courses
from gateway.temporal import connect
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
SAID = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151}')


def codec(*keys: PayloadKey) -> EncryptionCodec:
    made = EncryptionCodec.of(keys)
    assert made is not None
    return made


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


async def test_a_payload_from_before_encryption_is_still_read() -> None:
    """A clinic may begin to encrypt while courses are under way."""
    assert await codec(NEW).decode([SAID]) == [SAID]


async def test_a_key_that_is_missing_is_named_and_a_changed_payload_is_refused() -> None:
    """An operator sees which key is asked for; nobody reads what was tampered with."""
    [sealed] = await codec(OLD).encode([SAID])
    with pytest.raises(Undecipherable, match="the key 2025"):
        await codec(NEW).decode([sealed])
    changed = Payload(metadata=sealed.metadata, data=sealed.data[:-1] + bytes([sealed.data[-1] ^ 1]))
    with pytest.raises(Undecipherable, match="has been changed"):
        await codec(OLD).decode([changed])


@pytest.mark.parametrize("keys", ["2026", "2026:short", "2026:bm90IDMyIGJ5dGVz", ":" + "A" * 44, "a:???"])
def test_a_key_that_is_none_is_named_at_start(keys: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong setting is a clear error that names the variable and holds no secret."""
    monkeypatch.setenv("KAPSTAN_PAYLOAD_KEYS", keys)
    with pytest.raises(Misconfigured, match=r"KAPSTAN_PAYLOAD_KEYS: .*id:base64-of-32-bytes") as wrong:
        read_settings()
    assert keys not in str(wrong.value)


@asynccontextmanager
async def course_worker(client: Client) -> AsyncIterator[None]:
    records = RecordsTwin()
    async with Worker(
        client,
        task_queue=COURSES,
        workflows=[PatientCourse],
        activities=[records.append_entries, records.record_escalation],
    ):
        yield


async def test_nothing_of_a_patient_stands_in_clear_on_the_server() -> None:
    """A whole history, refusals included, without a word of what was said; only ids, types and times."""
    secret = "nobody-may-read-this"
    with fresh_folder() as folder:
        async with TemporalServer(folder) as temporal:
            client = await connect(identity="test", target_host=temporal.address, codec=codec(NEW))
            async with course_worker(client):
                courses = Courses(client, LIBRARY, allow_unapproved=True)
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
