"""Sign-ins at the pages, in PostgreSQL."""

from collections.abc import Iterable
from datetime import datetime

from domain.access import TokenId
from domain.sign_in import SignIn, SignInId
from records.connections import Connections
from records.statements import statement
from records.unreadable_rows import Row, model


class SignInStore:
    """Stores sign-ins. Every method may raise `RecordStoreUnreachable` or `SchemaTooOld`."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections

    async def begin(self, sign_in: SignIn) -> None:
        """Stores a new sign-in."""
        async with self._connections.transaction() as connection:
            await connection.execute(
                statement("begin_sign_in"),
                sign_in.id,
                sign_in.token_id,
                sign_in.screen,
                sign_in.began_at,
                sign_in.used_at,
            )

    async def sign_ins(self, ids: Iterable[SignInId]) -> dict[SignInId, SignIn]:
        """Those of these ids, ended or not. One whose row cannot be read is left out, and so opens nothing."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("sign_ins"), sorted(ids))
        found = self._connections.reading.all("sign_ins", rows, _sign_in, "id")
        return {one.id: one for one in found}

    async def use(self, sign_in: SignInId, at: datetime) -> None:
        """Records that it was used at `at`."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("use_sign_in"), sign_in, at)

    async def end(self, sign_in: SignInId, at: datetime) -> None:
        """Records that it ended at `at`; the first end counts."""
        async with self._connections.transaction() as connection:
            await connection.execute(statement("end_sign_in"), sign_in, at)

    async def take(self, sign_in: SignInId, at: datetime) -> SignIn | None:
        """Ends it at `at` for whoever is the first to, and returns it; None for everybody else."""
        async with self._connections.transaction() as connection:
            rows = await connection.fetch(statement("take_sign_in"), sign_in, at)
        return next(iter(self._connections.reading.all("sign_ins", rows, _sign_in, "id")), None)

    async def phones(self, token_id: TokenId) -> tuple[SignIn, ...]:
        """The phones that this token has enrolled and that were not taken off, oldest first."""
        async with self._connections.connection() as connection:
            rows = await connection.fetch(statement("phones"), token_id)
        return tuple(self._connections.reading.all("sign_ins", rows, _sign_in, "id"))


def _sign_in(row: Row) -> SignIn:
    return model(SignIn, row)
