"""Kapstan's settings, read once at start from the environment or an `.env` file."""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from domain.durations import Length, LengthOrZero
from domain.oncall.rota import Zone

KEY_BYTES: Final = 32
SECRET_CHARACTERS: Final = 32


class LogFormat(StrEnum):
    """`console` for people, `json` for machines."""

    CONSOLE = "console"
    JSON = "json"


@dataclass(frozen=True)
class PayloadKey:
    """A key that encrypts Temporal's payloads, and the name that is stored beside each payload."""

    id: str
    secret: bytes = field(repr=False)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parses `id:base64-of-32-bytes`. Raises `ValueError`."""
        name, _, encoded = text.partition(":")
        try:
            secret = base64.b64decode(encoded, validate=True)
        except binascii.Error:
            secret = b""
        if not name or not name.isprintable() or len(secret) != KEY_BYTES:
            raise ValueError("each key must be id:base64-of-32-bytes")
        return cls(name, secret)


def payload_keys(text: str) -> tuple[PayloadKey, ...]:
    """Parses keys that are comma-separated. Raises `ValueError`, which shows no secret."""
    keys = tuple(PayloadKey.parse(key.strip()) for key in text.split(",") if key.strip())
    ids = [key.id for key in keys]
    if twice := sorted({one for one in ids if ids.count(one) > 1}):
        raise ValueError(f"each key must have an id of its own; more than one has {', '.join(twice)}")
    return keys


class Settings(BaseSettings):
    """Kapstan's own settings. Temporal's connection is the SDK's standard one (`TEMPORAL_ADDRESS`, …)."""

    model_config = SettingsConfigDict(env_prefix="KAPSTAN_", env_file=".env", extra="ignore", frozen=True)

    database_url: str | None = Field(None, description="PostgreSQL, as postgresql://user@host/database")
    protocols: Path = Field(Path("protocols"), description="the folder of protocol files")
    oncall: Path = Field(Path("oncall.toml"), description="the on-call file")
    oncall_kept: str = Field(
        "", description="where the last good on-call file is kept, to page by after a start while it is broken"
    )
    payload_keys: Annotated[tuple[PayloadKey, ...], NoDecode] = Field(
        (), description="id:base64-of-32-bytes, comma-separated; the first encrypts, all decrypt"
    )
    allow_plain_payloads: bool = Field(
        False, description="1 reads payloads in clear besides encrypted ones, for courses from before there were keys"
    )
    encrypt_records: bool = Field(
        False, description="1 encrypts what the record holds of a patient, with a key for each course"
    )
    public_url: str = Field("http://127.0.0.1:8080", description="where people reach the console, for links in pages")
    temporal_ui: str = Field(
        "", description="the origin of Temporal's UI, whose pages may read payloads through the console"
    )
    link_secret: SecretStr | None = Field(
        None, description="seals the links in pages; several, comma-separated: the first seals, each opens"
    )
    timezones: Annotated[Mapping[str, Zone], NoDecode] = Field(
        {},
        description="site=IANA-time-zone, comma-separated, * for every other site; without, the zone of the first rota",
    )
    allow_unapproved: bool = Field(False, description="1 lets unapproved protocols start courses")
    rate: float = Field(100, gt=0, description="requests a second that one API token may make")
    watch_grace: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = Field(
        timedelta(minutes=2),
        description="how long what is due for a dosed patient may stand still before the console pages by itself; "
        "five times as long for anybody else",
    )
    gathering: Annotated[LengthOrZero, Field(le=timedelta(seconds=5))] = Field(
        timedelta(seconds=1),
        description="how long a course gathers entries for the record store after it has written some; the first of a "
        "burst is written at once",
    )
    heartbeat_url: SecretStr = Field(
        SecretStr(""), description="a dead man's switch elsewhere that is told, by GET, that Kapstan and its watch work"
    )
    heartbeat_every: Annotated[Length, Field(ge=timedelta(seconds=1), le=timedelta(hours=1))] = Field(
        timedelta(minutes=1), description="how often it is told"
    )
    verify_every: Annotated[Length, Field(ge=timedelta(minutes=10), le=timedelta(days=7))] = Field(
        timedelta(days=1), description="how often the workers verify the whole record, by a schedule of Temporal's"
    )
    worker_metrics: str = Field(
        "", pattern=r"^([^:]+:\d{1,5})?$", description="host:port at which a worker answers /metrics and /healthz"
    )
    watch_metrics: str = Field(
        "", pattern=r"^([^:]+:\d{1,5})?$", description="host:port at which the watch answers /metrics and /healthz"
    )
    console_url: str = Field(
        "", description="where the watch asks whether a console answers, before it tells the dead man's switch so"
    )
    traces: bool = Field(
        False, description="1 sends traces by OTLP to OTEL_EXPORTER_OTLP_ENDPOINT; needs the extra otel"
    )
    deployment: str = Field(
        "",
        description="the name under which Temporal knows the workers; with it a course stays with the build of Kapstan "
        "that it is with, until it goes over at a quiet moment",
    )
    build: str = Field(
        "",
        description="what tells this build of Kapstan from any other, with a deployment; by default Kapstan's version",
    )
    log: LogFormat = Field(LogFormat.CONSOLE, description="console or json")

    @property
    def oncall_copy(self) -> Path | None:
        """The path of the last good on-call file; None if it is not kept."""
        return Path(self.oncall_kept) if self.oncall_kept else None

    @property
    def link_secrets(self) -> tuple[str, ...]:
        """The secrets of links, the one that seals first; none if there is none."""
        written = self.link_secret.get_secret_value() if self.link_secret else ""
        return tuple(secret.strip() for secret in written.split(",") if secret.strip())

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(("postgresql://", "postgres://")):
            raise ValueError("must be a URL such as postgresql://user@host/database")
        return url

    @field_validator("heartbeat_url")
    @classmethod
    def _is_http(cls, url: SecretStr) -> SecretStr:
        written = urlsplit(url.get_secret_value())
        if url.get_secret_value() and not (written.scheme in {"http", "https"} and written.hostname):
            raise ValueError("must be a URL such as https://hc-ping.example/the-id-of-the-check")
        return url

    @field_validator("temporal_ui")
    @classmethod
    def _is_an_origin(cls, origin: str) -> str:
        written = urlsplit(origin)
        is_one = written.scheme in {"http", "https"} and origin == f"{written.scheme}://{written.netloc}".lower()
        if origin and not (is_one and written.hostname):
            raise ValueError("must be an origin such as http://127.0.0.1:8233, without a path")
        return origin

    @field_validator("console_url")
    @classmethod
    def _is_where_a_console_answers(cls, url: str) -> str:
        written = urlsplit(url)
        if url and not (written.scheme in {"http", "https"} and written.hostname):
            raise ValueError("must be a URL such as http://console:8080")
        return url.rstrip("/")

    @field_validator("worker_metrics", "watch_metrics")
    @classmethod
    def _is_an_address(cls, address: str) -> str:
        port = address.rpartition(":")[2]
        if address and int(port) not in range(1, 2**16):
            raise ValueError("must be host:port, the port from 1 to 65535")
        return address

    @field_validator("deployment")
    @classmethod
    def _names_a_deployment(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,64}", name):
            raise ValueError("must be at most 64 letters, digits, - and _, such as kapstan")
        return name

    @field_validator("build")
    @classmethod
    def _names_a_build(cls, name: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._+-]{0,64}", name):
            raise ValueError("must be at most 64 letters, digits and . _ + -, such as 0.2.0-bend.1")
        return name

    @field_validator("link_secret")
    @classmethod
    def _is_long(cls, secret: SecretStr | None) -> SecretStr | None:
        several = secret.get_secret_value().split(",") if secret is not None else ()
        if any(len(one.strip()) < SECRET_CHARACTERS for one in several):
            raise ValueError(f"must be at least {SECRET_CHARACTERS} characters, or several such, comma-separated")
        return secret

    @field_validator("timezones", mode="before")
    @classmethod
    def _pairs(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        pairs = [pair.partition("=") for pair in value.split(",") if pair.strip()]
        if not all(site.strip() and zone.strip() for site, _, zone in pairs):
            raise ValueError("each must be site=IANA-time-zone, such as bend=America/Los_Angeles")
        return {site.strip(): zone.strip() for site, _, zone in pairs}

    @field_validator("payload_keys", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return payload_keys(value)


class Misconfigured(Exception):  # noqa: N818  it is shown to a person, who repairs it
    """A setting is missing or wrong. The message names the variable and what it must be."""


def read_settings() -> Settings:
    """The settings of this process. Raises `Misconfigured`, naming each variable."""
    try:
        return Settings()
    except ValidationError as wrong:
        lines = [f"KAPSTAN_{'_'.join(map(str, error['loc'][:1])).upper()}: {error['msg']}" for error in wrong.errors()]
        raise Misconfigured("; ".join(lines)) from None


def described() -> list[tuple[str, str]]:
    """The variable of each setting and its purpose, as the help lists them."""
    return [(f"KAPSTAN_{name.upper()}", field.description or "") for name, field in Settings.model_fields.items()]
