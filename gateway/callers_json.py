"""JSON between a caller and workers that may be of another release: console and commands speak it, workers do not."""

from functools import cache
from typing import Any

from pydantic import TypeAdapter
from pydantic_core import to_json
from temporalio.api.common.v1 import Payload
from temporalio.contrib.pydantic import PydanticJSONPlainPayloadConverter

from gateway.codec import KapstanPayloadConverter


class CallersJson(PydanticJSONPlainPayloadConverter):
    """Leaves out what has no value, and passes over what it does not know.

    So an older worker takes what a newer console sends, as long as it says nothing that only the newer one knows; and
    an older console shows what a newer worker answers, without what was added.
    """

    def to_payload(self, value: Any) -> Payload | None:
        """The value as JSON, without the fields that are None."""
        return Payload(metadata={"encoding": self.encoding.encode()}, data=to_json(value, exclude_none=True))

    def from_payload(self, payload: Payload, type_hint: type | None = None) -> Any:
        """The value that the JSON says. Raises `ValidationError` if it lacks something, or says it otherwise."""
        return _adapter(type_hint or Any).validate_json(payload.data, extra="ignore")


class CallersPayloadConverter(KapstanPayloadConverter):
    """The payload converter of whoever calls a workflow."""

    def __init__(self) -> None:
        super().__init__()
        spoken = CallersJson()
        self.converters = {**self.converters, spoken.encoding.encode(): spoken}


@cache
def _adapter(shape: Any) -> TypeAdapter[Any]:
    return TypeAdapter(shape)
