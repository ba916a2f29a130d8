from __future__ import annotations

import pytest
from opentelemetry import baggage, context, propagate, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from rum_llmobs import FirstPartyBaggagePropagator, LlmObsSessionSpanProcessor
from rum_llmobs._post_instrument import post_instrument

SESSION = "f2a1c3d4-0000-4000-8000-00000000000a"


@pytest.fixture
def provider(monkeypatch):
    provider = TracerProvider()
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    return provider


@pytest.fixture(autouse=True)
def _propagator(monkeypatch):
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(W3CBaggagePropagator())
    yield
    propagate.set_global_textmap(before)


def attributes(provider, **start):
    exporter = InMemorySpanExporter()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    ctx = baggage.set_baggage("session.id", SESSION, context.Context())
    provider.get_tracer("test").start_span("work", ctx, attributes={"gen_ai.operation.name": "chat", **start}).end()
    return exporter.get_finished_spans()[0].attributes


def sent_to(host, provider):
    ctx = baggage.set_baggage("session.id", SESSION, context.Context())
    span = provider.get_tracer("test").start_span("GET", ctx, SpanKind.CLIENT, {"server.address": host})
    carrier = {}
    propagate.inject(carrier, trace.set_span_in_context(span, ctx))
    return carrier.get("baggage")


def test_adds_the_processor_and_the_guard(provider):
    post_instrument()
    assert attributes(provider)["session.id"] == SESSION
    assert sent_to("api.openai.com", provider) is None
    assert sent_to("backend", provider) == f"session.id={SESSION}"


def test_allows_the_hosts_of_the_variable(provider, monkeypatch):
    monkeypatch.setenv("RUM_LLMOBS_ALLOWED_HOSTS", " api.example.com, *.example.org,")
    post_instrument()
    assert sent_to("api.example.com", provider) == f"session.id={SESSION}"
    assert sent_to("eu.example.org", provider) == f"session.id={SESSION}"
    assert sent_to("example.net", provider) is None


def test_raises_for_an_invalid_variable_alone_and_guards_all_the_same(provider, monkeypatch):
    monkeypatch.setenv("RUM_LLMOBS_ALLOWED_HOSTS", "localhost,https://api.example.com")
    with pytest.raises(ValueError, match=r"^RUM_LLMOBS_ALLOWED_HOSTS must be .*allowed_hosts\[1\]"):
        post_instrument()
    assert sent_to("api.example.com", provider) is None
    assert attributes(provider)["session.id"] == SESSION


def test_keeps_the_guard_of_the_application(provider):
    guard = FirstPartyBaggagePropagator(W3CBaggagePropagator(), allowed_hosts=["api.example.com"])
    propagate.set_global_textmap(guard)
    post_instrument()
    assert propagate.get_global_textmap() is guard


def test_gives_way_to_a_guard_that_the_application_makes_later(provider):
    post_instrument()
    propagate.set_global_textmap(FirstPartyBaggagePropagator(propagate.get_global_textmap(), ["api.example.com"]))
    assert sent_to("api.example.com", provider) == f"session.id={SESSION}"


def test_gives_way_to_a_processor_that_the_application_makes_later(provider):
    post_instrument()
    provider.add_span_processor(LlmObsSessionSpanProcessor(conversation_id="never"))
    assert "gen_ai.conversation.id" not in attributes(provider)


@pytest.mark.parametrize("fields", [[], [TraceContextTextMapPropagator()]], ids=["none", "tracecontext"])
def test_leaves_a_propagator_that_knows_no_baggage_and_says_so(fields, provider, warnings):
    propagator = CompositePropagator(fields)
    propagate.set_global_textmap(propagator)
    post_instrument()
    assert propagate.get_global_textmap() is propagator
    assert len(warnings) == len(fields)


@pytest.mark.parametrize("provider", [None, object(), trace.NoOpTracerProvider()], ids=repr)
def test_does_nothing_without_a_provider(provider, monkeypatch, warnings):
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: provider)
    post_instrument()
    assert warnings == []


def test_raises_nothing_of_a_provider(monkeypatch, warnings):
    class Broken:
        def add_span_processor(self, processor):
            raise RuntimeError(SESSION)

    monkeypatch.setattr(trace, "get_tracer_provider", Broken)
    post_instrument()
    assert len(warnings) == 1
    assert SESSION not in warnings[0]
    assert isinstance(propagate.get_global_textmap(), FirstPartyBaggagePropagator)
