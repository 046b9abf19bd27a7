"""The clinic's folder of protocol files and approvals, read as a whole at start."""

import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from domain.holes.checker import holes
from domain.holes.hole import Hole
from domain.protocol.approval import MEANING, Approval, approvals_of, content_hash, parse_approvals, written
from domain.protocol.file import ProtocolFileError, ProtocolFinding, parse_protocol
from domain.protocol.model import Protocol
from domain.protocol.sources import Source, ids_of, sources_of
from domain.values import Frozen

APPROVAL_SUFFIX = ".approval.toml"


class Shelved(Frozen):
    """One protocol of the folder, with the approvals of exactly this content and the sources its comments name."""

    file: str
    protocol: Protocol
    approvals: tuple[Approval, ...] = ()
    sources: tuple[Source, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether a medical director approved exactly this content."""
        return bool(self.approvals)


class ProtocolHolesError(Exception):
    """A protocol is not approved for what it would let through; `holes` is all of it."""

    def __init__(self, file: str, found: tuple[Hole, ...]) -> None:
        super().__init__("\n".join(f"{file}: {hole}" for hole in found))
        self.holes = found


class ApprovalWrong(ValueError):  # noqa: N818  it is shown to whoever approves
    """The approval's `field`, `by` or `meaning`, is not what it must be."""

    _MUST_BE: Final = {
        "by": "must be the approving person's name, one line of 1 to 100 characters",
        "meaning": "must be what the approval says, one line of 1 to 200 characters",
    }

    def __init__(self, field: str) -> None:
        super().__init__(self._MUST_BE[field])
        self.field = field


class Library(Frozen):
    """The protocols that courses may start with, each version once; the newest version of an id comes last."""

    shelf: tuple[Shelved, ...] = ()

    def versions(self, protocol_id: str) -> tuple[Shelved, ...]:
        """Every version of the protocol, the newest last; empty if there is none."""
        return tuple(shelved for shelved in self.shelf if shelved.protocol.id == protocol_id)

    def find(self, protocol_id: str, version: str | None = None) -> Shelved | None:
        """That version of the protocol with its approvals, or the newest one."""
        found = [one for one in self.versions(protocol_id) if version in (None, one.protocol.version)]
        return found[-1] if found else None

    def latest(self, protocol_id: str) -> Protocol | None:
        """The newest version of the protocol, approved or not."""
        found = self.find(protocol_id)
        return found.protocol if found else None

    def latest_approved(self, protocol_id: str) -> Protocol | None:
        """The newest approved version, whatever newer drafts there are."""
        approved = [one.protocol for one in self.versions(protocol_id) if one.is_approved]
        return approved[-1] if approved else None

    def get(self, protocol_id: str, version: str) -> Protocol | None:
        """Exactly that version of the protocol."""
        found = self.find(protocol_id, version)
        return found.protocol if found else None

    def is_approved(self, protocol: Protocol) -> bool:
        """Whether the folder holds an approval of exactly this content."""
        found = self.find(protocol.id, protocol.version)
        return bool(found and found.is_approved and content_hash(found.protocol) == content_hash(protocol))


def load_folder(folder: Path) -> Library:
    """Every protocol of the folder's `*.toml` files. Raises `ProtocolFileError` with the findings of all of them."""
    if not folder.is_dir():
        raise _unusable(folder, "must be a folder of protocol files")
    shelf: list[Shelved] = []
    findings: list[ProtocolFinding] = []
    for path in _protocol_files(folder):
        try:
            shelf.append(load_file(path))
        except ProtocolFileError as error:
            findings += error.findings
    findings += _repeated(shelf)
    if findings:
        raise ProtocolFileError(tuple(findings))
    if not shelf:
        raise _unusable(folder, "there must be at least one protocol file (*.toml) in this folder")
    return Library(shelf=tuple(sorted(shelf, key=lambda one: (one.protocol.id, _order(one.protocol.version)))))


def load_file(path: Path) -> Shelved:
    """Reads one protocol file with the approvals of its content. Raises `ProtocolFileError`."""
    text = _read(path)
    protocol = parse_protocol(text, str(path))
    approvals = approvals_of(protocol, _approvals_beside(path))
    return Shelved(file=str(path), protocol=protocol, approvals=approvals, sources=sources_of(text))


def named_protocol(named: str, folder: Path) -> Protocol:
    """A protocol by its file, or by the id that it has in `folder`: the newest version, or `id@version`.

    Raises `ProtocolFileError`.
    """
    path = Path(named)
    if path.suffix == ".toml" or path.exists():
        return load_file(path).protocol
    library = load_folder(folder)
    protocol_id, _, version = named.partition("@")
    if (found := library.find(protocol_id, version or None)) is not None:
        return found.protocol
    shelf = [one.protocol for one in library.shelf]
    known = sorted({one.id for one in shelf}) + [f"{one.id}@{one.version}" for one in shelf]
    wrong = f"must be one of {', '.join(known)}, or a protocol file"
    raise ProtocolFileError((ProtocolFinding(file=str(folder), key=named, expected=wrong),))


def approve_file(path: Path, by: str, at: datetime, meaning: str = MEANING) -> Approval:
    """Records that `by` approved, at `at`, the file's content, and what they say by it. The same twice is one.

    Earlier approvals stay in the approval file. Raises `ProtocolFileError` for an invalid file, `ApprovalWrong` for an
    invalid name or meaning, `ProtocolHolesError` for a protocol that has some.
    """
    text = _read(path)
    protocol = parse_protocol(text, str(path))
    try:
        approval = Approval(by=by, at=at.astimezone(UTC), hash=content_hash(protocol), meaning=meaning)
    except ValidationError as wrong:
        raise ApprovalWrong(str(wrong.errors()[0]["loc"][0])) from None
    if found := holes(protocol, ids_of(sources_of(text))):
        raise ProtocolHolesError(str(path), found)
    before = _approvals_beside(path)
    for given in approvals_of(protocol, before):
        if (given.by, given.meaning) == (approval.by, approval.meaning):
            return given
    _replace(approval_path(path), written([*before, approval]))
    return approval


def approval_path(path: Path) -> Path:
    """The path of a protocol file's approvals: beside `kap.toml` it is `kap.approval.toml`."""
    return path.with_name(path.name.removesuffix(".toml") + APPROVAL_SUFFIX)


def _protocol_files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.glob("*.toml")):
        if path.is_file() and not path.name.startswith(".") and not path.name.endswith(APPROVAL_SUFFIX):
            yield path


def _approvals_beside(path: Path) -> tuple[Approval, ...]:
    beside = approval_path(path)
    return parse_approvals(_read(beside), str(beside)) if beside.exists() else ()


def _repeated(shelf: list[Shelved]) -> Iterator[ProtocolFinding]:
    first: dict[tuple[str, str], str] = {}
    for shelved in shelf:
        protocol = shelved.protocol
        other = first.setdefault((protocol.id, protocol.version), shelved.file)
        if other != shelved.file:
            sentence = f"{protocol.id} {protocol.version} is in {other} already; the version must be another one"
            yield ProtocolFinding(file=shelved.file, key="version", expected=sentence)


def _order(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _unusable(path, "must be text in UTF-8") from None
    except OSError as error:
        raise _unusable(path, f"cannot be read: {error.strerror}") from None


def _unusable(path: Path, expected: str) -> ProtocolFileError:
    return ProtocolFileError((ProtocolFinding(file=str(path), key="", expected=expected),))


def _replace(path: Path, text: str) -> None:
    """Replaces the file atomically: after a power cut it holds the new text or the old one."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".approval", delete=False) as new:
        new.write(text)
        new.flush()
        os.fsync(new.fileno())
    Path(new.name).chmod(0o644)
    Path(new.name).replace(path)
