"""The pictures of the README: each is there, says in words what it shows, and is small enough for a repository."""

import re

import pytest

from docs.screenshots import IMAGES, LARGEST
from tests.support.paths import ROOT

SHOWN = re.findall(
    r'!\[(?P<alt>[^\]]*)\]\((?P<file>[^)]+\.png)\)|<img src="([^"]+)"[^>]* alt="([^"]*)">',
    (ROOT / "README.md").read_text(encoding="utf-8"),
)
PICTURES = {markdown or html: alt or html_alt for alt, markdown, html, html_alt in SHOWN}


@pytest.mark.parametrize("file", PICTURES)
def test_a_picture_is_there_small_enough_and_told_in_words(file: str) -> None:
    """Whoever does not see it reads what it shows."""
    assert 0 < (ROOT / file).stat().st_size <= LARGEST
    assert len(PICTURES[file].split()) >= 5


def test_every_picture_that_is_made_is_shown() -> None:
    """Board, live sessions, course and phone page."""
    assert {ROOT / file for file in PICTURES} == set(IMAGES.iterdir())
    assert len(PICTURES) == 4
