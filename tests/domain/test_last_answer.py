"""A question that is asked twice about the same is answered once."""

from datetime import UTC, datetime, timedelta, timezone

from domain.last_answer import keeps_last_answer

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_what_was_asked_about_is_known_by_its_identity_and_a_moment_by_its_clock() -> None:
    asked: list[datetime] = []

    @keeps_last_answer
    def answer(_of: list[str], at: datetime) -> str:
        asked.append(at)
        return at.isoformat()

    course = ["alike"]
    answer(course, NOON)
    answer(course, NOON + timedelta(0))
    assert len(asked) == 1

    answer(["alike"], NOON)  # another course, however alike
    answer(course, NOON + timedelta(seconds=1))
    assert len(asked) == 3

    elsewhere = NOON.astimezone(timezone(timedelta(hours=2)))
    answer(course, NOON)
    assert answer(course, elsewhere) == "2026-01-05T14:00:00+02:00"
