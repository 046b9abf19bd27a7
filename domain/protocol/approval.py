"""Approval of a protocol by a medical director. It covers exact content: any change needs a new approval."""

import hashlib
import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Annotated, Final

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from domain.ledger import canonical
from domain.protocol.file import SCHEMA, ProtocolFileError, ProtocolFinding, findings_of
from domain.protocol.model import Protocol
from domain.values import Frozen, Moment

MEANING: Final = "I am responsible for these values"
"""What an approval says unless the medical director says something else."""


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("must be one line")
    return text


ContentHash = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hex."""


class Approval(Frozen):
    """One approval: who approved which content, when, and what they say by it; an earlier release kept no `meaning`."""

    by: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100), AfterValidator(_printable)
    ]
    at: Moment
    hash: ContentHash
    meaning: (
        Annotated[
            str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_printable)
        ]
        | None
    ) = None


class ApprovalFile(Frozen):
    """The approval file beside a protocol file: every approval ever given, of this content or an earlier one."""

    approvals: Annotated[tuple[Approval, ...], Field(min_length=1)]


def content_hash(protocol: Protocol) -> ContentHash:
    """SHA-256 over the canonical JSON of the file's content: comments, order and spelling of durations do not count.

    Keys that the file leaves out are left out, so that a key added to the format later changes no approved protocol.
    """
    content = {"schema": SCHEMA, **protocol.model_dump(mode="json", exclude_none=True)}
    return hashlib.sha256(canonical(content)).hexdigest()


def approvals_of(protocol: Protocol, approvals: Iterable[Approval]) -> tuple[Approval, ...]:
    """The approvals of exactly this content; none means that it is not approved."""
    current = content_hash(protocol)
    return tuple(approval for approval in approvals if approval.hash == current)


def parse_approvals(text: str, file: str) -> tuple[Approval, ...]:
    """Parses an approval file. Raises `ProtocolFileError`: a damaged file approves nothing."""
    try:
        # As JSON, because input from outside is read in strict mode, with moments as RFC 3339.
        content = json.dumps(tomllib.loads(text), default=_as_text)
        return ApprovalFile.model_validate_json(content, strict=True).approvals
    except ValidationError as error:
        raise ProtocolFileError(findings_of(error, file)) from None
    except (ValueError, RecursionError) as error:  # a number of over 4,300 digits is no `TOMLDecodeError`
        raise ProtocolFileError((ProtocolFinding(file=file, key="", expected=f"not valid TOML: {error}"),)) from None


def _as_text(value: datetime | date | time) -> str:
    """A TOML date or time as RFC 3339 text; without an offset it is not a valid moment."""
    return value.isoformat()


def written(approvals: Iterable[Approval]) -> str:
    """The approvals as the text of an approval file, the inverse of `parse_approvals`."""
    # A JSON string of printable text is a TOML string too.
    tables = (
        f"[[approvals]]\nby = {json.dumps(approval.by, ensure_ascii=False)}\n"
        f'at = {approval.at.isoformat()}\nhash = "{approval.hash}"\n{_meaning(approval)}'
        for approval in approvals
    )
    return "# Written by `kapstan protocol approve`; an approval counts for the content whose hash it names.\n\n" + (
        "\n".join(tables)
    )


def _meaning(approval: Approval) -> str:
    return f"meaning = {json.dumps(approval.meaning, ensure_ascii=False)}\n" if approval.meaning is not None else ""
