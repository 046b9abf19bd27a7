"""A request's body, read no further than it may be long."""

from email.message import Message
from typing import Final

from fastapi import Request
from starlette.requests import ClientDisconnect

from console.problems import ProblemCode, told

LONGEST: Final = 256 * 1024
"""Bytes of a body (the contract's 256 KiB)."""


async def read_body(request: Request, longest: int = LONGEST) -> bytes:
    """The whole body. Raises `Told`: `too_large` as soon as that is known, `malformed` where it ends too early."""
    stated = request.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) > longest:
        raise _too_large(longest)
    read = bytearray()
    try:
        async for chunk in request.stream():
            read += chunk
            if len(read) > longest:
                raise _too_large(longest)
    except ClientDisconnect:
        raise told(ProblemCode.MALFORMED, "The body ended before it was whole") from None
    return bytes(read)


def media_type(request: Request) -> str:
    """What the body is said to be, without parameters. Raises `Told` where it is said to be no UTF-8."""
    message = Message()
    message["content-type"] = request.headers.get("content-type", "")
    charset = message.get_param("charset", "utf-8")
    if str(charset).lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise told(ProblemCode.UNSUPPORTED_MEDIA_TYPE, f"UTF-8 was expected, not {charset}")
    return message.get_content_type() if request.headers.get("content-type") else ""


def _too_large(longest: int) -> Exception:
    return told(ProblemCode.TOO_LARGE, f"A body of at most {longest // 1024} KiB was expected")
