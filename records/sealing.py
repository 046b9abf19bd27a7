"""Encrypts what the record holds of a patient, with a key for each course; a key of `KAPSTAN_PAYLOAD_KEYS` wraps those.

A course's key stands in the record in one place only (`course_keys`): without that row nobody reads the course's
content again. What is encrypted is bound to its table, course, row and column, and is refused in any other place.
"""

import base64
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import JsonValue

from domain.ledger import canonical
from domain.values import CourseId
from records.errors import RecordLocked
from settings import KEY_BYTES, Misconfigured, PayloadKey

SEALED_TEXT: Final = "sealed:"
"""What stands before a text that is encrypted, in base64."""

CLEAR_TEXT: Final = "clear:"
"""What stands before a text in clear that begins with either of the two."""

_NONCE_BYTES: Final = 12

_PADDED_TO: Final = 64
"""A content's length in bytes is rounded up to a multiple of it: the length of a number or a word tells nothing."""


class CourseSeal:
    """Encrypts and decrypts one course's content, by AES-256-GCM."""

    def __init__(self, course_id: CourseId, key: bytes) -> None:
        self._course_id = course_id
        self._cipher = AESGCM(key)

    def seal(self, place: Sequence[object], content: JsonValue) -> str:
        """The content as base64, bound to this place: its table, row and column."""
        nonce = os.urandom(_NONCE_BYTES)
        plain = canonical(content)
        padded = plain + b" " * (-len(plain) % _PADDED_TO)
        return base64.b64encode(nonce + self._cipher.encrypt(nonce, padded, self._bound_to(place))).decode()

    def open(self, place: Sequence[object], sealed: str) -> Any:
        """The content that was sealed for this place. Raises `RecordLocked`."""
        try:
            whole = base64.b64decode(sealed, validate=True)
            return json.loads(self._cipher.decrypt(whole[:_NONCE_BYTES], whole[_NONCE_BYTES:], self._bound_to(place)))
        except (InvalidTag, ValueError):  # the latter for one that is cut short, or no base64
            raise RecordLocked("its encrypted content was changed, or moved here from another row") from None

    def seal_text(self, place: Sequence[object], text: str | None) -> str | None:
        """The text as a text column holds it, encrypted; none stays none."""
        return None if text is None else SEALED_TEXT + self.seal(place, text)

    def open_text(self, place: Sequence[object], held: str | None) -> str | None:
        """The text that a column holds, encrypted or from before this course was. Raises `RecordLocked`."""
        if not is_sealed_text(held):
            return open_clear(held)
        opened = self.open(place, str(held).removeprefix(SEALED_TEXT))
        return str(opened)

    def _bound_to(self, place: Sequence[object]) -> bytes:
        return json.dumps([self._course_id, *map(str, place)]).encode()


def is_sealed_text(held: object) -> bool:
    """Whether a text column holds this encrypted."""
    return isinstance(held, str) and held.startswith(SEALED_TEXT)


def keep_clear(text: str | None) -> str | None:
    """The text as a text column holds it in clear, never to be taken for an encrypted one."""
    return f"{CLEAR_TEXT}{text}" if text is not None and text.startswith((SEALED_TEXT, CLEAR_TEXT)) else text


def open_clear(held: str | None) -> str | None:
    """The text that a column holds in clear."""
    return held.removeprefix(CLEAR_TEXT) if held is not None else None


class Keyring:
    """The keys that wrap those of courses: the first wraps, each opens. With `encrypts` new courses get a key."""

    def __init__(self, keys: Sequence[PayloadKey] = (), *, encrypts: bool = False) -> None:
        self.encrypts = encrypts
        self.first = keys[0].id if keys else None
        self._ciphers = {key.id: AESGCM(_record_key(key)) for key in keys}

    @classmethod
    def of(cls, keys: Sequence[PayloadKey], *, encrypts: bool) -> Self:
        """The keyring of these settings. Raises `Misconfigured` where there is nothing to encrypt with."""
        if encrypts and not keys:
            raise Misconfigured("KAPSTAN_PAYLOAD_KEYS: must have a key where KAPSTAN_ENCRYPT_RECORDS is 1")
        return cls(keys, encrypts=encrypts)

    def new_key(self, course_id: CourseId) -> tuple[str, bytes]:
        """A new key for a course: the id of the key that wraps it, and itself, wrapped."""
        return self._wrapped(course_id, os.urandom(KEY_BYTES))

    def seal(self, row: Mapping[str, Any]) -> CourseSeal:
        """The seal of a course, from its row of `course_keys`. Raises `RecordLocked`."""
        return CourseSeal(row["course_id"], self._key(row))

    def has(self, key_id: str) -> bool:
        """Whether the key of this id is one of its own."""
        return key_id in self._ciphers

    def opens(self, row: Mapping[str, Any]) -> bool:
        """Whether it can open the course's key, from its row of `course_keys`."""
        with suppress(RecordLocked):
            return bool(self._key(row))
        return False

    def wrapped_anew(self, row: Mapping[str, Any]) -> tuple[str, bytes]:
        """The same key of a course, wrapped with the first key. Raises `RecordLocked`."""
        return self._wrapped(row["course_id"], self._key(row))

    def _wrapped(self, course_id: CourseId, key: bytes) -> tuple[str, bytes]:
        if self.first is None:
            raise RecordLocked("KAPSTAN_PAYLOAD_KEYS must have a key")
        nonce = os.urandom(_NONCE_BYTES)
        return self.first, nonce + self._ciphers[self.first].encrypt(nonce, key, _key_of(course_id, self.first))

    def _key(self, row: Mapping[str, Any]) -> bytes:
        key_id, wrapped = row["key_id"], row["wrapped"]
        if (cipher := self._ciphers.get(key_id)) is None:
            raise RecordLocked(f"it is encrypted; {_wanted(key_id, self._ciphers)}")
        try:
            return cipher.decrypt(wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:], _key_of(row["course_id"], key_id))
        except (InvalidTag, ValueError):
            raise RecordLocked(
                f"it is encrypted; the key {key_id} of KAPSTAN_PAYLOAD_KEYS is another of that id, or the course's own"
                " key was changed"
            ) from None


WITHOUT_KEYS: Final = Keyring()
"""Writes in clear, and reads nothing that is encrypted."""


def _record_key(key: PayloadKey) -> bytes:
    """A key for this purpose alone: what a payload's key gives away opens no record."""
    return HKDF(SHA256(), KEY_BYTES, salt=None, info=b"kapstan record").derive(key.secret)


def _key_of(course_id: CourseId, key_id: str) -> bytes:
    return json.dumps(["course_keys", course_id, key_id]).encode()


def _wanted(key_id: str, known: Iterable[str]) -> str:
    has = ", ".join(known)
    return f"KAPSTAN_PAYLOAD_KEYS must have the key {key_id}, and has {has or 'none'}"
