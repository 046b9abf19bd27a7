"""Every blocker that the domain can raise, read off its source: code, sentence, whether absolute, protocol keys."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import domain

DOMAIN = Path(domain.__file__).parent


def with_blanks(pattern: str) -> str:
    """A code with its changing parts left blank, as `measure.<instrument>_missing` is `measure.<>_missing`."""
    return re.sub(r"<[^>]*>", "<>", pattern)


@dataclass(frozen=True)
class Raised:
    """One place in the source where a blocker of this code is made.

    `sentence` is a pattern of its message; `absolute` is None where it depends.
    """

    code: str
    sentence: str
    absolute: bool | None
    keys: frozenset[str]


@cache
def raised() -> tuple[Raised, ...]:
    """Every one, once a place and a code."""
    return tuple(_raised_anywhere())


def _raised_anywhere() -> Iterator[Raised]:
    for file in sorted(DOMAIN.rglob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        for call, function in _calls_in(tree, None):
            if _name(call.func) == "Blocker":
                yield from _raised(call, function, tree)


def _raised(call: ast.Call, function: ast.FunctionDef | None, tree: ast.Module) -> Iterator[Raised]:
    said = {keyword.arg: keyword.value for keyword in call.keywords}
    keys = frozenset(text for part in said.values() for text in _keys(part))
    for code in _texts(said["code"], function, tree):
        yield Raised(code, _pattern(said["message"]), _truth(said.get("absolute")), keys)


def _truth(value: ast.expr | None) -> bool | None:
    match value:
        case None:
            return False
        case ast.Constant(value=bool() as known):
            return known
        case _:
            return None


def _pattern(message: ast.expr) -> str:
    match message:
        case ast.Constant(value=str() as text):
            return re.escape(text)
        case ast.JoinedStr(values=parts):
            return "".join(map(_pattern, parts))
        case _:
            return ".+"


def _texts(value: ast.expr, function: ast.FunctionDef | None, tree: ast.Module) -> Iterator[str]:
    """What an expression may come to: a parameter is looked up where its function is called."""
    match value:
        case ast.Constant(value=str() as text):
            yield text
        case ast.JoinedStr(values=parts):
            texts = [""]
            for part in parts:
                texts = [text + more for text in texts for more in _texts(part, function, tree)]
            yield from texts
        case ast.FormattedValue(value=ast.IfExp() as either):
            yield from _texts(either, function, tree)
        case ast.FormattedValue():
            yield "<>"
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, function, tree)
            yield from _texts(other, function, tree)
        case ast.Name(id=name) if function is not None:
            for call, caller in _calls_in(tree, None):
                if _name(call.func) == function.name:
                    yield from _texts(_argument(call, function, name), caller, tree)
        case _:
            raise AssertionError(ast.unparse(value))


def _argument(call: ast.Call, function: ast.FunctionDef, name: str) -> ast.expr:
    """What a call passes for the parameter of that name."""
    passed = {argument.arg: value for argument, value in zip(function.args.args, call.args, strict=False)}
    passed |= {keyword.arg: keyword.value for keyword in call.keywords if keyword.arg}
    return passed[name]


def _keys(value: ast.expr) -> Iterator[str]:
    """The protocol keys whose evidence is quoted, as far as they stand there in full."""
    for node in ast.walk(value):
        if isinstance(node, ast.Call) and _name(node.func) in {"source", "source_of"}:
            match node.args:
                case [ast.Constant(value=str() as key)]:
                    yield key
                case _:
                    pass


def _calls_in(node: ast.AST, function: ast.FunctionDef | None) -> Iterable[tuple[ast.Call, ast.FunctionDef | None]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Call):
            yield child, function
        yield from _calls_in(child, child if isinstance(child, ast.FunctionDef) else function)


def _name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""
