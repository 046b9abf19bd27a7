"""Builds the Temporal client, the same for worker, console, command line and tests."""

import logging
import os
import sys
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Final, NoReturn, Self

import temporalio.api.failure.v1
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.client import Client, Interceptor
from temporalio.converter import (
    DataConverter,
    DefaultFailureConverter,
    PayloadConverter,
    SerializationContext,
    WithSerializationContext,
)
from temporalio.envconfig import ClientConfig
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory
from temporalio.service import RPCError, RPCStatusCode

from domain.course.answer import AlreadyAnswered
from domain.refusal import Refused
from domain.values import Frozen
from gateway.callers_json import CallersPayloadConverter
from gateway.codec import EncryptionCodec, KapstanPayloadConverter, WithoutKeys
from gateway.compression import CompressionCodec
from gateway.undecipherable import Undecipherable
from workflows import attributes

SEARCH_ATTRIBUTES: dict[str, IndexedValueType.ValueType] = {
    key.name: IndexedValueType.ValueType(key.indexed_value_type) for key in attributes.KEYS
}
"""The search attributes by which Temporal itself can list courses. No patient data: they are stored in clear."""


FOR_ITS_OWN_TOOLS: Final = {RPCStatusCode.PERMISSION_DENIED, RPCStatusCode.UNIMPLEMENTED}
"""How a server answers whose search attributes are not made by its clients."""

log = logging.getLogger(__name__)


def _told(kind: type[Exception], message: str, detail: Frozen) -> ApplicationError:
    return ApplicationError(
        message, detail, type=kind.__name__, non_retryable=True, category=ApplicationErrorCategory.BENIGN
    )


def _unreadable(exception: BaseException) -> Undecipherable | None:
    """The payload that could not be read, if that is what went wrong. The SDK raises an error of its own from it."""
    wrong = exception if isinstance(exception, Undecipherable) else exception.__cause__
    return wrong if isinstance(wrong, Undecipherable) else None


class RefusalAwareFailureConverter(DefaultFailureConverter):
    """Carries `Refused` and `AlreadyAnswered` through Temporal intact, so that validators can simply raise them.

    Why a payload could not be read is told in clear: whoever sent it may not have the key for the answer.
    """

    def to_failure(
        self,
        exception: BaseException,
        payload_converter: PayloadConverter,
        failure: temporalio.api.failure.v1.Failure,
    ) -> None:
        """Converts a `Refused` to an application error of that type whose detail is the `Refusal`.

        An `AlreadyAnswered` likewise, with its `Answer`.
        """
        if (unreadable := _unreadable(exception)) is not None:
            why = ApplicationError(str(unreadable), type=Undecipherable.__name__)
            DefaultFailureConverter().to_failure(why, payload_converter, failure)
            return
        match exception:
            case Refused(refusal=refusal):
                exception = _told(Refused, refusal.code, refusal)
            case AlreadyAnswered(answer=answer):
                exception = _told(AlreadyAnswered, "already answered", answer)
        super().to_failure(exception, payload_converter, failure)


class SealedFailureConverter(RefusalAwareFailureConverter):
    """The same, with messages and stack traces passed to the codec, as they may quote patient data."""

    def __init__(self) -> None:
        super().__init__(encode_common_attributes=True)


@dataclass(frozen=True)
class KapstanDataConverter(DataConverter):
    """The SDK's, for whose codec alone it matters where a payload belongs.

    The SDK (1.35) makes a whole data converter for each of an activity's payloads.
    """

    def with_context(self, context: SerializationContext) -> Self:
        """The same, with the codec for this place."""
        placed = copy(self)
        if isinstance(self.payload_codec, WithSerializationContext):
            object.__setattr__(placed, "payload_codec", self.payload_codec.with_context(context))
        return placed


def data_converter(codec: EncryptionCodec | None = None, *, for_callers: bool = False) -> DataConverter:
    """The data converter: Pydantic models as JSON, compressed; refusals intact; all encrypted with a `codec`.

    That of callers gets along with workers of another release. What cannot be read raises `Undecipherable` where it is
    converted.
    """
    return KapstanDataConverter(
        payload_converter_class=CallersPayloadConverter if for_callers else KapstanPayloadConverter,
        failure_converter_class=RefusalAwareFailureConverter if codec is None else SealedFailureConverter,
        payload_codec=CompressionCodec(codec or WithoutKeys()),
    )


class TemporalUnreachable(Exception):  # noqa: N818  an operator reads it
    """The Temporal server does not answer; the message names its address."""


async def connect(
    *,
    identity: str,
    target_host: str | None = None,
    codec: EncryptionCodec | None = None,
    interceptors: Sequence[Interceptor] = (),
    for_callers: bool = False,
    **overrides: Any,
) -> Client:
    """Connects to the Temporal server that the environment names (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`, TLS, …).

    With `for_callers` the client gets along with workers of another release; no worker may run on it.

    `target_host` and `overrides` (such as `namespace`) win over the environment. Raises `TemporalUnreachable`, except
    with `lazy` as an override: then it connects at the first call.
    """
    config: dict[str, Any] = {"target_host": "127.0.0.1:7233", **ClientConfig.load_client_connect_config(), **overrides}
    config["target_host"] = target_host or config["target_host"]
    try:
        return await Client.connect(
            **config,
            identity=identity,
            data_converter=data_converter(codec, for_callers=for_callers),
            interceptors=interceptors,
        )
    except (RuntimeError, RPCError) as error:
        raise TemporalUnreachable(f"Temporal does not answer at {config['target_host']}: {error}") from error


def leave(code: int) -> NoReturn:
    """Exits this process at once, after flushing its output.

    The SDK's threads outlive its clients and workers, and a normal interpreter shutdown crashes now and then: the
    operator would see a signal in place of the exit code (sdk-python 300).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def register_search_attributes(client: Client) -> None:
    """Registers the search attributes with the server; safe to repeat at every start.

    Temporal Cloud leaves that to its own tools: there it only logs which must be there.
    """
    try:
        await _add_search_attributes(client)
    except RPCError as refused:
        if refused.status not in FOR_ITS_OWN_TOOLS:
            raise
        log.warning(
            "Temporal lets nobody add search attributes here; these must be there, or no course can start: %s",
            ", ".join(f"{name} ({IndexedValueType.Name(kind)})" for name, kind in SEARCH_ATTRIBUTES.items()),
        )


async def _add_search_attributes(client: Client) -> None:
    known = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    if missing := {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in known.custom_attributes}:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
