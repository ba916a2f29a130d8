from __future__ import annotations

import re
from typing import Callable

SESSION_BAGGAGE_KEY = "session.id"
"""Key of the W3C baggage entry that carries the RUM session. RUM 7 itself writes it."""

SessionIdValidator = Callable[[str], bool]

_SESSION_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def is_session_id(value: str) -> bool:
    """Accepts 1 to 128 letters, digits, ``-`` and ``_``: RUM's UUIDs, and nothing that could break a header or a log.

    Whoever sends the request writes its baggage, so everything else is refused.
    """
    return _SESSION_ID.fullmatch(value) is not None


def session_id_validator(is_valid_session_id: object | None) -> SessionIdValidator:
    """Returns the validator for an ``is_valid_session_id`` option; without one, :func:`is_session_id`."""
    if is_valid_session_id is None:
        return is_session_id
    if callable(is_valid_session_id):
        return is_valid_session_id
    raise TypeError("is_valid_session_id must be a function that returns True for a valid session id")


def valid_session_id(value: object, is_valid: SessionIdValidator) -> str | None:
    """Returns ``value`` if it is a string that the validator accepts. A validator that raises accepts nothing."""
    if not isinstance(value, str):
        return None
    try:
        # The coroutine of an async function is true, whatever it would return.
        return value if is_valid(value) is True else None
    except Exception:
        return None
