"""Where the repository's own files lie."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
PROTOCOLS: Final = ROOT / "protocols"
PROTOCOL_PAGES: Final = ROOT / "docs" / "protocols"
WEEKLY_FILE: Final = PROTOCOLS / "kap-im-weekly.toml"
HISTORIES: Final = ROOT / "tests" / "replay" / "histories"
