"""Joins Datadog RUM sessions and LLM Observability traces in a Python backend."""

from ._baggage_propagator import FirstPartyBaggagePropagator
from ._session_from_baggage import SESSION_BAGGAGE_KEY
from ._span_processor import LlmObsSessionSpanProcessor

__all__ = ["SESSION_BAGGAGE_KEY", "FirstPartyBaggagePropagator", "LlmObsSessionSpanProcessor"]
