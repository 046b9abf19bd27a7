"""Payload compression for Temporal, applied before encryption: a long course must fit into one payload of 2 MB."""

from collections.abc import Iterable
from typing import Final, Self

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec, SerializationContext, WithSerializationContext

from gateway.codec import ENCODING as ENCRYPTED
from workflows.payloads import compressed, decompressed

ENCODING: Final = b"binary/zstd"

FROM: Final = 1024
"""Smallest payload, in bytes, that is compressed."""

MOST: Final = 64 * 1024 * 1024
"""Most bytes after decompression: many times the size of a full course."""


class UnreadablePayload(Exception):  # noqa: N818  an operator reads it
    """A payload is marked as compressed but cannot be decompressed."""


class CompressionCodec(PayloadCodec, WithSerializationContext):
    """Compresses each large payload with Zstandard if that shrinks it, then applies `encryption`."""

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
    return payload.metadata.get("encoding") in {ENCODING, ENCRYPTED}


def _compressed(payload: Payload) -> Payload:
    whole = payload.SerializeToString()
    if len(whole) < FROM or len(smaller := compressed(whole)) >= len(whole):
        return payload
    return Payload(metadata={"encoding": ENCODING}, data=smaller)


def _decompressed(payload: Payload) -> Payload:
    if payload.metadata.get("encoding") != ENCODING:
        return payload
    try:
        return Payload.FromString(decompressed(payload.data, MOST))
    except ValueError as wrong:
        raise UnreadablePayload(f"a payload that is marked as compressed cannot be read: {wrong}") from None
