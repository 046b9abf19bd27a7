"""Text that came from outside, made harmless wherever people read it: in the terminal, in logs, on the pages."""

import re
from typing import Final

_HARMFUL: Final = re.compile(
    "["
    "\x00-\x08\x0b-\x1f"  # all but tab and line feed: ESC begins what a terminal obeys
    "\x7f-\x9f"  # DEL, and the control characters that are one of ESC and a letter
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # the direction of writing: a text may be read as another
    "\u2028\u2029"  # ends of lines that are none
    "\ud800-\udfff"  # halves of characters, which cannot be written at all
    "]"
)


def harmless(text: str, *, kept: str = "") -> str:
    r"""The text with its control characters spelled out as in JSON, `\u001b`: all but tab, line feed and `kept`."""
    if text.isprintable():  # none of them is: most texts are done with that
        return text
    return _HARMFUL.sub(lambda found: found[0] if found[0] in kept else f"\\u{ord(found[0]):04x}", text)


def on_one_line(text: str) -> str:
    """The same without line feeds: it cannot be taken for another line of a log."""
    return harmless(text).replace("\n", "\\n")
