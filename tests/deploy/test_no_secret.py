"""No secret is in the repository: Yelp's detect-secrets looks through every file."""

import os
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatch
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import cast

import pytest
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.plugins.base import BasePlugin as Plugin
from detect_secrets.settings import get_plugins, transient_settings
from detect_secrets.transformers import get_transformed_file
from detect_secrets.types import NamedIO

from tests.support.paths import ROOT

KINDS = (
    "ArtifactoryDetector",
    "AWSKeyDetector",
    "AzureStorageKeyDetector",
    "BasicAuthDetector",
    "CloudantDetector",
    "DiscordBotTokenDetector",
    "GitHubTokenDetector",
    "GitLabTokenDetector",
    "JwtTokenDetector",
    "KeywordDetector",
    "MailchimpDetector",
    "NpmDetector",
    "OpenAIDetector",
    "PrivateKeyDetector",
    "PypiTokenDetector",
    "SendGridDetector",
    "SlackDetector",
    "SquareOAuthDetector",
    "StripeDetector",
    "TelegramBotTokenDetector",
    "TwilioKeyDetector",
)

SETTINGS = {
    "plugins_used": [
        *({"name": kind} for kind in KINDS),
        {"name": "Base64HighEntropyString", "limit": 4.5},
        {"name": "HexHighEntropyString", "limit": 3.0},
    ],
    "filters_used": [
        {"path": f"detect_secrets.filters.heuristic.{name}"}
        for name in (
            "is_indirect_reference",
            "is_likely_id_string",
            "is_not_alphanumeric_string",
            "is_potential_uuid",
            "is_prefixed_with_dollar_sign",
            "is_sequential_string",
            "is_templated_secret",
        )
    ],
}

HASHES = {
    "requirements.lock": "the hash of each package",
    "tests/replay/histories": "what workflows did in stories of people who were made up, compressed",
}
"""Files that are hashes and encoded payloads from end to end: high entropy says nothing of them."""

MADE_UP = {
    ("console/openapi/examples/CourseSummary.json", "Hex High Entropy String"): (1, "a hash of the example's ledger"),
    ("console/openapi/examples/CourseView.json", "Hex High Entropy String"): (2, "a hash of the example's ledger"),
    ("console/openapi/examples/Entry.json", "Hex High Entropy String"): (1, "a hash of the example's ledger"),
    ("console/openapi/examples/PastCourse.json", "Hex High Entropy String"): (2, "a hash of the example's ledger"),
    ("console/openapi/examples/ProtocolShown.json", "Hex High Entropy String"): (1, "a hash of the example's protocol"),
    ("console/openapi/examples/ProtocolWhole.json", "Hex High Entropy String"): (1, "a hash of the example's protocol"),
    ("tests/console/metrics/test_metrics_and_logs.py", "Secret Keyword"): (2, "a patient's words that were made up"),
    ("tests/domain/events/test_parsing.py", "Hex High Entropy String"): (2, "the fingerprint of an event"),
    ("tests/gateway/test_channels.py", "Basic Auth Credentials"): (4, "channels of hosts that are none"),
    ("tests/gateway/test_channels.py", "Telegram Bot Token"): (1, "a token of the right shape"),
    ("tests/gateway/test_codec.py", "Secret Keyword"): (1, "a diagnosis that was made up"),
    ("tests/records/test_record_schema.py", "Basic Auth Credentials"): (1, "a database of no host"),
    ("tests/stack/test_stack_refuses.py", "Basic Auth Credentials"): (1, "a database of no host"),
}
"""What looks like a secret and is none: how many of its kind in each file, and what it is."""


@cache
def kept() -> list[str]:
    """Every file that git keeps here, or would, but for those of hashes."""
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()} | {".git"}

    def is_ignored(path: Path) -> bool:
        parts = path.relative_to(ROOT).parts
        return any(fnmatch(part, pattern) for part in (*parts, "/".join(parts[:2])) for pattern in ignored)

    names: list[str] = []
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [each for each in folders if not is_ignored(Path(folder, each))]
        paths = [Path(folder, each) for each in files if not is_ignored(Path(folder, each))]
        names += [path.relative_to(ROOT).as_posix() for path in paths]
    return sorted(name for name in names if not name.startswith(tuple(HASHES)))


def found_in(folder: Path, names: Iterable[str], monkeypatch: pytest.MonkeyPatch) -> Counter[tuple[str, str]]:
    """How many secrets of each kind the scanner sees in each file."""
    monkeypatch.chdir(folder)
    secrets = SecretsCollection()
    with transient_settings(SETTINGS):
        detectors = get_plugins()
        for name in names:
            if may_hold_one(name, detectors):
                secrets.scan_file(name)
    return Counter((name, secret.type) for name, secret in secrets)


def may_hold_one(name: str, detectors: Iterable[Plugin]) -> bool:
    """Whether any detector sees anything in any line, be it filtered out afterwards: in few files, and soon told.

    What the scanner reads as settings, and not line by line, is left to the scanner; a picture is never looked at.
    """
    with Path(name).open() as file:
        try:
            named = cast(NamedIO, file)
            if get_transformed_file(named) or get_transformed_file(named, use_eager_transformers=True):
                return True
            lines = {line.rstrip() for line in file} - {""}
        except UnicodeDecodeError:
            return False
    return any(detector.analyze_line(filename=name, line=line) for line in lines for detector in detectors)


def place(name: str) -> str:
    """The file's room, and its part of a large one: every line meets every detector, and a place at a time is quick."""
    return "/".join(name.split("/")[:-1][:2])


@pytest.mark.parametrize("where", sorted({*map(place, kept()), *(place(name) for name, _ in MADE_UP)}))
def test_no_file_holds_a_secret(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the scanner sees is on the list of what was made up, and nothing is on it that is gone."""
    made_up = {known: count for known, (count, _) in MADE_UP.items() if place(known[0]) == where}
    assert found_in(ROOT, [name for name in kept() if place(name) == where], monkeypatch) == made_up


@pytest.mark.parametrize(
    "words",
    [
        ("-----BEGIN RSA ", "PRIVATE KEY-----"),
        ("aws = 'AKIA", "QYLPMN5HFIQR7XYZ'"),
        ("token = 'ghp_", "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'"),
        ("slack = 'xoxb-", "23984754863-2348975623103-QFd7Q4tPaN2xW0vGx9l3Bz1K'"),
        ("postgresql://kapstan:", "qT7vR2mZ9x@10.0.0.5/kapstan"),
        ("KAPSTAN_LINK_SECRET=", sha256(b"of a clinic").hexdigest()),
    ],
)
def test_a_secret_that_slipped_in_would_be_seen(
    words: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key, a token or a password in a file of settings: each is found, so the test above says something."""
    (tmp_path / "settings.env").write_text("".join(words) + "\n", encoding="utf-8")

    assert found_in(tmp_path, ["settings.env"], monkeypatch)
