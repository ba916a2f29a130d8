from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support_table import collect_rows_in, markdown, rows

from rum_llmobs import _first_party_hosts, _span_processor, _warn_once


@pytest.fixture(autouse=True)
def _new_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forgets what is once per process."""
    monkeypatch.setattr(_warn_once, "_said", set())
    monkeypatch.setattr(_first_party_hosts, "_has_warned", False)
    monkeypatch.setattr(_span_processor.AutomaticProcessor, "stands_down", False)


@pytest.fixture
def warnings(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Everything that the package logged, down to debug."""
    messages: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: messages.append(record.getMessage())
    logger = logging.getLogger("rum_llmobs")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    yield messages
    logger.removeHandler(handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--all", action="store_true", help="200 sessions for each app, and every version and framework")
    parser.addoption("--node", action="store_true", help="fail without Node and the built packages of this repository")


_collects_rows = pytest.StashKey[bool]()


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--all"):
        config.stash[_collects_rows] = collect_rows_in(Path(tempfile.mkdtemp()) / "rows")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("all") is not None and not config.getoption("--all"):
            item.add_marker(pytest.mark.skip(reason="needs --all"))
    # It looks at what the others counted.
    items.sort(key=lambda item: item.path.name == "test_support_table.py")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if config.stash.get(_collects_rows, False):
        terminalreporter.write_line(markdown(rows()))


@pytest.fixture
def sessions(request: pytest.FixtureRequest) -> int:
    """How many sessions call an app at once."""
    return 200 if request.config.getoption("--all") else 20
