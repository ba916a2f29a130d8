from __future__ import annotations

from types import SimpleNamespace

import pytest

from rum_llmobs._post_import import _apply
from rum_llmobs.ddtrace._bridge import bridge_llmobs, bridge_propagator
from rum_llmobs.ddtrace._trace_headers import send_session, withhold_session

TAGS = "x-datadog-tags"


@pytest.mark.parametrize(
    ("before", "session", "after"),
    [
        ("_dd.p.dm=-0", "a", "_dd.p.dm=-0,_dd.p.llmobs_sid=a"),
        ("_dd.p.llmobs_sid=b,_dd.p.dm=-0", "a", "_dd.p.dm=-0,_dd.p.llmobs_sid=a"),
        ("_dd.p.llmobs_sid=b,_dd.p.dm=-0", None, "_dd.p.dm=-0"),
        ("_dd.p.llmobs_sid=b", None, None),
        ("_dd.p.dm=-0, _dd.p.llmobs_sid=b", None, "_dd.p.dm=-0"),
        ("_dd.p.dm=-0, _dd.p.llmobs_sid=b", "a", "_dd.p.dm=-0,_dd.p.llmobs_sid=a"),
        ("_dd.p.dm=-0", "a,b", "_dd.p.dm=-0"),
        ("_dd.p.dm=-0", "a b", "_dd.p.dm=-0"),
        ("_dd.p.dm=-0", "é", "_dd.p.dm=-0"),
        ("_dd.p.dm=-0", "a" * 129, "_dd.p.dm=-0"),
        ("_dd.p.x=" + "x" * 490, "a", "_dd.p.x=" + "x" * 490),
    ],
)
def test_the_session_is_sent_without_harm_to_the_other_trace_tags(before, session, after):
    headers = {TAGS: before}
    send_session(headers, session)
    assert headers.get(TAGS) == after


def test_the_session_is_sent_where_a_trace_has_no_other_tag():
    headers = {}
    send_session(headers, "a")
    assert headers == {TAGS: "_dd.p.llmobs_sid=a"}


@pytest.mark.parametrize(
    ("session", "after"),
    [("a", "x=1, dd=s:1;t.dm:-0;t.llmobs_sid:a,y=t.llmobs_sid:b"), (None, "x=1, dd=s:1;t.dm:-0,y=t.llmobs_sid:b")],
)
def test_the_session_in_the_tracestate_is_replaced(session, after):
    headers = {"Tracestate": "x=1, dd=s:1;t.llmobs_sid:b; t.llmobs_sid:c;t.dm:-0,y=t.llmobs_sid:b"}
    send_session(headers, session)
    assert headers["Tracestate"] == after


def test_everything_that_rum_wrote_is_withheld():
    headers = {
        "X-Datadog-Tags": "_dd.p.llmobs_sid=a,_dd.p.dm=-0",
        "tracestate": "dd=s:1;t.llmobs_sid:a",
        "baggage": "session.id=a,user.id=7,tenant=1",
        "ot-baggage-session.id": "a",
        "ot-baggage-tenant": "1",
    }
    assert withhold_session(headers)
    assert headers == {
        "X-Datadog-Tags": "_dd.p.dm=-0",
        "tracestate": "dd=s:1",
        "baggage": "tenant=1",
        "ot-baggage-tenant": "1",
    }
    assert not withhold_session(headers)


def test_a_version_of_ddtrace_that_is_not_known_is_named_once_and_left_alone(warnings):
    class LLMObs:
        enabled = False

    for _ in range(2):
        _apply(bridge_llmobs, SimpleNamespace(LLMObs=LLMObs, __name__="ddtrace.llmobs._llmobs"))
    assert len(warnings) == 1
    assert not hasattr(LLMObs, "_activate_llmobs_span")


def test_nothing_of_the_bridge_raises_into_an_inject_or_an_extract(warnings):
    class HTTPPropagator:
        @staticmethod
        def inject(context, headers):
            headers["baggage"] = "session.id=secret-session"

        @staticmethod
        def extract(headers):
            return None

    bridge_propagator(SimpleNamespace(HTTPPropagator=HTTPPropagator), lambda authority: True)
    headers = {"host": "localhost"}
    HTTPPropagator.inject(object(), headers)
    assert headers == {"host": "localhost"}
    assert HTTPPropagator.extract({}) is None
    assert len(warnings) == 1
    assert "secret-session" not in warnings[0]
