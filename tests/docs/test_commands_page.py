"""docs/commands.md against the command line: every command and option stands there, and nothing else does."""

import re
from collections.abc import Iterator, Mapping

import pytest
from typer.core import TyperGroup
from typer.main import get_command

import starter
from domain.escalation.messages import EscalationState
from terminal.commands.options import DONE, INTERRUPTED, MISUSED, REFUSED, UNREACHABLE
from tests.support.doc_page import Page, code_in

HELP = "--help"


def _commands(group: TyperGroup, name: str = "kapstan") -> Iterator[tuple[str, frozenset[str]]]:
    for word, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from _commands(command, f"{name} {word}")
        else:
            yield (
                f"{name} {word}",
                frozenset(one for option in command.params for one in option.opts if one[:2] == "--"),
            )


def _all_commands() -> Mapping[str, frozenset[str]]:
    group = get_command(starter.app)
    assert isinstance(group, TyperGroup)
    return dict(_commands(group))


COMMANDS = _all_commands()


def test_the_page_has_a_section_for_every_command(commands: Page) -> None:
    """Every command that there is, and none that there is not."""
    named = {code_in(section.title)[0] for section in commands.sections if section.title.startswith("`kapstan")}
    assert named == COMMANDS.keys()


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_names_the_options_of_a_command(commands: Page, command: str) -> None:
    """Every option of the command, and no other."""
    section = commands.section(f"`{command}`")
    assert set(re.findall(r"--[a-z][a-z-]*", section.text)) == COMMANDS[command] - {HELP}


def test_the_page_names_every_exit_code(commands: Page) -> None:
    """Those that the command ends with."""
    named = {int(row["exit code"]) for section in commands.sections for row in section.rows if "exit code" in row}
    assert named == {DONE, REFUSED, MISUSED, UNREACHABLE, INTERRUPTED}


def test_every_command_that_the_page_types_exists(commands: Page) -> None:
    """What stands behind a prompt could be typed."""
    typed = [line.removeprefix("$ ") for block in commands.blocks("console") for line in block.splitlines()]
    for line in typed:
        if line.startswith("kapstan "):
            assert any(line == known or line.startswith(f"{known} ") for known in COMMANDS), line


def test_the_page_names_the_states_of_an_escalation(commands: Page) -> None:
    """What `--state` takes."""
    assert set(code_in(commands.section("`kapstan escalations`").text)) >= set(EscalationState)
