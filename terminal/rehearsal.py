"""A rehearsal for the terminal: a timeline of what follows from a script, with repeated pages told together."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import tzinfo
from typing import Final

from rich.markup import escape

from domain.rehearsal.lines import EndLine, Line, Reception
from domain.rehearsal.telling import PAGED, PASSED, THE_END, Piece, Sentence, Tone, told, unfinished
from domain.values import Severity
from terminal.formatting import severity

_WHAT: Final[Mapping[str, str]] = {
    Reception.ACCEPTED: "green",
    Reception.REFUSED: "red",
    Reception.REPLAYED: "dim",
    PASSED: "magenta",
    PAGED: "cyan",
    THE_END: "bold",
}
"""The styles of what happened; an escalation's change is bold."""

_VERDICTS: Final = {
    "emergency": "bold red",
    "urgent": "yellow",
    "recheck": "yellow",
    "warning": "yellow",
    "normal": "green",
}
_TONES: Final[Mapping[Tone, str]] = {
    Tone.REFUSED: "red",
    Tone.DEVIATES: "yellow",
    Tone.HELD: "magenta",
    Tone.MORE: "dim",
}


def timeline(lines: Iterable[Line], zone: tzinfo) -> Iterator[str]:
    """The lines of a rehearsal as people read them, in the time zone of its script, as markup."""
    for step in told(lines, zone):
        if step.what == THE_END:
            yield ""
        at = step.at.astimezone(zone).strftime("%Y-%m-%d %H:%M")
        if step.what:
            style = _WHAT.get(step.what, "bold")
            yield f"{at}  [{style}]{step.what}[/]{'':{max(0, 8 - len(step.what))}}  {_markup(step.words)}"
        else:
            yield _beneath(step.words)
        for sentence in step.beneath:
            yield _beneath(sentence)


def left_out(lines: Sequence[Line]) -> Iterator[str]:
    """What was not played to its end, for there is none, and how it is shown, as plain text."""
    end = lines[-1]
    assert isinstance(end, EndLine)
    for one in unfinished(end):
        yield f"{one.why}; --until {one.until}"


def _markup(sentence: Sentence) -> str:
    return "".join(map(_piece, sentence))


def _piece(piece: Piece) -> str:
    match piece.tone:
        case Tone.SEVERITY:
            return severity(Severity(piece.text))
        case Tone.VERDICT:
            return f"[{_VERDICTS[piece.text]}]{piece.text}[/]"
        case None | Tone.PERSON:
            return escape(piece.text)
        case tone:
            return f"[{_TONES[tone]}]{escape(piece.text)}[/]"


def _beneath(sentence: Sentence) -> str:
    return f"{'':16}  {'':8}  {_markup(sentence)}"
