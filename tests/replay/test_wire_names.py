"""Wire names are history: what a running course wrote down last month must still be understood."""

from tests.support.replay import wire


def test_every_name_in_a_history_is_still_there_and_no_new_one_goes_unpinned() -> None:
    """A name may be added (`make golden` pins it); one that is gone or changed breaks courses that are under way."""
    pinned = set(wire.PINNED.read_text(encoding="utf-8").splitlines())
    now = set(wire.names())
    assert pinned - now == set(), "these names stand in histories: they must stay, or be read behind a patch"
    assert now - pinned == set(), "these names are new: pin them with `make golden`"
