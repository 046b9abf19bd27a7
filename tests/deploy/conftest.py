"""A clinic that has filled in its `.env`."""

import base64

import pytest

from tests.support.composition import Composition, composition


@pytest.fixture
def clinics_own() -> dict[str, str]:
    return {
        "POSTGRES_PASSWORD": "a" * 48,
        "POSTGRES_PASSWORD_TEMPORAL": "b" * 48,
        "POSTGRES_PASSWORD_KAPSTAN": "c" * 48,
        "POSTGRES_PASSWORD_KAPSTAN_WORKER": "e" * 48,
        "POSTGRES_PASSWORD_KAPSTAN_CONSOLE": "f" * 48,
        "KAPSTAN_PAYLOAD_KEYS": f"k1:{base64.b64encode(bytes(32)).decode()}",
        "KAPSTAN_LINK_SECRET": "d" * 64,
        "KAPSTAN_PUBLIC_URL": "https://kapstan.clinic.example",
        "KAPSTAN_ONCALL": "./oncall.toml",
        "KAPSTAN_BEFORE": "0.1.9",
    }


@pytest.fixture
def stack(clinics_own: dict[str, str]) -> Composition:
    return composition(clinics_own)
