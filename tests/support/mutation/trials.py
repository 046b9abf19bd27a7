"""Tries each mutant with the tests that are planned for it: a plugin of one run of pytest that has collected them all.

Each is tried in a process forked from that run. To begin pytest anew for each took twelve seconds a mutant.
"""

import gc
import json
import os
import resource
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path
from time import process_time
from typing import Final

import pytest
from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test

PLAN: Final = "plan.json"
"""What is tried, in the folder of the mutants: the tests, by each mutant's name the places of its own among them, in
order, and the seconds of a core that it may take."""

LIVES: Final = "lives.json"
"""Of each mutant that was tried, whether it lives; in the same folder."""

AT_ONCE: Final = "AT_ONCE"
"""The environment's word for how many are tried at once."""

PATIENCE: Final = 2
"""How many times as long as its tests may take a mutant may: what takes more goes round for ever, and is killed."""


def pytest_configure(config: pytest.Config) -> None:
    """Registers this module's plugin."""
    config.pluginmanager.register(Plugin())


class Plugin:
    """Instead of the tests it tries the mutants."""

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Before them the rules as they are, which must live."""
        plan = json.loads(Path(PLAN).read_text(encoding="utf-8"))
        items = {item.nodeid: item for item in session.items}
        tests, patience = [items[test] for test in plan["tests"]], plan["patience"]
        gc.freeze()
        if not all(lives for _, lives in Trials(tests, 10 * patience).of({"none": range(len(tests))})):
            pytest.exit("A test fails while nothing is changed", returncode=1)
        lives: dict[str, bool] = {}
        tried = Trials(tests, patience, at_once=int(os.environ[AT_ONCE])).of(plan["mutants"])
        for done, (name, is_living) in enumerate(tried, start=1):
            lives[name] = is_living
            if done % 25 == 0 or done == len(plan["mutants"]):
                Path(LIVES).write_text(json.dumps(lives), encoding="utf-8")
                sys.stderr.write(f"{done} of {len(plan['mutants'])} tried, {sum(lives.values())} alive\n")
        return True


@dataclass
class Trials:
    """What is tried, so many at once. Whatever killed one mutant of a room is tried first on the next one there."""

    tests: Sequence[pytest.Item]
    patience: int
    at_once: int = 1
    under_way: dict[int, tuple[str, Connection]] = field(default_factory=dict)
    killers: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))

    def of(self, planned: Mapping[str, Sequence[int]]) -> Iterator[tuple[str, bool]]:
        """Each mutant, and whether it lives, in the order in which they end."""
        for name, places in planned.items():
            if len(self.under_way) >= self.at_once:
                yield self._ended()
            own = set(places)
            known = [place for place in self.killers[_room(name)] if place in own]
            self._begin(name, [*dict.fromkeys((*known, *places))])
        while self.under_way:
            yield self._ended()

    def _begin(self, name: str, places: Sequence[int]) -> None:
        hears, tells = Pipe(duplex=False)
        process = os.fork()
        if process:
            tells.close()
            self.under_way[process] = name, hears
            return
        until = int(process_time()) + self.patience
        resource.setrlimit(resource.RLIMIT_CPU, (until, until))
        set_mutant_under_test(name)
        killer = self._first_that_fails(places)
        if killer is not None:
            tells.send(killer)
        os._exit(killer is not None)

    def _first_that_fails(self, places: Sequence[int]) -> int | None:
        for place, following in zip_longest(places, places[1:]):
            after = None if following is None else self.tests[following]
            try:
                reports = runtestprotocol(self.tests[place], log=False, nextitem=after)
            except BaseException:  # noqa: BLE001 - whatever it is, it was noticed
                return place
            if any(report.failed for report in reports):
                return place
        return None

    def _ended(self) -> tuple[str, bool]:
        process, status = os.wait()
        name, hears = self.under_way.pop(process)
        try:
            killer = hears.recv()
        except EOFError:
            pass
        else:
            known = self.killers[_room(name)]
            self.killers[_room(name)] = [killer, *(place for place in known if place != killer)]
        hears.close()
        return name, status == 0


def _room(mutant: str) -> str:
    return mutant.rpartition(".")[0]
