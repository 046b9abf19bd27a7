#!/usr/bin/env python3
"""Pins each image that a clinic pulls to the content that its registry has under that name now: `make pin-images`.

A tag can be moved to another content; a digest cannot. Only a registry knows it, so this runs where Docker and the
network are, as a release is made, and what it writes is part of the release. With `--check` it changes nothing and says
which images have no digest yet.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

FILES = ("docker-compose.yml", "Dockerfile")
IMAGE = re.compile(
    r"^(?P<before> +image: |FROM )(?P<name>(?!kapstan:)[a-z0-9./-]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?(?= |$)",
    re.MULTILINE,
)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def images(texts: dict[Path, str]) -> dict[str, bool]:
    """Each image by its name and tag, with whether it is pinned wherever it is named."""
    found: dict[str, bool] = {}
    for text in texts.values():
        for image in IMAGE.finditer(text):
            found[image["name"]] = found.get(image["name"], True) and image["digest"] is not None
    return found


def digest_of(image: str) -> str:
    """What its registry has under this name now. Raises `ValueError`, saying why it is not known."""
    command = ["docker", "buildx", "imagetools", "inspect", image, "--format", "{{json .Manifest}}"]
    try:
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603  our own names
        digest = str(json.loads(told)["digest"])
    except (OSError, subprocess.CalledProcessError, ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{image}: Docker does not tell its digest ({type(error).__name__})") from None
    if not DIGEST.fullmatch(digest):
        raise ValueError(f"{image}: {digest!r} must be a SHA-256 digest")
    return digest


def main(arguments: list[str]) -> int:
    """0 where all are pinned, 1 where one is not. Either all files are written, or none."""
    texts = {Path(name): Path(name).read_text(encoding="utf-8") for name in FILES}
    if arguments == ["--check"]:
        loose = [image for image, is_pinned in images(texts).items() if not is_pinned]
        sys.stderr.writelines(f"{image} must be pinned by its digest: make pin-images\n" for image in loose)
        return 1 if loose else 0
    try:
        digests = {image: digest_of(image) for image in images(texts)}
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    for path, text in texts.items():
        pinned = IMAGE.sub(lambda image: f"{image['before']}{image['name']}@{digests[image['name']]}", text)
        path.write_text(pinned, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
