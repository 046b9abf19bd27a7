"""A mutant: one small change of a rule, as mutmut made it."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from mutmut.mutation.data import MutantLineSpans, SourceFileMutationData

RULES: Final = "domain/course/rules"
MADE: Final = Path("mutants")
"""Where mutmut writes them: a copy of the repository, in which each function stands once for each of its changes."""

_UNCHANGED: Final = "__mutmut_orig"


@dataclass(frozen=True, order=True)
class Mutant:
    """A changed rule: its room, the line of the change in the rule's own file, and the lines before and after it.

    `at` and `until` are the first and last line of the changed function, in the file in which all of them stand.
    """

    room: str
    line: int
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    at: int
    until: int


def mutants() -> list[Mutant]:
    """Every mutant that was made, by room and line."""
    return sorted(one for path in Path(RULES).glob("*.py") for one in _mutants_of(path))


def _mutants_of(path: Path) -> Iterator[Mutant]:
    data, spans = SourceFileMutationData(path=path), MutantLineSpans.load(path)
    data.load()
    if spans is None:
        return
    begins = dict(_functions(ast.parse(path.read_text(encoding="utf-8"))))
    names = [name.rpartition(".")[2] for name in data.exit_code_by_key]
    unchanged = {name: name.partition("__mutmut_")[0] + _UNCHANGED for name in names}
    wanted = [*dict.fromkeys(unchanged.values()), *names]
    sources = dict(zip(wanted, spans.read_function_sources(wanted), strict=True))
    for key, name in zip(data.exit_code_by_key, names, strict=True):
        span, begin = spans.span_by_function_name[name], begins[unchanged[name].removesuffix(_UNCHANGED)]
        line, before, after = _difference(sources[unchanged[name]], sources[name])
        yield Mutant(path.stem, begin + line, key, before, after, span.start, span.end)


def _functions(module: ast.Module) -> Iterator[tuple[str, int]]:
    """Each function's name as mutmut has it, and the line on which it begins."""
    for one in module.body:
        if isinstance(one, ast.FunctionDef):
            yield f"x_{one.name}", one.lineno
        elif isinstance(one, ast.ClassDef):
            for method in one.body:
                if isinstance(method, ast.FunctionDef):
                    yield f"xǁ{one.name}ǁ{method.name}", method.lineno


def _difference(unchanged: str, changed: str) -> tuple[int, tuple[str, ...], tuple[str, ...]]:
    """After how many lines the two differ, and the lines that do."""
    was, now = _lines(unchanged), _lines(changed)
    ways = [way for way in SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes() if way[0] != "equal"]
    _, first, _, first_new, _ = ways[0]
    _, _, last, _, last_new = ways[-1]
    return first, tuple(was[first:last]), tuple(now[first_new:last_new])


def _lines(source: str) -> list[str]:
    """The lines of a function, by its own name."""
    head, *rest = (line.strip() for line in source.strip("\n").splitlines())
    _, _, arguments = head.partition("(")
    name = head.partition("__mutmut_")[0].removeprefix("def ").removeprefix("x_").rpartition("ǁ")[2]
    return [f"def {name}({arguments}", *rest]
