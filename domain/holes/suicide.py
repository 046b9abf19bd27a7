"""A risk of suicide that nobody asks about, that nobody need answer, or that is told every week (S47, S60, S1)."""

from collections.abc import Iterator
from datetime import timedelta

from domain.codes import folded, is_within
from domain.durations import in_words, iso_8601
from domain.holes.asked import answered
from domain.holes.hole import Hole, Holes
from domain.holes.published import ASKS_OF_MOOD, KNOWN_FOR, OF_SUICIDE, OURS
from domain.protocol.instruments import CSSRS, PHQ9, instrument_name
from domain.protocol.measures import MeasureMoment, MeasureRule
from domain.protocol.model import Protocol
from domain.values import Code, Severity

_HIGH = (1, 1, 1, 1, 1, 1)
_RECALL = timedelta(days=31)
"""The longest interval at which somebody is asked how they are during a course."""


def suicide_holes(protocol: Protocol) -> Holes:
    """A hole for each way in which a risk of suicide would stay unknown, unanswered, or be told for nothing."""
    rule = protocol.measures.get(CSSRS)
    if rule is not None:
        yield from _screen(protocol, rule)
        yield from _known(protocol, rule)
    yield from _mood(protocol)
    yield from _item9(protocol)


def _screen(protocol: Protocol, rule: MeasureRule) -> Holes:
    if rule.high is not None and not answered(protocol, CSSRS, _HIGH).course.holds:
        yield Hole(
            key=f"measures.{CSSRS}.high.hold",
            lets_through=f"a patient with an intent and a plan in {instrument_name(CSSRS)} would go on in the course",
            mend="must be true (S47: precautions until a professional has evaluated them)",
        )
    for code in _not_asked(protocol, rule):
        yield Hole(
            key=f"measures.{CSSRS}.indications",
            lets_through=f"a patient who was referred for {code} would be asked for no {instrument_name(CSSRS)}",
            mend="must be left out: everybody is asked (S1, S47)",
        )
        break
    seldom = [moment for moment in rule.moments if isinstance(moment, timedelta)]
    if seldom and max(seldom) > (nearest := _nearest(protocol)) and MeasureMoment.EACH_SESSION not in rule.moments:
        yield Hole(
            key=f"measures.{CSSRS}.every",
            lets_through=f"{instrument_name(CSSRS)} would be asked for every {in_words(max(seldom))}, and a dose given "
            f"every {in_words(nearest)}",
            mend=f"must be each_session, or at most {iso_8601(nearest)} (S47: asked since the last visit)",
        )


def _not_asked(protocol: Protocol, rule: MeasureRule) -> Iterator[Code]:
    return (code for code in protocol.indications if not protocol.is_asked_of(rule, (code,)))


def _nearest(protocol: Protocol) -> timedelta:
    """The shortest distance at which two doses are aimed at."""
    return min(protocol.course.interval, *(part.interval for part in protocol.course.schedule or ()), timedelta.max)


def _known(protocol: Protocol, rule: MeasureRule) -> Holes:
    known, key = rule.known_baseline, f"measures.{CSSRS}.known_baseline"
    for code in protocol.indications:
        is_known = known is not None and protocol.is_for(known.indications, (code,))
        if _is_of_suicide(protocol, code) and not is_known:
            yield Hole(
                key=key,
                lets_through=f"of a patient who was referred for {code} the same answer would call somebody each week",
                mend=f"must name {code} in indications, or the protocol's indications must not ({OURS})",
            )
        elif is_known and not _is_of_suicide(protocol, code):
            yield Hole(
                key=f"{key}.indications",
                lets_through=f"of a patient who was referred for {code} an answer of high risk would call nobody, as "
                "long as it stays the same",
                mend=f"must name indications of suicide alone, such as R45.851 ({OURS})",
            )
    if known is not None and known.valid_for > KNOWN_FOR:
        yield Hole(
            key=f"{key}.valid_for",
            lets_through=f"an answer of high risk could call nobody for {in_words(known.valid_for)}",
            mend=f"must be at most {iso_8601(KNOWN_FOR)} ({OURS})",
        )


def _is_of_suicide(protocol: Protocol, code: Code) -> bool:
    is_named = any("suicid" in folded(one) for one in (code, protocol.canonical(code)))
    return is_named or any(is_within(protocol.canonical(code), family) for family in OF_SUICIDE)


def _mood(protocol: Protocol) -> Holes:
    """Somebody asks in the course itself how they are: a screen of suicide alone comes late (S1)."""
    rules = [rule for name, rule in protocol.measures.items() if _asks_of_mood(name) and _is_in_course(rule)]
    if not rules:
        yield Hole(
            key=f"measures.{PHQ9}",
            lets_through="between the decision and the end of the course nobody would ask a patient how their mood is",
            mend=f"must be there, or another measure of depression, with every = each_session or at most "
            f"{iso_8601(_RECALL)} (S1: worsening and suicidal thoughts are watched for)",
        )
        return
    for code in protocol.indications:
        if not any(protocol.is_asked_of(rule, (code,)) for rule in rules):
            yield Hole(
                key=f"measures.{PHQ9}.indications",
                lets_through=f"in the course nobody would ask a patient who was referred for {code} how their mood is",
                mend=f"must name {code}, or be left out (S1: worsening and suicidal thoughts are watched for)",
            )
            return


def _asks_of_mood(name: Code) -> bool:
    return _plain(name) in map(_plain, ASKS_OF_MOOD)


def _plain(name: Code) -> str:
    """Without what only separates: QIDS-SR-16 is `qids_sr16`. Both are folded, for the plural of a name is one too."""
    return folded(name).replace("_", "")


def _is_in_course(rule: MeasureRule) -> bool:
    return any(
        moment is MeasureMoment.EACH_SESSION or (isinstance(moment, timedelta) and moment <= _RECALL)
        for moment in rule.moments
    )


def _item9(protocol: Protocol) -> Holes:
    rule = protocol.measures.get(PHQ9)
    if rule is None or rule.item9 is None:
        return
    for answer, least in ((1, Severity.ROUTINE), (3, Severity.URGENT)):
        opened = answered(protocol, PHQ9, (*(0,) * 8, answer)).severity
        if opened is None or opened.rank < least.rank:
            called = "nobody" if opened is None else "somebody in working hours only"
            mend = (
                "at_least must be 1" if opened is None else "severity must be urgent or worse, and routine_to below 3"
            )
            yield Hole(
                key=f"measures.{PHQ9}.item9",
                lets_through=f"{instrument_name(PHQ9)} with an answer of {answer} to question 9 would call {called}",
                mend=f"{mend} ({OURS}: any answer above 0 is asked about)",
            )
            return
