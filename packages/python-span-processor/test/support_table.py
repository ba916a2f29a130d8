"""What each app of a run counted. `--all` prints it as a table, and docs/python.md has to show the same."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path

DOCS = Path(__file__).parents[3] / "docs" / "python.md"
COLUMNS = ("with", "version", "spans", "joined", "wrong", "missing")
_VARIABLE = "RUM_LLMOBS_ROWS"


def add_row(name: str, version: str, found: Iterable[tuple[str | None, str | None]]) -> tuple[int, int]:
    """Counts pairs of the session that a span ought to have and the one that it has; returns how many are wrong and how
    many are missing.

    A span without a request in a session ought to have none, and counts when it has one.
    """
    found = list(found)
    spans = [(expected, sent) for expected, sent in found if expected is not None]
    joined = sum(sent == expected for expected, sent in spans)
    wrong = sum(sent is not None and sent != expected for expected, sent in found)
    missing = sum(sent is None for _, sent in spans)
    path = os.environ.get(_VARIABLE)
    if path is not None:
        with Path(path).open("a") as file:
            file.write(json.dumps([name, version, *map(str, (len(spans), joined, wrong, missing))]) + "\n")
    return wrong, missing


def collect_rows_in(path: Path) -> bool:
    """Makes this process and those that it starts collect their rows in a file, unless they do already."""
    if _VARIABLE in os.environ:
        return False
    path.touch()
    os.environ[_VARIABLE] = str(path)
    return True


def rows() -> list[list[str]]:
    path = os.environ.get(_VARIABLE)
    # The newest version may also be one of the pinned ones.
    lines = set(Path(path).read_text().splitlines()) if path is not None else set()
    return sorted(json.loads(line) for line in lines)


def markdown(lines: list[list[str]]) -> str:
    table = [list(COLUMNS), ["---"] * len(COLUMNS), *lines]
    return "\n".join(f"| {' | '.join(line)} |" for line in table)


def documented_rows() -> list[list[str]]:
    """The rows of the table in docs/python.md that has these columns."""
    lines = [[cell.strip() for cell in line.strip("| \n").split("|")] for line in DOCS.read_text().splitlines()]
    start = lines.index(list(COLUMNS)) + 2
    end = next((index for index, line in enumerate(lines[start:], start) if len(line) != len(COLUMNS)), len(lines))
    return sorted(lines[start:end])
