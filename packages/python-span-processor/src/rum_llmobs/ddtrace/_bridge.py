from __future__ import annotations

import sys
from contextvars import ContextVar
from functools import wraps
from typing import Any

from .._carrier_baggage import headers_of
from .._first_party_hosts import HostRule, warn_withheld
from .._outgoing_destination import authority_of
from .._request_session import current_request
from .._session_from_baggage import SESSION_BAGGAGE_KEY, is_session_id, valid_session_id
from .._warn_once import warn_once
from ._internals import (
    LLMOBS_MODULE,
    SESSION_TRACE_TAG,
    active_llmobs_span,
    check_llmobs,
    llmobs_session,
    set_llmobs_session,
    trace_tags,
)
from ._trace_headers import send_session, withhold_session

_NOT_EXPECTED = "ddtrace is not as expected, so LLMObs spans or the next service may lack their session"

# Headers of the request that an HTTP client is about to send, and its URL.
_outgoing: ContextVar[tuple[object, str] | None] = ContextVar("rum_llmobs.outgoing", default=None)


def bridge_llmobs(module: Any) -> None:
    """Gives each LLMObs span that starts the session of its request, unless it has one."""
    llmobs = module.LLMObs
    check_llmobs(llmobs)
    activate = llmobs._activate_llmobs_span

    @wraps(activate)
    def activate_with_session(self: Any, span: Any) -> None:
        activate(self, span)
        try:
            if llmobs_session(span) is None:
                session_id = _request_session(span.context)
                if session_id is not None:
                    set_llmobs_session(span, session_id)
        except Exception:
            warn_once(_NOT_EXPECTED)

    llmobs._activate_llmobs_span = activate_with_session


def bridge_propagator(module: Any, is_first_party: HostRule) -> None:
    """Sends the session to first-party hosts alone; drops an invalid one from upstream."""
    propagator = module.HTTPPropagator
    inject, extract = propagator.inject, propagator.extract

    @wraps(inject)
    def inject_session(context: Any, headers: Any, *args: Any, **kwargs: Any) -> None:
        inject(context, headers, *args, **kwargs)
        try:
            _finish_headers(getattr(context, "context", context), headers, is_first_party)
        except Exception:
            withhold_session(headers)
            warn_once(_NOT_EXPECTED)

    @wraps(extract)
    def extract_valid_session(*args: Any, **kwargs: Any) -> Any:
        context = extract(*args, **kwargs)
        try:
            tags = trace_tags(context)
            # The sender of the request writes this tag.
            if SESSION_TRACE_TAG in tags and not is_session_id(tags[SESSION_TRACE_TAG]):
                del tags[SESSION_TRACE_TAG]
        except Exception:
            warn_once(_NOT_EXPECTED)
        return context

    propagator.inject, propagator.extract = staticmethod(inject_session), staticmethod(extract_valid_session)


def note_outgoing_requests(module: Any) -> None:
    """Remembers where the request of an HTTP client goes, which its headers do not tell."""
    event = module.HttpClientRequestEvent
    post_init = event.__post_init__

    @wraps(post_init)
    def note(self: Any) -> None:
        post_init(self)
        _outgoing.set((self.request_headers, self.request_url))

    event.__post_init__ = note


def _finish_headers(context: Any, headers: Any, is_first_party: HostRule) -> None:
    outgoing = _outgoing.get()
    names = headers_of(headers, "host")
    if outgoing is not None and outgoing[0] is headers:
        names.append(authority_of(outgoing[1]))
        _outgoing.set(None)
    third_party = next((name for name in names if not is_first_party(name)), None)
    if names and third_party is None:
        send_session(headers, _session_to_send(context))
    elif withhold_session(headers) and third_party is not None:
        warn_withheld(third_party)


def _session_to_send(context: Any) -> str | None:
    llmobs = getattr(sys.modules.get(LLMOBS_MODULE), "LLMObs", None)
    span = active_llmobs_span(llmobs) if llmobs is not None else None
    own = llmobs_session(span) if span is not None else None
    return own or trace_tags(context).get(SESSION_TRACE_TAG) or _request_session(context)


def _request_session(context: Any) -> str | None:
    """Returns the session of the request being served, or of the message that a trace belongs to."""
    upstream = valid_session_id(trace_tags(context).get(SESSION_TRACE_TAG), is_session_id)
    if upstream is not None:
        return upstream
    request = current_request()
    value = request.session_id if request is not None else context.get_baggage_item(SESSION_BAGGAGE_KEY)
    return valid_session_id(value, is_session_id)
