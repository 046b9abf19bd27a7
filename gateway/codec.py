"""Payload encryption for Temporal: its server, histories and UI hold ciphertext; the clinic holds the keys."""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from temporalio.api.common.v1 import Payload
from temporalio.converter import PayloadCodec

from settings import PayloadKey

ENCODING = b"binary/encrypted"
KEY_ID = "encryption-key-id"
_NONCE_BYTES = 12


class Undecipherable(Exception):  # noqa: N818  an operator reads it
    """A payload was encrypted with a key that is not in `KAPSTAN_PAYLOAD_KEYS`, or was altered."""


class EncryptionCodec(PayloadCodec):
    """AES-256-GCM, the key's id beside each payload: the first key encrypts, every key decrypts, so keys can rotate."""

    def __init__(self, first: str, keys: Mapping[str, bytes]) -> None:
        self._first = first
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}

    @classmethod
    def of(cls, keys: Sequence[PayloadKey]) -> Self | None:
        """The codec for these keys; None without keys, so that payloads stay in clear."""
        return cls(keys[0].id, {key.id: key.secret for key in keys}) if keys else None

    async def encode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Encrypts each payload, its metadata included."""
        return [self._encrypted(payload) for payload in payloads]

    async def decode(self, payloads: Iterable[Payload]) -> list[Payload]:
        """Decrypts each payload; one that was never encrypted is returned as is. Raises `Undecipherable`."""
        return [self._decrypted(payload) for payload in payloads]

    def _encrypted(self, payload: Payload) -> Payload:
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._ciphers[self._first].encrypt(nonce, payload.SerializeToString(), self._first.encode())
        return Payload(metadata={"encoding": ENCODING, KEY_ID: self._first.encode()}, data=nonce + sealed)

    def _decrypted(self, payload: Payload) -> Payload:
        if payload.metadata.get("encoding") != ENCODING:
            return payload
        name = payload.metadata[KEY_ID].decode()
        if name not in self._ciphers:
            raise Undecipherable(f"KAPSTAN_PAYLOAD_KEYS must have the key {name}, which encrypted this payload")
        nonce, sealed = payload.data[:_NONCE_BYTES], payload.data[_NONCE_BYTES:]
        try:
            return Payload.FromString(self._ciphers[name].decrypt(nonce, sealed, name.encode()))
        except InvalidTag:
            raise Undecipherable(f"a payload encrypted with key {name} has been changed") from None
