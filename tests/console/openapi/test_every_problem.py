"""Each problem that the document lists for a route is told there, by whatever brings it about."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import httpx
import pytest

from console.app import create_app
from console.errors.problems import ProblemCode
from console.middleware.body_limit import LONGEST
from console.serving import open_services
from domain.access import TokenRole
from domain.course import size_budget
from domain.escalation.ids import course_workflow_id
from settings import Settings
from tests.console.openapi.test_openapi import ELSEWHERE
from tests.console.security.test_who_may_what import ORDERS
from tests.support.cast import (
    MONDAY,
    clearance,
    cssrs,
    discontinuation,
    hold,
    minutes,
    referral,
    resumption,
    vitals,
)
from tests.support.http_stack import House, on_the_wire
from tests.support.openapi_document import Operation
from tests.support.paths import ROOT
from tests.support.running_stack import spoken_to
from tests.support.ward import Ward
from workflows.course import PatientCourse
from workflows.course_messages import CourseRun
from workflows.queues import COURSES

pytestmark = pytest.mark.xdist_group("openapi")

NOBODY: Final = "NOBODY-1"
NOWHERE: Final = "postgresql://nobody@127.0.0.1:1/nowhere"


@dataclass(frozen=True)
class Scene:
    """A course with an escalation that is open, one whose escalation is over, and one that has ended."""

    house: House
    course: str
    closed: str
    open: str
    resolved: str
    lonely: httpx.AsyncClient
    """The admin, at a console that has no record store."""

    async def asks(self, client: httpx.AsyncClient, operation: Operation, **said: Any) -> httpx.Response:
        """The route as it is meant, but for what is said otherwise."""
        meant = {"course_id": self.course, "escalation_id": self.open, "protocol_id": "kap-im-weekly"}
        path = operation.path.format(**{name: said.pop(name, value) for name, value in meant.items()})
        if operation.method == "post" and not {"json", "content"} & said.keys():
            said["json"] = ORDERS.get(path.rpartition("/")[2]) or on_the_wire(hold(self.course, at=MONDAY))
        return await client.request(operation.method, path, **said)

    async def reports(self, event: Any) -> httpx.Response:
        return await self.house.admin.post("/v1/events", json=on_the_wire(event))


@pytest.fixture(scope="module")
async def scene(house: House) -> AsyncIterator[Scene]:
    closed = await house.has(Ward.referred)
    await house.sends([discontinuation(closed, at=datetime.now(UTC))])
    courses = [await house.has(Ward.dosed) for _ in range(2)]
    await house.sends([vitals(course, 1, at=datetime.now(UTC), spo2=84) for course in courses])
    opened, resolved = (f"{course}~vitals_emergency~1~1" for course in courses)

    for escalation in (opened, resolved):
        await house.is_called_for(escalation)
    done = await house.admin.post(f"/v1/escalations/{resolved}/resolve", json=ORDERS["resolve"])
    assert done.is_success, done.text
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TEMPORAL_ADDRESS", house.stack.temporal)
        async with at_another_door(house, database_url=NOWHERE) as lonely:
            yield Scene(house, courses[0], closed, opened, resolved, lonely)


@asynccontextmanager
async def at_another_door(house: House, **settings: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The admin, at a console with these settings."""
    common = {"database_url": house.stack.database, "protocols": ROOT / "protocols"}
    oncall = ROOT / "examples" / "oncall.toml"
    async with open_services(Settings.model_validate({**common, "oncall": oncall, **settings})) as door:
        transport = httpx.ASGITransport(create_app(door))
        shown = {"Authorization": f"Bearer {house.admin_token}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://kapstan", headers=shown) as client:
            yield client


async def without_a_token(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(scene.house.client(), operation)


async def not_for_them(scene: Scene, operation: Operation) -> httpx.Response:
    """By a role that may not; where every role may, of another site."""
    others = [role for role in TokenRole if role not in operation.said["x-roles"]]
    if others:
        return await scene.asks(await scene.house.caller(others[0]), operation)
    client = await scene.house.caller(TokenRole.CLINIC, site="cork")
    return await scene.asks(client, operation, params=None if "{" in operation.path else {"site": "bend"})


async def no_json(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(scene.house.admin, operation, content=b"{", headers={"Content-Type": "application/json"})


async def too_long(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(
        scene.house.admin, operation, content=b" " * (LONGEST + 1), headers={"Content-Type": "application/json"}
    )


async def in_words(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(scene.house.admin, operation, content=b"{}", headers={"Content-Type": "text/plain"})


async def with_a_wrong_field(scene: Scene, operation: Operation) -> httpx.Response:
    """In the body, where there is one; else in the path, the query or the head."""
    if operation.method == "post":
        sent = ORDERS.get(operation.path.rpartition("/")[2]) or on_the_wire(hold(scene.course, at=MONDAY))
        return await scene.asks(scene.house.admin, operation, json={**sent, "by": "nobody", "subject": "Mara Jones"})
    if "{" in operation.path:
        named = dict.fromkeys(("course_id", "escalation_id", "protocol_id"), "%00")
        return await scene.asks(scene.house.admin, operation, **named)
    nothing = {"limit": 0, "days": 0}
    return await scene.asks(scene.house.admin, operation, params=nothing, headers={"Last-Event-ID": "first"})


async def about_nobody(scene: Scene, operation: Operation) -> httpx.Response:
    if operation.path == "/v1/events":
        return await scene.reports(hold(NOBODY, at=MONDAY))
    unknown = {"course_id": NOBODY, "escalation_id": f"{NOBODY}~item9_positive~0~1", "protocol_id": NOBODY}
    return await scene.asks(scene.house.admin, operation, **unknown)


async def too_early(scene: Scene, operation: Operation) -> httpx.Response:  # noqa: ARG001
    return await scene.reports(clearance(scene.course, 2, at=datetime.now(UTC)))


async def twice(scene: Scene, operation: Operation) -> httpx.Response:  # noqa: ARG001
    return await scene.reports(referral(scene.course, at=MONDAY).but(id="another"))


async def too_late(scene: Scene, operation: Operation) -> httpx.Response:  # noqa: ARG001
    return await scene.reports(resumption(scene.closed, at=datetime.now(UTC)))


async def of_what_is_full(scene: Scene, operation: Operation) -> httpx.Response:  # noqa: ARG001
    """A course that has taken all that it takes: begun by hand, for to send it all would take an hour."""
    course_id = f"FULL-{uuid4().hex[:8]}"
    taken = {str(number): "1/0" for number in range(size_budget.MOST_EVENTS)}
    course = Ward(course_id).referred().course.but(older=taken)
    client = await spoken_to(scene.house.stack)
    await client.start_workflow(
        PatientCourse.run, CourseRun(course=course), id=course_workflow_id(course_id), task_queue=COURSES
    )
    return await scene.reports(cssrs(course_id, at=datetime.now(UTC)))


async def of_another_content(scene: Scene, operation: Operation) -> httpx.Response:  # noqa: ARG001
    event = cssrs(scene.course, at=datetime.now(UTC))
    await scene.reports(event)
    return await scene.reports(event.but(time=event.time - minutes(1)))


async def on_what_is_over(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(scene.house.admin, operation, escalation_id=scene.resolved)


async def in_a_hurry(scene: Scene, operation: Operation) -> httpx.Response:
    async with at_another_door(scene.house, rate=0.001) as hurried:
        return await scene.asks(hurried, operation)


async def with_nobody_to_ask(scene: Scene, operation: Operation) -> httpx.Response:
    return await scene.asks(scene.lonely, operation)


Provocation = Callable[[Scene, Operation], Awaitable[httpx.Response]]

PROVOKED_BY: Final[Mapping[ProblemCode, Provocation]] = {
    ProblemCode.MALFORMED: no_json,
    ProblemCode.UNAUTHENTICATED: without_a_token,
    ProblemCode.FORBIDDEN: not_for_them,
    ProblemCode.UNKNOWN_COURSE: about_nobody,
    ProblemCode.UNKNOWN_ESCALATION: about_nobody,
    ProblemCode.UNKNOWN_PROTOCOL: about_nobody,
    ProblemCode.BLOCKED: too_early,
    ProblemCode.COURSE_EXISTS: twice,
    ProblemCode.COURSE_CLOSED: too_late,
    ProblemCode.COURSE_FULL: of_what_is_full,
    ProblemCode.EVENT_ID_REUSED: of_another_content,
    ProblemCode.NOT_OPEN: on_what_is_over,
    ProblemCode.TOO_LARGE: too_long,
    ProblemCode.UNSUPPORTED_MEDIA_TYPE: in_words,
    ProblemCode.INVALID: with_a_wrong_field,
    ProblemCode.TOO_MANY: in_a_hurry,
    ProblemCode.UNAVAILABLE: with_nobody_to_ask,
}


def test_there_is_a_way_to_every_problem() -> None:
    """A new code needs one before it is described."""
    assert PROVOKED_BY.keys() == set(ProblemCode) - ELSEWHERE


@pytest.mark.parametrize("code", PROVOKED_BY)
async def test_a_problem_is_told_wherever_the_document_says_so(
    scene: Scene, code: ProblemCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On each route that lists it. What no route lists is never told: every answer of these tests is held to it."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", scene.house.stack.temporal)
    document = await scene.house.document()
    operations = [one for one in document.operations if (code.status, code) in one.codes]
    assert operations

    for operation in operations:
        answer = await PROVOKED_BY[code](scene, operation)

        assert (answer.status_code, answer.json()["code"]) == (code.status, code), f"{operation}: {answer.text}"
        document.check(answer)
