"""A script is read line by line; what cannot be read is named with its line."""

import json

import pytest

from domain.rehearsal.script import EventArrives, Resolves, ScriptUnreadable, parse_script
from tests.support.cast import MARA, MONDAY, consent, hours, minutes, referral

AN_ACT = {"at": "2026-01-05T12:00:00Z", "act": "resolve", "kind": "phase_overdue", "by": "osei", "note": "Called"}


def line(event_or_act: object, **more: object) -> str:
    said = event_or_act if isinstance(event_or_act, dict) else json.loads(event_or_act.model_dump_json())  # type: ignore[attr-defined]
    return json.dumps({**said, **more})


REFERRAL = line(referral(MARA, at=MONDAY))


def test_lines_are_played_in_the_order_in_which_they_arrive() -> None:
    """By `received`, by default by their `time`; of two that arrive together the first comes first."""
    later = line(consent(MARA, at=MONDAY), id="written down later", received=(MONDAY + hours(5)).isoformat())
    script = parse_script("\n".join([line(AN_ACT), later, REFERRAL, line(consent(MARA, at=MONDAY), id="second")]))

    assert [one.event_id if isinstance(one, EventArrives) else one.act for one in script.lines] == [
        json.loads(REFERRAL)["id"],
        "second",
        "resolve",
        "written down later",
    ]
    assert script.course_id == MARA


def test_remarks_and_blank_lines_are_for_people() -> None:
    """A script may say what it is about."""
    assert len(parse_script(f"# A patient is referred\n\n  # and no more\n{REFERRAL}\n").lines) == 1


def test_an_event_that_is_none_is_a_line_all_the_same() -> None:
    """What a clinic may send wrongly may be rehearsed: the refusal is part of the story."""
    (arrives,) = parse_script(line(json.loads(REFERRAL), type="kap.course.started")).lines

    assert isinstance(arrives, EventArrives)
    assert arrives.refusal is not None
    assert (arrives.refusal.code, arrives.type) == ("malformed", "kap.course.started")


def test_an_event_whose_time_cannot_be_read_arrives_with_the_line_before_it() -> None:
    """Another program's null date is refused, and not the whole script."""
    script = parse_script("\n".join([REFERRAL, line(consent(MARA, at=MONDAY), time="0001-01-01T00:00:00Z")]))

    assert [one.at for one in script.lines] == [MONDAY, MONDAY]


def test_an_act_may_leave_out_which_session_it_is() -> None:
    """Left out it is any session, null it is none."""
    acts = parse_script("\n".join([line(AN_ACT), line(AN_ACT, session=None), line(AN_ACT, session=2)])).lines

    assert [(one.session, one.names_session) for one in acts if isinstance(one, Resolves)] == [
        (None, False),
        (None, True),
        (2, True),
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must have at least one clinic event"),
        ("# only a remark", "must have at least one clinic event"),
        (f"{REFERRAL}\nhello", "line 2: must be a clinic event or an act of somebody on call, as a JSON object"),
        ("[1, 2]", "line 1: must be a clinic event or an act of somebody on call, as a JSON object"),
        (line(AN_ACT, act="shrug"), "line 1: "),
        (line(AN_ACT, kind="boredom"), "line 1: /kind: "),
        (line(AN_ACT, at="noon"), "line 1: /at: must be RFC 3339 text"),
        (line(AN_ACT, session=0), "line 1: /session: "),
        (line(AN_ACT, at=None), "line 1: /at: must be RFC 3339 text"),
        (line({**AN_ACT, "note": None}), "line 1: /note: "),
        (line(json.loads(REFERRAL), received="later"), "line 1: /received: must be RFC 3339 text"),
        (line(json.loads(REFERRAL), time="0001-01-01T00:00:00Z"), "line 1: /time: must be RFC 3339 text"),
        (
            f"{REFERRAL}\n{line(referral('EX-2', at=MONDAY + minutes(1)))}",
            "line 2: must be an event of MARA-1: a script tells of one course, and this refers another patient",
        ),
    ],
)
def test_a_script_that_cannot_be_read_is_refused_with_its_line(text: str, told: str) -> None:
    with pytest.raises(ScriptUnreadable) as refused:
        parse_script(text)

    assert str(refused.value).startswith(told)
