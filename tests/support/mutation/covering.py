"""Which tests ran which line of the rules, and for how long: a plugin of one run of the rules as they are."""

import ast
import json
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from time import process_time
from typing import Any, Final

import pytest
from coverage import Coverage

from tests.support import ward
from tests.support.mutation.mutant import MADE, RULES, Mutant

KEPT: Final = MADE / "covering.json"

SAYS: Final = "what_is_said"
"""The subject of the tests of what is read of a blocker: they are quick, and notice most changes of one."""

GOOD_DAYS: Final = "good days "
"""How the name begins under which good days are counted."""


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
        """The tests that ran the changed statement: first those of its own room and of the rooms that it asks.

        Of them each claim comes once before any comes with other values, and the fastest first.
        """
        lines = self.tests.get(mutant.room, {})
        found = {test for line in statement_of(mutant) for test in lines.get(line, ())}
        fastest_first = sorted(found, key=lambda test: (self.seconds[test], test))
        turns, before = dict[str, int](), Counter[str]()
        for test in fastest_first:
            claim, _, _ = test.partition("[")
            turns[test] = before[claim]
            before[claim] += 1
        own = {mutant.room, SAYS}
        near = own | names_in(mutant)
        return sorted(
            fastest_first, key=lambda test: (_subject(test) not in near, turns[test], _subject(test) not in own)
        )


def _subject(test: str) -> str:
    """What the test's file is about: a room, or something that concerns several."""
    file, _, _ = test.partition("::")
    return Path(file).stem.removeprefix("test_")


def names_in(mutant: Mutant) -> set[str]:
    """The names in the changed function and the modules that they come from: the rooms that it asks are among them."""
    module = _module(mutant.room)
    functions = (one for one in ast.walk(module) if isinstance(one, ast.FunctionDef))
    changed = (one for one in functions if mutant.line in range(one.lineno, (one.end_lineno or one.lineno) + 1))
    names = {one.id for function in changed for one in ast.walk(function) if isinstance(one, ast.Name)}
    imports = (one for one in module.body if isinstance(one, ast.ImportFrom))
    return names | {
        (one.module or "").rpartition(".")[2] for one in imports if any(alias.name in names for alias in one.names)
    }


def statement_of(mutant: Mutant) -> range:
    """The lines of the smallest statement in which the change lies; of a compound one those of its head."""
    return min((lines for lines in _statements(mutant.room) if mutant.line in lines), key=len)


@cache
def _module(room: str) -> ast.Module:
    return ast.parse((Path(RULES) / f"{room}.py").read_text(encoding="utf-8"))


@cache
def _statements(room: str) -> tuple[range, ...]:
    return tuple(_lines(one) for one in ast.walk(_module(room)) if isinstance(one, ast.stmt | ast.match_case))


def _lines(one: ast.stmt | ast.match_case) -> range:
    """Its own lines; of a function all of them, for its head is run when it is made, and by no test."""
    body: list[ast.stmt] = getattr(one, "body", [])
    place = one.pattern if isinstance(one, ast.match_case) else one
    is_compound = body and not isinstance(one, ast.FunctionDef)
    last = body[0].lineno - 1 if is_compound else place.end_lineno
    return range(place.lineno, max(place.lineno, last or 0) + 1)


class Told(dict[tuple[object, ...], ward.Reached]):
    """The good days that a ward takes over: the first test that has them tells them, and they count for all that do.

    What is told is a test, or good days that it came to first; `seconds` are what each took without those.
    """

    def __init__(self, coverage: Coverage) -> None:
        super().__init__()
        self.coverage = coverage
        self.under_way: list[str] = []
        self.names: dict[object, str] = {}
        self.taken_over: defaultdict[str, set[str]] = defaultdict(set)
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self.began = process_time()

    def begins(self, name: str) -> None:
        """From here on whatever runs is of this."""
        self._counts()
        self.under_way.append(name)
        self.coverage.switch_context(name)

    def ends(self) -> None:
        """From here on it is of what was told before it, if anything."""
        self._counts()
        self.under_way.pop()
        self.coverage.switch_context(self.under_way[-1] if self.under_way else "")

    def _counts(self) -> None:
        now = process_time()
        self.seconds[self.under_way[-1] if self.under_way else ""] += now - self.began
        self.began = now

    def __contains__(self, days: object) -> bool:
        """Whether they were told already; else they are, from here on."""
        if super().__contains__(days):
            return True
        self.begins(self.names.setdefault(days, f"{GOOD_DAYS}{len(self.names)}"))
        return False

    def __setitem__(self, days: tuple[object, ...], reached: ward.Reached) -> None:
        """They have been told."""
        super().__setitem__(days, reached)
        self.ends()

    def __getitem__(self, days: tuple[object, ...]) -> ward.Reached:
        """They are taken over."""
        self.taken_over[self.under_way[-1]].add(self.names[days])
        return super().__getitem__(days)

    def all_of(self, name: str) -> set[str]:
        """What is told when this is: itself, and the good days that it comes to."""
        found, left = {name}, [name]
        while left:
            new = self.taken_over[left.pop()] - found
            found |= new
            left += new
        return found


@dataclass
class Watch:
    """The plugin: each test is a context of its own, and its time is taken."""

    coverage: Coverage = field(
        default_factory=lambda: Coverage(data_file=None, config_file=False, include=[f"{RULES}/*.py"])
    )
    told: Told = field(init=False)
    tests: list[str] = field(default_factory=list)

    def pytest_runtestloop(self) -> None:
        """The lines count from here on: before it the rules were loaded."""
        self.coverage.start()
        self.told = Told(self.coverage)
        ward._REACHED = self.told

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        """What runs now is of this test."""
        self.tests.append(item.nodeid)
        self.told.begins(item.nodeid)
        done = yield
        self.told.ends()
        return done

    def pytest_sessionfinish(self) -> None:
        """All of it is kept."""
        self.coverage.stop()
        data = self.coverage.get_data()
        whole = [self.told.all_of(test) for test in self.tests]
        by_part: defaultdict[str, list[int]] = defaultdict(list)
        for place, parts in enumerate(whole):
            for part in parts:
                by_part[part].append(place)
        tests = {
            Path(file).stem: {
                line: sorted({place for part in found for place in by_part[part]})
                for line, found in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        seconds = {
            test: sum(self.told.seconds[part] for part in parts) for test, parts in zip(self.tests, whole, strict=True)
        }
        KEPT.write_text(json.dumps({"ids": self.tests, "seconds": seconds, "tests": tests}), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Registers this module's plugin."""
    config.pluginmanager.register(Watch())
