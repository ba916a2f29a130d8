from __future__ import annotations

import contextlib
import logging

_logger = logging.getLogger("rum_llmobs")
_said: set[str] = set()


def warn_once(message: str) -> None:
    """Logs a warning, each message once per process. The message must never hold a session id. Never raises."""
    if message in _said:
        return
    _said.add(message)
    # A handler may raise.
    with contextlib.suppress(Exception):
        _logger.warning(message)
