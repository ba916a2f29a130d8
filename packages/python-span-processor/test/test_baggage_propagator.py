from __future__ import annotations

import re
from http.client import HTTPMessage

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.propagators.composite import CompositePropagator
from opentelemetry.propagators.textmap import TextMapPropagator
from opentelemetry.sdk.trace import TracerProvider, sampling
from opentelemetry.trace import SpanKind
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from rum_llmobs import FirstPartyBaggagePropagator
from rum_llmobs._baggage_propagator import knows_baggage
from rum_llmobs._carrier_baggage import remove_rum_members

SESSION = "f2a1c3d4-0000-4000-8000-00000000000a"
W3C = CompositePropagator([TraceContextTextMapPropagator(), W3CBaggagePropagator()])
RUM = {"session.id": SESSION, "user.id": "7", "account.id": "8"}
TRACER = TracerProvider().get_tracer("test")


def sent(attributes=None, entries=None, kind=SpanKind.CLIENT, headers=None, tracer=TRACER, **options):
    ctx = context.Context()
    for key, value in {**(RUM if entries is None else entries), "tenant": "gold"}.items():
        ctx = baggage.set_baggage(key, value, ctx)
    if kind is not None:
        span = tracer.start_span("GET", ctx, kind, attributes or {})
        ctx = trace.set_span_in_context(span, ctx)
    carrier = {} if headers is None else headers
    FirstPartyBaggagePropagator(W3C, **options).inject(carrier, ctx)
    return carrier.get("baggage")


ALL = f"session.id={SESSION},user.id=7,account.id=8,tenant=gold"
REST = "tenant=gold"


@pytest.mark.parametrize(
    "options",
    [
        {"allowed_hosts": "api.example.com"},
        {"allowed_hosts": None},
        {"allowed_hosts": ["https://x.example"]},
        {"allowed_hosts": [re.compile(b"x")]},
        {"when_host_unknown": "drop"},
        {"when_host_unknown": None},
        {"propagator": object()},
        {"propagator": None},
        {"allowedHosts": []},
    ],
    ids=str,
)
def test_an_option_that_is_wrong_is_named(options):
    with pytest.raises((TypeError, ValueError), match=next(iter(options))):
        FirstPartyBaggagePropagator(**{"propagator": W3C, **options})


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"server.address": "api"}, ALL),
        ({"url.full": "http://127.0.0.1:8080/x"}, ALL),
        ({"http.url": "http://user:pw@localhost/x"}, ALL),
        ({"net.peer.name": "10.0.0.1"}, ALL),
        ({"server.address": "api.openai.com"}, REST),
        ({"url.full": "https://api.openai.com/v1"}, REST),
        ({"http.url": "https://api.openai.com/v1"}, REST),
        ({"net.peer.name": "api.openai.com"}, REST),
        ({"server.address": "squid", "url.full": "https://api.openai.com/v1"}, REST),
        ({"url.full": "http://localhost@api.openai.com/"}, REST),
        ({"url.full": "/v1"}, REST),
        ({"server.address": "a\x00.1"}, REST),
        ({"url.full": ""}, REST),
        ({"server.address": 7}, REST),
        ({}, REST),
    ],
    ids=str,
)
def test_every_host_of_the_client_span_must_be_first_party(attributes, expected):
    assert sent(attributes) == expected


@pytest.mark.parametrize("name", ["host", "Host", "HOST"])
def test_the_host_header_must_be_first_party_too(name):
    headers = {name: "api.openai.com"}
    assert sent({"server.address": "squid"}, headers=headers) == REST


def test_public_hosts_can_be_allowed():
    attributes = {"url.full": "https://api.example.com/v1"}
    assert sent(attributes, allowed_hosts=["api.example.com"]) == ALL
    assert sent(attributes, allowed_hosts=("*.example.com",)) == ALL
    assert sent(attributes, allowed_hosts=[re.compile(r"^api\.")]) == ALL
    assert sent(attributes, allowed_hosts=["example.com"]) == REST


@pytest.mark.parametrize("kind", [None, SpanKind.INTERNAL, SpanKind.SERVER])
def test_an_unknown_host_gets_nothing_by_default(kind):
    assert sent({"server.address": "localhost"}, kind=kind) == REST
    assert sent({"server.address": "localhost"}, kind=kind, when_host_unknown="forward") == ALL


def test_a_span_that_is_not_sampled_does_not_tell_its_host():
    tracer = TracerProvider(sampler=sampling.ALWAYS_OFF).get_tracer("test")
    assert sent({"server.address": "localhost"}, tracer=tracer) == REST


def test_a_message_keeps_its_session():
    assert sent({}, kind=SpanKind.PRODUCER) == ALL


def test_a_user_without_a_session_is_the_applications():
    assert sent({"server.address": "api.openai.com"}, {"user.id": "7"}) == "user.id=7,tenant=gold"


def test_a_header_that_the_application_copied_is_cleaned():
    headers = {"Baggage": f"a=1, session.id={SESSION}, user.id=7"}
    sent({"server.address": "api.openai.com"}, headers=headers)
    assert headers["Baggage"] == "a=1"
    headers = {"Baggage": f"session.id={SESSION}"}
    sent({"server.address": "api.openai.com"}, {}, headers=headers)
    assert "Baggage" not in headers
    headers = {b"baggage": f"a=1,session.id={SESSION}".encode()}
    sent({"server.address": "api.openai.com"}, {}, headers=headers)
    assert headers[b"baggage"] == "a=1"


def test_the_headers_of_a_message_are_cleaned():
    headers = HTTPMessage()
    headers["Baggage"] = "session.id=a,x=1"
    headers["baggage"] = "y=2"
    remove_rum_members(headers, beside_session=False)
    assert headers.items() == [("baggage", "x=1,y=2")]
    assert sent({"server.address": "api.openai.com"}, headers=HTTPMessage()) == REST
    assert sent({"server.address": "backend"}, headers=HTTPMessage()) == ALL


@pytest.mark.parametrize(
    ("module", "name", "header"),
    [
        ("opentelemetry.propagators.jaeger", "JaegerPropagator", "uberctx-session.id"),
        ("opentelemetry.propagators.ot_trace", "OTTracePropagator", "ot-baggage-session.id"),
    ],
)
def test_a_propagator_with_headers_of_another_kind_is_guarded(module, name, header):
    propagator = getattr(pytest.importorskip(module, reason="needs the extra test"), name)()
    assert knows_baggage(propagator)
    for host, is_sent in (("api.openai.com", False), ("backend", True)):
        ctx = baggage.set_baggage("session.id", SESSION, context.Context())
        span = TRACER.start_span("GET", ctx, SpanKind.CLIENT, {"server.address": host})
        carrier = {}
        FirstPartyBaggagePropagator(propagator).inject(carrier, trace.set_span_in_context(span, ctx))
        assert (header in carrier) is is_sent, carrier


def test_a_user_in_a_copied_header_goes_with_the_session_of_the_context():
    headers = {"BAGGAGE": "user.id=7"}
    sent({"server.address": "api.openai.com"}, {"session.id": SESSION}, headers=headers)
    assert "BAGGAGE" not in headers


def test_trace_context_goes_to_every_host():
    headers = {}
    sent({"server.address": "api.openai.com"}, headers=headers)
    assert "traceparent" in headers


def test_the_first_host_without_session_is_named_once(warnings):
    for host in ("api.openai.com", "api.anthropic.com"):
        sent({"server.address": host, "url.full": f"https://{host}/"})
    assert len(warnings) == 1
    assert "api.openai.com" in warnings[0]
    assert SESSION not in warnings[0]


def test_nothing_is_said_where_nothing_was_withheld(warnings):
    sent({"server.address": "api.openai.com"}, {})
    sent({})
    assert warnings == []


class Broken(TextMapPropagator):
    fields = {"baggage"}  # noqa: RUF012

    def inject(self, *args, **kwargs):
        raise RuntimeError(SESSION)

    extract = inject


def test_neither_inject_nor_extract_raises(warnings):
    propagator = FirstPartyBaggagePropagator(Broken())
    ctx = baggage.set_baggage("session.id", SESSION)
    carrier = {"baggage": f"session.id={SESSION}"}
    propagator.inject(carrier, ctx)
    assert carrier == {}
    assert propagator.extract(carrier, ctx) == ctx
    for odd in (None, 7, [("baggage", b"x")]):
        FirstPartyBaggagePropagator(W3C).inject(odd, ctx)
    FirstPartyBaggagePropagator(W3C).inject({}, 7)
    assert SESSION not in "".join(warnings)


def test_extract_and_fields_are_those_of_the_wrapped_propagator():
    propagator = FirstPartyBaggagePropagator(W3C)
    assert propagator.fields == W3C.fields
    assert baggage.get_all(propagator.extract({"baggage": ["session.id=a"]})) == {"session.id": "a"}
