#!/usr/bin/env python3
"""Prints the part of requirements.lock that a running Kapstan needs, so that no test tool reaches a clinic's host.

Run it, from the folder of the lock, by a Python in which the whole lock is installed.
"""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pins(lock: str) -> dict[str, str]:
    """Each package of the lock with its own lines there: version, marker and hashes."""
    entries = re.findall(r"^\S+==(?:.*\\\n)*.*\n", lock, flags=re.MULTILINE)
    return {canonicalize_name(entry.partition("==")[0]): entry for entry in entries}


def closure(wanted: Iterable[str]) -> set[str]:
    """The packages that these requirements bring with them on this machine, they themselves among them."""
    pending = [Requirement(line) for line in wanted]
    seen: set[tuple[str, str]] = set()
    while pending:
        requirement = pending.pop()
        for asked in {(requirement.name, extra) for extra in ("", *requirement.extras)} - seen:
            seen.add(asked)
            name, extra = asked
            brought = (Requirement(line) for line in requires(name) or ())
            pending += [each for each in brought if each.marker is None or each.marker.evaluate({"extra": extra})]
    return {canonicalize_name(name) for name, _ in seen}


def main() -> None:
    """Writes the lines, also those of extras that are named; what is not locked is a `KeyError` that names it."""
    project = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    locked = pins(Path("requirements.lock").read_text())
    wanted = [*project["dependencies"]]
    for extra in sys.argv[1:]:
        wanted += project["optional-dependencies"][extra]
    sys.stdout.writelines(locked[name] for name in sorted(closure(wanted)))


if __name__ == "__main__":
    main()
