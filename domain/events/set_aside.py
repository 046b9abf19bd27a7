"""Numbers that nothing can show: each is set aside as it was told, so that the rest of what was told is judged."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Final, NamedTuple, get_args, get_origin

from annotated_types import Ge, Le
from pydantic import JsonValue
from pydantic.fields import FieldInfo

from domain.values import Frozen

SET_ASIDE: Final = "set_aside"
"""The field of an event's data that keeps them."""


class Scale(NamedTuple):
    """The least and the most that a field can be."""

    least: float
    most: float


def without_impossible(model: type[Frozen], data: JsonValue) -> JsonValue:
    """The data of such an event, each number off its field's scale in `set_aside` and no longer in its field.

    Only of fields that may be left out: an event is nothing without the others.
    """
    if SET_ASIDE not in model.model_fields or not isinstance(data, dict) or data.get(SET_ASIDE) is not None:
        return data
    scales = _scales(model)
    aside: dict[str, JsonValue] = {
        name: value for name, value in data.items() if name in scales and _is_off(scales[name], value)
    }
    if not aside:
        return data
    return {**{name: value for name, value in data.items() if name not in aside}, SET_ASIDE: aside}


def _is_off(scale: Scale, value: JsonValue) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and not scale.least <= value <= scale.most  # type: ignore[operator]


@cache
def _scales(model: type[Frozen]) -> Mapping[str, Scale]:
    """The scale of each field of the model that is a number and may be left out."""
    optional = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    parts = ((name, part) for name, field in optional.items() for part in get_args(field.annotation))
    return {name: scale for name, part in parts if (scale := _scale(part)) is not None}


def _scale(annotation: Any) -> Scale | None:
    if get_origin(annotation) is not Annotated:
        return None
    said: list[Any] = [bound for one in get_args(annotation) if isinstance(one, FieldInfo) for bound in one.metadata]
    least: list[Any] = [bound.ge for bound in said if isinstance(bound, Ge)]
    most: list[Any] = [bound.le for bound in said if isinstance(bound, Le)]
    return Scale(least[0], most[0]) if least and most else None
