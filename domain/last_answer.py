"""The last answer to a question that one decision asks more than once."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar, TypeVarTuple

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")


def keeps_last_answer(answer_to: Callable[[*Asked], Answer]) -> Callable[[*Asked], Answer]:
    """Keeps the last answer, by the identity of what was asked about, as that is never changed in place.

    A moment is known by its value: each one who asks has an object of their own for now. The answer must follow from
    what was asked about alone, and must be no iterator.
    """
    last: tuple[tuple[object, ...], Answer] | None = None

    def answer(*asked: *Asked) -> Answer:
        nonlocal last
        about: tuple[object, ...] = asked
        known = last  # read once: several threads decide
        if known is None or not all(map(_is_same, known[0], about)):
            last = known = (about, answer_to(*asked))
        return known[1]

    return answer


def _is_same(one: object, other: object) -> bool:
    if one is other:
        return True
    # One of another offset is told by another clock.
    return (
        isinstance(one, datetime)
        and isinstance(other, datetime)
        and one == other
        and one.utcoffset() == other.utcoffset()
    )
