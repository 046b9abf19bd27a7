"""What Temporal keeps is small: compressed below encryption, and read again whole, also by a release before it."""

import base64
import os

import pytest
from temporalio.api.common.v1 import Payload

from gateway.codec import EncryptionCodec, WithoutKeys
from gateway.compression import ENCODING, FROM, CompressionCodec, UnreadablePayload
from settings import PayloadKey

SMALL = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151}')
LARGE = Payload(metadata={"encoding": b"json/plain"}, data=b'{"systolic": 151, "diastolic": 92}' * 1_000)
NOISE = Payload(metadata={"encoding": b"binary/plain"}, data=os.urandom(4 * FROM))


def encryption() -> EncryptionCodec:
    made = EncryptionCodec.of((PayloadKey.parse(f"2026:{base64.b64encode(os.urandom(32)).decode()}"),))
    assert made is not None
    return made


async def test_what_is_large_becomes_small_and_comes_back_whole() -> None:
    """Its metadata included."""
    codec = CompressionCodec(WithoutKeys())
    [kept] = await codec.encode([LARGE])
    assert kept.metadata["encoding"] == ENCODING
    assert 20 * len(kept.data) < len(LARGE.data)
    assert await codec.decode([kept]) == [LARGE]


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


@pytest.mark.parametrize(
    "data",
    [b"", b"no frame", bytes.fromhex("28b52ffda0ffffff7f")],
    ids=["nothing", "something else", "two gigabytes, it says"],
)
async def test_what_only_says_that_it_is_compressed_is_refused(data: bytes) -> None:
    """And what would become too much is not tried."""
    with pytest.raises(UnreadablePayload):
        await CompressionCodec(WithoutKeys()).decode([Payload(metadata={"encoding": ENCODING}, data=data)])
