from __future__ import annotations

import os
from functools import partial

from opentelemetry import propagate, trace

from ._baggage_propagator import AutomaticGuard, FirstPartyBaggagePropagator
from ._first_party_hosts import host_matcher
from ._span_processor import AutomaticProcessor
from ._warn_once import warn_once

_ALLOWED_HOSTS = "RUM_LLMOBS_ALLOWED_HOSTS"


def post_instrument() -> None:
    """Entry point ``opentelemetry_post_instrument``: ``opentelemetry-instrument`` calls it once the SDK is set up.

    :raises ValueError: for an invalid ``RUM_LLMOBS_ALLOWED_HOSTS``, and nothing else
    """
    allowed_hosts = _allowed_hosts(os.environ.get(_ALLOWED_HOSTS, ""))
    for set_up in (_add_processor, partial(_guard, allowed_hosts)):
        try:
            set_up()
        except Exception:
            warn_once("OpenTelemetry's provider or propagator is not as expected: spans may lack their session")


def _allowed_hosts(variable: str) -> list[str]:
    hosts = [host.strip() for host in variable.split(",") if host.strip()]
    try:
        host_matcher(hosts)
    except ValueError as error:
        raise ValueError(f"{_ALLOWED_HOSTS} must be a comma-separated list of hosts: {error}") from None
    return hosts


def _add_processor() -> None:
    add_span_processor = getattr(trace.get_tracer_provider(), "add_span_processor", None)
    # A provider that does nothing: OTEL_SDK_DISABLED, or no SDK.
    if add_span_processor is not None:
        add_span_processor(AutomaticProcessor())


def _guard(allowed_hosts: list[str]) -> None:
    propagator = propagate.get_global_textmap()
    if isinstance(propagator, FirstPartyBaggagePropagator):
        return
    if "baggage" in propagator.fields:
        propagate.set_global_textmap(AutomaticGuard(propagator, allowed_hosts))
    elif propagator.fields:
        warn_once(
            "the propagator in force does not know baggage, so no request brings a session: "
            "add baggage to OTEL_PROPAGATORS"
        )
