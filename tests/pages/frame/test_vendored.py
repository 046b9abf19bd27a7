"""What is not ours is exactly what its makers released, and `VENDORED.md` says where it came from."""

import hashlib
import re

from tests.support.paths import ROOT

VENDOR = ROOT / "console" / "pages" / "static" / "vendor"


def test_each_vendored_file_is_the_one_that_is_named() -> None:
    """Name, version, licence and hash of every file, and no file besides."""
    told = (VENDOR / "VENDORED.md").read_text(encoding="utf-8")
    listed = dict(re.findall(r"^\| `(\S+)` \|.*\| `([0-9a-f]{64})` \|$", told, re.MULTILINE))

    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in VENDOR.glob("*.js")}

    assert listed == found
