"""What is timed of a long session is timed where it says: no measurement runs into the next."""

from itertools import pairwise

import pytest

from bench.decision import AROUND, ROUNDS
from bench.run import FULL, QUICK, Sizes


@pytest.mark.parametrize("sizes", [FULL, QUICK], ids=["full", "quick"])
def test_each_point_lies_beyond_what_was_taken_at_the_one_before(sizes: Sizes) -> None:
    """Else there is nothing left to take, and the whole bench ends there."""
    assert all(before + ROUNDS * AROUND <= point for before, point in pairwise(sizes.readings))
