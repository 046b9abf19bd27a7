"""Reads what a rehearsal needs: the protocol, by id or file, with the versions that a course may migrate to."""

from pathlib import Path

from domain.oncall.file import OnCall
from domain.protocol.approval import content_hash
from domain.protocol.model import Protocol
from domain.protocol.pinned import PinnedProtocol
from domain.rehearsal.played_course import PlayedCourse
from domain.rehearsal.rehearsal import Rehearsal
from domain.rehearsal.script import Script
from gateway.played_workflows import PlayedWorkflows
from gateway.protocols import load_folder, named_protocol


def rehearsal(script: Script, named: str, folder: Path, on_call: OnCall, *, real: bool = False) -> Rehearsal:
    """The rehearsal of a script against a protocol, approved or not: a file, or the newest of this id in `folder`.

    A migration goes to a version that is in `folder`. A `real` one is played on the workflows, else on the rules alone.

    Raises `ProtocolFileError`.
    """
    protocol = named_protocol(named, folder)
    others = load_folder(folder).versions(protocol.id) if script.migrates else ()
    versions = {one.protocol.version: _pinned(one.protocol) for one in others}
    play = PlayedWorkflows if real else PlayedCourse
    return Rehearsal(script, _pinned(protocol), on_call, versions, play)


def _pinned(protocol: Protocol) -> PinnedProtocol:
    return PinnedProtocol(protocol=protocol, hash=content_hash(protocol))
