"""docker-compose.yml and .env.example, read as Docker Compose reads them."""

import re
import tomllib
from collections.abc import Mapping

import yaml
from pydantic import BaseModel, ConfigDict, JsonValue

from tests.support.paths import ROOT

COMPOSE_FILE = (ROOT / "docker-compose.yml").read_text()
ENV_EXAMPLE = (ROOT / ".env.example").read_text()
VERSION: str = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?:(?P<operator>:[-?])(?P<word>[^}]*))?\}")
_ASSIGNMENT = re.compile(r"^(?P<comment># )?(?P<name>[A-Z_]+)=(?P<value>\S*)$", re.MULTILINE)


class _Part(BaseModel):
    """What the tests look at of a part of the file; the Compose schema judges the rest."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Dependency(_Part):
    """What another service waits for."""

    condition: str


class Mount(_Part):
    """A folder or file of the host inside a container, in the long form."""

    source: str
    read_only: bool = False


class Limits(_Part):
    """What a service may take at most."""

    memory: str


class Resources(_Part):
    """What a service may take."""

    limits: Limits


class Deployment(_Part):
    """How a service is run."""

    resources: Resources


class Logging(_Part):
    """What becomes of a service's output."""

    options: dict[str, str]


class Service(_Part):
    """One service of the stack."""

    image: str
    restart: str
    logging: Logging
    deploy: Deployment
    entrypoint: list[str] = []
    environment: dict[str, str] = {}
    depends_on: dict[str, Dependency] = {}
    healthcheck: dict[str, JsonValue] | None = None
    ports: list[str] = []
    profiles: list[str] = []
    volumes: list[str | Mount] = []
    stop_grace_period: str = "10s"

    @property
    def named(self) -> str:
        """Its image's name and tag, without the digest that a release pins it by."""
        return self.image.partition("@")[0]

    @property
    def is_one_shot(self) -> bool:
        """It runs to its end, and again only where it failed."""
        return self.restart.startswith("on-failure")


class Composition(_Part):
    """The whole file."""

    services: dict[str, Service]


def variables() -> set[str]:
    """Every variable that the file takes from the environment."""
    return {found["name"] for found in _VARIABLE.finditer(COMPOSE_FILE)}


def expectations() -> dict[str, str]:
    """Each variable without which the stack does not start, with what it then says."""
    return {found["name"]: found["word"] for found in _VARIABLE.finditer(COMPOSE_FILE) if found["operator"] == ":?"}


def defaults() -> set[tuple[str, str]]:
    """Each variable that may be left unset, with what the file takes in its place."""
    return {(found["name"], found["word"]) for found in _VARIABLE.finditer(COMPOSE_FILE) if found["operator"] == ":-"}


def explained() -> dict[str, str]:
    """Each variable that .env.example has a line for, commented out or not, with the value it shows."""
    return {found["name"]: found["value"] for found in _ASSIGNMENT.finditer(ENV_EXAMPLE)}


def left_to_the_clinic() -> set[str]:
    """Each variable that .env.example asks the clinic to fill in."""
    return {found["name"] for found in _ASSIGNMENT.finditer(ENV_EXAMPLE) if not found["comment"]}


def document(environment: Mapping[str, str]) -> JsonValue:
    """The file with each variable replaced by its value there, or else by its default."""

    def value(found: re.Match[str]) -> str:
        return environment.get(found["name"], found["word"] if found["operator"] == ":-" else "")

    parsed: JsonValue = yaml.safe_load(_VARIABLE.sub(value, COMPOSE_FILE))
    return parsed


def composition(environment: Mapping[str, str]) -> Composition:
    """The stack that the file describes in this environment."""
    return Composition.model_validate(document(environment))
