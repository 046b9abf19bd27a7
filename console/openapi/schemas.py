"""The models' schemas, each once and by a name that a reader knows."""

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
"""What an event's model fills in by itself: what is sent without them is no CloudEvent."""

_INNER: Final = re.compile(r"\.(Data)\b")


class _Named(GenerateJsonSchema):
    """An event's data is named after its event, such as `DoseAdministeredData`."""

    def get_defs_ref(self, core_mode_ref: CoreModeRef) -> DefsRef:
        """The name of a shared schema."""
        core_ref, mode = core_mode_ref
        return super().get_defs_ref((CoreRef(_INNER.sub(r"\1", core_ref)), mode))

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  pydantic's own signature
        """A field's name says it."""
        return False

    def model_schema(self, schema: ModelSchema) -> JsonSchemaValue:
        """The schema of a model, its title as its name."""
        return {**super().model_schema(schema), "title": _INNER.sub(r"\1", schema["cls"].__qualname__)}


def schemas(asked: Iterable[tuple[Key, Mode, TypeAdapter[Any]]]) -> tuple[Mapping[Key, Schema], dict[str, Schema]]:
    """The schema of each by its key, and those that they share by name."""
    found, shared = TypeAdapter.json_schemas(asked, ref_template=PLACE, schema_generator=_Named)
    by_name: dict[str, Schema] = shared["$defs"]
    for model in MODELS.values():
        event = by_name[model.__name__]
        event["required"] = sorted({*event["required"], *ON_THE_WIRE})
    return {key: schema for (key, _), schema in found.items()}, by_name
