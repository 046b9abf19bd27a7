"""What a page shows is held to what was printed, and to nothing less."""

import pytest

from tests.support.printed import is_json, is_text

PRINTED = '{"id": "e-1", "at": "2026-01-05T09:00:00Z", "of": [1, 2, {"code": "x"}], "none": null}'


@pytest.mark.parametrize(
    ("shown", "holds"),
    [
        (PRINTED, True),
        ('{"id": "e-1", …}', True),
        ('{"id": "e-…", "at": "2025-01-01T00:00:00+01:00", …}', True),
        ('{"of": [1, …], …}', True),
        ('{"of": [1, …, {"code": …}], …}', True),
        ('{"of": [1, 2, {…}], …}', True),
        ('{"id": "e-1"}', False),
        ('{"id": "e-2", …}', False),
        ('{"of": [2, …], …}', False),
        ('{"of": [1, 2], …}', False),
        ('{"none": false, …}', False),
        ('{"else": …, …}', False),
        (f"{PRINTED}\n{PRINTED}", False),
    ],
)
def test_json_is_compared_but_for_what_is_left_out(shown: str, holds: bool) -> None:
    """In an object, in an array, in a text; times are others each time."""
    assert is_json(shown, PRINTED) is holds


@pytest.mark.parametrize(
    ("shown", "holds"),
    [("a: 1\nb: 2\n", True), ("a: …\n…\n", True), ("…\nb: 2\n", True), ("a: 1\n", False), ("…\nc: 3\n", False)],
)
def test_text_is_compared_line_by_line(shown: str, holds: bool) -> None:
    """A line of its own stands for any lines, also for none."""
    assert is_text(shown, "a: 1\nb: 2") is holds
