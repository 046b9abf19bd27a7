import pytest

from tests.support.doc_page import Page
from tests.support.paths import ROOT


@pytest.fixture(scope="session")
def events() -> Page:
    return Page.read(ROOT / "docs" / "events.md")


@pytest.fixture(scope="session")
def architecture() -> Page:
    return Page.read(ROOT / "docs" / "architecture.md")


@pytest.fixture(scope="session")
def commands() -> Page:
    return Page.read(ROOT / "docs" / "commands.md")


@pytest.fixture(scope="session")
def contributing() -> Page:
    return Page.read(ROOT / "CONTRIBUTING.md")
