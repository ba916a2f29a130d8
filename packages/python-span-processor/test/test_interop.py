"""A session goes from one service to the next: Python and Node, OpenTelemetry and Datadog's libraries."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from loopback import (
    DATADOG_AGENT,
    Recorder,
    call_in_sessions,
    datadog_environment,
    free_port,
    otlp_environment,
    running,
    session_of,
)
from support_table import add_row

REPOSITORY = Path(__file__).parents[3]
DD_TRACE = REPOSITORY / "demo/node_modules/dd-trace/initialize.mjs"
BIN = Path(sys.executable).parent
REGISTER = ["node", "--import", "@rum-llmobs/node-span-processor/register", "--import"]
COMMANDS = {
    ("OpenTelemetry", "Python"): [str(BIN / "opentelemetry-instrument"), sys.executable, "flask_app.py"],
    ("OpenTelemetry", "Node"): [*REGISTER, "./node_telemetry.mjs", "node_app.mjs"],
    ("Datadog", "Python"): [str(BIN / "ddtrace-run"), sys.executable, "llmobs_app.py", "fastapi"],
    ("Datadog", "Node"): [*REGISTER, str(DD_TRACE), "node_app.mjs"],
}
# LLM spans of the first service of each language that call, and its path.
SPANS = {("OpenTelemetry", "Python"): 2, ("Datadog", "Python"): 3, ("OpenTelemetry", "Node"): 1, ("Datadog", "Node"): 1}
# requests and httpx in Python, fetch in Node.
CALLS = {"Python": 2, "Node": 1}


@pytest.fixture(scope="module", autouse=True)
def _node(request):
    built = REPOSITORY / "packages/node-span-processor/dist"
    if not (shutil.which("node") and built.exists() and DD_TRACE.exists()):
        missing = "needs node, `npm ci`, `npm run tools` and `npm run build`"
        pytest.fail(missing) if request.config.getoption("--node") else pytest.skip(missing)
    for module in ("ddtrace", "opentelemetry.instrumentation.flask"):
        pytest.importorskip(module, reason="needs the extra test")


@pytest.mark.parametrize(("first", "second"), [("Python", "Python"), ("Python", "Node"), ("Node", "Python")])
@pytest.mark.parametrize("tracing", ["OpenTelemetry", "Datadog"])
def test_the_next_service_has_the_session(tracing, first, second, sessions):
    recorder = Recorder(DATADOG_AGENT if tracing == "Datadog" else b"")
    vendor, first_port, second_port = Recorder(), free_port(), free_port()
    environment = {
        "TRACER": "dd-trace" if tracing == "Datadog" else "otel",
        **otlp_environment(recorder),
        "OTEL_BSP_SCHEDULE_DELAY": "500",
        **datadog_environment(recorder),
        "DD_LLMOBS_ENABLED": "1",
        "DD_LLMOBS_ML_APP": "test",
        "VENDOR_PORT": str(vendor.port),
        "BACKEND_PORT": str(second_port),
    }
    try:
        with (
            running(COMMANDS[tracing, second], environment, second_port),
            running(COMMANDS[tracing, first], environment, first_port),
        ):
            call_in_sessions(first_port, "/sync", sessions)
    finally:
        recorder.close()
        vendor.close()
    spans = list(llmobs_spans(recorder) if tracing == "Datadog" else otel_spans(recorder))
    assert len(spans) == (SPANS[tracing, first] + CALLS[first]) * (sessions + 1)
    pairs = [(session_of(number) if number else None, session) for number, session in spans]
    assert add_row(f"{first} to {second}, {tracing}", "", pairs) == (0, 0)


def otel_spans(recorder):
    for *_, attributes in recorder.spans():
        if "app.request" in attributes:
            yield attributes["app.request"], attributes.get("session.id")


def llmobs_spans(recorder):
    for event in recorder.llmobs_events():
        number = next(tag for tag in event["tags"] if tag.startswith("app_request:"))
        yield int(number.partition(":")[2]), event.get("session_id")
