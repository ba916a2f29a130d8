"""Real agent frameworks under `opentelemetry-instrument`, with a model on loopback."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from loopback import Recorder, call_in_sessions, free_port, running, session_of
from stacks import python_of

pytestmark = pytest.mark.all

FRAMEWORKS = {
    "openai-v2": "chat",
    "openinference-openai": "chat",
    "openinference-langgraph": "langgraph",
    "openinference-openai-agents": "openai_agents",
    "traceloop-openai": "chat",
    "pydantic-ai": "pydantic_ai",
    "litellm": "litellm",
}
CONVENTIONS = {"gen_ai.operation.name", "openinference.span.kind", "gen_ai.provider.name", "gen_ai.system"}
ANSWER = {
    **{"id": "1", "object": "chat.completion", "created": 1, "model": "m"},
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "ok"}}],
    "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
}


@pytest.mark.parametrize("stack", FRAMEWORKS)
def test_a_framework_gets_the_session(stack, sessions, record_property):
    python = python_of(stack)
    collector, model = Recorder(b""), Recorder(json.dumps(ANSWER).encode())
    port = free_port()
    command = [str(Path(python).with_name("opentelemetry-instrument")), python, "-m", "uvicorn", "framework_app:app"]
    environment = {
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
        "FRAMEWORK": FRAMEWORKS[stack],
        "MODEL_PORT": str(model.port),
        # LiteLLM writes to the span of the request otherwise, after its end.
        "USE_OTEL_LITELLM_REQUEST_SPAN": "true",
        "LITELLM_LOCAL_MODEL_COST_MAP": "true",
    }
    with running([*command, "--port", str(port)], environment, port):
        call_in_sessions(port, "/agent", sessions)
    collector.close()
    model.close()
    wrong = missing = count = 0
    spans = list(collector.spans())
    requests = {trace: number_of(attributes) for trace, _, attributes in spans if is_server(attributes)}
    for trace, _, attributes in spans:
        if not CONVENTIONS & attributes.keys():
            continue
        count += 1
        number = requests[trace]
        expected = session_of(number) if number else None
        sent = attributes.get("session.id")
        missing += sent is None and expected is not None
        wrong += sent is not None and sent != expected
    print(f"{stack}: {count} spans, {wrong} wrong, {missing} missing")
    record_property("spans", count)
    assert count > sessions
    assert (wrong, missing) == (0, 0)


def is_server(attributes):
    return "http.target" in attributes or "http.route" in attributes


def number_of(attributes):
    target = str(attributes.get("http.url") or attributes.get("http.target") or attributes.get("url.query"))
    return int(target.rpartition("request=")[2])
