from __future__ import annotations

from collections.abc import Mapping

OPEN_INFERENCE = "openinference.span.kind"

# Attributes that make a span one of LLM Observability's, each with the values that make the span an agent. The first
# one that a span has decides, so `gen_ai.operation.name` wins, as in LLM Observability.
# https://docs.datadoghq.com/llm_observability/instrument/otel_instrumentation/
_CONVENTIONS: dict[str, tuple[str, ...]] = {
    # https://github.com/open-telemetry/semantic-conventions-genai
    "gen_ai.operation.name": ("invoke_agent", "create_agent"),
    # https://arize-ai.github.io/openinference/spec/semantic_conventions.html
    OPEN_INFERENCE: ("AGENT",),
    # https://langfuse.com/integrations/native/opentelemetry
    "langfuse.observation.type": ("agent",),
    # https://github.com/traceloop/openllmetry/tree/main/packages/opentelemetry-semantic-conventions-ai
    "traceloop.span.kind": ("agent",),
    "gen_ai.provider.name": (),
    # Name of gen_ai.provider.name up to semantic conventions 1.36.
    "gen_ai.system": (),
}


_NAMES = tuple(_CONVENTIONS)
_BESIDE = tuple(name for name in _NAMES if name != OPEN_INFERENCE)


def convention_of(attributes: Mapping[str, object]) -> str | None:
    """Returns the attribute that makes this a span of LLM Observability, or nothing for another span."""
    # Most spans have none of them.
    if attributes.keys().isdisjoint(_NAMES):
        return None
    for name in _NAMES:
        if _is_filled(attributes.get(name)):
            return name
    return None


def is_agent_span(attributes: Mapping[str, object], convention: str | None) -> bool:
    """Tells whether LLM Observability shows a span of that convention as an agent."""
    return convention is not None and attributes[convention] in _CONVENTIONS[convention]


def is_open_inference(attributes: Mapping[str, object]) -> bool:
    """Tells whether the span follows OpenInference, alone or beside another convention."""
    return _is_filled(attributes.get(OPEN_INFERENCE))


def is_open_inference_alone(attributes: Mapping[str, object]) -> bool:
    """Tells whether the span follows OpenInference and no other convention: its session is in ``session.id`` only."""
    if not is_open_inference(attributes):
        return False
    return attributes.keys().isdisjoint(_BESIDE) or not any(_is_filled(attributes.get(name)) for name in _BESIDE)


def _is_filled(value: object) -> bool:
    return isinstance(value, str) and value != ""
