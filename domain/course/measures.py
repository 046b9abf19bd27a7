"""Scoring of questionnaires: total score, suicide risk level, and change from baseline.

Answers are scored as the publishers say; a missing or out-of-range answer is refused by name, never guessed.
For every instrument here, higher is worse.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from math import inf, isfinite

from domain.codes import folded
from domain.protocol.instruments import CSSRS, INSTRUMENTS, PHQ9, QUESTIONNAIRES, SCREENER_ITEMS, Questionnaire
from domain.protocol.measures import MeasureRule
from domain.protocol.values import Range
from domain.refusal import FieldError, Refusal, RefusalCode, Refused
from domain.values import Code, Frozen


class Risk(StrEnum):
    """The level of suicide risk that a C-SSRS screener shows."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    HIGH = "high"

    @cached_property
    def rank(self) -> int:
        """0 for none, rising with risk."""
        return list(type(self)).index(self)

    @property
    def is_raised(self) -> bool:
        """Moderate or high: check-in calls then count as missed sooner."""
        return self.rank >= Risk.MODERATE.rank


class Scored(Frozen):
    """The result of one measure. `recall` is the period that its questions ask about."""

    instrument: Code
    score: float | None = None
    band: str | None = None
    risk: Risk | None = None
    item9: int | None = None
    recall: timedelta | None = None


def scored(
    instrument: Code,
    measures: Mapping[Code, MeasureRule],
    *,
    items: Sequence[int] | None = None,
    score: float | None = None,
    behavior_lifetime: bool | None = None,
    since_last_contact: bool | None = None,
) -> Scored:
    """Scores the answers of `instrument`, or takes its score, under the protocol's `measures`.

    Raises `Refused` with code `invalid`, naming the wrong fields and what they must be.
    """
    instrument = _named(instrument, measures)
    if items is not None and score is not None:
        raise _refused([_wrong("score", "must be either the answers or their score, not both")])
    if instrument == CSSRS:
        return _screener(items, score, behavior_lifetime=bool(behavior_lifetime))
    if behavior_lifetime is not None:
        raise _refused([_wrong("behavior_lifetime", "only the C-SSRS screener asks for behaviour in a lifetime")])
    if since_last_contact is not None:
        raise _refused([_wrong("since_last_contact", "only the C-SSRS screener asks about the time since a contact")])
    rule = measures.get(instrument)
    if questionnaire := QUESTIONNAIRES.get(instrument):
        return _questionnaire(instrument, questionnaire, items, score, needs_answers=bool(rule and rule.item9))
    if rule and rule.range:
        return _by_score_only(instrument, rule.range, items, score)
    known = ", ".join(sorted({*INSTRUMENTS, *measures}))
    raise _refused([_wrong("instrument", f"must be one of {known}")])


def _named(said: Code, measures: Mapping[Code, MeasureRule]) -> Code:
    """The instrument that is meant: `C-SSRS` and `phq_9` are cssrs and phq9."""
    return next((one for one in (*INSTRUMENTS, *measures) if _bare(one) == _bare(said)), said)


def _bare(code: Code) -> str:
    return folded(code).replace("_", "")


def triage(answers: Sequence[int], *, behavior_lifetime: bool) -> Risk:
    """The risk that six C-SSRS screener answers (1 is yes) show, by the publisher's triage (CLINICAL.md 5.2, S47).

    High: intent or plan in the past month, or behaviour in the past three. Moderate: a method, or behaviour earlier in
    life. Low: a wish to be dead or thoughts alone.
    """
    wish, thoughts, method, intent, plan, behaviour = map(bool, answers)
    if intent or plan or behaviour:
        return Risk.HIGH
    if method or behavior_lifetime:
        return Risk.MODERATE
    return Risk.LOW if wish or thoughts else Risk.NONE


def tells_of_attempt(answers: Sequence[int], *, behavior_lifetime: bool) -> bool:
    """Whether six C-SSRS screener answers tell of any suicidal behaviour, lately or earlier in life."""
    *_, behaviour = answers
    return bool(behaviour) or behavior_lifetime


def baseline_errors(
    baseline: Mapping[Code, float], measures: Mapping[Code, MeasureRule], pointer: str = "/data/measures_baseline"
) -> tuple[FieldError, ...]:
    """The errors in a referral's baseline scores; empty if there are none."""
    errors: list[FieldError] = []
    for instrument, score in baseline.items():
        rule = measures.get(instrument)
        if questionnaire := QUESTIONNAIRES.get(instrument):
            wrong = _wrong_score(score, questionnaire.scores, is_whole=True)
        elif rule and rule.range:
            wrong = _wrong_score(score, rule.range, is_whole=False)
        elif instrument == CSSRS:
            wrong = [_wrong(instrument, "the C-SSRS screener has no score")]
        else:
            wrong = [_wrong(instrument, "must be an instrument that the protocol names")]
        errors += [FieldError(pointer=f"{pointer}/{_escaped(instrument)}", detail=error.detail) for error in wrong]
    return tuple(errors)


class Direction(StrEnum):
    """Which way a score moved, if by at least the protocol's meaningful change."""

    IMPROVED = "improved"
    WORSENED = "worsened"
    UNCHANGED = "unchanged"


class ScoreChange(Frozen):
    """A score compared with the baseline. None where the protocol defines nothing, or the baseline is 0."""

    baseline: float
    score: float
    difference: float
    improvement_percent: float | None
    is_response: bool | None
    is_remission: bool | None
    direction: Direction | None


def change(baseline: float, score: float, rule: MeasureRule) -> ScoreChange:
    """The change of `score` from `baseline`, classified by the protocol (CLINICAL.md 5.1)."""
    better = baseline - score
    return ScoreChange(
        baseline=baseline,
        score=score,
        difference=-better,
        improvement_percent=_percent(better, baseline),
        is_response=_at_least_percent(better, baseline, rule.response_percent),
        is_remission=None if rule.remission_below is None else score < rule.remission_below,
        direction=_direction(better, rule.meaningful_change),
    )


def _percent(better: float, baseline: float) -> float | None:
    """The change in percent of the baseline; None if the baseline is 0 or too small to divide by."""
    percent = 100 * better / baseline if baseline > 0 else inf
    return round(percent, 1) if isfinite(percent) else None


def _at_least_percent(better: float, baseline: float, percent: int | None) -> bool | None:
    if percent is None or baseline <= 0:
        return None
    return 100 * better >= percent * baseline


def _direction(better: float, meaningful: float | None) -> Direction | None:
    if meaningful is None:
        return None
    if abs(better) < meaningful:
        return Direction.UNCHANGED
    return Direction.IMPROVED if better > 0 else Direction.WORSENED


def _screener(items: Sequence[int] | None, score: float | None, *, behavior_lifetime: bool) -> Scored:
    if score is not None:
        raise _refused([_wrong("score", "must be left out: this screen has 6 answers and no score")])
    answers = _answers(items, SCREENER_ITEMS, most=1)
    return Scored(instrument=CSSRS, risk=triage(answers, behavior_lifetime=behavior_lifetime))


def _questionnaire(
    instrument: Code, asked: Questionnaire, items: Sequence[int] | None, score: float | None, *, needs_answers: bool
) -> Scored:
    if score is None:
        answers = _answers(items, asked.items, asked.most)
        item9 = answers[8] if instrument == PHQ9 else None
        score = sum(answers)
    elif needs_answers:
        # A total would hide the answer about being better off dead: it is asked for, never assumed to be 0.
        why = "the protocol acts on a single answer, which a score does not show"
        raise _refused([_wrong("score", f"must be the {asked.items} answers instead: {why}")])
    elif errors := _wrong_score(score, asked.scores, is_whole=True):
        raise _refused(errors)
    else:
        item9 = None
    return Scored(instrument=instrument, score=score, band=asked.band(score), item9=item9, recall=asked.recall)


def _by_score_only(instrument: Code, scores: Range, items: Sequence[int] | None, score: float | None) -> Scored:
    if score is None:
        field = "score" if items is None else "items"
        raise _refused([_wrong(field, "must be a score: the answers of this instrument are not known")])
    if errors := _wrong_score(score, scores, is_whole=False):
        raise _refused(errors)
    return Scored(instrument=instrument, score=score)


def _answers(items: Sequence[int] | None, expected: int, most: int) -> Sequence[int]:
    if items is None:
        raise _refused([_wrong("items", f"must be {expected} answers")])
    if len(items) != expected:
        raise _refused([_wrong("items", f"must be {expected} answers, not {len(items)}")])
    sentence = "must be 0 (no) or 1 (yes)" if most == 1 else f"must be an answer from 0 to {most}"
    if errors := [_wrong(f"items/{i}", sentence) for i, answer in enumerate(items) if not 0 <= answer <= most]:
        raise _refused(errors)
    return items


def _wrong_score(score: float, scores: Range, *, is_whole: bool) -> list[FieldError]:
    if scores.holds(score) and (not is_whole or float(score).is_integer()):
        return []
    kind = "a whole score" if is_whole else "a score"
    return [_wrong("score", f"must be {kind} from {scores.low:g} to {scores.high:g}")]


def _wrong(field: str, detail: str) -> FieldError:
    return FieldError(pointer=f"/data/{field}", detail=detail)


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")


def _refused(errors: Sequence[FieldError]) -> Refused:
    sentences = "; ".join(f"{error.pointer}: {error.detail}" for error in errors)
    message = f"The measure does not score: {sentences}"
    return Refused(Refusal(code=RefusalCode.INVALID, message=message, errors=tuple(errors)))
