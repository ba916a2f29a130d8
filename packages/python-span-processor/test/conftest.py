from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

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
    parser.addoption("--all", action="store_true", help="200 sessions for each app, and every stack")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("all") is not None and not config.getoption("--all"):
            item.add_marker(pytest.mark.skip(reason="needs --all"))


@pytest.fixture
def sessions(request: pytest.FixtureRequest) -> int:
    """How many sessions call an app at once."""
    return 200 if request.config.getoption("--all") else 20
