"""Codes as people spell them: compared without regard to case, plural, spaces, hyphens and other punctuation."""

import re
from functools import lru_cache
from unicodedata import normalize

# `ChestPain` has a gap too. A dot within a classification's code, such as F32.1, is part of it.
_INNER_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z][a-z])")
_GAP = re.compile(r"(?<=[^\W\d_])[./](?=[^\W\d_])|[\s_\-\u2010-\u2015]+")
_APOSTROPHE = re.compile("['\u2018\u2019\u02bc`]")
_LIGATURES = str.maketrans({"\u0153": "oe", "\u00e6": "ae"})
_REMARK = re.compile(r"\s*[(\[].*[)\]]\s*$")
_AT_THE_EDGES = '_.,;:!?\u2026"\u201c\u201d'
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


def without_remark(code: str) -> str:
    """The code without what stands behind it in brackets: `chest pain (mild)` is chest pain."""
    return _REMARK.sub("", code)


def in_words(code: str) -> str:
    """The code as a sentence begins with it: `sleep_apnoea` is "Sleep apnoea"."""
    return code.replace("_", " ").capitalize()
