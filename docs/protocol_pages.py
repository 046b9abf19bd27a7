"""Writes docs/protocols/, a page for each shipped protocol: every value in words with its evidence."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import takewhile
from pathlib import Path
from textwrap import fill
from typing import Final, NamedTuple

from console.pages.labels import GRADES
from domain.protocol.model import Grade, Protocol
from domain.protocol.parameters import ParameterRow, rows
from domain.values import count_of
from gateway.protocols import Shelved, load_folder

ROOT: Final = Path(__file__).parent.parent
PROTOCOLS: Final = ROOT / "protocols"
PAGES: Final = Path(__file__).parent / "protocols"

WIDTH: Final = 120
MADE: Final = "<!-- Made from the file by `make examples`; what is changed here is overwritten. -->"


class Group(NamedTuple):
    """What a clinician looks for together: the keys or tables of it, in the order in which they are shown."""

    title: str
    keys: tuple[str, ...]


GROUPS: Final = (
    Group("Who may enter", ("route", "indications", "screening")),
    Group("The course", ("course",)),
    Group("Preparation", ("preparation",)),
    Group(
        "The visit",
        (
            *("medicine.staff", "medicine.staff_several", "medicine.one_person_two_roles", "medicine.credentials"),
            *("medicine.check_in_on_booked_day", "medicine.watched_at_once_max"),
            *("medicine.planned_duration", "medicine.unreported_after", "medicine.unreported_at_risk"),
            *("medicine.unreported_again", "medicine.missed_visit", "medicine.missed_visit_at_risk"),
        ),
    ),
    Group(
        "Before a dose",
        (
            *("medicine.solids_fasting", "medicine.fluids_fasting", "medicine.escort_required"),
            *("medicine.pregnancy_test_each_session", "medicine.measures", "medicine.measures_valid"),
            *("medicine.integration_before_next_dose", "medicine.compared", "medicine.clearance"),
            "medicine.clearance_valid",
        ),
    ),
    Group("The dose", ("medicine.dose", "medicine.infusion")),
    Group("Readings after the dose", ("medicine.checkpoints",)),
    Group("Limits of a reading", ("medicine.limits",)),
    Group("Symptoms", ("medicine.symptoms",)),
    Group("Other medicines that are given", ("medicine.comedication",)),
    Group("Going home", ("medicine.minimum_observation", "medicine.discharge_overdue", "medicine.discharge")),
    Group("After the session", ("integration", "check_ins", "forms")),
    Group("Follow-up", ("follow_up",)),
    Group("Measures", ("measures",)),
    Group("Who is told, and who resolves it", ("deviations", "escalations")),
    Group("Other names of a code", ("vocabulary",)),
)
REST: Final = "Everything else"


def pages() -> Mapping[str, str]:
    """The text of each page by the name of its file; README.md leads to the others."""
    shelf = load_folder(PROTOCOLS).shelf
    return {"README.md": _index(shelf), **{f"{one.protocol.id}.md": _page(one) for one in shelf}}


def _index(shelf: Sequence[Shelved]) -> str:
    return "\n".join(
        (
            MADE,
            "# The protocols that are shipped",
            "",
            _paragraph(
                "Proposals, each value with its evidence; none is approved. A clinic copies the file that is nearest "
                "to its own practice, changes it, and lets its medical director approve it: "
                "[how a file is written](../protocol-format.md)."
            ),
            "",
            *(f"- [{one.protocol.title}]({one.protocol.id}.md): `{one.protocol.id}`" for one in shelf),
            "",
        )
    )


def _page(shelved: Shelved) -> str:
    protocol, sources = shelved.protocol, shelved.sources
    urls = {source.id: source.url for source in sources if source.url}
    return "\n".join(
        (
            MADE,
            f"# {protocol.title}",
            "",
            _paragraph(
                f"`{protocol.id}` {protocol.version}, as [its file](../../protocols/{Path(shelved.file).name}) says. "
                "Not approved: every value is a proposal for a medical director to confirm. What a key does, and what "
                "happens at its edge: [protocol-format.md](../protocol-format.md)."
            ),
            "",
            _paragraph(_counted(protocol)),
            "",
            *(line for title, together in _grouped(rows(protocol)) for line in _section(title, together, urls)),
            "## Sources",
            "",
            *(f"- {source.id} {source.title}" + (f": <{source.url}>" if source.url else "") for source in sources),
            "",
            *(f"[{name}]: {url}" for name, url in urls.items()),
            "",
        )
    )


def _counted(protocol: Protocol) -> str:
    grades = Counter(evidence.grade for evidence in protocol.evidence.values())
    counted = ", ".join(f"{grades[grade]} {GRADES[grade]}" for grade in Grade)
    return (
        f"Evidence is given for {count_of(grades.total(), 'value')}: {counted}. *Sourced*: the value was seen in the "
        "source. *Weak evidence*: seen in a clinic's page, a forum or a copy. *Common practice*: usual, or proposed."
    )


def _paragraph(text: str) -> str:
    return fill(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def _grouped(found: Iterable[ParameterRow]) -> Iterator[tuple[str, list[ParameterRow]]]:
    """The rows of each group that has some; those of no group come last."""
    left = list(found)
    for group in GROUPS:
        together = [row for key in group.keys for row in left if _is_of(row, key)]
        left = [row for row in left if row not in together]
        if together:
            yield group.title, together
    if left:
        yield REST, left


def _is_of(row: ParameterRow, key: str) -> bool:
    return row.key == key or row.key.startswith(f"{key}.")


def _section(title: str, together: Sequence[ParameterRow], urls: Mapping[str, str]) -> Iterator[str]:
    shared = len(_table_of_all(together))
    yield from (f"## {title}", "", "| what | value | evidence | source | note |", "|---|---|---|---|---|")
    for row in together:
        words = ": ".join(row.key.split(".")[shared:]).replace("_", " ")
        grade = GRADES[row.grade] if row.grade else ""
        cells = (words, row.value, grade, _cited(row.source, urls), _cited(row.note, urls))
        yield f"| {' | '.join(cells)} |"
    yield ""


def _table_of_all(together: Sequence[ParameterRow]) -> tuple[str, ...]:
    """The table of the file in which all of these lie, part by part."""
    tables = (row.key.split(".")[:-1] for row in together)
    return tuple(parts[0] for parts in takewhile(lambda parts: len(set(parts)) == 1, zip(*tables, strict=False)))


def _cited(text: str | None, urls: Mapping[str, str]) -> str:
    """The text, in which each source that can be read somewhere is a link."""
    return re.sub(r"\bS\d+\b", lambda found: f"[{found[0]}]" if found[0] in urls else found[0], text or "")


def main() -> None:
    """Writes each page, and removes those of protocols that are no more."""
    PAGES.mkdir(exist_ok=True)
    made = pages()
    for left in {file.name for file in PAGES.iterdir()} - made.keys():
        (PAGES / left).unlink()
    for name, text in made.items():
        (PAGES / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
