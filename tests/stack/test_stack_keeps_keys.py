"""What Temporal keeps for `kapstan up` is encrypted from its first start, by a key that is made once and kept."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from settings import payload_keys
from stack.directory import DataDirectory
from stack.payload_keys import keep_payload_keys, keys_environment


async def kept(
    folder: Path, set_by_plan: Mapping[str, str] = MappingProxyType({}), *, was_used: bool = False
) -> tuple[Path | None, dict[str, str]]:
    """The file of the keys, and what workers and console are told, at one start in this folder."""
    directory = await DataDirectory.opened(folder)
    try:
        if was_used:
            directory.temporal_memory.touch()
        file = keep_payload_keys(directory, set_by_plan)
        return file, keys_environment(directory, file)
    finally:
        directory.close()


async def test_a_key_is_made_once_and_is_the_owners_alone(folder: Path) -> None:
    """The next start reads what this one wrote."""
    file, told = await kept(folder / "data")
    assert file is not None
    assert file.stat().st_mode & 0o777 == 0o600
    [key] = payload_keys(told["KAPSTAN_PAYLOAD_KEYS"])
    assert key.id == "k1"
    assert "KAPSTAN_ALLOW_PLAIN_PAYLOADS" not in told

    assert await kept(folder / "data", was_used=True) == (file, told)


async def test_a_key_is_replaced_by_writing_a_new_one_before_it(folder: Path) -> None:
    """The file is the setting, kept: the first encrypts, all decrypt."""
    file, told = await kept(folder / "data")
    assert file is not None
    file.write_text(f"k2:{'A' * 43}=,{told['KAPSTAN_PAYLOAD_KEYS']}\n")

    _, now = await kept(folder / "data")

    assert [key.id for key in payload_keys(now["KAPSTAN_PAYLOAD_KEYS"])] == ["k2", "k1"]


async def test_a_folder_from_before_there_were_keys_goes_on(folder: Path) -> None:
    """Its courses are in clear: they are read until somebody removes the file that says so."""
    _, told = await kept(folder / "data", was_used=True)
    assert told["KAPSTAN_ALLOW_PLAIN_PAYLOADS"] == "1"

    (folder / "data" / "plain-payloads").unlink()

    _, told = await kept(folder / "data")
    assert "KAPSTAN_ALLOW_PLAIN_PAYLOADS" not in told


@pytest.mark.parametrize("by_plan", [True, False], ids=["the plan", "the environment"])
async def test_an_operators_own_keys_are_kept_nowhere(
    folder: Path, monkeypatch: pytest.MonkeyPatch, by_plan: bool
) -> None:
    """Whoever sets keys has a place for them."""
    theirs = {"KAPSTAN_PAYLOAD_KEYS": f"own:{'A' * 43}="}
    if not by_plan:
        for name, value in theirs.items():
            monkeypatch.setenv(name, value)

    assert await kept(folder / "data", theirs if by_plan else {}) == (None, {})
    assert not (folder / "data" / "payload-keys").exists()
