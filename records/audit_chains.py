"""Verifies the audit: the chains of who read what, of administration and of sign-ins, and the tokens behind them."""

from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import asyncpg

from domain.ledger import GENESIS, ChainFault
from domain.values import Frozen
from domain.verification import ChainHead
from records.connections import Connections
from records.statements import statement

ROWS_AT_ONCE: Final = 20_000
"""Rows of a chain that PostgreSQL recomputes per statement: a fraction of a second."""

MOST_NAMED: Final = 20
"""Rows of one chain that are named; of further ones it is said how many there are."""

_BEFORE_ANY: Final = -(2**63)
"""Below every sequence, also below those that the schema would not let in."""


class AuditChain(StrEnum):
    """A chain of the audit, by its table."""

    READS = "course_reads"
    ADMINISTRATION = "administration"
    FAILED_SIGN_INS = "failed_sign_ins"
    SIGN_INS = "sign_ins"


class AuditVerdict(Frozen):
    """The verdict on one chain: its newest sequence and hash, and the first of its `differing` rows."""

    chain: AuditChain
    sequence: int
    head: str
    differing: int
    faults: tuple[ChainFault, ...]

    @property
    def is_whole(self) -> bool:
        """True if no row differs."""
        return not self.differing


class TokenDiffers(Frozen):
    """A token that is not as the newest act of administration about it left it, and how it differs."""

    id: str
    differs: str


class AuditChains:
    """Recomputes the audit's chains. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def verify(self, chain: AuditChain, remembered: ChainHead | None = None) -> AuditVerdict:
        """Recomputes a chain from its first row to the one that was the newest as this began.

        Its row at the sequence of a head that Temporal remembers must have that head's hash.
        """
        recomputed = _Recomputed()
        async with (
            self._connections.connection() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            newest = await connection.fetchrow(statement("audit_head"), chain)
            after = _BEFORE_ANY
            while rows := await connection.fetch(statement("audit_chain"), chain, after, recomputed.head, ROWS_AT_ONCE):
                recomputed.take(rows)
                after = recomputed.sequence
            if remembered is not None:
                then = await connection.fetchval(statement("audit_hash"), chain, remembered.sequence)
                recomputed.compare(remembered, then)
        recomputed.end(newest)
        return AuditVerdict(
            chain=chain,
            sequence=recomputed.sequence,
            head=recomputed.head,
            differing=recomputed.differing,
            faults=tuple(recomputed.faults),
        )

    async def tokens(self) -> list[TokenDiffers]:
        """The tokens that are not as the newest act of administration about each left them."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("tokens_against_acts"))
        return [TokenDiffers(id=row["id"], differs=_how(row)) for row in rows]


class _Recomputed:
    """A chain as far as it was recomputed."""

    def __init__(self) -> None:
        self.sequence = 0
        self.head = GENESIS
        self.differing = 0
        self.faults: list[ChainFault] = []
        self._changed: int | None = None

    def take(self, rows: list[asyncpg.Record]) -> None:
        """Takes what `audit_chain` says of the next rows."""
        for row in rows:
            for fault in self._found(row):
                self._add(fault)
            if not row["is_unchanged"]:
                self._changed = row["sequence"]
        self.sequence, self.head = rows[-1]["sequence"], rows[-1]["hash"]

    def compare(self, remembered: ChainHead, then: str | None) -> None:
        """Compares the hash of one row with the one that Temporal remembers; with none, a row that is not there."""
        if remembered.sequence and then != remembered.hash:
            wrong = "is missing" if then is None else "is not that row: the chain was written anew"
            reason = f"Temporal remembers a row, and it {wrong}"
            self._add(ChainFault(sequence=remembered.sequence, reason=reason))

    def end(self, newest: asyncpg.Record | None) -> None:
        """Compares its end with the newest row that was appended."""
        if newest is None:
            self._add(ChainFault(sequence=self.sequence, reason="audit_heads does not say whether it is the newest"))
        elif newest["sequence"] > self.sequence:
            self._add(_missing(self.sequence, newest["sequence"] + 1, f"the newest one is {newest['sequence']}"))
        elif newest["sequence"] < self.sequence:
            reason = f"audit_heads knows nothing of it; it ends at row {newest['sequence']}"
            self._add(ChainFault(sequence=newest["sequence"] + 1, reason=reason))
        elif newest["hash"] != self.head and self._changed != self.sequence:
            self._add(ChainFault(sequence=self.sequence, reason="it is not the row that was appended last"))

    def _found(self, row: asyncpg.Record) -> Iterator[ChainFault]:
        sequence, before = row["sequence"], row["sequence_before"]
        if sequence > before + 1:
            yield _missing(before, sequence, f"the next one is {sequence}")
        elif sequence <= before:
            yield ChainFault(sequence=sequence, reason="a chain begins at row 1")
        # The hash of a row that was changed is no more the one that the next row names: the next is as it was.
        elif not row["follows"] and before != self._changed:
            yield ChainFault(
                sequence=sequence, reason="it does not name the hash of the row before it: one of the two was changed"
            )
        if not row["is_unchanged"]:
            yield ChainFault(sequence=sequence, reason="its content does not match its hash")

    def _add(self, fault: ChainFault) -> None:
        self.differing += 1
        if len(self.faults) < MOST_NAMED:
            self.faults.append(fault)


def _missing(before: int, after: int, there: str) -> ChainFault:
    """What is said of the rows between two, and of the one that is `there`."""
    first, last = before + 1, after - 1
    which = f"row {first} is" if first == last else f"rows {first} to {last} are"
    return ChainFault(sequence=first, reason=f"{which} missing; {there}")


def _how(row: asyncpg.Record) -> str:
    if not row["is_told"]:
        return "no act of administration made it"
    if not row["is_kept"]:
        return "an act of administration made it, and it is gone"
    return "no act of administration made it what it is"
