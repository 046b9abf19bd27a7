"""Atomic replacement of small files, and the last lines of logs."""

import os
from pathlib import Path

OWNER_ONLY = 0o600


def replace_file(path: Path, content: bytes) -> None:
    """Replaces `path` with `content`, readable by its owner only; no reader ever sees half of it."""
    draft = path.with_name(f".{path.name}.new")
    draft.unlink(missing_ok=True)
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:  # noqa: PTH123  a mode
        file.write(content)
    draft.replace(path)


def last_lines(path: Path, *, since: int = 0, count: int = 12) -> str:
    """The last `count` lines of what was written to a log after its first `since` bytes."""
    try:
        with path.open("rb") as file:
            file.seek(since)
            lines = file.read().decode(errors="replace").splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(lines[-count:])
