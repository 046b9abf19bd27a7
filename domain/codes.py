"""Codes as people spell them, alone or in a sentence: case, plural, spaces, hyphens and punctuation say nothing."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from unicodedata import normalize

# `ChestPain` has a gap too. A dot within a classification's code, such as F32.1, is part of it.
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_ABBREVIATIONS = {
    **{
        one: one.upper()
        for one in ("ace", "adhd", "avm", "bmi", "maoi", "nrs", "nsaid", "ocd", "osa", "ptsd", "rems", "snri", "ssri")
    },
    "moaas": "MOAA/S",
    "spo2": "SpO₂",
    "6w": "in 6 weeks",
}
"""Words that people write otherwise than a code does."""

_GAP = re.compile(r"(?<=[^\W\d_])[./](?=[^\W\d_])|[\s_\-\u2010-\u2015]+")
_ICD_10 = re.compile(r"[a-z]\d[0-9a-z](?:\.[0-9a-z]{1,4})?")
_APOSTROPHE = re.compile("['\u2018\u2019\u02bc`]")
_LIGATURES = str.maketrans({"\u0153": "oe", "\u00e6": "ae"})
_AT_THE_EDGES = '_.,;:!?\u2026"\u201c\u201d'
_CLAUSE = re.compile(r"[,;:&+()\[\]]|\b(?:and|but|with|plus)\b", re.IGNORECASE)
_OR = re.compile(r"\b(?:or|nor)\b", re.IGNORECASE)
_DENIALS = frozenset({"no", "not", "never", "without", "deny", "denied", "negative"})
_UNDENIED_AFTER = frozenset(
    {"not", "cannot", "cant", "doesnt", "dont", "didnt", "wont", "wouldnt", "couldnt", "refuse", "never", "longer"}
)
# What may stand between a denial and what it denies: no signs of. Not `new`: what is not new is still there.
_BETWEEN = frozenset(
    {"any", "sign", "symptom", "evidence", "history", "complaint", "complain", "report", "reported", "current"}
    | {"further", "more", "for", "longer"}
)
_FILLERS = frozenset({"", "a", "an", "the", "of", "in", "on", "at", "to", "from", "is", "very"})
_PLURALS = (
    (re.compile(r"(?<=[a-z]{2})ies(?=_|$)"), "y"),
    (re.compile(r"(?<=sh|ch|ss)es(?=_|$)"), ""),
    (re.compile(r"(?<=[a-z]{2}[a-rtv-z])(?<!i)s(?=_|$)"), ""),
)


@lru_cache(maxsize=4096)
def folded(code: str) -> str:
    """The code in its plainest spelling: `Chest-Pain`, `ChestPain` and `chest pains.` are all `chest_pain`."""
    spaced = _INNER_CAPITAL.sub("_", normalize("NFKC", code))
    plain = _GAP.sub("_", _APOSTROPHE.sub("", spaced.casefold().translate(_LIGATURES))).strip(_AT_THE_EDGES)
    for ending, singular in _PLURALS:
        plain = ending.sub(singular, plain)
    return plain


@lru_cache(maxsize=4096)
def is_within(code: str, listed: str) -> bool:
    """Whether it is that code, or one below it in the ICD-10: F43.12 is within F43.1, and that within F43."""
    narrow, wide = folded(code), folded(listed)
    is_classified = _ICD_10.fullmatch(wide) is not None and _ICD_10.fullmatch(narrow) is not None
    return narrow == wide or (is_classified and narrow.startswith(wide))


@lru_cache(maxsize=4096)
def is_said(code: str, sentence: str) -> bool:
    """Whether the words of the code stand in one clause of the sentence, one after another, and are not denied there.

    A denial is of what follows it at once: `no nausea, severe chest pain` and `no relief of chest pain` say
    `chest_pain`; `denies nausea or chest pain` does not.
    """
    return any(not is_denied for is_denied in _said_in(code, sentence))


def is_only_denied(code: str, sentence: str) -> bool:
    """Whether the sentence is one clause that denies the code, and says nothing beside it: `denies chest pain`."""
    found = list(_said_in(code, sentence))
    return bool(found) and all(found) and _CLAUSE.search(sentence.replace("_", " ")) is None


def _said_in(code: str, sentence: str) -> Iterator[bool]:
    """For each place at which the words of the code stand: whether they are denied there."""
    wanted = _words(code)
    for words, is_denied in _parts(sentence):
        for start in range(len(words) - len(wanted) + 1):
            if words[start : start + len(wanted)] == wanted:
                yield _is_denied_by(words[:start], before=is_denied)


@lru_cache(maxsize=256)
def _parts(sentence: str) -> tuple[tuple[tuple[str, ...], bool], ...]:
    """The words between one `or` and the next, clause by clause, and whether something was denied before in theirs.

    A sentence is asked about each name of each code, one after another.
    """
    parts = []
    for clause in _CLAUSE.split(sentence.replace("_", " ")):
        is_denied = False
        for words in map(_words, _OR.split(clause)):
            parts.append((words, is_denied))
            is_denied = is_denied or any(_denies(words, place) for place in range(len(words)))
    return tuple(parts)


def _is_denied_by(words: Sequence[str], *, before: bool) -> bool:
    """Whether these words deny what follows them; with nothing of their own they go on with what was said `before`."""
    last = next((place for place in reversed(range(len(words))) if words[place] not in _BETWEEN), None)
    return before if last is None else _denies(words, last)


def _denies(words: Sequence[str], place: int) -> bool:
    return words[place] in _DENIALS and not (place > 0 and words[place - 1] in _UNDENIED_AFTER)


@lru_cache(maxsize=4096)
def _words(text: str) -> tuple[str, ...]:
    return tuple(word for word in folded(text).split("_") if word not in _FILLERS)


def in_words(code: str) -> str:
    """The code as a sentence begins with it: `sleep_apnoea` is "Sleep apnoea"."""
    return code.replace("_", " ").capitalize()


def spoken(code: str) -> str:
    """A code in words: `safety_plan` is "safety plan", `bmi_over_35` is "BMI over 35"."""
    return " ".join(_ABBREVIATIONS.get(word, word) for word in code.replace("_", " ").split(" "))
