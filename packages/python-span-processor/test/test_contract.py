"""test/contract/vectors.json holds what this package and @rum-llmobs/node-span-processor must agree on."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from opentelemetry import baggage
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rum_llmobs import LlmObsSessionSpanProcessor
from rum_llmobs._baggage_header import baggage_member
from rum_llmobs._carrier_baggage import remove_rum_members
from rum_llmobs._first_party_hosts import host_matcher, host_rule
from rum_llmobs._session_from_baggage import is_session_id, valid_session_id

VECTORS = json.loads((Path(__file__).parents[3] / "test/contract/vectors.json").read_text())
AGENT = {"gen_ai.operation.name": "invoke_agent"}


def exported(options, context, start, later=None, *, first=True):
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    processors = [LlmObsSessionSpanProcessor(**options), SimpleSpanProcessor(exporter)]
    for processor in processors if first else reversed(processors):
        provider.add_span_processor(processor)
    span = provider.get_tracer("contract").start_span("work", context, attributes=start)
    span.set_attributes(later or {})
    span.end()
    return dict(exporter.get_finished_spans()[0].attributes)


@pytest.mark.parametrize("vector", VECTORS["headers"], ids=lambda vector: vector["header"][:40])
def test_a_baggage_header_brings_its_session(vector):
    header, session = vector["header"], vector["session"]
    assert valid_session_id(baggage_member(header, "session.id"), is_session_id) == session
    context = W3CBaggagePropagator().extract({"baggage": [header]})
    assert exported({}, context, AGENT).get("session.id") == session


@pytest.mark.parametrize("vector", VECTORS["withheld"], ids=lambda vector: vector["header"])
def test_a_third_party_host_gets_the_rest_of_a_header(vector):
    carrier = {"baggage": vector["header"]}
    remove_rum_members(carrier, beside_session=False)
    assert carrier.get("baggage", "") == vector["rest"]


@pytest.mark.parametrize("first", [True, False], ids=["before the exporter", "after it"])
@pytest.mark.parametrize("vector", VECTORS["spans"], ids=lambda vector: vector["span"])
def test_a_span_gets_the_attributes(vector, first):
    options = {"spans": vector["options"].get("spans", "llmobs")}
    options["conversation_id"] = vector["options"].get("conversationId", "when-absent").replace("-", "_")
    context = baggage.set_baggage("session.id", VECTORS["session"])
    attributes = exported(options, context, vector["start"], vector["later"], first=first)
    assert attributes == {**vector["start"], **vector["later"], **vector["adds"]}


@pytest.mark.parametrize("vector", VECTORS["hosts"], ids=lambda vector: ascii(vector["authority"]))
def test_a_host_is_of_the_user_or_not(vector):
    assert host_rule(vector["allowedHosts"])(vector["authority"]) is vector["firstParty"]


@pytest.mark.parametrize("entry", VECTORS["invalidAllowedHosts"])
def test_an_invalid_host_names_its_entry(entry):
    with pytest.raises((TypeError, ValueError), match=r"^allowed_hosts\[1\] must be "):
        host_matcher(["api.example.com", entry])
