"""Console and workers may be of two releases for a while: what one says, the other reads."""

from datetime import UTC, datetime
from typing import Final

import pytest

from domain.course.answer import Answer
from domain.course.asking import Intent
from domain.course.course import Course
from domain.escalation.messages import Acknowledge
from domain.values import Frozen
from gateway.temporal import data_converter
from tests.support.cast import pinned, vitals
from tests.support.ward import Ward
from workflows.course_messages import CourseRun, Question, Report

NOW: Final = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
CALLERS: Final = data_converter(for_callers=True).payload_converter
WORKERS: Final = data_converter().payload_converter

READING: Final = Report(event=vitals("MARA-1", None, at=NOW))
STORY: Final = [Report(event=event) for event, _ in Ward("MARA-1").completed().answers]


@pytest.mark.parametrize(
    "said",
    [
        *STORY,
        READING,
        READING.but(offered=pinned()),
        Question(report=READING, at=NOW),
        Intent(type="kap.vitals.recorded", session=None, at=NOW),
        Acknowledge(by="lind"),
        CourseRun(course=Course.blank("MARA-1", pinned())),
    ],
    ids=lambda said: type(said).__name__,
)
def test_what_a_caller_leaves_out_means_the_same(said: Frozen) -> None:
    """Fields without a value are not sent, and each is none again where it is read."""
    [payload] = CALLERS.to_payloads([said])

    assert b":null" not in payload.data
    assert WORKERS.from_payloads([payload], [type(said)]) == [said]


def test_an_older_worker_takes_what_says_nothing_new() -> None:
    """A newer console's reading has another field; as long as nobody fills it in, the older worker knows each."""

    class NewerReport(Report):
        seen_by: str | None = None

    newer = NewerReport(event=READING.event)

    assert WORKERS.from_payloads(CALLERS.to_payloads([newer]), [Report]) == [READING]
    with pytest.raises(ValueError, match="seen_by"):
        WORKERS.from_payloads(CALLERS.to_payloads([newer.but(seen_by="lind")]), [Report])


def test_an_older_console_shows_what_a_newer_worker_answers() -> None:
    """Without what was added; on any depth."""
    answered = Ward("MARA-1").dosed().answers[-1][1]

    class NewerAnswer(Answer):
        waits_for: str = "the next reading"

    newer = NewerAnswer.model_validate(dict(answered))

    assert CALLERS.from_payloads(WORKERS.to_payloads([newer]), [Answer]) == [answered]
