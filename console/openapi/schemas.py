"""JSON schemas of the models, each once and under a readable name."""

import re
from collections.abc import Hashable, Iterable, Mapping
from typing import Any, Final, Literal, TypeAlias, TypeVar

from pydantic import TypeAdapter
from pydantic.json_schema import CoreModeRef, CoreRef, DefsRef, GenerateJsonSchema, JsonSchemaValue
from pydantic_core.core_schema import ModelSchema

from domain.events.clinic_events import MODELS

Schema: TypeAlias = dict[str, Any]
Mode: TypeAlias = Literal["validation", "serialization"]
Key = TypeVar("Key", bound=Hashable)

PLACE: Final = "#/components/schemas/{model}"

ON_THE_WIRE: Final = ("specversion", "type")
"""Fields with a default in an event's model that must be sent all the same: without them it is no CloudEvent."""

_INNER: Final = re.compile(r"\.(Data)\b")


class _Named(GenerateJsonSchema):
    """Names the schema of an event's data after the event, such as `DoseAdministeredData`."""

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        """The name of a shared schema."""
        core_ref, mode = core_mode_ref
        return super().get_defs_ref((CoreRef(_INNER.sub(r"\1", core_ref)), mode))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's own signature
        """No titles on fields: their names suffice."""
        return False

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """The schema of a model, its title as its name."""
        return {**super().model_schema(schema), "title": _INNER.sub(r"\1", schema["cls"].__qualname__)}


def schemas(asked: Iterable[tuple[Key, Mode, TypeAdapter[Any]]]) -> tuple[Mapping[Key, Schema], dict[str, Schema]]:
    """The schema of each model by its key, and the shared schemas by name."""
    found, shared = TypeAdapter.json_schemas(asked, ref_template=PLACE, schema_generator=_Named)
    by_name: dict[str, Schema] = shared["$defs"]
    for model in MODELS.values():
        event = by_name[model.__name__]
        event["required"] = sorted({*event["required"], *ON_THE_WIRE})
    return {key: schema for (key, _), schema in found.items()}, by_name
