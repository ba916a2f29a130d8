"""Cost of the processor beside opentelemetry-processor-baggage, in pairs: python bench/span_processor.py"""

from __future__ import annotations

from time import perf_counter_ns

from opentelemetry import baggage, context
from opentelemetry.processor.baggage import BaggageSpanProcessor
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider

from rum_llmobs import LlmObsSessionSpanProcessor

SPANS, ROUNDS = 200, 300
CONTEXT = baggage.set_baggage("session.id", "f2a1c3d4-0000-4000-8000-00000000000a", context.Context())
PLAIN = {"http.request.method": "GET", "url.full": "https://example.com/", "server.address": "example.com"}
KINDS = {
    "plain span": (PLAIN, {}),
    "GenAI span": ({"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}, {}),
    "late span": ({}, {"openinference.span.kind": "LLM", "llm.model_name": "m"}),
}


def tracer(*processors):
    provider = TracerProvider()
    for processor in processors:
        provider.add_span_processor(processor)
    return provider.get_tracer("bench")


def nanoseconds(tracer, start, later):
    began = perf_counter_ns()
    for _ in range(SPANS):
        span = tracer.start_span("work", CONTEXT, attributes=start)
        for key, value in later.items():
            span.set_attribute(key, value)
        span.end()
    return (perf_counter_ns() - began) / SPANS


def main():
    tracers = [
        tracer(SpanProcessor()),
        tracer(BaggageSpanProcessor(lambda key: key == "session.id")),
        tracer(LlmObsSessionSpanProcessor()),
    ]
    # CPython lays out a class by its first objects: those of a service have the processor from their start on.
    nanoseconds(tracers[2], PLAIN, {})
    for kind, (start, later) in KINDS.items():
        rounds = [[nanoseconds(one, start, later) for one in tracers] for _ in range(ROUNDS)]
        # What else runs on the machine only adds to a round.
        nothing, other, session = (min(column) for column in zip(*rounds))
        print(
            f"{kind}: {nothing:.0f} ns without; BaggageSpanProcessor adds {other - nothing:.0f}, "
            f"LlmObsSessionSpanProcessor {session - nothing:.0f}: {(session - nothing) / (other - nothing):.2f} times"
        )


if __name__ == "__main__":
    main()
