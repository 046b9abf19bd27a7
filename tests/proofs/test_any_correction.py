"""Corrections by property: any fact of any course may be corrected, taken back, and corrected again.

Nothing of it makes a course fail, the ledger stays whole, an open escalation stays open, and the course that is told
from its journal is the course.
"""

from datetime import timedelta

from hypothesis import Phase as Stretch
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from domain.course.answer import AlreadyAnswered
from domain.course.retelling import TOLD, told
from domain.events.clinic_events import ClinicEvent, CorrectionRecorded, Fact
from domain.refusal import Refused
from tests.proofs.test_course_machine import POINTS, PROTOCOLS, PROVING, UNREADABLE, come_so_far
from tests.support.cast import correction, minutes
from tests.support.event_strategies import a_while, anything, next_of_a_good_story
from tests.support.ward import Ward, is_whole

CHANGES: dict[str, list[object]] = {
    "systolic": [126, 186],
    "spo2": [82, 98],
    "weight_kg": [45.0, 70.0],
    "mg": [35.0, 350.0],
    "grade": [1, 4],
    "minutes": [5, 60],
    "suicidal_ideation": [True, False],
    "conditions": [("active_psychosis",), ()],
    "session": [1, 2, None],
}
"""What may have been written down wrongly, by the name of its field."""


class AnyCorrection(RuleBasedStateMachine):
    """One course of which anything may have been wrong."""

    def __init__(self) -> None:
        super().__init__()
        self.ward = Ward()
        self.corrected = False

    @initialize(name=st.sampled_from(sorted(PROTOCOLS)), point=st.sampled_from(POINTS))
    def begins(self, name: str, point: str) -> None:
        self.ward, _ = come_so_far(name, point, 1)

    @rule(data=st.data())
    def something_is_reported(self, data: st.DataObject) -> None:
        self._take_in(anything(data, self.ward))

    @rule()
    def the_story_goes_on(self) -> None:
        if (event := next_of_a_good_story(self.ward)) is not None:
            self._take_in(event)

    @rule(data=st.data())
    def time_passes(self, data: st.DataObject) -> None:
        self.ward.passes(a_while(data, self.ward))

    @precondition(lambda self: any(isinstance(event, Fact) for event, _ in self.ward.answers))
    @rule(data=st.data(), retracted=st.booleans(), earlier=st.sampled_from([0, 0, 5, 70]))
    def a_fact_was_wrong(self, data: st.DataObject, retracted: bool, earlier: int) -> None:
        facts = [event for event, _ in self.ward.answers if isinstance(event, Fact)]
        wrong = data.draw(st.sampled_from(facts))
        fields = sorted(CHANGES.keys() & type(wrong.data).model_fields.keys())
        before = {one.id for one in self.ward.course.unresolved}
        changes = {name: data.draw(st.sampled_from(CHANGES[name])) for name in fields}
        if isinstance(wrong, CorrectionRecorded):
            retracted, changes = True, {}
        happened_at = None if retracted or not earlier else wrong.time - minutes(earlier)
        self._take_in(
            correction(wrong, at=self.ward.now, retracted=retracted, happened_at=happened_at, **changes)  # type: ignore[arg-type]
        )
        assert before <= {one.id for one in self.ward.course.unresolved}

    @invariant()
    def the_journal_tells_the_course(self) -> None:
        """But for when a phase was learned, holds that a correction laid anew over a resumption, and what was weighed.

        A prescriber weighed what was known then, which the journal says no more once it has been corrected.
        """
        again, course = told(self.ward.course), self.ward.course
        left_out = {"phase_learned_at", "holds", "weighed"} if self.corrected else set()
        if self.corrected:
            again, course = (
                one.but(sessions=tuple(session.but(weighed=()) for session in one.sessions)) for one in (again, course)
            )
        for name in set(TOLD) - left_out:
            assert _plain(getattr(again, name)) == _plain(getattr(course, name)), name

    def teardown(self) -> None:
        assert is_whole(self.ward)

    def _take_in(self, event: ClinicEvent) -> None:
        before = self.ward.course
        try:
            self.ward.sends(event)
        except (Refused, AlreadyAnswered) as raised:
            turned_away: Refused | AlreadyAnswered | None = raised
        else:
            turned_away = None
        if turned_away is None:
            self.corrected = self.corrected or isinstance(event, CorrectionRecorded)
            return
        assert self.ward.course is before
        if isinstance(turned_away, Refused) and isinstance(event, Fact):
            assert turned_away.refusal.code in UNREADABLE


TestAnyCorrection = AnyCorrection.TestCase
TestAnyCorrection.settings = settings(
    max_examples=int(PROVING or 60),
    stateful_step_count=20,
    deadline=timedelta(seconds=30) if PROVING is None else None,
    derandomize=PROVING is None,
    database=None,
    phases=[Stretch.generate, Stretch.shrink] if PROVING else [Stretch.generate],
)


def _plain(value: object) -> object:
    """The value without what a session has worked out of its facts and kept."""
    if isinstance(value, tuple) and value and hasattr(value[0], "settled"):
        return tuple(one.but(settled=(), settled_until=None) for one in value)
    return value
