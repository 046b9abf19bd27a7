"""Pages that really go out, over HTTP, to receivers that answer, refuse or never say a word."""

import json
import logging
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from temporalio.testing import ActivityEnvironment
from temporalio.worker import Worker

from activities.paging import Paging
from domain.escalation.escalation import EscalationRun
from domain.escalation.ids import escalation_id, escalation_workflow_id
from domain.escalation.messages import PHRASES, Kind, Opening, Page, PageOrder, Resolve
from domain.escalation.page_text import text_of
from domain.escalation.pager import Pager
from domain.oncall.file import FALLBACK, OnCallFileError, OnCallQuery
from domain.values import Severity
from gateway.channels import Channels, prepare
from gateway.oncall import OnCallBook
from tests.support.eventually import eventually_holds
from tests.support.on_call_side import RecordTwin
from tests.workflows.conftest import Temporal
from workflows.escalation import EscalationWorkflow
from workflows.queues import COURSES, PAGING

MONDAY = datetime(2026, 3, 2, 17, tzinfo=UTC)
OVERDUE = Opening(
    id=escalation_id("EX-1", Kind.VITALS_OVERDUE, 2, 1),
    course_id="EX-1",
    kind=Kind.VITALS_OVERDUE,
    session=2,
    severity=Severity.URGENT,
    opened_at=MONDAY,
)


@pytest.fixture(scope="module", autouse=True)
def _loaded() -> None:
    """Loading Apprise is no part of the time in which a channel answers."""
    prepare()


@dataclass
class Inbox:
    """An HTTP receiver on a free port; what came in, by path. It keeps silent on `/silent` until it is closed."""

    port: int = 0
    received: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    closed: threading.Event = field(default_factory=threading.Event)

    @property
    def paths(self) -> list[str]:
        return sorted(path for path, _ in self.received)


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    box = Inbox()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/silent":
                box.closed.wait(20)
                return
            box.received.append((self.path, json.loads(content)))
            self.send_response(500 if self.path == "/broken" else 200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Receiver) as server:
        box.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield box
        box.closed.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def nobody_listens() -> int:
    """A port that refuses every connection."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def clinic(folder: Path, *channels: str, fallback: str = "json://127.0.0.1:9/none") -> Path:
    """An on-call file in which Lind has these channels and is called by every severity."""
    policies = "\n".join(
        f'[policies.{severity}]\nsteps = [{{ notify = ["rota:nurse"], wait = "PT5M" }}]\n'
        'resolve_within = "PT1H"\nmax_snooze = "PT0S"'
        for severity in Severity
    )
    file = folder / "oncall.toml"
    file.write_text(
        f"""
schema = 1
[people.lind]
name = "Duty nurse Lind"
role = "monitor"
channels = {json.dumps(channels)}
[rotas.nurse]
timezone = "America/Los_Angeles"
members = ["lind"]
period = "P7D"
handoff = "2026-01-05T08:00:00"
{policies}
[fallback]
channels = ["{fallback}"]
""",
        encoding="utf-8",
    )
    return file


def paging(file: Path, *, channel_within: timedelta = timedelta(seconds=10)) -> Paging:
    return Paging(
        OnCallBook(file).now,
        Pager(
            lambda escalation, person, _at: f"https://k.example/ack/{escalation}/{person}",
            Channels(channel_within).send,
        ),
    )


def order(*, person: str = "lind", step: int = 1) -> PageOrder:
    return PageOrder(escalation=OVERDUE, severity=Severity.URGENT, step=step, person=person, at=MONDAY)


async def test_a_page_says_how_urgent_where_and_what_to_press(inbox: Inbox, tmp_path: Path) -> None:
    """Severity, neutral phrase, course, session and the person's own link: readable on a locked phone."""
    pager = paging(clinic(tmp_path, f"json://127.0.0.1:{inbox.port}/lind"))

    [page] = await ActivityEnvironment().run(pager.page, order())

    assert page == Page(at=MONDAY, step=1, person="lind", channel="json", ok=True)
    [(path, message)] = inbox.received
    assert path == "/lind"
    assert message["title"] == "URGENT: reading overdue"
    assert message["message"] == "Course EX-1, session 2\nAnswer: https://k.example/ack/EX-1~vitals_overdue~2~1/lind"


async def test_every_channel_of_a_person_is_tried_whatever_the_others_do(
    inbox: Inbox, nobody_listens: int, tmp_path: Path
) -> None:
    """One refuses the connection, one fails, one is of no known kind, one is silent: the last still rings, in time."""
    host = f"127.0.0.1:{inbox.port}"
    file = clinic(
        tmp_path,
        f"json://127.0.0.1:{nobody_listens}/lind",
        f"json://{host}/broken",
        f"nosuchservice://{host}/lind",
        f"json://{host}/silent",
        f"json://{host}/lind",
    )
    pager = paging(file, channel_within=timedelta(seconds=3))

    pages = await ActivityEnvironment().run(pager.page, order())

    assert [(page.channel, page.ok, page.error) for page in pages] == [
        ("json", False, "the channel did not take the page"),
        ("json", False, "the channel did not take the page"),
        ("nosuchservice", False, "no service takes this channel's URL"),
        ("json", False, "the channel did not answer within 3 s"),
        ("json", True, None),
    ]
    assert inbox.paths == ["/broken", "/lind"]


async def test_the_fallback_has_channels_of_its_own(inbox: Inbox, tmp_path: Path) -> None:
    """Paging `fallback` goes to the `[fallback]` channels, as step 0."""
    pager = paging(clinic(tmp_path, "json://127.0.0.1:9/lind", fallback=f"json://127.0.0.1:{inbox.port}/fallback"))

    [page] = await ActivityEnvironment().run(pager.page, order(person=FALLBACK, step=0))

    assert (page.step, page.person, page.ok) == (0, FALLBACK, True)
    assert inbox.paths == ["/fallback"]


async def test_from_the_alarm_to_the_phone(
    temporal: Temporal, inbox: Inbox, nobody_listens: int, tmp_path: Path
) -> None:
    """The whole way, with nothing replaced: the nurse's channel refuses, so the fallback rings; then it is resolved."""
    fallback = f"json://127.0.0.1:{inbox.port}/fallback"
    pager = paging(clinic(tmp_path, f"json://127.0.0.1:{nobody_listens}/lind", fallback=fallback))
    record = RecordTwin()
    client = temporal.client
    async with (
        Worker(client, task_queue=PAGING, workflows=[EscalationWorkflow], activities=[pager.standing, pager.page]),
        Worker(client, task_queue=COURSES, activities=[record.record_escalation]),
    ):
        alarm = OVERDUE.but(id=escalation_id("PHONE-1", Kind.VITALS_OVERDUE, 2, 1), course_id="PHONE-1")
        handle = await client.start_workflow(
            EscalationWorkflow.run,
            EscalationRun(**dict(alarm)),
            id=escalation_workflow_id(alarm.id),
            task_queue=PAGING,
        )
        await eventually_holds(lambda: inbox.paths == ["/fallback"], lambda: f"{inbox.paths}")
        await handle.execute_update(EscalationWorkflow.resolve, Resolve(by="lind", note="Heard the siren"))
        view = await handle.result()

    assert [(page.step, page.person, page.ok) for page in view.pages] == [(1, "lind", False), (0, FALLBACK, True)]
    assert record.views[-1] == view


async def test_a_retry_skips_the_channels_that_were_tried(inbox: Inbox, tmp_path: Path) -> None:
    """A worker died after the first of two channels: the next attempt pages the second only, and reports both."""
    host = f"127.0.0.1:{inbox.port}"
    pager = paging(clinic(tmp_path, f"json://{host}/phone", f"json://{host}/mail"))
    phone = Page(at=MONDAY, step=1, person="lind", channel="json", ok=True)
    second = ActivityEnvironment()
    second.info = replace(second.info, heartbeat_details=[{"pages": {"0": phone.model_dump(mode="json")}}])

    pages = await second.run(pager.page, order())

    assert inbox.paths == ["/mail"]
    assert [page.ok for page in pages] == [True, True]


async def test_every_channel_tried_is_kept_for_a_retry(inbox: Inbox, tmp_path: Path) -> None:
    """After each channel the heartbeat holds all that were tried, and no address."""
    host = f"127.0.0.1:{inbox.port}"
    pager = paging(clinic(tmp_path, f"json://{host}/phone", f"json://{host}/broken"))
    kept: list[str] = []
    environment = ActivityEnvironment()
    environment.on_heartbeat = lambda tried: kept.append(tried.model_dump_json())

    await environment.run(pager.page, order())

    assert [len(json.loads(tried)["pages"]) for tried in kept] == [1, 2]
    assert str(inbox.port) not in kept[-1]


async def test_no_address_reaches_the_log(
    inbox: Inbox, nobody_listens: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Apprise and the HTTP client name hosts and paths even when all is well; here they say nothing to anybody."""
    caplog.set_level(logging.DEBUG)
    pager = paging(clinic(tmp_path, f"json://127.0.0.1:{nobody_listens}/lind", f"json://127.0.0.1:{inbox.port}/lind"))

    await ActivityEnvironment().run(pager.page, order())

    assert str(inbox.port) not in caplog.text
    assert str(nobody_listens) not in caplog.text


async def test_an_edit_of_the_file_counts_for_the_next_page(tmp_path: Path) -> None:
    """The standing is read anew when the file changed."""
    file = clinic(tmp_path, "json://127.0.0.1:9/lind")
    pager = paging(file)
    duty = OnCallQuery(severity=Severity.URGENT, at=MONDAY)
    assert (await ActivityEnvironment().run(pager.standing, duty)).called == (("lind",),)

    file.write_text(file.read_text().replace("lind", "osei"))

    assert (await ActivityEnvironment().run(pager.standing, duty)).called == (("osei",),)
    [page] = await ActivityEnvironment().run(pager.page, order())
    assert (page.ok, page.error) == (False, "this person is no longer in the on-call file")


async def test_a_broken_edit_changes_nothing_and_is_reported_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Paging goes on with the last good file; the log says what is wrong with the new one, without its channels."""
    file = clinic(tmp_path, "json://127.0.0.1:9/secret")
    pager = paging(file)
    duty = OnCallQuery(severity=Severity.URGENT, at=MONDAY)
    good = await ActivityEnvironment().run(pager.standing, duty)

    file.write_text(file.read_text().replace('["rota:nurse"]', '["rota:nobody"]'))

    assert await ActivityEnvironment().run(pager.standing, duty) == good
    assert await ActivityEnvironment().run(pager.standing, duty) == good
    [record] = [record for record in caplog.records if record.name == "gateway.oncall"]
    assert "policies.urgent.steps[1].notify[1]: nobody is not one of [rotas]" in record.getMessage()
    assert "secret" not in record.getMessage()


async def test_a_file_that_was_never_good_pages_nobody_silently(tmp_path: Path) -> None:
    """Without any good reading the activity fails, so that Temporal tries again and the operator sees it."""
    file = tmp_path / "oncall.toml"
    file.write_text("schema = 1")

    with pytest.raises(OnCallFileError):
        await ActivityEnvironment().run(paging(file).standing, OnCallQuery(severity=Severity.URGENT, at=MONDAY))


def test_no_page_tells_what_is_clinical() -> None:
    """Each kind has a neutral phrase: neither a vital sign, a drug nor a thought is named on a locked screen."""
    clinical = {"vital", "pressure", "suicid", "consent", "phq", "item", "adverse", "ketamine", "dose", "discharge"}
    for kind in Kind:
        text = text_of(OVERDUE.but(kind=kind, session=None), Severity.URGENT, "https://k.example")
        assert PHRASES[kind] in text.title
        assert not [word for word in clinical if word in f"{text.title} {text.body}".lower()]
        assert len(text.title) <= 50
