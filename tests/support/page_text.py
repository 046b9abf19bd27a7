"""Somebody reads a page: what it says, without its markup."""

import html
import re

import httpx


def words_of(page: httpx.Response) -> str:
    """All that the page says."""
    return _words(page.text)


def section(page: httpx.Response, heading: str) -> str:
    """What stands under a heading."""
    found = re.search(rf"<h2[^>]*>\s*{re.escape(heading)}.*?</section>", page.text, re.DOTALL)
    assert found, heading
    return _words(found[0])


def value_in(page: httpx.Response, pointer: str) -> str:
    """What stands in a field; in a choice, what is chosen."""
    name = re.escape(pointer)
    choice = re.search(rf'<select [^>]*name="{name}".*?</select>', page.text, re.DOTALL)
    chosen = re.search(r'<option value="([^"]+)"[^>]* selected', choice[0]) if choice else None
    if chosen:
        return html.unescape(chosen[1])
    found = re.search(rf'name="{name}"[^>]*value="([^"]*)"', page.text)
    assert found, pointer
    return html.unescape(found[1])


def _words(text: str) -> str:
    bare = re.sub(r"<style.*?</style>|<script.*?</script>|<head>.*?</head>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", bare.replace("#floor > *", ""))))
