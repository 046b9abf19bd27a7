"""Folders for whole stacks."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.supervised import fresh_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    with fresh_folder() as fresh:
        yield fresh
