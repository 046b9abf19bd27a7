"""The stack for a clinic's own host, checked for what its schema says and for what no schema can see."""

import json
import re
from importlib.metadata import distribution
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from gateway.stuck_workflows import REPORTS_AFTER
from records.schema import CONSOLE_ROLE, WORKER_ROLE
from settings import described, read_settings
from stack.temporal import ONE_PART
from tests.support.composition import (
    ENV_EXAMPLE,
    VERSION,
    Composition,
    Mount,
    defaults,
    document,
    expectations,
    explained,
    left_to_the_clinic,
    variables,
)
from tests.support.paths import ROOT

SETTINGS = {name for name, _ in described()}
# check-jsonschema carries the Compose specification's own schema; nothing of its code is needed to read it.
SCHEMA = "check_jsonschema/builtin_schemas/vendor/compose-spec.json"


@pytest.fixture
def schema() -> Draft202012Validator:
    text = Path(str(distribution("check-jsonschema").locate_file(SCHEMA))).read_text()
    return Draft202012Validator(json.loads(text))


def test_the_file_is_one_that_docker_compose_understands(
    schema: Draft202012Validator, clinics_own: dict[str, str]
) -> None:
    """It holds against the Compose specification's schema once its variables are filled in."""
    wrong = [f"{error.json_path}: {error.message}" for error in schema.iter_errors(document(clinics_own))]

    assert wrong == []


def test_a_misspelt_key_would_be_seen(schema: Draft202012Validator) -> None:
    """The schema refuses what it does not know, so the test above says something."""
    assert not schema.is_valid({"services": {"worker": {"image": "kapstan:1", "stop_grace_perod": "45s"}}})


def test_every_variable_is_explained_and_every_explained_one_is_used() -> None:
    """.env.example has a line for each variable of the file, and for no other."""
    assert set(explained()) == variables()


def test_what_has_to_be_filled_in_is_what_the_stack_insists_on() -> None:
    """A variable without a default is left open in .env.example, and the stack says what it expected of it."""
    assert left_to_the_clinic() == set(expectations())
    assert all(len(expected) > 20 for expected in expectations().values())


def test_a_default_is_the_one_that_env_example_shows() -> None:
    """What a line that is commented out says is what happens without it."""
    shown = {(name, value) for name, value in explained().items() if name not in left_to_the_clinic()}

    assert shown == defaults()


def test_a_worker_gets_every_setting(stack: Composition, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of Kapstan's settings is given to the worker, and Kapstan reads them as right."""
    environment = stack.services["worker"].environment

    assert {name for name in environment if name.startswith("KAPSTAN_")} == SETTINGS
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert read_settings().protocols == Path("/etc/kapstan/protocols")


@pytest.mark.parametrize("setting", sorted(SETTINGS))
def test_env_example_speaks_of_every_setting(setting: str) -> None:
    """An operator finds each setting there, even one that the stack sets by itself."""
    assert setting in ENV_EXAMPLE


def test_nothing_waits_for_what_never_comes(stack: Composition) -> None:
    """Who waits for health waits for a service with a health check; who waits for an end, for one that ends."""
    for service in stack.services.values():
        for name, dependency in service.depends_on.items():
            awaited = stack.services[name]
            if awaited.is_one_shot:
                assert dependency.condition == "service_completed_successfully"
            else:
                assert dependency.condition == "service_healthy"
                assert awaited.healthcheck is not None


def test_a_worker_starts_on_a_ready_stack(stack: Composition) -> None:
    """Whatever it needs is up, and every one-shot that prepares it has ended well, before the first worker starts."""
    needed, ahead = set[str](), {"worker"}
    while ahead:
        needed |= ahead
        ahead = {name for each in ahead for name in stack.services[each].depends_on}

    assert stack.services.keys() - needed == {"temporal-ui", "console", "watch", "operator", "release", "worker-before"}


def test_workers_of_two_releases_differ_in_their_code_alone(stack: Composition) -> None:
    """Those of the release before have its image and tell its build; courses begin with the other once that works."""
    now, before, release = (stack.services[name] for name in ("worker", "worker-before", "release"))

    assert before.named == "kapstan:0.1.9"
    assert before.environment == now.environment | {"KAPSTAN_BUILD": "0.1.9"}
    assert (before.volumes, before.depends_on, before.healthcheck) == (now.volumes, now.depends_on, now.healthcheck)
    assert release.depends_on["worker"].condition == "service_healthy"
    deployed = ("KAPSTAN_DEPLOYMENT", "KAPSTAN_BUILD", "KAPSTAN_PAYLOAD_KEYS", "TEMPORAL_ADDRESS", "TEMPORAL_NAMESPACE")
    assert [release.environment[name] for name in deployed] == [now.environment[name] for name in deployed]


def test_the_watch_needs_neither_temporal_nor_the_console_to_start(stack: Composition) -> None:
    """It is there for when they are gone; it asks the console where that answers."""
    watch, console = stack.services["watch"], stack.services["console"]

    assert watch.depends_on.keys() == {"migrate"}
    assert watch.environment == console.environment
    assert console.ports[0].endswith(watch.environment["KAPSTAN_CONSOLE_URL"].removeprefix("http://console"))


def test_only_whoever_migrates_and_the_operator_are_the_owner_of_the_record(stack: Composition) -> None:
    """Workers and the console connect as roles of their own; the operator's service is run by hand, never by itself."""
    urls = {name: service.environment.get("KAPSTAN_DATABASE_URL", "") for name, service in stack.services.items()}
    roles = {name: url.removeprefix("postgresql://").partition(":")[0] for name, url in urls.items() if url}

    assert roles == {
        "migrate": "kapstan",
        "operator": "kapstan",
        "worker": WORKER_ROLE,
        "worker-before": WORKER_ROLE,
        "console": CONSOLE_ROLE,
        "watch": CONSOLE_ROLE,
    }
    assert {name for name, service in stack.services.items() if service.profiles} == {"operator", "worker-before"}


def test_every_image_is_pinned(stack: Composition) -> None:
    """Each image, the Dockerfile's too, names a whole version; in a release its content too (test_pinned_images.py)."""
    bases = re.findall(r"^FROM (\S+:\S+)", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    images = {service.image for service in stack.services.values()}

    assert bases
    whole = re.compile(r":\d+\.\d+(\.\d+)?(-[a-z-]+)?(@sha256:[0-9a-f]{64})?$")
    assert [image for image in images | set(bases) if not whole.search(image)] == []
    assert stack.services["worker"].image == f"kapstan:{VERSION}"


def test_only_this_host_reaches_the_stack(stack: Composition) -> None:
    """Every published port is on the loopback unless the clinic says otherwise, and PostgreSQL has none."""
    published = {name: service.ports for name, service in stack.services.items() if service.ports}

    assert published.keys() == {"temporal", "temporal-ui", "console"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_no_secret_stands_in_the_file(clinics_own: dict[str, str]) -> None:
    """Without the clinic's own values there is no password, key or secret left anywhere."""
    text = json.dumps(document({}))
    given = json.dumps(document(clinics_own))

    assert all(value in given and value not in text for value in clinics_own.values())
    assert re.findall(r'"\w*(?:PASSWORD|PWD|SECRET|KEYS)\w*": "([^"]+)"', text) == []


def test_what_is_mounted_is_there_and_read_only(stack: Composition) -> None:
    """A container changes nothing of the clinic's files, nor of ours, and none of ours is missing."""
    mounts = [mount for service in stack.services.values() for mount in service.volumes]
    long = [mount for mount in mounts if isinstance(mount, Mount)]
    short = [mount.split(":") for mount in mounts if isinstance(mount, str) and mount.startswith(".")]

    assert {mount.source for mount in long} == {"./protocols", "./oncall.toml"}
    assert all(mount.read_only for mount in long)
    assert [source for source, *_ in short if not (ROOT / source).is_file()] == []
    assert {options for *_, options in short} == {"ro"}


def test_no_service_fills_the_host(stack: Composition) -> None:
    """Each service has a memory limit, rotates its log and comes back, or is tried again, when it fails."""
    for service in stack.services.values():
        assert service.deploy.resources.limits.memory
        assert service.logging.options.keys() >= {"max-size", "max-file"}
        assert service.restart in {"unless-stopped", "on-failure:5"}


def test_a_worker_is_given_time_to_finish(stack: Composition) -> None:
    """A worker finishes what it has in hand for 30 s after SIGTERM; Docker waits longer than that."""
    assert int(stack.services["worker"].stop_grace_period.removesuffix("s")) > 30


def test_temporal_lists_the_courses_that_fail_as_the_watch_expects() -> None:
    """As many tasks that failed as on the embedded stack, or people are told later, or never."""
    text = (ROOT / "deploy" / "temporal" / "dynamicconfig.yaml").read_text(encoding="utf-8")
    key, _, number = REPORTS_AFTER.partition("=")

    assert f"{key}:\n  - value: {number}\n" in text


def test_a_queue_of_temporal_has_one_order_as_on_the_embedded_stack() -> None:
    """In one of several parts those who can wait would go before the dosed of another."""
    text = (ROOT / "deploy" / "temporal" / "dynamicconfig.yaml").read_text(encoding="utf-8")

    for setting in ONE_PART:
        key, _, number = setting.partition("=")
        assert f"{key}:\n  - value: {number}\n" in text
