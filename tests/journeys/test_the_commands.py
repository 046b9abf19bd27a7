"""What an operator does at the keyboard: the stack up, the example course sent, shown, verified, sent again."""

import json
import socket
import tomllib
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest

from domain.events.clinic_events import CLINIC_EVENT, ClinicEvent
from tests.support.cast import correction, minutes, vitals
from tests.support.cli import kapstan
from tests.support.eventually import eventually
from tests.support.paths import ROOT
from tests.support.running_stack import example_course

pytestmark = pytest.mark.xdist_group("commands")
"""One stack serves them all."""

EXAMPLE = ROOT / "examples" / "course.jsonl"
WEEKLY = ROOT / "protocols" / "kap-im-weekly.toml"


async def test_the_example_course_is_sent_shown_verified_and_sent_again(data: str) -> None:
    """79 accepted, closed and completed, the ledger whole; a second time 79 replays and the ledger as it was."""
    sent = await kapstan("send", "--data", data, str(EXAMPLE))
    assert (sent.code, sent.err.strip()) == (0, "79 accepted")
    assert len(sent.lines) == 79

    shown = await kapstan("show", "EX-1", "--data", data)
    assert "closed / completed" in shown.out
    view = json.loads((await kapstan("show", "EX-1", "--data", data, "--json")).out)
    assert (view["phase"], view["outcome"], view["escalations"]) == ("closed", "completed", [])

    verified = await kapstan("verify", "EX-1", "--data", data)
    assert verified.code == 0
    assert "chain whole" in verified.out

    again = await kapstan("send", "--data", data, str(EXAMPLE))
    assert (again.code, again.err.strip()) == (0, "79 replayed")
    after = json.loads((await kapstan("show", "EX-1", "--data", data, "--json")).out)
    assert (after["sequence"], after["ledger_head"]) == (view["sequence"], view["ledger_head"])
    fleet = json.loads((await kapstan("courses", "--data", data, "--phase", "closed", "--json")).out)
    assert [course["course_id"] for course in fleet] == ["EX-1"]


async def test_an_emergency_is_listed_acknowledged_and_resolved(data: str) -> None:
    """The on-call work from the keyboard; what is resolved cannot be acknowledged again."""
    events = [json.loads(line) for line in EXAMPLE.read_text(encoding="utf-8").splitlines()[:16]]
    low = {**events[13], "id": "low-spo2", "time": events[15]["time"]}
    low["data"] = {**low["data"], "spo2": 87}
    text = "\n".join(json.dumps({**event, "subject": "EX-2"}) for event in [*events, low])
    assert (await kapstan("send", "--data", data, stdin=text)).code == 0
    alarm = "EX-2~vitals_emergency~1~1"

    stranger = await kapstan("ack", alarm, "--by", "nobody", "--data", data)
    assert (stranger.code, stranger.err.startswith("kapstan: invalid: /by:")) == (1, True)
    acknowledged = await kapstan("ack", alarm, "--by", "osei", "--data", data, "--json")
    assert json.loads(acknowledged.out)["state"] == "acknowledged"
    resolved = await kapstan("resolve", alarm, "--by", "osei", "--note", "97 % again", "--data", data, "--json")
    assert json.loads(resolved.out)["state"] == "resolved"
    late = await kapstan("ack", alarm, "--by", "lind", "--data", data)
    assert (late.code, late.err) == (1, f"kapstan: not_open: {alarm} is resolved\n")
    unknown = await kapstan("ack", "EX-9~vitals_emergency~1~1", "--by", "osei", "--data", data)
    assert (unknown.code, unknown.err.startswith("kapstan: unknown_escalation:")) == (1, True)


async def test_who_will_be_paged_if_nobody_acts(data: str) -> None:
    """Of a patient who has just been dosed: the nurse first, by name, in words; the same as JSON, and no address."""
    dosed = islice(example_course("EX-5", datetime.now(UTC)), 17)
    sent = "\n".join(CLINIC_EVENT.dump_json(event, exclude_none=True).decode() for event in dosed)
    assert (await kapstan("send", "--data", data, stdin=sent)).code == 0

    shown = await kapstan("forecast", "EX-5", "--data", data)
    foretold = json.loads((await kapstan("forecast", "EX-5", "--data", data, "--json")).out)

    assert "Duty nurse Lind (lind)" in shown.out
    assert "nobody has been paged of it yet" in shown.out
    assert "And so on" in shown.out
    assert (foretold["pages"][0]["person"], foretold["pages"][0]["kind"]) == ("lind", "vitals_overdue")
    assert "127.0.0.1" not in shown.out

    async def within_the_hour() -> set[tuple[str, str, str]]:
        hour = json.loads((await kapstan("forecast", "--data", data, "--json")).out)
        return {
            (person["person"], page["at"], page["severity"])
            for person in hour["people"]
            for page in person["pages"]
            if page["course_id"] == "EX-5" and page["at"] < foretold["until"]
        }

    assert await eventually(within_the_hour) <= {
        (page["person"], page["at"], page["severity"]) for page in foretold["pages"]
    }
    of_all = await kapstan("forecast", "--data", data)
    assert (of_all.code, "EX-5" in of_all.out, "Duty nurse Lind (lind)" in of_all.out) == (0, True, True)
    unknown = await kapstan("forecast", "EX-404", "--data", data)
    assert (unknown.code, unknown.err.startswith("kapstan: unknown_course:")) == (1, True)


async def test_what_was_known_then_and_what_had_happened_by_then(data: str) -> None:
    """A slip that was corrected, and a reading that came late: told apart by the two clocks, at one moment."""
    at = datetime.now(UTC) - minutes(5)
    dosed = islice(example_course("EX-7", at), 16)
    slip = vitals("EX-7", 1, at=at + minutes(1), spo2=87)
    assert (await kapstan("send", "--data", data, stdin=_lines(*dosed, slip))).code == 0
    between = datetime.now(UTC)
    later = (correction(slip, at=between, spo2=97), vitals("EX-7", 1, at=at + minutes(2), systolic=133))
    assert (await kapstan("send", "--data", data, stdin=_lines(*later))).code == 0

    show = ("show", "EX-7", "--data", data, "--as-of", between.isoformat())
    knew, was = [json.loads((await kapstan(*show, *also, "--json")).out) for also in (("--as-known",), ())]
    told = await kapstan(*show, "--as-known")

    last = [[one["vitals"]["spo2"] for one in shown["sessions"][0]["readings"]][-2:] for shown in (knew, was)]
    assert (last[0][-1], last[1]) == (87, [97, 98])
    assert "as the record knew it then" in told.out
    assert "corrected after it: vitals.recorded" in told.out
    assert "past course" in (await kapstan("reads", "EX-7", "--data", data)).out
    for wrong, must in [
        (("--as-of", "09:30"), "--as-of: must be RFC 3339 text with an offset"),
        (("--as-of", "2026-11-27T09:30:00"), "--as-of: must be RFC 3339 text with an offset"),
        (("--as-of", "2199-01-01T00:00:00Z"), "--as-of: must not be in the future"),
        (("--as-of", "1999-01-01T00:00:00Z"), "--as-of: must not lie before the course began"),
        (("--as-known",), "--as-known: must stand beside --as-of"),
    ]:
        said = await kapstan("show", "EX-7", "--data", data, *wrong)
        assert (said.code, must in said.err, said.out) == (2, True, ""), said
    unknown = await kapstan("show", "EX-404", "--data", data, "--as-of", between.isoformat())
    assert (unknown.code, unknown.err.startswith("kapstan: unknown_course:")) == (1, True)


def _lines(*events: ClinicEvent) -> str:
    return "\n".join(CLINIC_EVENT.dump_json(event, exclude_none=True).decode() for event in events)


async def test_each_refused_event_says_its_code_and_the_rest_goes_on(data: str) -> None:
    """The command line shows the contract's codes; an event that is refused keeps no other from being sent."""
    good = json.loads(EXAMPLE.read_text(encoding="utf-8").splitlines()[0])
    referral = {**good, "subject": "EX-3"}
    lines = [
        "no json at all",
        json.dumps({**good, "type": "kap.nothing"}),
        json.dumps({**referral, "time": "2999-01-01T00:00:00Z"}),
        json.dumps({**referral, "data": {**good["data"], "site": 7}}),
        json.dumps(referral),
        json.dumps({**referral, "data": {**good["data"], "site": "salem"}}),
        json.dumps({**referral, "id": "another"}),
        json.dumps(
            {**good, "subject": "EX-404", "type": "kap.consent.withdrawn", "data": {"actor": good["data"]["actor"]}}
        ),
        json.dumps({**referral, "id": "clear", "type": "kap.session.cleared", "data": {**_by(good), "session": 1}}),
    ]
    sent = await kapstan("send", "--data", data, "--json", stdin="\n".join(lines))
    assert sent.code == 1
    assert [json.loads(line)["status"] for line in sent.lines] == [
        "malformed",
        "malformed",
        "invalid",
        "invalid",
        "accepted",
        "event_id_reused",
        "course_exists",
        "unknown_course",
        "blocked",
    ]


def _by(event: dict[str, dict[str, object]]) -> dict[str, object]:
    return {"actor": event["data"]["actor"]}


async def test_what_is_not_there_is_said_with_the_documented_exit_code(data: str, tmp_path: Path) -> None:
    """1 refused, 2 bad usage or configuration, 3 unreachable; one clear line, never a traceback."""
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    for said, code, part in [
        (await kapstan("show", "EX-404", "--data", data), 1, "unknown_course"),
        (await kapstan("show", "EX-1", "--data", str(tmp_path / "none")), 3, "no Kapstan runs"),
        (await kapstan("send", "--data", data, str(tmp_path / "missing.jsonl")), 2, "missing.jsonl"),
        (await kapstan("courses", KAPSTAN_DATABASE_URL=nowhere), 3, "PostgreSQL does not answer"),
        (await kapstan("migrate", KAPSTAN_DATABASE_URL=nowhere), 3, "PostgreSQL does not answer"),
        (await kapstan("show", "EX-1", TEMPORAL_ADDRESS="127.0.0.1:1"), 3, "Temporal does not answer"),
        (await kapstan("worker", KAPSTAN_DATABASE_URL="mysql://x"), 2, "KAPSTAN_DATABASE_URL"),
        (await kapstan("protocol", "check", str(EXAMPLE)), 1, "not valid TOML"),
        (await kapstan("up", "--data", str(ROOT)), 2, "something else"),
        (await kapstan("up", "--data", data), 2, "already runs"),
        (await kapstan("nonsense"), 2, "No such command"),
        (await kapstan("release", "status", "--data", data), 2, "KAPSTAN_DEPLOYMENT: must be the name"),
        (await kapstan("release", "use", KAPSTAN_DEPLOYMENT="kap.stan"), 2, "KAPSTAN_DEPLOYMENT: Value error, must be"),
        (await kapstan("release", "check", TEMPORAL_ADDRESS="127.0.0.1:1"), 3, "Temporal does not answer"),
        (await kapstan("protocol", "approve", str(WEEKLY), "--by", ""), 2, "name"),
        (await kapstan("protocol", "approve", str(WEEKLY), "--by", "Dr Ward", "--meaning", ""), 2, "--meaning: must"),
    ]:
        assert (said.code, part in said.err, "Traceback" in said.err) == (code, True, False), said


@pytest.mark.parametrize("command", [("show",), ("forecast",), ("reads",), ("revive",), ("erase", "--for-ever")])
async def test_what_can_be_no_courses_id_names_no_course(data: str, command: tuple[str, ...]) -> None:
    """However it is typed: it is said in a line that no terminal obeys, and never where in Kapstan that was noticed."""
    said = await kapstan(*command, "\x1b[31mEX 1", "--data", data)

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("kapstan: unknown_course: ")
    assert said.err.endswith("no course \\u001b[31mEX 1\n")


async def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    """Nothing starts, and the operator knows which option to change."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        said = await kapstan("up", "--data", str(tmp_path / "data"), "--temporal-port", port)
    assert (said.code, port in said.err, "--temporal-port" in said.err) == (2, True, True)


async def test_protocols_and_rotas_are_checked_shown_and_approved(tmp_path: Path) -> None:
    """A director's approval counts for the content as it is, and no longer once a value changes."""
    mine = tmp_path / "mine.toml"
    mine.write_text(WEEKLY.read_text(encoding="utf-8"), encoding="utf-8")
    assert "not approved" in (await kapstan("protocol", "check", str(mine))).out
    signed = await kapstan("protocol", "approve", str(mine), "--by", "Dr Ward")
    assert (signed.code, "“I am responsible for these values”" in signed.out) == (0, True)
    assert ", approved" in (await kapstan("protocol", "check", str(mine))).out
    shown = await kapstan("protocol", "show", "kap-im-weekly", KAPSTAN_DATABASE_URL="postgresql://x@y/z")
    assert shown.out.startswith(tomllib.loads(WEEKLY.read_text(encoding="utf-8"))["title"])
    assert "medicine.dose.hard_max" in shown.out
    mine.write_text(mine.read_text(encoding="utf-8").replace("systolic_max = 150", "systolic_max = 160"), "utf-8")
    assert "not approved" in (await kapstan("protocol", "check", str(mine))).out

    mine.write_text(mine.read_text("utf-8").replace('required = ["systolic", ', 'required = ["diastolic", '), "utf-8")
    checked = await kapstan("protocol", "check", str(mine), str(WEEKLY), "--json")
    passed, found = json.loads(checked.out)[::-1]
    assert (checked.code, passed["findings"], passed["id"]) == (1, [], "kap-im-weekly")
    assert [(one["key"], "without systolic pressure" in one["lets_through"]) for one in found["findings"]] == [
        ("medicine.checkpoints.required", True)
    ]
    (unread,) = json.loads((await kapstan("protocol", "check", str(EXAMPLE), "--json")).out)
    assert (unread["id"], [one["lets_through"] for one in unread["findings"]]) == (None, [None])
    signed = await kapstan("protocol", "approve", str(mine), "--by", "Dr Ward")
    assert (signed.code, "must name systolic" in signed.err, "1 finding" in signed.err) == (1, True, True)
    assert "not approved" in (await kapstan("protocol", "check", str(mine))).out

    assert (await kapstan("oncall", "check", str(ROOT / "examples" / "oncall.toml"))).code == 0
    broken = tmp_path / "oncall.toml"
    broken.write_text((ROOT / "examples" / "oncall.toml").read_text("utf-8").replace('"person:ward"', '"person:who"'))
    said = await kapstan("oncall", "check", str(broken))
    assert (said.code, "policies.emergency.steps[2].notify[3]" in said.err) == (2, True), said
    broken.write_text((ROOT / "examples" / "oncall.toml").read_text("utf-8").replace("json://127.0.0.1", "slack://abc"))
    said = await kapstan("oncall", "check", str(broken))
    assert (said.code, "fallback.channels[1]: slack:// must be written" in said.err, "abc" in said.err) == (
        2,
        True,
        False,
    )


async def test_two_versions_are_compared_in_words(tmp_path: Path) -> None:
    """0 where nothing differs, 1 where anything does; each change with its unit, and whether it is stricter."""
    new = tmp_path / "new.toml"
    text = WEEKLY.read_text(encoding="utf-8").replace('version = "1.0.0"', 'version = "1.1.0"')
    new.write_text(text.replace("systolic_max = 150", "systolic_max = 140"), encoding="utf-8")

    same = await kapstan("protocol", "diff", "kap-im-weekly", "kap-im-weekly@1.0.0")
    differs = await kapstan("protocol", "diff", "kap-im-weekly@1.0.0", str(new))
    told = await kapstan("protocol", "diff", str(WEEKLY), str(new), "--json")
    unknown = await kapstan("protocol", "diff", "kap-im-weekly@7.0.0", str(new))

    assert (same.code, "no value differs" in same.out) == (0, True)
    assert (differs.code, "1 change, 1 stricter, 0 looser" in differs.out) == (1, True)
    assert "screening.systolic_max stricter 150 mmHg 140 mmHg" in " ".join(differs.out.split())
    found = json.loads(told.out)
    assert (told.code, found["after"]["version"], len(found["changes"])) == (1, "1.1.0", 1)
    assert found["changes"][0]["strictness"] == "stricter"
    assert (unknown.code, "kap-im-weekly@1.0.0" in unknown.err) == (2, True)


async def test_who_would_be_paged_now(data: str) -> None:
    """Every severity, step by step, by name."""
    said = await kapstan("oncall", "now", "--data", data, "--json")
    assert set(json.loads(said.out)) == {"emergency", "urgent", "routine"}
    assert "Dr Ward, medical director" in (await kapstan("oncall", "now", "--data", data)).out


async def test_what_is_asked_about_is_decided_and_not_recorded(data: str) -> None:
    """`--dry-run`: the same output, 1 where one would be refused or deviate; then it is sent, and says by what."""
    events = [json.loads(line) | {"subject": "EX-6"} for line in EXAMPLE.read_text(encoding="utf-8").splitlines()[:15]]
    before, cleared = events[:-1], json.dumps(events[-1])
    given = events[-1] | {"id": "dose", "type": "kap.dose.administered"}
    given["data"] = {**_by(given), "session": 1, "mg": 35, "route": "intramuscular"}
    sent = "\n".join(map(json.dumps, before))

    asked = await kapstan("send", "--dry-run", "--data", data, "--json", stdin=json.dumps(events[0]))
    assert asked.code == 0
    (answer,) = (json.loads(line)["answer"] for line in asked.lines)
    assert (answer["dry_run"], "sequence" in answer) == (True, False)
    assert (await kapstan("show", "EX-6", "--data", data)).code == 1

    assert (await kapstan("send", "--data", data, stdin=sent)).code == 0
    again = await kapstan("send", "--dry-run", "--data", data, stdin=sent)
    assert (again.code, again.err.strip()) == (0, f"{len(before)} replayed")
    both = await kapstan("send", "--dry-run", "--data", data, stdin=f"{cleared}\n{json.dumps(given)}")
    assert (both.code, [line.split()[0] for line in both.out.splitlines()]) == (1, ["accepted", "blocked"])
    assert "The session has not been cleared" in both.out

    told = await kapstan("send", "--data", data, stdin=json.dumps(given))
    assert (told.code, "deviates: The session has not been cleared" in told.out) == (0, True)
    shown = await kapstan("show", "EX-6", "--data", data)
    assert "deviates: The session has not been cleared" in " ".join(shown.out.split())
