"""The SQL statements of the record store, read from files: one described statement per file."""

from functools import cache
from importlib.resources import files


@cache
def statement(name: str) -> str:
    """The text of `queries/<name>.sql`."""
    return files(__package__).joinpath("queries", f"{name}.sql").read_text(encoding="utf-8")
