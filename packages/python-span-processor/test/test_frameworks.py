"""Real agent frameworks under `opentelemetry-instrument`, with a model on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import Recorder, call_in_sessions, free_port, otlp_environment, running, session_of
from stacks import python_of, version_of
from support_table import add_row

pytestmark = pytest.mark.all

# The package that docs/python.md names, and the function of the app that uses it.
FRAMEWORKS = {
    "openai-v2": ("opentelemetry-instrumentation-openai-v2", "chat"),
    "openinference-openai": ("openinference-instrumentation-openai", "chat"),
    "openinference-langgraph": ("openinference-instrumentation-langchain", "langgraph"),
    "openinference-openai-agents": ("openinference-instrumentation-openai-agents", "openai_agents"),
    "traceloop-openai": ("opentelemetry-instrumentation-openai", "chat"),
    "traceloop-anthropic": ("opentelemetry-instrumentation-anthropic", "anthropic"),
    "pydantic-ai": ("pydantic-ai-slim", "pydantic_ai"),
    "litellm": ("litellm", "litellm"),
}
CONVENTIONS = {"gen_ai.operation.name", "openinference.span.kind", "gen_ai.provider.name", "gen_ai.system"}
ANSWER = {
    **{"id": "1", "object": "chat.completion", "created": 1, "model": "m"},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}
ANTHROPIC_ANSWER = {
    **{"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"},
    "content": [{"type": "text", "text": "ok"}],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


@pytest.mark.parametrize("stack", FRAMEWORKS)
def test_a_framework_gets_the_session(stack, sessions):
    python, (package, function) = python_of(stack), FRAMEWORKS[stack]
    answer = ANTHROPIC_ANSWER if function == "anthropic" else ANSWER
    collector, model = Recorder(b""), Recorder(json.dumps(answer).encode())
    port = free_port()
    command = [str(Path(python).with_name("opentelemetry-instrument")), python, "-m", "uvicorn", "framework_app:app"]
    environment = {
        **otlp_environment(collector),
        "FRAMEWORK": function,
        "MODEL_PORT": str(model.port),
        # LiteLLM writes to the span of the request otherwise, after its end.
        "USE_OTEL_LITELLM_REQUEST_SPAN": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    }
    with running([*command, "--port", str(port)], environment, port):
        call_in_sessions(port, "/agent", sessions)
    collector.close()
    model.close()
    spans = list(collector.spans())
    requests = {trace: number_of(attributes) for trace, _, attributes in spans if is_server(attributes)}
    found = [
        (session_of(requests[trace]) if requests[trace] else None, attributes.get("session.id"))
        for trace, _, attributes in spans
        if CONVENTIONS & attributes.keys()
    ]
    assert len(found) > sessions
    assert add_row(package, version_of(stack, package), found) == (0, 0)


def is_server(attributes):
    return "request=" in target_of(attributes)


def number_of(attributes):
    return int(target_of(attributes).rpartition("request=")[2])


def target_of(attributes):
    return str(attributes.get("http.url") or attributes.get("http.target") or attributes.get("url.query"))
