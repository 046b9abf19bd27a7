"""A page of the documentation, taken apart: its sections, their tables, its blocks of code."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{1,6} +(.+)$", re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_ITEM = re.compile(r"^- \*\*(.+?)\*\* (.+)$", re.MULTILINE)

Row = Mapping[str, str]


def code_in(text: str) -> list[str]:
    """Everything between backticks, in order."""
    return _CODE.findall(text)


@dataclass(frozen=True)
class Section:
    """The prose between one heading and the next."""

    title: str
    text: str

    @cached_property
    def items(self) -> Mapping[str, str]:
        """The text of every `- **word** text` line, by its word."""
        return dict(_ITEM.findall(self.text))

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows of its tables, each cell by its column's heading."""
        return tuple(
            row for is_table, lines in groupby(self.text.splitlines(), _is_row) if is_table for row in _rows(lines)
        )


@dataclass(frozen=True)
class Page:
    """One page in Markdown."""

    path: Path
    text: str

    @classmethod
    def read(cls, path: Path) -> "Page":
        return cls(path, path.read_text(encoding="utf-8"))

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        _, *parts = _HEADING.split(_BLOCK.sub("", self.text))
        return tuple(Section(title, text) for title, text in zip(parts[::2], parts[1::2], strict=True))

    def section(self, title: str) -> Section:
        return next(section for section in self.sections if section.title == title)

    def blocks(self, language: str) -> list[str]:
        """Its fenced blocks in that language."""
        return [block["text"] for block in _BLOCK.finditer(self.text) if block["language"] == language]

    @cached_property
    def code(self) -> list[str]:
        """Everything between backticks, blocks apart."""
        return code_in(_BLOCK.sub("", self.text))


def _is_row(line: str) -> bool:
    return line.startswith("|")


def _rows(lines: Iterator[str]) -> Iterator[Row]:
    headings, _, *rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    return (dict(zip(headings, cells, strict=True)) for cells in rows)
