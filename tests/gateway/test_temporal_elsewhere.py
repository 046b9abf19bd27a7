"""A Temporal that is not ours: Temporal Cloud makes its search attributes by itself."""

import logging
from dataclasses import dataclass
from typing import NoReturn, cast

import pytest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from gateway.temporal import SEARCH_ATTRIBUTES, register_search_attributes


@dataclass
class Refusing:
    """A client whose server answers operators so."""

    status: RPCStatusCode
    namespace: str = "clinic.a1b2c"

    @property
    def operator_service(self) -> "Refusing":
        return self

    async def list_search_attributes(self, _asked: object) -> NoReturn:
        raise RPCError("not here", self.status, b"")


@pytest.mark.parametrize("status", [RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED])
async def test_a_worker_starts_where_nobody_may_add_search_attributes(
    status: RPCStatusCode, caplog: pytest.LogCaptureFixture
) -> None:
    """Its log names each that must be there, with its kind: without one no course could start."""
    with caplog.at_level(logging.WARNING):
        await register_search_attributes(cast("Client", Refusing(status)))

    assert all(name in caplog.text for name in SEARCH_ATTRIBUTES)


async def test_a_server_that_is_away_is_no_cloud() -> None:
    """Then the worker does not start."""
    with pytest.raises(RPCError):
        await register_search_attributes(cast("Client", Refusing(RPCStatusCode.UNAVAILABLE)))
