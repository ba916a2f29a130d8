"""The example of Datadog's guide without its session code, with it, and with both."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from loopback import DATADOG_AGENT, Recorder, call, datadog_environment, free_port, running, session_of

pytest.importorskip("ddtrace", reason="needs the extra test")

ANSWER = {
    **{"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "stop_reason": "end_turn"},
    "content": [{"type": "text", "text": "It is on its way."}],
    "usage": {"input_tokens": 1, "output_tokens": 1},
}


def serve(sessions, headers, body, **env):
    """Calls the example that often at once; returns the session and the message of each event, and the vendor."""
    agent, vendor = Recorder(DATADOG_AGENT), Recorder(json.dumps(ANSWER).encode())
    port = free_port()
    environment = {
        **datadog_environment(agent),
        "VENDOR_PORT": str(vendor.port),
        **env,
    }

    def ask(number):
        call(port, "/ai-agent-endpoint", headers(number), json.dumps({"message": f"m{number}", **body(number)}))

    command = [str(Path(sys.executable).with_name("ddtrace-run")), sys.executable, "guide_app.py"]
    try:
        with running(command, environment, port), ThreadPoolExecutor(min(sessions, 50)) as pool:
            list(pool.map(ask, range(sessions)))
    finally:
        agent.close()
        vendor.close()
    return list(agent.llmobs_events()), vendor


def sessions_by_question(events):
    """The sessions in the events of each question's trace, and the kinds of these events."""
    traces = {}
    for event in events:
        traces.setdefault(event["trace_id"], []).append(event)
    found = {}
    for trace in traces.values():
        question = next(int(event["meta"]["input"]["value"][1:]) for event in trace if event["name"] == "agent_loop")
        kinds = sorted(event["meta"]["span"]["kind"] for event in trace)
        found[question] = (kinds, {event.get("session_id") for event in trace})
    return found


def page(number):
    return {"baggage": f"session.id={session_of(number)},user.id=7"}


def nothing(number):
    return {}


def field(number):
    return {"session_id": session_of(number)}


def other_field(number):
    return {"session_id": f"body-{number}"}


@pytest.mark.parametrize(
    ("code", "headers", "body", "expected"),
    [
        pytest.param("0", page, nothing, session_of, id="header alone"),
        pytest.param("0", nothing, nothing, lambda number: None, id="nothing", marks=pytest.mark.all),
        pytest.param("0", page, field, session_of, id="header, and a field that nobody reads", marks=pytest.mark.all),
        pytest.param("1", page, field, session_of, id="both the same"),
        pytest.param("1", page, other_field, "body-{}".format, id="both"),
        pytest.param("1", nothing, other_field, "body-{}".format, id="session code alone", marks=pytest.mark.all),
    ],
)
def test_every_event_has_the_session(code, headers, body, expected, sessions):
    events, vendor = serve(sessions, headers, body, SESSION_CODE=code)
    kinds = ["agent", "llm", "tool"]
    assert sessions_by_question(events) == {number: (kinds, {expected(number)}) for number in range(sessions)}
    assert len(vendor.requests) == sessions
    for _, sent, _ in vendor.requests:
        assert "x-datadog-trace-id" in sent
        assert "session.id" not in str(sent)
        assert "llmobs_sid" not in str(sent)
