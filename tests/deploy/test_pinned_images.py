"""A release names each image by its content; only a registry knows that, so its place is kept and checked."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

FILES = ("docker-compose.yml", "Dockerfile")
NAMED = re.compile(r"^(?: +image: |FROM )([a-z0-9./-]+:\S+)", re.MULTILINE)

DOCKER = """#!/bin/sh
echo "$@" >> asked
test -e away && exit 1
case "$4" in
  python:*) echo '{"digest": "sha256:%s"}' ;;
  *) echo '{"digest": "sha256:%s"}' ;;
esac
"""


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The two files, and a Docker that knows the registry's digests."""
    for name in FILES:
        shutil.copy(ROOT / name, tmp_path)
    docker = tmp_path / "bin" / "docker"
    docker.parent.mkdir()
    docker.write_text(DOCKER % ("a" * 64, "b" * 64))
    docker.chmod(0o755)
    return tmp_path


def pins(folder: Path, *arguments: str) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, ROOT / "deploy" / "pin_images.py", *arguments],
        cwd=folder,
        env={"PATH": f"{folder / 'bin'}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, run.stderr


def named(folder: Path) -> list[str]:
    """Every image that the files name, but for Kapstan's own, which is built here."""
    found = [image for name in FILES for image in NAMED.findall((folder / name).read_text(encoding="utf-8"))]
    return [image for image in found if not image.startswith("kapstan:")]


def test_the_release_is_pinned_whole_or_not_yet() -> None:
    """Between releases no image has a digest; from `make pin-images` on, each has one. Half of them is a mistake."""
    pinned = {bool(re.search(r"@sha256:[0-9a-f]{64}$", image)) for image in named(ROOT)}

    assert len(pinned) == 1
    assert [image for image in named(ROOT) if "@" in image and pinned == {False}] == []


def test_each_image_is_pinned_to_what_its_registry_has(release: Path) -> None:
    """Everywhere it is named, and nothing else changes; asked for once. Then the check is content."""
    before = [image.partition("@")[0] for image in named(release)]

    assert pins(release) == (0, "")

    digests = {"python": "a" * 64}
    assert named(release) == [f"{image}@sha256:{digests.get(image.partition(':')[0], 'b' * 64)}" for image in before]
    assert len((release / "asked").read_text().splitlines()) == len(set(before))
    for name in FILES:
        assert re.sub(r"@sha256:\w+", "", (release / name).read_text()) == re.sub(
            r"@sha256:\w+", "", (ROOT / name).read_text()
        )
    assert pins(release, "--check") == (0, "")


def test_a_newer_content_takes_the_place_of_the_older_one(release: Path) -> None:
    """Pinned again, after the registry has another content under the same name."""
    pins(release)
    docker = release / "bin" / "docker"
    docker.write_text(DOCKER % ("c" * 64, "d" * 64))

    assert pins(release) == (0, "")

    assert {image.partition("@")[2] for image in named(release)} == {f"sha256:{'c' * 64}", f"sha256:{'d' * 64}"}


def test_without_a_registry_nothing_is_written(release: Path) -> None:
    """No digest is made up: it says which image it could not ask for."""
    before = {name: (release / name).read_text() for name in FILES}
    (release / "away").touch()

    code, said = pins(release)

    assert (code, said.splitlines()) == (
        1,
        [f"{named(release)[0].partition('@')[0]}: Docker does not tell its digest (CalledProcessError)"],
    )
    assert {name: (release / name).read_text() for name in FILES} == before


def test_the_check_names_each_image_that_has_no_digest(release: Path) -> None:
    """So a release cannot be made by a tag alone."""
    for name in FILES:
        file = release / name
        file.write_text(re.sub(r"@sha256:[0-9a-f]{64}", "", file.read_text()))

    code, said = pins(release, "--check")

    assert code == 1
    assert {line.partition(" ")[0] for line in said.splitlines()} == set(named(release))
