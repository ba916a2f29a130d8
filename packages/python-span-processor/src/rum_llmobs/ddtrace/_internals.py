"""Everything that the bridge knows about the inside of ddtrace: module names, private attributes, tag names.

``python -m pytest packages/python-span-processor --all`` uses every one on each supported version.
"""

from __future__ import annotations

import sys
from typing import Any

LLMOBS_MODULE = "ddtrace.llmobs._llmobs"
"""Has the class ``LLMObs``, whose ``_activate_llmobs_span`` every LLMObs span goes through at its start."""

PROPAGATION_MODULE = "ddtrace.propagation.http"
"""Has the class ``HTTPPropagator`` with the static methods ``inject`` and ``extract``."""

HTTP_CLIENT_EVENTS_MODULE = "ddtrace.contrib._events.http_client"
"""Has the dataclass ``HttpClientRequestEvent``, which requests, urllib3, httpx and aiohttp make before they inject.
3.19 and 4.0 have no such module, so the headers alone tell the host of a request."""

SESSION_TRACE_TAG = "_dd.p.llmobs_sid"
"""Trace tag with the session of the upstream service, sent in ``x-datadog-tags`` and ``tracestate``. LLMObs reads it
since 4.13."""

_LLMOBS_UTILS_MODULE = "ddtrace.llmobs._utils"
_SPAN_SESSION = "_ml_obs.session_id"


def check_llmobs(llmobs: Any) -> None:
    """Raises ``AttributeError`` if LLMObs lacks something that the bridge needs."""
    for name in ("_activate_llmobs_span", "enabled"):
        getattr(llmobs, name)


def llmobs_session(span: Any) -> str | None:
    """Returns the session that ddtrace gave an LLMObs span: the application's, or that of its LLMObs parents."""
    session: str | None = span._get_ctx_item(_SPAN_SESSION)
    if session is None and (session_of_ancestors := _session_of_ancestors()) is not None:
        session = session_of_ancestors(span)
    return session


def set_llmobs_session(span: Any, session_id: str) -> None:
    """Gives an LLMObs span its session, which one of the application that comes later replaces.

    The public ``LLMObs.annotate`` raises, because the kind of the span is not known yet.
    """
    annotate = getattr(sys.modules.get(_LLMOBS_UTILS_MODULE), "_annotate_llmobs_span_data", None)
    if annotate is not None:
        annotate(span, session_id=session_id)
    else:
        span._set_ctx_item(_SPAN_SESSION, session_id)


def _session_of_ancestors() -> Any:
    """Before 4.13 a session is looked up along the parents of a span."""
    return getattr(sys.modules.get(_LLMOBS_UTILS_MODULE), "_get_session_id", None)


def active_llmobs_span(llmobs: Any) -> Any:
    """Returns the LLMObs span that is active, if any."""
    active = llmobs._instance._llmobs_context_provider.active() if llmobs.enabled else None
    return active if hasattr(active, "_get_ctx_item") else None


def trace_tags(context: Any) -> dict[str, str]:
    """Returns the tags that all spans of a trace share in this process."""
    tags: dict[str, str] = context._meta
    return tags
