"""Payload compression for Temporal, applied before encryption: a long course must fit into one payload of 2 MB."""

from collections.abc import Iterable
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from workflows.payloads import compressed, decompressed

ENCODING: Final = b"binary/zstd"

FROM: Final = 1024
"""Smallest payload, in bytes, that is compressed."""

MOST: Final = 64 * 1024 * 1024
"""Most bytes after decompression: many times the size of a full course."""


class UnreadablePayload(Exception):  # noqa: N818  an operator reads it
    """A payload is marked as compressed but cannot be decompressed."""


class CompressionCodec(PayloadCodec):
    """Compresses each large payload with Zstandard if that shrinks it, then applies `encryption` if there is one."""

    def __init__(self, encryption: PayloadCodec | None) -> None:
        self._encryption = encryption

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Compresses each payload; one that does not shrink stays as it is."""
        kept = [_compressed(payload) for payload in payloads]
        return await self._encryption.encode(kept) if self._encryption else kept

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Decompresses each payload; one that was never compressed is returned as is.

        Raises `UnreadablePayload`, and what `encryption` raises.
        """
        kept = await self._encryption.decode(list(payloads)) if self._encryption else payloads
        return [_decompressed(payload) for payload in kept]


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
