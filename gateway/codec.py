"""Payload encryption for Temporal: its server, histories and UI hold ciphertext; the clinic holds the keys."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final, NamedTuple, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticPayloadConverter
from temporalio.converter import (
    ActivitySerializationContext,
    EncodingPayloadConverter,
    PayloadCodec,
    SerializationContext,
    WithSerializationContext,
    WorkflowSerializationContext,
)

from gateway.undecipherable import Undecipherable
from settings import PayloadKey

ENCODING: Final = b"binary/encrypted"
KEY_ID: Final = "encryption-key-id"
BOUND_TO: Final = "encryption-bound-to"
"""Names the place of a payload, in clear: nothing in it is secret, and whoever changes it makes the payload unreadable.
Payloads of earlier releases have none."""

UNREADABLE: Final = b"binary/unreadable"
"""Encoding of what stands in the place of a payload that was refused: its data is the reason."""

IS_LOCKED: Final = "is-locked"
"""Metadata of an unreadable payload that another process, with the right keys, could read."""

_NONCE_BYTES: Final = 12


class Place(NamedTuple):
    """Where a payload belongs. `activity` is its type, empty for what a workflow itself takes and gives."""

    namespace: str
    workflow_id: str
    activity: str = ""

    @classmethod
    def of(cls, context: SerializationContext) -> Self | None:
        """The place that the SDK encodes or decodes for; None for one that Kapstan does not use."""
        match context:
            case WorkflowSerializationContext():
                return cls(context.namespace, context.workflow_id)
            case ActivitySerializationContext(workflow_id=str(workflow_id), activity_type=str(activity)):
                return cls(context.namespace, workflow_id, activity)
            case _:
                return None

    def __str__(self) -> str:
        return " of ".join(filter(None, (self.activity, self.workflow_id))) + f" in {self.namespace}"


class WithoutKeys(PayloadCodec):
    """Leaves payloads in clear. One that is encrypted becomes an unreadable one, which names the key that it wants."""

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """The payloads as they are."""
        return list(payloads)

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """The payloads as they are, but for those that are encrypted. Raises nothing."""
        return [
            _locked(payload, ()) if payload.metadata.get("encoding") == ENCODING else _in_clear(payload)
            for payload in payloads
        ]


class EncryptionCodec(PayloadCodec, WithSerializationContext):
    """AES-256-GCM, the key's id beside each payload: the first key encrypts, every key decrypts, so keys can rotate.

    A payload is bound to its place, and read nowhere else. Those of releases that bound none are read too; those in
    clear only with `allow_plain`.
    """

    def __init__(
        self, first: str, ciphers: Mapping[str, AESGCM], *, allow_plain: bool = False, place: Place | None = None
    ) -> None:
        self._first = first
        self._ciphers = ciphers
        self._allow_plain = allow_plain
        self._place = place

    @classmethod
    def of(cls, keys: Sequence[PayloadKey], *, allow_plain: bool = False) -> Self | None:
        """The codec for these keys; None without keys, so that payloads stay in clear."""
        ciphers = {key.id: AESGCM(key.secret) for key in keys}
        return cls(keys[0].id, ciphers, allow_plain=allow_plain) if keys else None

    def with_context(self, context: SerializationContext) -> Self:
        """The codec for the payloads of this place alone."""
        place = Place.of(context)
        return type(self)(self._first, self._ciphers, allow_plain=self._allow_plain, place=place)

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Encrypts each payload, its metadata included, and binds it to the codec's place if it has one."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Decrypts each payload. Raises nothing.

        In the place of what is refused stands an unreadable payload: whoever converts that raises `Undecipherable`. So
        one bad update is refused by itself; an exception here would fail the whole task, for ever.
        """
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        bound_to = b"" if self._place is None else json.dumps(self._place).encode()
        sealed = self._ciphers[self._first].encrypt(
            nonce, payload.SerializeToString(), _associated(self._first, bound_to)
        )
        metadata = {"encoding": ENCODING, KEY_ID: self._first.encode(), **({BOUND_TO: bound_to} if bound_to else {})}
        return Payload(metadata=metadata, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return (
                _in_clear(payload)
                if self._allow_plain
                else _unreadable(
                    f"it is in clear, and must be encrypted with the key {self._first} of KAPSTAN_PAYLOAD_KEYS"
                )
            )
        key, bound_to = _key_id(payload), payload.metadata.get(BOUND_TO, b"")
        if key not in self._ciphers:
            return _locked(payload, self._ciphers)
        try:
            whole = self._ciphers[key].decrypt(
                payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:], _associated(key, bound_to)
            )
        except (InvalidTag, ValueError):  # the latter for one that is cut short
            return _unreadable(
                f"the key {key} of KAPSTAN_PAYLOAD_KEYS must be the one that encrypted it; it is another of that id,"
                " or the payload has been changed",
                is_locked=True,
            )
        if bound_to and self._place is not None and (meant := Place(*json.loads(bound_to))) != self._place:
            return _unreadable(f"it was encrypted for {meant}, and was sent to {self._place}")
        return Payload.FromString(whole)


class UnreadablePayloads(EncodingPayloadConverter):
    """Converts an unreadable payload to the exception that says why it was refused."""

    @property
    def encoding(self) -> str:
        """The encoding of unreadable payloads."""
        return UNREADABLE.decode()

    def to_payload(self, value: Any) -> Payload | None:  # noqa: ARG002  no value becomes such a payload
        """None: there is no such value."""
        return None

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:  # noqa: ARG002  it has no type
        """Raises `Undecipherable`."""
        raise Undecipherable(payload.data.decode(errors="replace"))


class KapstanPayloadConverter(PydanticPayloadConverter):
    """Pydantic models as JSON; what could not be decrypted raises `Undecipherable`."""

    def __init__(self) -> None:
        # The SDK (1.35) makes one for each workflow and for each place of a payload: what they are made of is shared.
        self.converters = _converters()


@cache
def _converters() -> Mapping[bytes, EncodingPayloadConverter]:
    unreadable = UnreadablePayloads()
    return {**PydanticPayloadConverter().converters, unreadable.encoding.encode(): unreadable}


def reason_of(payload: Payload) -> str | None:
    """Why this one was refused; None for one that was not."""
    return payload.data.decode() if payload.metadata.get("encoding") == UNREADABLE else None


def place_of(payload: Payload) -> Place | None:
    """The place to which this encrypted payload says that it is bound; None if to none. Nothing is checked."""
    try:
        return Place(*map(str, json.loads(payload.metadata.get(BOUND_TO, b""))))
    except (ValueError, TypeError):
        return None


def is_locked(payload: Payload) -> bool:
    """Whether this stands for a payload that another process, with the right keys, could read."""
    return payload.metadata.get("encoding") == UNREADABLE and IS_LOCKED in payload.metadata


def _associated(key: str, bound_to: bytes) -> bytes:
    """The data that a ciphertext is bound to."""
    return key.encode() + (b"\0" + bound_to if bound_to else b"")


def _key_id(payload: Payload) -> str:
    return payload.metadata.get(KEY_ID, b"").decode(errors="replace")


def _locked(payload: Payload, known: Iterable[str]) -> Payload:
    has = f"it has {', '.join(known)}" if known else "there is none"
    return _unreadable(
        f"KAPSTAN_PAYLOAD_KEYS must have the key {_key_id(payload)}, which encrypted it; {has}", is_locked=True
    )


def _in_clear(payload: Payload) -> Payload:
    """The payload, but for one that somebody made up to pass for an unreadable one."""
    return _unreadable("it must hold a value") if payload.metadata.get("encoding") == UNREADABLE else payload


def _unreadable(why: str, *, is_locked: bool = False) -> Payload:
    return Payload(metadata={"encoding": UNREADABLE, **({IS_LOCKED: b"1"} if is_locked else {})}, data=why.encode())
