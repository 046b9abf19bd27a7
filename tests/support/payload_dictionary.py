"""How the dictionary of Temporal's payloads was made.

    python -m tests.support.payload_dictionary FILE

It was made once. What is compressed with it is read for as long as it is kept, so its bytes stay as they are; another
one gets another number, and the old one is read for ever.
"""

import base64
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import zstandard
from temporalio.api.common.v1 import Payload

from domain.protocol.file import parse_protocol
from gateway.compression import DICTIONARY_LEVEL
from tests.support.paths import HISTORIES, PROTOCOLS
from workflows.payloads import decompressed

PINNED: Final = ("kap-iv-weekly.toml", "kap-im-weekly.toml")
"""The protocols whose text is in it: of what a run begins with, a protocol is the largest part."""

OF_MESSAGES: Final = 40 * 1024
"""Bytes of messages: reports, answers, entries, escalations and pages."""

MOST: Final = 64 * 1024 * 1024


def made() -> bytes:
    """The protocols first, as what stands nearest to the end is referred to in the fewest bits."""
    told = [parse_protocol((PROTOCOLS / name).read_text(encoding="utf-8"), name).model_dump_json() for name in PINNED]
    return "\n".join((*told, *_messages())).encode()


def _messages() -> list[str]:
    """Of the messages of the released histories those that what was chosen before them had served worst."""
    left = list(dict.fromkeys(one for file in sorted(HISTORIES.glob("0.2.0/*.json")) for one in _said(file)))
    chosen: list[str] = []
    while left and sum(map(len, chosen)) < OF_MESSAGES:
        so_far = "\n".join(reversed(chosen)).encode() or b"\n"
        known = zstandard.ZstdCompressionDict(so_far, dict_type=zstandard.DICT_TYPE_RAWCONTENT)
        compressor = zstandard.ZstdCompressor(level=DICTIONARY_LEVEL, dict_data=known)
        worst = max(left, key=lambda one: len(compressor.compress(one.encode())) / len(one))
        chosen.append(worst)
        left.remove(worst)
    return list(reversed(chosen))


def _said(file: Path) -> Iterator[str]:
    for payload in _payloads(json.loads(file.read_text(encoding="utf-8"))):
        metadata = {name: base64.b64decode(value) for name, value in payload["metadata"].items()}
        data = base64.b64decode(payload["data"])
        if metadata["encoding"] == b"binary/zstd":
            data = Payload.FromString(decompressed(data, MOST)).data
        if data.startswith(b"{") and b'"protocol":{' not in data:
            yield data.decode()


def _payloads(told: Any) -> Iterator[Mapping[str, Any]]:
    match told:
        case {"metadata": {"encoding": str()}, "data": str()}:
            yield told
        case dict():
            for one in told.values():
                yield from _payloads(one)
        case list():
            for one in told:
                yield from _payloads(one)


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(made())
