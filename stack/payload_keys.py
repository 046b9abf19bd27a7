"""The payload keys of one stack: made once and kept in its folder, unless the operator has set their own."""

import base64
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from gateway.codec import EncryptionCodec
from records.sealing import Keyring
from settings import KEY_BYTES, PayloadKey, payload_keys, read_settings
from stack.directory import DataDirectory
from stack.errors import StackMisconfigured
from stack.files import replace_file
from stack.stackfile import StackFile

KEYS: Final = "KAPSTAN_PAYLOAD_KEYS"
ALLOW_PLAIN: Final = "KAPSTAN_ALLOW_PLAIN_PAYLOADS"
FIRST: Final = "k1"

WHY_PLAIN: Final = """\
Temporal's memory in this folder began without payload keys. While this file is here, what is in clear is still read:
without it the courses of that time stand still. Remove it once none of them is left.
"""


def keep_payload_keys(directory: DataDirectory, set_by_plan: Mapping[str, str]) -> Path | None:
    """The file of this folder's keys, made with one key if it is missing. None where the operator has set keys.

    Raises `StackMisconfigured` if the file holds something else, and `Misconfigured` for a setting.
    """
    if KEYS in set_by_plan or read_settings().payload_keys:
        return None
    file = directory.payload_keys
    if not file.exists():
        if directory.temporal_memory.exists():
            replace_file(directory.plain_payloads, WHY_PLAIN.encode())
        replace_file(file, f"{FIRST}:{base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()}\n".encode())
    _read(file)
    return file


def keys_environment(directory: DataDirectory, file: Path | None) -> dict[str, str]:
    """What workers and console are told of the keys."""
    keys = {KEYS: file.read_text().strip()} if file else {}
    return keys | ({ALLOW_PLAIN: "1"} if directory.plain_payloads.exists() else {})


def codec_of(stack: StackFile) -> EncryptionCodec | None:
    """The codec that speaks to a running stack: by its own keys, or those that the environment names.

    Raises `StackMisconfigured` or `Misconfigured`.
    """
    allow_plain = stack.allow_plain_payloads or read_settings().allow_plain_payloads
    return EncryptionCodec.of(_keys_of(stack), allow_plain=allow_plain)


def keyring_of(stack: StackFile) -> Keyring:
    """The keyring that reads the record of a running stack. Raises as `codec_of` does."""
    return Keyring.of(_keys_of(stack), encrypts=read_settings().encrypt_records)


def _keys_of(stack: StackFile) -> tuple[PayloadKey, ...]:
    return _read(stack.payload_keys_file) if stack.payload_keys_file else read_settings().payload_keys


def _read(file: Path) -> tuple[PayloadKey, ...]:
    try:
        keys = payload_keys(file.read_text())
    except OSError as error:
        raise StackMisconfigured(f"{file} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise StackMisconfigured(f"{file}: {error}, comma-separated") from None
    if not keys:
        raise StackMisconfigured(f"{file}: must have a key, as id:base64-of-32-bytes")
    return keys
