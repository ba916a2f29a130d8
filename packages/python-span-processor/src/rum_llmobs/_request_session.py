from __future__ import annotations

from collections.abc import Iterable
from contextvars import ContextVar
from time import monotonic

from ._baggage_header import baggage_member
from ._session_from_baggage import SESSION_BAGGAGE_KEY

_MAX_VALUE_LENGTH = 256

# Work after the response still belongs to its request. A worker loop that a request began does not.
_KEPT_AFTER_RESPONSE_SECONDS = 60


class ServedRequest:
    """What is known of an HTTP request that is being served. It outlives the request in tasks, so it is small."""

    __slots__ = ("closed_at", "has_server_span", "session_id")

    def __init__(self, baggage_headers: Iterable[str]) -> None:
        value = baggage_member(",".join(baggage_headers), SESSION_BAGGAGE_KEY)
        # Readers validate it, each with its own rule.
        self.session_id = value if value is not None and len(value) <= _MAX_VALUE_LENGTH else None
        self.has_server_span = False
        self.closed_at: float | None = None


_current: ContextVar[ServedRequest | None] = ContextVar("rum_llmobs.request", default=None)


def current_request() -> ServedRequest | None:
    """Returns the request being served, and nothing outside of a request or 60 seconds after its response."""
    request = _current.get()
    if request is None or request.closed_at is None:
        return request
    return None if monotonic() - request.closed_at > _KEPT_AFTER_RESPONSE_SECONDS else request


def enter_request(request: ServedRequest | None) -> ServedRequest | None:
    """Makes a request the current one, and returns the one before."""
    before = _current.get()
    _current.set(request)
    return before


def leave_request(request: ServedRequest | None, before: ServedRequest | None) -> None:
    """Ends a request. Work that it began keeps its session for a while."""
    if request is not None:
        request.closed_at = monotonic()
    # A response may be closed in another context than the one it began in, which serves another request.
    if _current.get() is request:
        is_before_over = before is not None and before is not request and before.closed_at is not None
        _current.set(None if is_before_over else before)
