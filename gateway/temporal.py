"""The one place that builds the Temporal client, so that worker, command line and tests cannot drift apart."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import temporalio.api.failure.v1
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter, DefaultFailureConverter, PayloadCodec, PayloadConverter
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError

from domain.refusal import Refused

SEARCH_ATTRIBUTES: dict[str, IndexedValueType.ValueType] = {
    "KapPhase": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KapSite": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KapProtocol": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KapAttention": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "KapSession": IndexedValueType.INDEXED_VALUE_TYPE_INT,
    "KapNextDue": IndexedValueType.INDEXED_VALUE_TYPE_DATETIME,
    "KapHeld": IndexedValueType.INDEXED_VALUE_TYPE_BOOL,
}
"""What the fleet can be listed by in Temporal itself. No patient data: an attribute is stored in clear."""


class RefusalAwareFailureConverter(DefaultFailureConverter):
    """Carries a refusal through Temporal whole, so that a validator may simply let the chart refuse."""

    def to_failure(
        self,
        exception: BaseException,
        payload_converter: PayloadConverter,
        failure: temporalio.api.failure.v1.Failure,
    ) -> None:
        """A `Refused` travels as an application error of type `Refused` whose detail is the `Refusal`."""
        if isinstance(exception, Refused):
            exception = ApplicationError(
                exception.refusal.code,
                exception.refusal,
                type=Refused.__name__,
                non_retryable=True,
                category=ApplicationErrorCategory.BENIGN,
            )
        super().to_failure(exception, payload_converter, failure)


def data_converter(codec: PayloadCodec | None = None) -> DataConverter:
    """Pydantic models as JSON, refusals whole, and each payload through `codec` where one is given."""
    return replace(pydantic_data_converter, failure_converter_class=RefusalAwareFailureConverter, payload_codec=codec)


class TemporalUnreachable(Exception):  # noqa: N818  an operator reads it
    """The Temporal server does not answer; the message says where it was sought."""


async def connect(
    *, identity: str, codec: PayloadCodec | None = None, interceptors: Sequence[Interceptor] = (), **overrides: Any
) -> Client:
    """A client of the Temporal server that the environment names (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, TLS, …).

    `overrides` (such as `target_host`) win over the environment. Raises `TemporalUnreachable`.
    """
    config: dict[str, Any] = {"target_host": "127.0.0.1:7233", **ClientConfig.load_client_connect_config(), **overrides}
    try:
        return await Client.connect(
            **config, identity=identity, data_converter=data_converter(codec), interceptors=interceptors
        )
    except (RuntimeError, RPCError) as error:
        raise TemporalUnreachable(f"Temporal does not answer at {config['target_host']}: {error}") from error


async def register_search_attributes(client: Client) -> None:
    """Makes sure that the server knows the search attributes; safe to do at every start."""
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    if missing := {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes}:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
