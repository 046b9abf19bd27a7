"""A look at many courses at once: every answer that comes in time, and the name of whoever gave none."""

import asyncio
from datetime import timedelta

import pytest

from domain.refusal import RefusalCode, Refused
from domain.values import CourseId
from domain.views.course import CourseView, course_view
from gateway.parallel_queries import Round, Silent, go_round
from gateway.workflow_calls import TooMany, Unavailable
from tests.support.ward import Ward

SOON = timedelta(seconds=1)
"""For whoever never answers; whoever does has answered by then, also on a busy machine."""

LATER = timedelta(seconds=30)


class Clinic:
    """Courses that answer, that say why not, or that never say anything."""

    def __init__(
        self, *, fail: dict[CourseId, Exception] | None = None, mute: frozenset[CourseId] = frozenset()
    ) -> None:
        self._fail = fail or {}
        self._mute = mute
        self._never = asyncio.Event()
        self.asked: list[CourseId] = []
        self.was_asked = asyncio.Event()
        self.at_once = 0
        self.most_at_once = 0
        self.let_go: list[CourseId] = []

    async def view(self, course_id: CourseId) -> CourseView:
        self.asked.append(course_id)
        self.was_asked.set()
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await asyncio.sleep(0)
            if course_id in self._mute:
                await self._never.wait()
            if course_id in self._fail:
                raise self._fail[course_id]
        except asyncio.CancelledError:
            self.let_go.append(course_id)
            raise
        finally:
            self.at_once -= 1
        return VIEW.but(course_id=course_id)


VIEW = course_view((ward := Ward().dosed()).course, ward.now)


def answered(made: Round[CourseView]) -> list[CourseId]:
    return [view.course_id for view in made.views]


async def test_everybody_answers_in_the_order_of_the_question() -> None:
    """Each once, however often it was named."""
    clinic = Clinic()

    made = await go_round(clinic.view, ["B", "A", "C", "A"], LATER)

    assert answered(made) == ["B", "A", "C"]
    assert (made.silent, sorted(clinic.asked)) == ((), ["A", "B", "C"])


async def test_nobody_to_ask_is_an_empty_round() -> None:
    """No patient is here."""
    assert await go_round(Clinic().view, [], SOON) == Round[CourseView]()


async def test_who_does_not_answer_in_time_is_named_and_keeps_nobody_waiting() -> None:
    """The others are told; the question is taken back, so that nothing is left behind."""
    clinic = Clinic(mute=frozenset({"B", "D"}))

    made = await go_round(clinic.view, ["A", "B", "C", "D"], SOON)

    assert answered(made) == ["A", "C"]
    assert made.silent == tuple(Silent(id=one, why="no answer within 1 s") for one in ("B", "D"))
    assert sorted(clinic.let_go) == ["B", "D"]
    assert clinic.at_once == 0


@pytest.mark.parametrize(
    "failure",
    [
        Unavailable("Temporal did not answer: it is away"),
        TooMany("ten events of this course are being decided; send it again in a moment"),
        Refused.because(RefusalCode.UNKNOWN_COURSE, "There is no course B"),
    ],
)
async def test_who_says_why_not_is_named_with_it(failure: Exception) -> None:
    """One course's trouble hides no other patient."""
    made = await go_round(Clinic(fail={"B": failure}).view, ["A", "B", "C"], LATER)

    assert answered(made) == ["A", "C"]
    assert made.silent == (Silent(id="B", why=str(failure)),)


async def test_a_fault_of_ours_is_not_taken_for_silence() -> None:
    """It is raised: a screen that calls every bug a silent course is believed by nobody."""
    with pytest.raises(ZeroDivisionError):
        await go_round(Clinic(fail={"B": ZeroDivisionError()}).view, ["A", "B"], LATER)


async def test_no_more_are_asked_at_once_than_the_workers_are_to_bear() -> None:
    """Fifty courses, four at a time, and all answer."""
    clinic = Clinic()

    made = await go_round(clinic.view, [f"C-{n}" for n in range(50)], LATER, at_once=4)

    assert len(made.views) == 50
    assert clinic.most_at_once == 4


async def test_mute_courses_do_not_take_every_seat_from_the_others_for_longer_than_the_round() -> None:
    """Where they do, the others are named as not answered, and the round still ends in time."""
    clinic = Clinic(mute=frozenset({"A", "B"}))

    made = await go_round(clinic.view, ["A", "B", "C"], SOON, at_once=2)

    assert answered(made) == []
    assert [one.id for one in made.silent] == ["A", "B", "C"]
    assert clinic.asked == ["A", "B"]


async def test_whoever_goes_away_takes_the_whole_round_back() -> None:
    """A closed page leaves no question open."""
    clinic = Clinic(mute=frozenset({"A"}))
    round_ = asyncio.create_task(go_round(clinic.view, ["A"], LATER))
    await asyncio.wait_for(clinic.was_asked.wait(), timeout=LATER.total_seconds())
    round_.cancel()

    with pytest.raises(asyncio.CancelledError):
        await round_
    assert clinic.let_go == ["A"]
