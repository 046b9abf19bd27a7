#!/usr/bin/env python3
"""Prints what ships with Kapstan as a software bill of materials (CycloneDX 1.6, JSON): `make sbom`.

Run it, from the folder of the lock, by a Python in which the whole lock is installed. Of that it takes what a running
Kapstan needs, which is what is in the image.
"""

import subprocess
import sys
import tomllib
import venv
from importlib.metadata import distribution
from pathlib import Path
from tempfile import TemporaryDirectory

from runtime_requirements import closure


def described(name: str) -> Path:
    """The folder in which an installed package says of itself what it is."""
    of = distribution(name)
    (metadata,) = (file for file in of.files or () if file.name == "METADATA" and file.parent.suffix == ".dist-info")
    return Path(str(of.locate_file(metadata.parent)))


def main() -> int:
    """The exit code of `cyclonedx-py`, which looks at an environment of just these packages' descriptions."""
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf-8"))["project"]
    with TemporaryDirectory(prefix="kapstan-sbom-") as folder:
        venv.create(folder, symlinks=True)
        (packages,) = Path(folder).glob("lib/python*/site-packages")
        for name in closure(project["dependencies"]):
            source = described(name)
            (packages / source.name).symlink_to(source)
        return subprocess.run(  # noqa: S603  no shell, no outside words
            [
                Path(sys.executable).with_name("cyclonedx-py"),
                "environment",
                "--pyproject=pyproject.toml",
                "--output-reproducible",
                "--spec-version=1.6",
                Path(folder) / "bin" / "python",
            ],
            check=False,
        ).returncode


if __name__ == "__main__":
    sys.exit(main())
