"""Which tests ran which line of the rules, and for how long: a plugin of one run of the rules as they are."""

import ast
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from coverage import Coverage

from tests.support import ward
from tests.support.mutation.mutant import MADE, RULES, Mutant

KEPT: Final = MADE / "covering.json"

SAYS: Final = "/test_what_is_said.py::"
"""The tests of what is read of a blocker: they are quick, and notice most changes of one."""


@dataclass(frozen=True)
class Covering:
    """The tests that ran each line of a room, and how many seconds each test took."""

    tests: Mapping[str, Mapping[int, tuple[str, ...]]]
    seconds: Mapping[str, float]

    @classmethod
    def kept(cls) -> "Covering":
        """What the plugin kept of its run."""
        said = json.loads(KEPT.read_text(encoding="utf-8"))
        tests = {
            room: {int(line): tuple(said["ids"][one] for one in found) for line, found in lines.items()}
            for room, lines in said["tests"].items()
        }
        return cls(tests, said["seconds"])

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that ran the changed statement: those of its own room first, and then the fastest."""
        lines = self.tests.get(mutant.room, {})
        found = {test for line in statement_of(mutant) for test in lines.get(line, ())}
        first = (f"/test_{mutant.room}.py::", SAYS)
        return sorted(found, key=lambda test: (not any(one in test for one in first), self.seconds[test], test))


def statement_of(mutant: Mutant) -> range:
    """The lines of the smallest statement in which the change lies; of a compound one those of its head."""
    return min((lines for lines in _statements(mutant.room) if mutant.line in lines), key=len)


@cache
def _statements(room: str) -> tuple[range, ...]:
    module = ast.parse((Path(RULES) / f"{room}.py").read_text(encoding="utf-8"))
    return tuple(_lines(one) for one in ast.walk(module) if isinstance(one, ast.stmt | ast.match_case))


def _lines(one: ast.stmt | ast.match_case) -> range:
    """Its own lines; of a function all of them, for its head is run when it is made, and by no test."""
    body: list[ast.stmt] = getattr(one, "body", [])
    place = one.pattern if isinstance(one, ast.match_case) else one
    is_compound = body and not isinstance(one, ast.FunctionDef)
    last = body[0].lineno - 1 if is_compound else place.end_lineno
    return range(place.lineno, max(place.lineno, last or 0) + 1)


@dataclass
class Watch:
    """The plugin: each test is a context of its own, and its time is taken."""

    coverage: Coverage = field(
        default_factory=lambda: Coverage(data_file=None, config_file=False, include=[f"{RULES}/*.py"])
    )
    seconds: dict[str, float] = field(default_factory=dict)

    def pytest_runtestloop(self) -> None:
        """The lines count from here on: before it the rules were loaded."""
        self.coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """Each test runs what it would alone: else good days would count for the first test that has them."""
        ward._REACHED.clear()
        self.coverage.switch_context(item.nodeid)
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """How long it took."""
        self.seconds[report.nodeid] = self.seconds.get(report.nodeid, 0.0) + report.duration

    def pytest_sessionfinish(self) -> None:
        """All of it is kept."""
        self.coverage.stop()
        data, ids = self.coverage.get_data(), {test: at for at, test in enumerate(self.seconds)}
        tests = {
            Path(file).stem: {
                line: [ids[test] for test in found if test] for line, found in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        KEPT.write_text(json.dumps({"ids": [*ids], "seconds": self.seconds, "tests": tests}), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Registers this module's plugin."""
    config.pluginmanager.register(Watch())
