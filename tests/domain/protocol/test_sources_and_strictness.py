"""What a medical director asks of a new version: stricter or looser, and on which source it is founded."""

import pytest

from domain.protocol.file import parse_protocol
from domain.protocol.medicine import Limit
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from domain.protocol.sources import Source, sources_of
from domain.protocol.strictness import Strictness, strictness
from tests.support.paths import WEEKLY_FILE

TEXT = WEEKLY_FILE.read_text(encoding="utf-8")


def changed(old: str, new: str) -> Protocol:
    assert TEXT.count(old) == 1, old
    return parse_protocol(TEXT.replace(old, new), WEEKLY_FILE.name)


@pytest.mark.parametrize(
    ("key", "old", "new", "expected"),
    [
        ("screening.systolic_max", "systolic_max = 150", "systolic_max = 145", Strictness.STRICTER),
        ("screening.systolic_max", "systolic_max = 150", "systolic_max = 155", Strictness.LOOSER),
        ("screening.age_min", "age_min = 18", "age_min = 21", Strictness.STRICTER),
        ("screening.systolic_max", "systolic_max = 150", "systolic_max = 150", None),
        ("course.sessions_max", "sessions_max = 8", "sessions_max = 7", Strictness.STRICTER),
        ("course.interval", 'interval      = "P7D"', 'interval      = "P8D"', None),
    ],
)
def test_a_bound_that_moved_is_stricter_or_looser(key: str, old: str, new: str, expected: Strictness | None) -> None:
    """Of a duration that is no bound nobody can tell."""
    assert strictness(changed(old, old), changed(old, new), key) is expected


def test_a_limit_is_stricter_where_it_is_crossed_sooner() -> None:
    """Above a lower value, or below a higher one."""
    before = parse_protocol(TEXT, WEEKLY_FILE.name)
    keys = {one.key for one in parameters(before) if isinstance(one.value, Limit)}

    for key in keys:
        assert strictness(before, _moved(before, key, sooner=True), key) is Strictness.STRICTER, key
        assert strictness(before, _moved(before, key, sooner=False), key) is Strictness.LOOSER, key


def _moved(protocol: Protocol, key: str, *, sooner: bool) -> Protocol:
    """The protocol with every limit of this key crossed one unit sooner, or later."""
    by = -1 if sooner else 1

    def moved(limit: Limit) -> Limit:
        if limit.key != key:
            return limit
        return limit.but(
            above=None if limit.above is None else limit.above + by,
            rise=None if limit.rise is None else limit.rise + by,
            below=None if limit.below is None else limit.below - by,
        )

    return protocol.but(medicine=protocol.medicine.but(limits=tuple(map(moved, protocol.medicine.limits))))


def test_the_sources_of_the_shipped_protocol_are_found_with_their_addresses() -> None:
    """Every one that its evidence names; one without an address is named all the same."""
    found = {one.id: one for one in sources_of(TEXT)}
    protocol = parse_protocol(TEXT, WEEKLY_FILE.name)

    named = {one.source for one in protocol.evidence.values() if one.source.startswith("S")}
    assert named <= set(found)
    assert found["S63"] == Source(id="S63", title="Clinics' own pages, blogs and a forum", url=None)
    assert found["S62"].url == "https://www.statpearls.com/sp/rnc/213/23227/"
    assert found["S62"].title == "Hypertensive urgency: StatPearls, AAFP 2010"


def test_a_comment_that_is_no_source_is_none() -> None:
    """And what is no web address is nowhere to go."""
    text = (
        "# S1 A label: javascript:alert(1)\n# A remark on S2: https://example.org\nid = 1 # S3 x: https://example.org\n"
    )

    assert sources_of(text) == (Source(id="S1", title="A label: javascript:alert(1)", url=None),)
