"""A slip of the pen at any place of a protocol file is told, and breaks nothing."""

import re

import pytest

from domain.protocol.file import ProtocolFileError, parse_protocol
from tests.domain.protocol.test_protocol_file import BARE


@pytest.mark.parametrize(
    "oddity",
    ["-1", "1e400", "nan", "true", '""', '"P1Y"', '"P99999999999D"', "[]", "[[1]]", "{}", "{ a = 1 }", "12:00:00"],
)
def test_no_slip_makes_the_reader_stumble(oddity: str) -> None:
    """Whatever stands where a value should be, the answer is a protocol or a list of findings."""
    for line in [line for line in BARE.splitlines() if re.match(r"\w+ *= ", line)]:
        text = BARE.replace(line, f"{line.partition('=')[0]}= {oddity}", 1)
        try:
            parse_protocol(text, "kap.toml")
        except ProtocolFileError as refused:
            assert refused.findings  # noqa: PT017  either way is right
