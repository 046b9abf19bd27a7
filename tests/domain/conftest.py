"""Wards for the stories of this folder; after each its record must hold: the whole of it before anything lands."""

from collections.abc import Callable, Iterator

import pytest

from domain.protocol.model import Protocol
from tests.support.cast import WEEKLY
from tests.support.ward import Ward, holds

Opens = Callable[[Protocol], Ward]


@pytest.fixture
def opens() -> Iterator[Opens]:
    """A ward under a protocol of its own."""
    wards: list[Ward] = []

    def open_ward(protocol: Protocol) -> Ward:
        wards.append(Ward(protocol=protocol))
        return wards[-1]

    yield open_ward
    assert all(map(holds, wards))


@pytest.fixture
def ward(opens: Opens) -> Ward:
    """A ward under the weekly protocol, on Monday at nine; nobody has been referred."""
    return opens(WEEKLY)
