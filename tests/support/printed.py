"""What a block of a page printed, against what the page shows: `…` stands for whatever is left out, and times differ.

In JSON `…` may stand in an object or an array for more of the same, or for a value; in a text a line of its own stands
for any lines.
"""

import json
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

MORE: Final = "…"

_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|\s+|.', re.DOTALL)


def is_json(shown: str, printed: str) -> bool:
    """Whether the printed JSON values are those that the page shows, one after the other."""
    expected = _values(_quoted(shown))
    try:
        return _all(expected, _values(printed))
    except json.JSONDecodeError:
        return False


def is_text(shown: str, printed: str) -> bool:
    """Whether the printed lines are those that the page shows."""
    lines = ["(?:.*\n)*?" if line == MORE else _pattern(line) + r"\s*\n" for line in shown.splitlines()]
    return bool(re.fullmatch("".join(lines), printed if printed.endswith("\n") else f"{printed}\n"))


def _pattern(text: str) -> str:
    return ".*".join(map(re.escape, text.split(MORE)))


def _quoted(shown: str) -> str:
    """The page's JSON as JSON: what is left out of an object becomes a field of it, else a value."""
    opened, before, written = [], "", ""
    for token in _TOKEN.findall(shown):
        match token:
            case "{" | "[":
                opened.append(token)
            case "}" | "]":
                opened.pop()
        is_field = token == MORE and opened[-1:] == ["{"] and before != ":"
        written += (f'"{MORE}": 0' if is_field else f'"{MORE}"') if token == MORE else token
        before = before if token.isspace() else token
    return written


def _values(text: str) -> list[Any]:
    decoder, values, text = json.JSONDecoder(), [], text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        values.append(value)
        text = text[end:].strip()
    return values


def _is(shown: Any, printed: Any) -> bool:
    match shown, printed:
        case dict(), dict():
            rest = shown.keys() - {MORE}
            is_whole = MORE in shown or rest == printed.keys()
            return is_whole and all(name in printed and _is(shown[name], printed[name]) for name in rest)
        case list(), list():
            return _all(shown, printed)
        case str(), str():
            return bool(re.fullmatch(_pattern(shown), printed)) or (_is_time(shown) and _is_time(printed))
        case _:
            return bool(shown == MORE or (shown == printed and type(shown) is type(printed)))


def _all(shown: Sequence[Any], printed: Sequence[Any]) -> bool:
    """Whether they are the same, in order, but for what is left out."""
    if not shown:
        return not printed
    first, *rest = shown
    if first == MORE:
        return any(_all(rest, printed[start:]) for start in range(len(printed) + 1))
    return bool(printed) and _is(first, printed[0]) and _all(rest, printed[1:])


def _is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False
