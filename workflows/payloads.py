"""How large a payload becomes: compressed before it is encrypted, for ciphertext does not shrink any more."""

from typing import Final

import zstandard

LEVEL: Final = 1
"""Zstandard's fastest, and for a course's JSON as good as its usual one: a tenth of the size."""


def compressed(data: bytes) -> bytes:
    """The data in Zstandard's frame, with its length."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(data)


def decompressed(data: bytes, most: int) -> bytes:
    """The data again. Raises `ValueError` where it is no such frame, or would be more than `most` bytes."""
    try:
        frame = zstandard.get_frame_parameters(data)
        if not 0 <= frame.content_size <= most:
            raise ValueError(f"must be at most {most} bytes")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
