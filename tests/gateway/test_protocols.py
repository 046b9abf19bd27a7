"""The folder of protocols is read whole, with the approvals that lie beside the files."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.protocol.approval import Approval, content_hash, written
from domain.protocol.file import ProtocolFileError
from gateway.protocols import ProtocolHolesError, approval_path, approve_file, load_file, load_folder
from tests.support.paths import PROTOCOLS, WEEKLY_FILE

WEEKLY = WEEKLY_FILE.read_text(encoding="utf-8")
MONDAY = datetime(2026, 1, 5, 8, tzinfo=UTC)


def shelve(folder: Path, name: str, *edits: tuple[str, str]) -> Path:
    text = WEEKLY
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def version(number: str) -> tuple[str, str]:
    return ('version = "1.0.0"', f'version = "{number}"')


def without_oxygen() -> str:
    """The weekly protocol without a limit of oxygen after the dose."""
    limits = re.sub(r'\[\[medicine\.limits\]\]\nvital = "spo2"\n[^\[]*', "", WEEKLY)
    return re.sub(r'"medicine\.limits\.spo2.*\n', "", limits)


def refusal(folder: Path) -> str:
    with pytest.raises(ProtocolFileError) as refused:
        load_folder(folder)
    return str(refused.value).replace(str(folder), "protocols")


def test_what_is_shipped_loads_and_waits_for_its_medical_director() -> None:
    """The protocols of this repository are sound and unapproved."""
    library = load_folder(PROTOCOLS)

    files = sorted(PROTOCOLS.glob("*.toml"))
    assert [shelved.protocol.id for shelved in library.shelf] == [file.stem for file in files]
    assert not any(shelved.is_approved for shelved in library.shelf)


def test_the_newest_version_is_the_greatest_not_the_last_in_the_alphabet(tmp_path: Path) -> None:
    """1.10.0 follows 1.9.0; every version can still be had."""
    for number in ("1.10.0", "1.0.0", "1.9.0"):
        shelve(tmp_path, f"kap-{number}.toml", version(number))

    library = load_folder(tmp_path)

    assert [shelved.protocol.version for shelved in library.versions("kap-im-weekly")] == ["1.0.0", "1.9.0", "1.10.0"]
    latest, older = library.latest("kap-im-weekly"), library.get("kap-im-weekly", "1.9.0")
    assert latest is not None
    assert older is not None
    assert (latest.version, older.version) == ("1.10.0", "1.9.0")
    assert library.get("kap-im-weekly", "2.0.0") is None
    assert library.latest("kap-iv") is None


def test_an_approval_holds_until_the_file_says_something_else(tmp_path: Path) -> None:
    """A comment changes nothing; a number does, and the old number is approved still."""
    path = shelve(tmp_path, "kap.toml")
    approval = approve_file(path, "Dr Ward", MONDAY)

    assert load_file(path).approvals == (approval,)
    path.write_text("# reviewed\n" + WEEKLY, encoding="utf-8")
    assert load_file(path).is_approved
    shelve(tmp_path, "kap.toml", ("above = 180", "above = 181"))
    assert not load_file(path).is_approved
    shelve(tmp_path, "kap.toml")
    assert load_file(path).is_approved


def test_a_draft_takes_nothing_from_the_approved_version(tmp_path: Path) -> None:
    """The newest version may be a draft; the newest approved one is what an unpermitted clinic starts with."""
    approve_file(shelve(tmp_path, "kap.toml"), "Dr Ward", MONDAY)
    shelve(tmp_path, "kap-next.toml", version("2.0.0"))

    library = load_folder(tmp_path)

    draft, approved = library.latest("kap-im-weekly"), library.latest_approved("kap-im-weekly")
    assert draft is not None
    assert approved is not None
    assert (draft.version, approved.version) == ("2.0.0", "1.0.0")
    assert library.is_approved(approved)
    assert not library.is_approved(draft)
    assert not library.is_approved(approved.but(title="Another title"))


def test_approvals_add_up_and_one_given_twice_is_one(tmp_path: Path) -> None:
    """Two people approve; the second time of the first changes nothing, not even its moment."""
    path = shelve(tmp_path, "kap.toml")
    first = approve_file(path, "Dr Ward", MONDAY)
    second = approve_file(path, "Dr Osei", MONDAY)

    assert approve_file(path, " Dr Ward ", datetime(2026, 2, 1, tzinfo=UTC)) == first
    assert load_file(path).approvals == (first, second)
    assert sorted(left.name for left in tmp_path.iterdir()) == ["kap.approval.toml", "kap.toml"]


@pytest.mark.parametrize("name", ["", "   ", "Dr\nWard", "W" * 101])
def test_an_approval_has_a_name(tmp_path: Path, name: str) -> None:
    """One line that says who; otherwise nothing is written."""
    path = shelve(tmp_path, "kap.toml")

    with pytest.raises(ValueError, match="must be the approving person's name"):
        approve_file(path, name, MONDAY)

    assert not approval_path(path).exists()


def test_an_unsound_file_cannot_be_approved(tmp_path: Path) -> None:
    """Nobody signs what cannot be meant."""
    path = shelve(tmp_path, "kap.toml", ("hard_max   = 2.0", "hard_max = 0.1"))

    with pytest.raises(ProtocolFileError, match=r"medicine\.dose\.hard_max"):
        approve_file(path, "Dr Ward", MONDAY)

    assert not approval_path(path).exists()


def test_what_would_let_something_through_is_not_approved(tmp_path: Path) -> None:
    """A clinic deletes the limits of oxygen from its copy: nobody signs that 46 % would be normal."""
    path = tmp_path / "kap.toml"
    path.write_text(without_oxygen(), encoding="utf-8")

    with pytest.raises(ProtocolHolesError) as refused:
        approve_file(path, "Dr Ward", MONDAY)

    sentence = "medicine.limits.spo2: an SpO₂ of 46 would be normal, and so would any from 0 to 91; "
    assert str(refused.value).startswith(f"{path}: {sentence}there must be an urgent limit")
    assert not approval_path(path).exists()


def test_what_was_approved_under_an_earlier_checker_still_starts(tmp_path: Path) -> None:
    """A stricter checker takes no approval back: courses start, and no running one is asked."""
    path = tmp_path / "kap.toml"
    path.write_text(without_oxygen(), encoding="utf-8")
    protocol = load_file(path).protocol
    then = Approval(by="Dr Ward", at=MONDAY, hash=content_hash(protocol))
    approval_path(path).write_text(written([then]), encoding="utf-8")

    assert load_folder(tmp_path).latest_approved("kap-im-weekly") == protocol
    with pytest.raises(ProtocolHolesError):
        approve_file(path, "Dr Ward", MONDAY)
    assert load_file(path).approvals == (then,)


def test_the_same_version_twice_is_named_with_both_files(tmp_path: Path) -> None:
    """Which of the two a course would get must not depend on their names."""
    shelve(tmp_path, "a.toml")
    shelve(tmp_path, "b.toml", ("above = 180", "above = 181"))

    assert refusal(tmp_path) == (
        "protocols/b.toml: version: kap-im-weekly 1.0.0 is in protocols/a.toml already; the version must be another one"
    )


def test_every_broken_file_is_named(tmp_path: Path) -> None:
    """Nothing starts half-configured: one unsound file keeps the folder from loading, and all are named."""
    shelve(tmp_path, "a.toml")
    shelve(tmp_path, "b.toml", ("age_min = 18", "age_min = 1.5"))
    (tmp_path / "c.toml").write_bytes(b"\xff\xfe")
    (tmp_path / "a.approval.toml").write_text("approvals = 3\n", encoding="utf-8")

    assert refusal(tmp_path).splitlines() == [
        "protocols/a.approval.toml: approvals: must be a list in brackets",
        "protocols/b.toml: screening.age_min: must be a whole number",
        "protocols/c.toml: must be text in UTF-8",
    ]


def test_a_folder_without_protocols_is_no_folder_of_protocols(tmp_path: Path) -> None:
    """An empty or missing folder is a slip in the settings, not an empty library."""
    (tmp_path / ".draft.toml").write_text("", encoding="utf-8")

    assert refusal(tmp_path) == "protocols: there must be at least one protocol file (*.toml) in this folder"
    assert refusal(tmp_path / "missing") == "protocols: must be a folder of protocol files"


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The command line shows which one, and why."""
    with pytest.raises(ProtocolFileError, match=r"kap\.toml: cannot be read: No such file"):
        load_file(tmp_path / "kap.toml")
