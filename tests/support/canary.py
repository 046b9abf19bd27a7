"""A canary: a word that a clinic says of its patients everywhere it can, and the files in which it is found."""

import base64
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from domain.access import TokenRole
from tests.support.cast import vitals
from tests.support.http_stack import House, example_events, on_the_wire
from tests.support.ward import Ward

BLOCK: Final = 2**24


async def sings(house: House) -> tuple[str, str]:
    """The word, and a course of which it was said in every way, in this house; PostgreSQL has written it out.

    A whole course, each event with a note; a low reading, who answers it and how; what is refused, or no event.
    """
    word = f"quokka{secrets.token_hex(8)}"
    course = house.expects("EX")
    for event in example_events(course):
        await _is_told(house, _with(word, event))
    await _somebody_answers(house, word)
    await _is_turned_away(house, course, word)
    await house.is_recorded(course)
    await _is_written_out(house)
    return word, course


def _with(word: str, event: dict[str, Any]) -> dict[str, Any]:
    """The event with a note, and with the word in what somebody gives as their reason, and in the room they name."""
    named = {"rationale", "room"}
    data = {key: f"{word} {said}" if key in named else said for key, said in event["data"].items()}
    return {**event, "data": {**data, "note": f"They said {word}"}}


async def _is_told(house: House, event: dict[str, Any]) -> dict[str, Any]:
    answer = await house.reports(event)
    assert answer.status_code in {200, 201}, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def _somebody_answers(house: House, word: str) -> None:
    course = await house.has(Ward.dosed, "LOW")
    low = on_the_wire(vitals(course, 1, at=datetime.now(UTC), spo2=84))
    (escalation, *_) = (await _is_told(house, _with(word, low)))["escalations"]
    await house.is_called_for(escalation)
    for act in ("acknowledge", "resolve"):
        answer = await house.admin.post(f"/v1/escalations/{escalation}/{act}", json={"by": "osei", "note": word})
        assert answer.is_success, answer.text


async def _is_turned_away(house: House, course: str, word: str) -> None:
    """An act against the protocol, a body that is no event, one that is no JSON, a question about nobody's course."""
    clinic = await house.caller(TokenRole.CLINIC)
    first = example_events(course)[0]
    bodies: list[Any] = [
        _with(word, {**first, "id": "again"}),
        {**first, "id": word, "type": f"kap.{word}"},
        {**first, "id": "odd", "data": {**first["data"], "weight_kg": word}},
    ]
    statuses = [(await clinic.post("/v1/events", json=body)).status_code for body in bodies]
    statuses.append((await clinic.post("/v1/events", content=f"{{{word}")).status_code)
    statuses.append((await clinic.get(f"/v1/courses/{word}")).status_code)
    assert all(400 <= status < 500 for status in statuses), statuses


async def _is_written_out(house: House) -> None:
    """PostgreSQL writes what it has in memory."""
    connection = await asyncpg.connect(house.stack.database)
    await connection.execute("CHECKPOINT")
    await connection.close()


def files_with(word: str, folder: Path) -> set[Path]:
    """The files of this folder that have the word."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder) for path in files if says(word, path)}


def says(word: str, file: Path) -> bool:
    """Whether the file has the word: as it is, in UTF-16, in hex, or at any place of a text in base64."""
    said = word.encode()
    shifted = (base64.b64encode(b"\0" * shift + said)[4 if shift else 0 : -4] for shift in range(3))
    looks = (said, word.encode("utf-16-le"), said.hex().encode(), *shifted)
    kept = b""
    with file.open("rb") as content:
        while block := content.read(BLOCK):
            kept = kept[-1024:] + block
            if any(look in kept for look in looks):
                return True
    return False
