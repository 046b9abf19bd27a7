"""What gets into the image that a clinic runs, and what does not."""

import re
import tomllib

from packaging.requirements import Requirement
from pydantic import BaseModel, Field

from tests.support.paths import ROOT
from tests.support.shipped import runtime_lock, shipped


class Found(BaseModel):
    include: list[str]


class Packages(BaseModel):
    find: Found


class Setuptools(BaseModel):
    modules: list[str] = Field(alias="py-modules")
    packages: Packages


PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
ADMITTED = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}


def test_every_part_of_kapstan_gets_into_the_image() -> None:
    """Each module and package that pyproject.toml names is let through to the build."""
    parts = Setuptools.model_validate(PYPROJECT["tool"]["setuptools"])

    packages = {pattern.removesuffix("*") for pattern in parts.packages.find.include}

    assert {f"{module}.py" for module in parts.modules} | packages <= ADMITTED


def test_nothing_of_the_clinic_gets_into_the_image() -> None:
    """The build sees only what is named: no `.env`, no on-call file, no protocols, no history of the code."""
    lines = (ROOT / ".dockerignore").read_text().splitlines()

    assert next(line for line in lines if not line.startswith("#")) == "*"
    assert not ADMITTED & {".env", ".git", "oncall.toml", "protocols", "tests"}


def test_no_development_tool_gets_into_the_image() -> None:
    """The image has what Kapstan needs to run, at the locked versions with their hashes, and nothing besides."""
    packages = set(shipped())
    project = PYPROJECT["project"]
    tools = {Requirement(line).name for line in project["optional-dependencies"]["dev"]}

    assert {Requirement(line).name for line in project["dependencies"]} <= packages
    assert packages & tools <= {"pyyaml"}  # Apprise reads its own files with it
    assert runtime_lock().count("--hash=sha256:") >= len(packages)


def test_the_image_carries_its_bill_of_materials() -> None:
    """It is made by the script of `make sbom`, which the build can see, and lies beside what is shipped."""
    text = (ROOT / "Dockerfile").read_text()

    assert "deploy/sbom.py > /opt/kapstan/sbom.cdx.json" in text
    assert {"deploy/sbom.py", "deploy/runtime_requirements.py"} <= ADMITTED


def test_the_image_runs_as_an_ordinary_user() -> None:
    """What runs in the container is not root, and stops at SIGTERM."""
    final = (ROOT / "Dockerfile").read_text().split("FROM base\n")[-1]

    assert re.search(r"^USER kapstan$", final, flags=re.MULTILINE)
    assert re.search(r"^STOPSIGNAL SIGTERM$", final, flags=re.MULTILINE)
    assert re.search(r'^ENTRYPOINT \["kapstan"\]$', final, flags=re.MULTILINE)
