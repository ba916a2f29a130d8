"""Gives the events of ddtrace's LLM Observability SDK the RUM session of their request. Experimental."""

from __future__ import annotations

from functools import partial

from .._allowed_hosts import allowed_hosts_of_environment
from .._first_party_hosts import host_rule
from .._post_import import when_imported
from .._redirects import guard_redirects
from .._served_requests import follow_requests
from ._bridge import bridge_llmobs, bridge_propagator, note_outgoing_requests
from ._internals import HTTP_CLIENT_EVENTS_MODULE, LLMOBS_MODULE, PROPAGATION_MODULE
from ._trace_headers import withhold_session

__all__ = ["install"]

_is_installed = False


def install() -> None:
    """Puts the RUM session that came in a request's ``baggage`` header on every LLMObs event of the request.

    Before or after ddtrace is loaded, under ``ddtrace-run`` or with ``LLMObs.enable()``; calling it again does
    nothing. A ``session_id`` of the application wins, then one from an upstream service. The session reaches
    first-party hosts alone: see ``RUM_LLMOBS_ALLOWED_HOSTS``. In an unknown version of ddtrace it does
    nothing and says so once::

        import rum_llmobs.ddtrace

        rum_llmobs.ddtrace.install()

    :raises ValueError: for an invalid ``RUM_LLMOBS_ALLOWED_HOSTS``, and nothing else
    """
    try:
        allowed_hosts = allowed_hosts_of_environment()
    except ValueError:
        # The caller may swallow the error. Without the variable, no public host gets the session.
        _install([])
        raise
    _install(allowed_hosts)


def _install(allowed_hosts: list[str]) -> None:
    global _is_installed
    if _is_installed:
        return
    _is_installed = True
    is_first_party = host_rule(allowed_hosts)
    follow_requests()
    guard_redirects(withhold_session, is_first_party)
    when_imported(LLMOBS_MODULE, bridge_llmobs)
    when_imported(PROPAGATION_MODULE, partial(bridge_propagator, is_first_party=is_first_party))
    when_imported(HTTP_CLIENT_EVENTS_MODULE, note_outgoing_requests)
