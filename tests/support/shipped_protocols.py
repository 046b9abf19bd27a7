"""The protocols that Kapstan ships, by their ids: each file of protocols/."""

from collections.abc import Mapping
from typing import Final

from domain.protocol.model import Protocol
from gateway.protocols import load_folder
from tests.support.paths import PROTOCOLS

SHIPPED_BY_ID: Final[Mapping[str, Protocol]] = {
    shelved.protocol.id: shelved.protocol for shelved in load_folder(PROTOCOLS).shelf
}
