from __future__ import annotations

from functools import partial

from opentelemetry import propagate, trace

from ._allowed_hosts import allowed_hosts_of_environment
from ._baggage_propagator import AutomaticGuard, FirstPartyBaggagePropagator, knows_baggage
from ._span_processor import AutomaticProcessor
from ._warn_once import warn_once


def post_instrument() -> None:
    """Entry point ``opentelemetry_post_instrument``: ``opentelemetry-instrument`` calls it once the SDK is set up.

    :raises ValueError: for an invalid ``RUM_LLMOBS_ALLOWED_HOSTS``, and nothing else
    """
    try:
        allowed_hosts = allowed_hosts_of_environment()
    except ValueError:
        # The caller may swallow the error. Without the variable, no public host gets the session.
        _set_up([])
        raise
    _set_up(allowed_hosts)


def _set_up(allowed_hosts: list[str]) -> None:
    for part in (_add_processor, partial(_guard, allowed_hosts)):
        try:
            part()
        except Exception:
            warn_once("OpenTelemetry's provider or propagator is not as expected: spans may lack their session")


def _add_processor() -> None:
    add_span_processor = getattr(trace.get_tracer_provider(), "add_span_processor", None)
    # A provider that does nothing: OTEL_SDK_DISABLED, or no SDK.
    if add_span_processor is not None:
        add_span_processor(AutomaticProcessor())


def _guard(allowed_hosts: list[str]) -> None:
    propagator = propagate.get_global_textmap()
    if isinstance(propagator, FirstPartyBaggagePropagator):
        return
    if knows_baggage(propagator):
        propagate.set_global_textmap(AutomaticGuard(propagator, allowed_hosts))
    if propagator.fields and "baggage" not in propagator.fields:
        warn_once(
            "the propagator in force does not know baggage, so the session comes from the HTTP request alone and does "
            "not reach the next service: add baggage to OTEL_PROPAGATORS"
        )
