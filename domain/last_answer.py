"""The last answer to a question that one decision asks more than once."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

Asked = TypeVarTuple("Asked")
Answer = TypeVar("Answer")


def keeps_last_answer(answer_to: Callable[[*Asked], Answer]) -> Callable[[*Asked], Answer]:
    """Keeps the last answer, by the identity of what was asked about: that is never changed in place.

    The answer must follow from that alone, and must be no iterator.
    """
    last: tuple[tuple[object, ...], Answer] | None = None

    def answer(*asked: *Asked) -> Answer:
        nonlocal last
        about: tuple[object, ...] = asked
        known = last  # read once: several threads decide
        if known is None or any(one is not other for one, other in zip(known[0], about, strict=True)):
            last = known = (about, answer_to(*asked))
        return known[1]

    return answer
