"""What Temporal keeps is small: compressed below encryption, and read again whole, also by a release after it."""

import base64
import os
from pathlib import Path
from zlib import crc32

import pytest
from temporalio.api.common.v1 import Payload

import gateway.compression
from gateway.codec import EncryptionCodec, WithoutKeys
from gateway.compression import (
    DICTIONARY_UP_TO,
    ENCODING,
    FROM,
    WITH_DICTIONARY,
    CompressionCodec,
    UnreadablePayload,
    is_kept_otherwise,
)
from settings import PayloadKey
from tests.support.cast import MARA, minutes, vitals
from tests.support.payload_dictionary import made
from tests.support.ward import Ward
from workflows.payloads import compressed

DICTIONARY = Path(gateway.compression.__file__).parent / "dictionary-1.txt"

SMALL = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151}')
LARGE = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151, "diastolic": 92}' * 1_000)
LARGER = Payload(metadata={"encoding": b"json/plain"}, data=LARGE.data * 10)
NOISE = Payload(metadata={"encoding": b"binary/plain"}, data=os.urandom(4 * FROM))


def encryption() -> EncryptionCodec:
    made = EncryptionCodec.of((PayloadKey.parse(f"2026:{base64.b64encode(os.urandom(32)).decode()}"),))
    assert made is not None
    return made


def told(text: str) -> Payload:
    """What a course says, as the SDK converts it."""
    return Payload(metadata={"encoding": b"json/plain"}, data=text.encode())


@pytest.mark.parametrize(("payload", "encoding"), [(LARGE, WITH_DICTIONARY), (LARGER, ENCODING)])
async def test_what_is_large_becomes_small_and_comes_back_whole(payload: Payload, encoding: bytes) -> None:
    """Its metadata included. What is larger than any dictionary is its own."""
    codec = CompressionCodec(WithoutKeys())
    [kept] = await codec.encode([payload])
    assert (kept.metadata["encoding"], is_kept_otherwise(kept)) == (encoding, True)
    assert (payload.ByteSize() > DICTIONARY_UP_TO) is (encoding == ENCODING)
    assert 20 * len(kept.data) < len(payload.data)
    assert await codec.decode([kept]) == [payload]


async def test_what_courses_say_again_and_again_is_said_in_a_third() -> None:
    """A report and its answer, each alone: what they have in common with all others stands in the dictionary."""
    ward = Ward().watched()
    reading = vitals(MARA, at=ward.now + minutes(4))
    decision = ward.course.accept(reading, reading.time)
    assert decision.answer is not None
    said = [told(one.model_dump_json()) for one in (reading, decision.answer, *decision.entries)]
    codec = CompressionCodec(WithoutKeys())

    kept = await codec.encode(said)

    assert 3 * sum(one.ByteSize() for one in kept) < sum(one.ByteSize() for one in said)
    assert await codec.decode(kept) == said


def test_the_dictionary_is_what_it_was() -> None:
    """Whatever was compressed with it is read with it: another one gets another number."""
    assert crc32(DICTIONARY.read_bytes()) == 300_764_322


def test_it_is_said_how_the_dictionary_was_made() -> None:
    """Of nothing but the shipped protocols and the released histories: it names nobody."""
    lines = DICTIONARY.read_text(encoding="utf-8").splitlines()
    assert [line.partition('"title":')[2][:8] for line in lines[:2]] == ['"Weekly ', '"Weekly ']
    assert len(made()) == pytest.approx(DICTIONARY.stat().st_size, rel=0.2)


async def test_what_an_earlier_build_compressed_without_a_dictionary_is_still_read() -> None:
    """As the golden histories hold it."""
    kept = Payload(metadata={"encoding": ENCODING}, data=compressed(LARGE.SerializeToString()))
    assert await CompressionCodec(WithoutKeys()).decode([kept]) == [LARGE]


@pytest.mark.parametrize("payload", [SMALL, NOISE], ids=["small", "noise"])
async def test_what_would_not_shrink_is_kept_as_it_is(payload: Payload) -> None:
    """A few bytes, or what looks like chance: it costs nothing to read."""
    codec = CompressionCodec(WithoutKeys())
    assert await codec.encode([payload]) == [payload]
    assert await codec.decode([payload]) == [payload]


async def test_it_is_compressed_before_it_is_encrypted() -> None:
    """Ciphertext does not shrink any more."""
    codec = CompressionCodec(encryption())
    [kept] = await codec.encode([LARGE])
    assert kept.metadata["encoding"] == b"binary/encrypted"
    assert 20 * len(kept.data) < len(LARGE.data)
    assert await codec.decode([kept]) == [LARGE]


async def test_what_an_earlier_release_encrypted_is_still_read() -> None:
    """It was not compressed."""
    key = encryption()
    assert await CompressionCodec(key).decode(await key.encode([LARGE])) == [LARGE]


@pytest.mark.parametrize("encoding", [ENCODING, WITH_DICTIONARY])
@pytest.mark.parametrize(
    "data",
    [b"", b"no frame", bytes.fromhex("28b52ffda0ffffff7f")],
    ids=["nothing", "something else", "two gigabytes, it says"],
)
async def test_what_only_says_that_it_is_compressed_is_refused(data: bytes, encoding: bytes) -> None:
    """And what would become too much is not tried."""
    with pytest.raises(UnreadablePayload):
        await CompressionCodec(WithoutKeys()).decode([Payload(metadata={"encoding": encoding}, data=data)])
