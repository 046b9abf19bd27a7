"""Compresses what Temporal keeps, below encryption: a course of years is handed on in one payload of two megabytes."""

from collections.abc import Iterable
from typing import Final

from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from workflows.payloads import compressed, decompressed

ENCODING: Final = b"binary/zstd"

FROM: Final = 1024
"""Bytes from which it is worth it."""

MOST: Final = 64 * 1024 * 1024
"""Bytes that a payload may become again: many times what a full course is."""


class UnreadablePayload(Exception):  # noqa: N818  an operator reads it
    """A payload is said to be compressed, and is not."""


class CompressionCodec(PayloadCodec):
    """Zstandard over each payload that is large and shrinks, then `encryption` where there is one."""

    def __init__(self, encryption: PayloadCodec | None) -> None:
        self._encryption = encryption

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it is kept. What does not shrink is kept as it is."""
        kept = [_compressed(payload) for payload in payloads]
        return await self._encryption.encode(kept) if self._encryption else kept

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Each payload as it was; one never compressed is kept as it is.

        Raises `UnreadablePayload`, and as `encryption` does.
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
