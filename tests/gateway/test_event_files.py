"""A clinic's file of events, taken apart into events."""

import json

import pytest

from gateway.event_files import events_in

EVENTS = [{"id": "1", "note": "a\u2028b\u2029c\x85d"}, {"id": "2", "note": "plain"}]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\n\n"])
def test_a_line_ends_where_json_lines_end(end: str) -> None:
    """Unicode's own line separators may stand in a note, as they are: there no event ends."""
    lines = [json.dumps(event, ensure_ascii=False) for event in EVENTS]

    assert [json.loads(one)["id"] for one in events_in(end.join(lines) + end)] == ["1", "2"]
