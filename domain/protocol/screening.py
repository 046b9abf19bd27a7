"""What a protocol may ask for beside the screening visit: tests, gates of some indications, and further consents."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from domain.durations import Length
from domain.protocol.values import AtLeastOne, Range, Text, Trials, is_listed
from domain.values import Code, Frozen


class ScreeningTest(Frozen):
    """A laboratory value or a drug screen: what it must be, how old it may be, of whom it is asked, and how often.

    A value lies within `range`, in `unit`; an answer is one of `wanted`. It is asked for before the decision on
    eligibility, and again before every so many sessions of `before_every`; None never again. `indications` are those it
    is asked of; None for everybody.
    """

    range: Range | None = None
    unit: Text | None = None
    wanted: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None
    valid_for: Length
    before_every: AtLeastOne | None = None
    indications: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _has_a_value_or_an_answer(self) -> Self:
        if (self.range is None) == (self.wanted is None):
            raise ValueError("must be exactly one of range and wanted")
        if (self.range is None) != (self.unit is None):
            raise ValueError("must have a unit where it has a range, and there alone")
        return self

    def is_due_before(self, session: int) -> bool:
        """Whether it is asked for again before the session of that number."""
        return self.before_every is not None and session % self.before_every == 0

    def is_wanted(self, answer: Code) -> bool:
        """Whether the answer is one of `wanted`, however it is spelled."""
        return self.wanted is not None and is_listed(answer, self.wanted)


class ScreeningGate(Frozen):
    """What is asked of patients with one of these indications, and of nobody else; None of what is not asked.

    With `trials_named` a treatment counts among the trials by its name alone. `abstinent_days_min` are those since they
    last used what they are dependent on. The newest score of `measure` must be from `score_min` to `score_max`.
    """

    indications: Annotated[tuple[Code, ...], Field(min_length=1)]
    prior_trials_min: Trials | None = None
    trials_named: bool = False
    abstinent_days_min: AtLeastOne | None = None
    measure: Code | None = None
    score_min: float | None = None
    score_max: float | None = None


class FurtherConsent(Frozen):
    """A document that is signed beside the consent to the treatment, by its name; without it nobody is dosed.

    It is asked for before the decision on eligibility, or before the session `from_session` and every later one.
    `indications` are those it is asked of; None for everybody.
    """

    version: Text
    valid_for: Length
    from_session: AtLeastOne | None = None
    indications: Annotated[tuple[Code, ...], Field(min_length=1)] | None = None

    def is_asked_before(self, session: int | None) -> bool:
        """Whether it is asked for before the session of that number; before the decision, where that is None."""
        return self.from_session is None or (session is not None and session >= self.from_session)
