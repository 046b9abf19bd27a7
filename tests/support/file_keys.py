"""Every key that a protocol or an on-call file may have, and files that differ from ours in one of them.

A key is spelled as the pages spell it: `medicine.limits.above`, `policies.steps.wait`. Names that a clinic chooses, and
places in a list, are left out.
"""

import json
import tomllib
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Final, Generic, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

from domain.oncall.file import OnCall, parse_on_call
from domain.protocol.file import ProtocolFileError, protocol_from
from domain.protocol.model import Protocol
from domain.protocol.parameters import parameters
from domain.protocol.values import Range
from tests.support import cast
from tests.support.paths import ROOT

Path = tuple[str | int, ...]
File = TypeVar("File", Protocol, OnCall)
Told = TypeVar("Told")

WEEKLY: Final[Mapping[str, Any]] = tomllib.loads((ROOT / "protocols" / "kap-im-weekly.toml").read_text("utf-8"))
ON_CALL: Final[Mapping[str, Any]] = tomllib.loads((ROOT / "examples" / "oncall.toml").read_text("utf-8"))

SCHEMA = "schema"
"""The one key that says nothing about the clinic: with another one the file is not read at all."""


@dataclass(frozen=True)
class OneKey(Generic[Told]):
    """A key, another value of it, and what is then different.

    `seen` tells a story and says what was seen: `as_written` under our file, `otherwise` where only this key differs.
    `where` is the key's place in our file, and `also` what both files have besides.
    """

    key: str
    other: object
    seen: Callable[[Told], object]
    as_written: object
    otherwise: object
    where: Path = ()
    also: Mapping[Path, object] = field(default_factory=dict)

    @property
    def place(self) -> Path:
        return self.where or tuple(self.key.split("."))


def keys_of(model: type[BaseModel], prefix: str = "") -> Iterator[str]:
    """The keys of a model's file, in its order: those that hold a value, not those that only hold other keys."""
    for name, info in model.model_fields.items():
        key = f"{prefix}{info.alias or name}"
        tables = [part for part in _models_in(info.annotation) if part is not Range]
        for table in tables:
            yield from keys_of(table, f"{key}.")
        if not tables:
            yield key


def _models_in(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    elif get_origin(annotation) in {Union, UnionType, tuple} or isinstance(get_origin(annotation), type):
        for part in get_args(annotation):
            yield from _models_in(part)


PROTOCOL_KEYS: Final = (SCHEMA, *keys_of(Protocol))
ON_CALL_KEYS: Final = tuple(keys_of(OnCall))


def protocol_with(one: OneKey[Any], *, other: bool) -> Protocol:
    """Our protocol, read as a file is, and with the other value of this key where it is asked for."""
    if not other and not one.also:
        return cast.SHIPPED
    content = _content(WEEKLY, one, other=other)
    try:
        return protocol_from(content, "kap.toml")
    except ProtocolFileError:
        # Evidence for a limit that the other value has moved to another vital names nothing.
        known = {parameter.key for parameter in parameters(_without_evidence(content))}
        content["evidence"] = {key: said for key, said in content["evidence"].items() if key in known}
        return protocol_from(content, "kap.toml")


def on_call_with(one: OneKey[Any], *, other: bool) -> OnCall:
    """Our on-call file, read as a file is, and with the other value of this key where it is asked for."""
    return parse_on_call(written(_content(ON_CALL, one, other=other)), "oncall.toml")


def _without_evidence(content: Mapping[str, Any]) -> Protocol:
    return protocol_from({**content, "evidence": {}}, "kap.toml")


def _content(ours: Mapping[str, Any], one: OneKey[Any], *, other: bool) -> dict[str, Any]:
    content = deepcopy(dict(ours))
    for place, value in ({**one.also, one.place: one.other} if other else one.also).items():
        *tables, last = place
        table: Any = content
        for name in tables:
            table = table[name]
        table[last] = deepcopy(value)
    return content


def written(content: Mapping[str, Any]) -> str:
    """The content as a TOML file."""
    return "\n".join(f"{json.dumps(name)} = {_spelled(value)}" for name, value in content.items())


def _spelled(value: object) -> str:
    match value:
        case dict():
            return "{" + ", ".join(f"{json.dumps(name)} = {_spelled(part)}" for name, part in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(_spelled, value)) + "]"
        case _:
            return json.dumps(value)
