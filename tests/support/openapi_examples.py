"""The API's examples of answers: what the example course really gets. `make examples` writes them anew.

A remade example has the fields that its file names already. To show a new field, name it in the file, with any value,
and remake it.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import Any

from pydantic import BaseModel

from console.access.bookings import ListedBooking
from console.openapi.examples import FOLDER, models
from domain.events.parsing import parse_event
from domain.past.as_of import Wanted, past_course
from domain.protocol.approval import content_hash
from domain.protocol.parameters import rows
from domain.views.bookings import bookings, double_bookings
from domain.views.course import course_summary, course_view
from tests.support.cast import WEEKLY, minutes
from tests.support.paths import ROOT
from tests.support.ward import Ward


def remade() -> Mapping[str, Any]:
    """By the name of its file: examples/course.jsonl up to a reading that is high, and 22 minutes later one that
    did not come.
    """
    first, *others = (ROOT / "examples" / "course.jsonl").read_text(encoding="utf-8").splitlines()[:19]
    ward = Ward("EX-1", now=parse_event(first).time.astimezone(UTC))
    referred = ward.reports(parse_event(first))
    for line in others[:-1]:
        ward.reports(parse_event(line))
    high = json.loads(others[-1])
    high["data"] |= {"systolic": 164, "diastolic": 101}
    answer = ward.reports(parse_event(json.dumps(high)))
    ward.passes(minutes(22))

    batch = models()["BatchAnswer"]["results"]
    said = {
        "Answer": _dumped(answer),
        "DryRunAnswer": _dumped(answer) | {"dry_run": True},
        "BatchAnswer": {"results": [batch[0] | {"body": _dumped(referred)}, *batch[1:]]},
        "CourseView": _dumped(course_view(ward.course, ward.now)),
        "PastCourse": _dumped(past_course(ward.blank, ward.entries, {}, Wanted(ward.now - minutes(22), as_known=True))),
        "CourseSummary": _dumped(course_summary(ward.course, ward.now)),
        "ListedBooking": _dumped(_listed_booking(ward)),
        "Entry": _dumped(ward.entries[0]),
        "ProtocolWhole": _protocol(models()["ProtocolWhole"]),
    }
    return {name: _shaped(models()[name], value) for name, value in said.items()}


def _listed_booking(ward: Ward) -> ListedBooking:
    """The newest booking, and another visit that takes its room and one of its people."""
    (newest,) = bookings(ward.course)
    lind = newest.staff[1]
    other = newest.but(course_id="EX-2", starts_at=newest.starts_at + minutes(60), staff=(lind,))
    found = double_bookings((newest, other), ward.now)
    return ListedBooking(**dict(newest), double_booked=found[newest.id])


def _protocol(example: Mapping[str, Any]) -> Mapping[str, Any]:
    """The shipped protocol, with the parameters that the example names."""
    shown = [parameter["key"] for parameter in example["parameters"]]
    by_key = {row.key: _dumped(row) for row in rows(WEEKLY)}
    return {
        **example,
        "id": WEEKLY.id,
        "version": WEEKLY.version,
        "title": WEEKLY.title,
        "hash": content_hash(WEEKLY),
        "parameters": [by_key[key] for key in shown],
    }


def _dumped(said: BaseModel) -> dict[str, Any]:
    return said.model_dump(mode="json")


def _shaped(example: Any, said: Any) -> Any:
    """What is said, in the fields of the example; each item of a list in those of the example's item or its last."""
    match example, said:
        case dict(), dict():
            return {name: _shaped(part, said[name]) for name, part in example.items()}
        case [*_, last], list():
            return [_shaped(example[at] if at < len(example) else last, item) for at, item in enumerate(said)]
        case _:
            return said


def main() -> None:
    """Writes each example that has changed."""
    for name, example in remade().items():
        (FOLDER / f"{name}.json").write_text(json.dumps(example, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
