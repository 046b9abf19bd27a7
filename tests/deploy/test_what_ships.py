"""What ships with Kapstan: under which licences, what it is made of, and what is never in it."""

import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import metadata
from typing import Any

import pytest
from packaging.licenses import InvalidLicenseExpression, canonicalize_license_expression
from packaging.utils import canonicalize_name

from tests.support.doc_page import Page
from tests.support.paths import ROOT
from tests.support.shipped import shipped

LICENCES = tomllib.loads((ROOT / "deploy" / "licences.toml").read_text(encoding="utf-8"))
ALLOWED: dict[str, str] = LICENCES["allowed"]
READ: dict[str, str] = LICENCES["read"]
NEVER: dict[str, str] = LICENCES["never"]
VENDORED = ROOT / "console" / "pages" / "static" / "vendor"


def said_by(package: str) -> str | None:
    """The SPDX expression in a package's own metadata."""
    told = metadata(package)
    written = [told[key] for key in ("License-Expression", "License") if key in told]
    try:
        return canonicalize_license_expression(str(written[0])) if written else None
    except InvalidLicenseExpression:
        return None


def licences_in(expression: str) -> set[str]:
    """Each licence of an SPDX expression: all of them have to be allowed, whichever of them we could choose."""
    return set(re.findall(r"[A-Za-z0-9.+-]+", expression)) - {"AND", "OR", "WITH"}


@pytest.mark.parametrize("package", sorted(shipped()))
def test_what_ships_comes_under_a_licence_that_we_allow(package: str) -> None:
    """By its metadata, or by what somebody read in the licence that it carries."""
    expression = said_by(package) or READ.get(package)

    assert expression, f"{package} names no licence: read its own, and write it under [read] of deploy/licences.toml"
    assert licences_in(expression) - set(ALLOWED) == set()


def test_nobody_had_to_read_what_a_package_says_itself() -> None:
    """A line under [read] is about a package that ships and still names no licence; each licence there is allowed."""
    assert [package for package in READ if package not in shipped() or said_by(package)] == []
    assert set().union(*map(licences_in, READ.values())) <= set(ALLOWED)


def test_every_licence_that_is_allowed_is_needed_and_has_its_reason() -> None:
    """The list is no wider than what ships."""
    found = [said_by(package) or READ[package] for package in shipped()]
    used = set().union(*map(licences_in, found), {row["licence"] for row in vendored()})

    assert used == set(ALLOWED)
    assert all(ALLOWED.values())


def vendored() -> list[dict[str, str]]:
    page = Page.read(VENDORED / "VENDORED.md")
    lines = [line.strip("| \n").split(" | ") for line in page.text.splitlines() if line.startswith("| `")]
    return [dict(zip(("file", "from", "licence", "sha256"), cells, strict=True)) for cells in lines]


def test_what_the_pages_carry_of_others_comes_under_one_too() -> None:
    """Each file of others has its line, and its licence is allowed."""
    rows = vendored()

    assert {row["file"].strip("`") for row in rows} == {
        file.name for file in VENDORED.iterdir() if file.suffix == ".js"
    }
    assert {row["licence"] for row in rows} <= set(ALLOWED)


def test_no_server_of_the_embedded_stack_is_in_the_image() -> None:
    """PostgreSQL's wheel bundles GPL code, and Temporal's is a development server."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    embedded = {re.split(r"[<>=]", line)[0] for line in project["optional-dependencies"]["embedded"]}

    assert embedded == set(NEVER)
    assert embedded & set(shipped()) == set()


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    """What `make sbom` writes."""
    printed = subprocess.run(
        [sys.executable, ROOT / "deploy" / "sbom.py"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    read: dict[str, Any] = json.loads(printed)
    return read


def test_the_bill_of_materials_names_all_that_ships_and_nothing_besides(bill: dict[str, Any]) -> None:
    """Each package at its locked version, under the name by which vulnerabilities of it are published."""
    named = {canonicalize_name(one["name"]): one["version"] for one in bill["components"]}

    assert named == shipped()
    assert {one["purl"].partition("@")[0] for one in bill["components"]} == {f"pkg:pypi/{name}" for name in named}


def test_the_bill_of_materials_is_kapstans_own(bill: dict[str, Any]) -> None:
    """It says of which release it is, and holds nothing of the machine that it was made on."""
    of = bill["metadata"]["component"]
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert (bill["bomFormat"], of["name"], of["version"]) == ("CycloneDX", "kapstan", version)
    assert "kapstan-sbom-" not in json.dumps(bill)
    assert "timestamp" not in bill["metadata"]
