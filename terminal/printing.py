"""Where all commands print: nothing that came from outside is obeyed by the terminal, whatever it holds."""

import sys
from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderHook, RichCast
from rich.control import Control
from rich.segment import Segment

from domain.harmless import harmless


class _Harmless:
    """What is printed, without control characters and links. The terminal's own, for colours, are written later."""

    def __init__(self, console: Console, whole: ConsoleRenderable | RichCast | str) -> None:
        self._console = console
        self._whole = whole

    def __rich_console__(self, _console: Console, options: ConsoleOptions) -> Iterator[Segment]:
        for text, style, control in self._console.render(self._whole, options):
            if control:
                continue
            yield Segment(harmless(text), style.update_link(None) if style and style.link else style)


class _MakesHarmless(RenderHook):
    """Hears of everything that a console is about to print."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def process_renderables(self, renderables: Sequence[ConsoleRenderable]) -> list[ConsoleRenderable]:
        """The same, made harmless."""
        return [one if isinstance(one, Control) else _Harmless(self._console, one) for one in renderables]


def harmless_console(console: Console) -> Console:
    """The console, from now on printing nothing that a terminal would obey."""
    console.push_render_hook(_MakesHarmless(console))
    return console


out: Final = harmless_console(
    Console(highlight=False, emoji=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
)


def complain(text: str) -> None:
    """Writes a line to stderr."""
    sys.stderr.write(f"{harmless(text)}\n")
