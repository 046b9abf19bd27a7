"""Payload compression for Temporal, applied before encryption: a long course must fit into one payload of 2 MB.

Most payloads are small, and say the same again and again: they are compressed with a dictionary of what courses say.
"""

import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Final, Self

import zstandard
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext

from gateway.codec import ENCODING as ENCRYPTED
from workflows.payloads import compressed, decompressed

ENCODING: Final = b"binary/zstd"

WITH_DICTIONARY: Final = b"binary/zstd-1"
"""Encoding of what is compressed with `dictionary-1.txt`."""

FROM: Final = 64
"""Smallest payload, in bytes, that is compressed."""

DICTIONARY_UP_TO: Final = 256 * 1024
"""Largest payload, in bytes, that is compressed with the dictionary: a larger one is its own."""

DICTIONARY_LEVEL: Final = 6
"""Zstandard's level with the dictionary: 9 µs for a report, 1 ms for what a run is handed."""

MOST: Final = 64 * 1024 * 1024
"""Most bytes after decompression: many times the size of a full course."""

_DICTIONARY: Final = zstandard.ZstdCompressionDict(
    (Path(__file__).parent / "dictionary-1.txt").read_bytes(), dict_type=zstandard.DICT_TYPE_RAWCONTENT
)
_DICTIONARY.precompute_compress(level=DICTIONARY_LEVEL)


class _Zstandard(threading.local):
    """With the dictionary, each thread's own and made once: that takes far longer than to compress a report."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=DICTIONARY_LEVEL, dict_data=_DICTIONARY)
        self.decompressor = zstandard.ZstdDecompressor(dict_data=_DICTIONARY)


_ZSTANDARD: Final = _Zstandard()


class UnreadablePayload(Exception):  # noqa: N818  an operator reads it
    """A payload is marked as compressed but cannot be decompressed."""


class CompressionCodec(PayloadCodec, WithSerializationContext):
    """Compresses each payload with Zstandard if that shrinks it, then applies `encryption`."""

    def __init__(self, encryption: PayloadCodec) -> None:
        self._encryption = encryption

    def with_context(self, context: SerializationContext) -> Self:
        """The codec whose `encryption` knows where the payloads belong."""
        if not isinstance(self._encryption, WithSerializationContext):
            return self
        return type(self)(self._encryption.with_context(context))

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Compresses each payload; one that does not shrink stays as it is."""
        return await self._encryption.encode([_compressed(payload) for payload in payloads])

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Decompresses each payload; one that was never compressed is returned as is.

        Raises `UnreadablePayload`, and what `encryption` raises.
        """
        return [_decompressed(payload) for payload in await self._encryption.decode(list(payloads))]


def is_kept_otherwise(payload: Payload) -> bool:
    """Whether this is a payload as Temporal keeps it, compressed or encrypted."""
    return payload.metadata.get("encoding") in {ENCODING, WITH_DICTIONARY, ENCRYPTED}


def _compressed(payload: Payload) -> Payload:
    whole = payload.SerializeToString()
    if len(whole) < FROM:
        return payload
    if len(whole) > DICTIONARY_UP_TO:
        made = Payload(metadata={"encoding": ENCODING}, data=compressed(whole))
    else:
        made = Payload(metadata={"encoding": WITH_DICTIONARY}, data=_ZSTANDARD.compressor.compress(whole))
    return made if made.ByteSize() < len(whole) else payload


def _decompressed(payload: Payload) -> Payload:
    try:
        match payload.metadata.get("encoding"):
            case b"binary/zstd":
                return Payload.FromString(decompressed(payload.data, MOST))
            case b"binary/zstd-1":
                return Payload.FromString(decompressed(payload.data, MOST, _ZSTANDARD.decompressor))
            case _:
                return payload
    except ValueError as wrong:
        raise UnreadablePayload(f"a payload that is marked as compressed cannot be read: {wrong}") from None
