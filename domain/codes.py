"""Codes as people spell them: compared without regard to case, spaces, hyphens and underscores."""

import re
from functools import lru_cache
from unicodedata import normalize

_GAP = re.compile(r"[\s_\-\u2010-\u2015]+")


@lru_cache(maxsize=4096)
def folded(code: str) -> str:
    """The code in its plainest spelling: `Chest-Pain` and `chest pain` are both `chest_pain`."""
    return _GAP.sub("_", normalize("NFKC", code).casefold()).strip("_")


def in_words(code: str) -> str:
    """The code as a sentence begins with it: `sleep_apnoea` is "Sleep apnoea"."""
    return code.replace("_", " ").capitalize()
