"""Zstandard compression of payloads, applied before encryption, as ciphertext does not compress."""

from typing import Final

import zstandard

LEVEL: Final = 1
"""Zstandard's fastest level, for a course's JSON as good as the default: a tenth of the size."""


def compressed(data: bytes) -> bytes:
    """The data as a Zstandard frame that states its length."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(data)


def decompressed(data: bytes, most: int) -> bytes:
    """Decompresses the data. Raises `ValueError` if it is no such frame, or would be more than `most` bytes."""
    try:
        frame = zstandard.get_frame_parameters(data)
        if not 0 <= frame.content_size <= most:
            raise ValueError(f"must be at most {most} bytes")
        return zstandard.ZstdDecompressor().decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
