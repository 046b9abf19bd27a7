"""Zstandard compression of payloads, applied before encryption, as ciphertext does not compress."""

from typing import Final

import zstandard

LEVEL: Final = 1
"""Zstandard's fastest level, for a course's JSON as good as the default: a tenth of the size."""

WINDOW_LOG: Final = 26
"""Repetitions are found across 64 MiB, the most of a payload: what a long text says stands in a fact and in the
journal, megabytes apart."""


def compressed(data: bytes) -> bytes:
    """The data as a Zstandard frame that states its length."""
    return zstandard.ZstdCompressor(compression_params=_parameters(len(data))).compress(data)


def _parameters(size: int) -> zstandard.ZstdCompressionParameters:
    known = zstandard.ZstdCompressionParameters.from_level(LEVEL, source_size=size)
    if size <= 1 << known.window_log:
        return known
    return zstandard.ZstdCompressionParameters.from_level(LEVEL, enable_ldm=True, window_log=WINDOW_LOG)


def decompressed(data: bytes, most: int, decompressor: zstandard.ZstdDecompressor | None = None) -> bytes:
    """Decompresses the data, by default without a dictionary.

    Raises `ValueError` if it is no such frame, or would be more than `most` bytes.
    """
    try:
        frame = zstandard.get_frame_parameters(data)
        if not 0 <= frame.content_size <= most:
            raise ValueError(f"must be at most {most} bytes")
        return (decompressor or zstandard.ZstdDecompressor()).decompress(data)
    except zstandard.ZstdError as error:
        raise ValueError(str(error)) from None
