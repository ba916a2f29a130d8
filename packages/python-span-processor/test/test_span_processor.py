from __future__ import annotations

import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import baggage, context, trace
from opentelemetry.sdk.trace import SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rum_llmobs import LlmObsSessionSpanProcessor
from rum_llmobs._session_attributes import attributes_of, set_session_attributes

SESSION = "f2a1c3d4-0000-4000-8000-00000000000a"
AGENT = {"gen_ai.operation.name": "invoke_agent"}
OPEN_INFERENCE = {"openinference.span.kind": "LLM"}
GEN_AI = {"session.id": SESSION, "gen_ai.conversation.id": SESSION}
TAGGED = {"session.id": SESSION, "session_id": SESSION}


def context_with(value):
    return baggage.set_baggage("session.id", value, context.Context())


class Spans:
    """A provider with the processor, and what it exports."""

    def __init__(self, limits=None, **options):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider(span_limits=limits)
        self.provider.add_span_processor(LlmObsSessionSpanProcessor(**options))
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = self.provider.get_tracer("test")

    def attributes(self, name="work"):
        return next(dict(span.attributes) for span in self.exporter.get_finished_spans() if span.name == name)

    def session(self, name="work"):
        keys = ("session.id", "session_id", "gen_ai.conversation.id")
        attributes = self.attributes(name)
        return {key: attributes[key] for key in keys if key in attributes}


def session_of(ctx=None, start=AGENT, later=None, **options):
    spans = Spans(**options)
    span = spans.tracer.start_span("work", context_with(SESSION) if ctx is None else ctx, attributes=start)
    span.set_attributes(later or {})
    span.end()
    return spans.session()


class TestConstructor:
    @pytest.mark.parametrize(
        "options",
        [
            {"spans": "agents"},
            {"spans": None},
            {"spans": 1},
            {"conversation_id": "sometimes"},
            {"conversation_id": "when-absent"},
            {"conversation_id": True},
            {"is_valid_session_id": "x"},
            {"span": "all"},
        ],
        ids=str,
    )
    def test_names_an_option_that_is_wrong(self, options):
        with pytest.raises((TypeError, ValueError), match=next(iter(options))):
            LlmObsSessionSpanProcessor(**options)


class TestSession:
    @pytest.mark.parametrize(
        "value",
        [
            "",
            "a,b",
            "a\r\nx: y",
            f"{SESSION}\n",
            "a\0b",
            "sessión",
            "a b",
            "a%20b",
            "a" * 129,
            "a" * 10240,
            7,
            None,
            [1],
        ],
        ids=ascii,
    )
    def test_is_refused_if_it_is_no_valid_id(self, value):
        assert session_of(context_with(value)) == {}

    def test_may_have_128_characters(self):
        assert session_of(context_with("a" * 128))["session.id"] == "a" * 128

    def test_is_read_without_the_properties_of_the_member(self):
        assert session_of(context_with(f"{SESSION} ;ttl=1;x")) == GEN_AI
        assert session_of(context_with(f"a b;{SESSION}")) == {}

    def test_comes_from_the_parent_context_and_not_from_the_active_one(self):
        token = context.attach(context_with(SESSION))
        try:
            assert session_of(context.Context()) == {}
        finally:
            context.detach(token)

    def test_comes_from_the_active_context_where_no_other_is_given(self):
        spans = Spans()
        token = context.attach(context_with(SESSION))
        try:
            spans.tracer.start_span("work", attributes=AGENT).end()
        finally:
            context.detach(token)
        assert spans.session() == GEN_AI

    def test_comes_from_the_local_parent_where_the_application_replaced_the_baggage(self):
        spans = Spans()
        parent = spans.tracer.start_span("parent", context_with(SESSION))
        ctx = baggage.clear(trace.set_span_in_context(parent, context_with(SESSION)))
        child = spans.tracer.start_span("child", ctx)
        grandchild = spans.tracer.start_span("work", trace.set_span_in_context(child, ctx), attributes=AGENT)
        for span in (grandchild, child, parent):
            span.end()
        assert spans.session() == GEN_AI

    def test_is_refused_by_an_empty_entry_below_a_parent_that_has_one(self):
        spans = Spans()
        parent = spans.tracer.start_span("parent", context_with(SESSION))
        ctx = baggage.set_baggage("session.id", "", trace.set_span_in_context(parent))
        child = spans.tracer.start_span("child", ctx, attributes=AGENT)
        below = baggage.clear(trace.set_span_in_context(child, ctx))
        spans.tracer.start_span("work", below, attributes=AGENT).end()
        child.end()
        assert spans.session("child") == {}
        assert spans.session() == {}

    def test_does_not_come_from_a_remote_parent(self):
        remote = trace.SpanContext(1, 1, is_remote=True, trace_flags=trace.TraceFlags(1))
        assert session_of(trace.set_span_in_context(trace.NonRecordingSpan(remote), context.Context())) == {}


class TestValidator:
    def test_replaces_the_default_rule(self):
        def tenant(value):
            return value.startswith("tenant:")

        assert session_of(context_with("tenant:4;2"), is_valid_session_id=tenant)["session.id"] == "tenant:4;2"
        assert session_of(is_valid_session_id=tenant) == {}

    def test_refuses_when_it_raises_or_returns_anything_but_true(self):
        def boom(value):
            raise ValueError(value)

        for validator in (boom, lambda value: 1, lambda value: "yes", lambda value: None):
            assert session_of(is_valid_session_id=validator) == {}


class TestLateSpans:
    @pytest.mark.parametrize("end", ["end()", "with", "decorator"])
    def test_are_finished_however_they_end(self, end):
        spans = Spans()
        token = context.attach(context_with(SESSION))
        try:
            if end == "end()":
                span = spans.tracer.start_span("work")
                span.set_attributes(OPEN_INFERENCE)
                span.end()
            elif end == "with":
                with spans.tracer.start_as_current_span("work") as span:
                    span.set_attributes(OPEN_INFERENCE)
            else:

                @spans.tracer.start_as_current_span("work")
                def work():
                    trace.get_current_span().set_attributes(OPEN_INFERENCE)

                work()
        finally:
            context.detach(token)
        assert spans.attributes() == {**OPEN_INFERENCE, **TAGGED}

    def test_keep_their_end_time(self):
        spans = Spans()
        spans.tracer.start_span("work", context_with(SESSION), start_time=1).end(2)
        spans.tracer.start_span("other", context_with(SESSION), start_time=1).end(end_time=3)
        assert [span.end_time for span in spans.exporter.get_finished_spans()] == [2, 3]

    def test_are_exported_once_when_they_end_twice_in_two_threads(self):
        spans = Spans()
        for _ in range(50):
            span = spans.tracer.start_span("work", context_with(SESSION))
            span.set_attributes(AGENT)
            threads = [threading.Thread(target=span.end) for _ in range(2)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert len(spans.exporter.get_finished_spans()) == 50
        assert all(span.attributes["session.id"] == SESSION for span in spans.exporter.get_finished_spans())

    def test_are_left_as_they_were_exported(self):
        spans = Spans()
        span = spans.tracer.start_span("work", context_with(SESSION))
        span.set_attributes(OPEN_INFERENCE)
        type(span).end(span)
        span.end()
        assert spans.attributes() == OPEN_INFERENCE

    def test_are_freed_without_the_garbage_collector(self):
        provider = TracerProvider()
        provider.add_span_processor(LlmObsSessionSpanProcessor())
        span = provider.get_tracer("test").start_span("work", context_with(SESSION))
        gc.disable()
        try:
            freed = weakref.ref(span)
            span.end()
            del span
            assert freed() is None
        finally:
            gc.enable()


class TestAttributeLimit:
    def test_does_not_cost_the_session(self):
        attributes = attributes_at_limit(OPEN_INFERENCE)
        assert attributes["session.id"] == attributes["session_id"] == SESSION

    def test_does_not_cost_the_session_that_was_written_at_start(self):
        attributes = attributes_at_limit(AGENT)
        assert attributes["session.id"] == attributes["gen_ai.conversation.id"] == SESSION

    def test_drops_no_other_attribute_for_the_session(self):
        attributes = attributes_at_limit({}, {**{f"llm.{i}": "x" for i in range(127)}, **OPEN_INFERENCE})
        assert OPEN_INFERENCE.items() <= attributes.items()
        assert len(attributes) == 130

    def test_keeps_the_applications_conversation_id_in_force_that_was_dropped(self):
        attributes = attributes_at_limit({**AGENT, "gen_ai.conversation.id": "own"})
        assert attributes.get("gen_ai.conversation.id") is None
        assert attributes["session_id"] == SESSION

    def test_holds_for_a_limit_of_none_and_of_zero(self):
        for limit in (0, SpanLimits.UNSET):
            session_of(limits=SpanLimits(max_span_attributes=limit))


def attributes_at_limit(start, later=None):
    spans = Spans(SpanLimits(max_span_attributes=128))
    span = spans.tracer.start_span("work", context_with(SESSION), attributes=start)
    span.set_attributes(later or {f"llm.{i}": "x" for i in range(300)})
    span.end()
    return spans.attributes()


class TestNeverRaises:
    def boom(self, *args):
        raise RuntimeError(f"secret {SESSION}")

    def test_takes_a_spans_function_that_raises_for_no_and_says_so_once(self, warnings):
        spans = Spans(spans=self.boom)
        for _ in range(3):
            spans.tracer.start_span("work", context_with(SESSION), attributes=AGENT).end()
        assert spans.session() == {}
        assert len(warnings) == 1
        assert "secret" not in warnings[0]
        assert SESSION not in warnings[0]

    def test_takes_anything_but_true_from_a_spans_function_for_no(self):
        assert session_of(spans=lambda span: 1) == {}

    @pytest.mark.parametrize("name", ["attributes", "set_attributes", "is_recording"])
    def test_lets_a_span_pass_that_raises(self, name, monkeypatch, warnings):
        spans = Spans()
        span = spans.tracer.start_span("work", context_with(SESSION))
        span.set_attributes(AGENT)
        broken = type("Broken", (type(span),), {name: property(self.boom)})
        span.__class__ = broken
        LlmObsSessionSpanProcessor().on_start(span, context_with(SESSION))
        span.end() if name != "attributes" else None
        assert SESSION not in "".join(warnings)

    @pytest.mark.parametrize("ctx", [7, {"baggage": 1}, object()], ids=str)
    def test_lets_a_context_pass_that_is_none(self, ctx):
        LlmObsSessionSpanProcessor().on_start(Spans().tracer.start_span("work"), ctx)

    def test_lets_a_span_pass_that_cannot_hold_anything(self):
        LlmObsSessionSpanProcessor().on_start(object(), context_with(SESSION))

    def test_says_nothing_when_the_logger_raises(self, monkeypatch):
        monkeypatch.setattr("rum_llmobs._warn_once._logger.warning", self.boom)
        assert session_of(spans=self.boom) == {}


class TestWarning:
    def test_comes_once_if_llm_spans_end_while_no_request_has_brought_a_session(self, warnings):
        spans = Spans()
        for _ in range(2):
            spans.tracer.start_span("plain", context.Context()).end()
        assert warnings == []
        for _ in range(2):
            spans.tracer.start_span("work", context.Context(), attributes=AGENT).end()
        assert len(warnings) == 1
        assert "session.id" in warnings[0]

    def test_does_not_come_once_a_session_came(self, warnings):
        spans = Spans()
        spans.tracer.start_span("plain", context_with(SESSION)).end()
        spans.tracer.start_span("work", context.Context(), attributes=AGENT).end()
        assert warnings == []


class TestScope:
    def test_is_what_a_function_chooses(self):
        assert session_of(start={}, spans=lambda span: span.name == "work") == {"session.id": SESSION}
        assert session_of(spans=lambda span: span.attributes.get("gen_ai.operation.name") == "invoke_agent") == GEN_AI
        assert session_of(spans=lambda span: span.name == "other") == {}

    def test_is_seen_by_other_processors_at_start(self):
        seen = []

        class Watch(SpanProcessor):
            def on_start(self, span, parent_context=None):
                seen.append(dict(span.attributes))

        spans = Spans()
        spans.provider.add_span_processor(Watch())
        spans.tracer.start_span("work", context_with(SESSION), attributes=AGENT).end()
        assert seen == [{**AGENT, **GEN_AI}]


def test_200_sessions_in_threads_keep_apart():
    spans = Spans()

    def request(number):
        session = f"session-{number}"
        token = context.attach(context_with(session))
        try:
            with spans.tracer.start_as_current_span("server"), spans.tracer.start_as_current_span(session) as span:
                span.set_attributes(OPEN_INFERENCE)
        finally:
            context.detach(token)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(request, range(200)))
    agents = [span for span in spans.exporter.get_finished_spans() if span.name != "server"]
    assert len(agents) == 200
    assert all(span.attributes["session.id"] == span.name for span in agents)


@pytest.mark.parametrize("started", [None, {"gen_ai.operation.name": "chat"}])
def test_a_span_of_an_sdk_that_stores_attributes_elsewhere_is_read_and_written_through_its_methods(started):
    class Span:
        def __init__(self):
            self.written = {}

        attributes = started

        def is_recording(self):
            return True

        def set_attribute(self, name, value):
            self.written[name] = value

    span = Span()
    assert attributes_of(span) == (started or {})
    set_session_attributes(span, ["session.id"], "a")
    assert span.written == {"session.id": "a"}
