"""`pip install rum-llmobs` and `opentelemetry-instrument` on real apps; nothing in the apps knows of the package."""

from __future__ import annotations

import sys
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import pytest
from loopback import Recorder, call_in_sessions, free_port, otlp_environment, running, session_of
from support_table import add_row

pytest.importorskip("opentelemetry.instrumentation.fastapi", reason="needs the extra test")

INSTRUMENT = str(Path(sys.executable).with_name("opentelemetry-instrument"))
SERVERS = {
    "fastapi": [sys.executable, "-m", "uvicorn", "fastapi_app:app", "--port"],
    "flask": [sys.executable, "flask_app.py"],
    "django": [sys.executable, "django_app.py"],
    "executors": [sys.executable, "-m", "uvicorn", "executors_app:app", "--port"],
}


def serve(name, paths, sessions, **env):
    """Calls each path of an app in that many sessions; returns what the collector, the vendor and the backend got."""
    collector, vendor, backend = Recorder(b""), Recorder(), Recorder()
    port = free_port()
    command = [INSTRUMENT, *SERVERS[name], *([str(port)] if SERVERS[name][-1] == "--port" else [])]
    environment = {
        **otlp_environment(collector),
        "VENDOR_PORT": str(vendor.port),
        "BACKEND_PORT": str(backend.port),
        # Without it there is no instrumentation of Django.
        **({"DJANGO_SETTINGS_MODULE": "django_app"} if name == "django" else {}),
        **env,
    }
    try:
        with running(command, environment, port):
            for path in paths:
                call_in_sessions(port, path, sessions)
    finally:
        for recorder in (collector, vendor, backend):
            recorder.close()
    return collector, vendor, backend


def check_spans(collector, count, row):
    """Every LLM Observability span has the session of its request, and none has one for a request without."""
    spans = [attributes for *_, attributes in collector.spans() if "app.request" in attributes]
    assert len(spans) == count
    assert add_row(*row, [(expected(span["app.request"]), span.get("session.id")) for span in spans]) == (0, 0)


def major_of(package):
    return f"{version(package).split('.')[0]}.x"


def expected(number):
    return session_of(number) if number else None


@pytest.mark.parametrize(
    ("server", "paths", "spans", "calls"),
    [
        ("fastapi", ["/sync", "/async", "/stream"], 7, 3),
        ("flask", ["/sync", "/stream", "/bare-stream"], 8, 2),
        ("django", ["/sync", "/stream"], 5, 2),
    ],
)
def test_an_app_gets_the_session_and_keeps_it_from_a_vendor(server, paths, spans, calls, sessions, capfd):
    collector, vendor, backend = serve(server, paths, sessions)
    check_spans(collector, spans * (sessions + 1), (f"opentelemetry-instrumentation-{server}", major_of(server)))
    assert len(vendor.requests) == len(backend.requests) == calls * (sessions + 1)
    assert [headers["baggage"] for _, headers, _ in vendor.requests if headers["baggage"]] == []
    assert all("traceparent" in headers for _, headers, _ in vendor.requests)
    for target, headers, _ in backend.requests:
        session = expected(int(target[1:]))
        assert headers["baggage"] == (session and f"session.id={session},user.id=7")
    output = capfd.readouterr().out
    assert output.count("is not sent to api.vendor.example") == 1
    assert session_of(1) not in output


@pytest.mark.all
@pytest.mark.parametrize(
    ("server", "paths", "spans"),
    [
        ("fastapi", ["/sync", "/async", "/stream"], 7),
        ("flask", ["/sync", "/stream", "/bare-stream"], 8),
        ("django", ["/sync", "/stream"], 5),
    ],
)
def test_an_app_whose_framework_is_not_instrumented_gets_the_session(server, paths, spans, sessions):
    # FastAPI has spans of its own in recent versions.
    collector, _, _ = serve(server, paths, sessions, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS="fastapi,flask,django")
    check_spans(collector, spans * (sessions + 1), (f"{server}, not instrumented", major_of(server)))


WAYS = {
    "asyncio.to_thread": True,
    "Thread": False,
    "Thread, copy_context().run": True,
    "ThreadPoolExecutor.submit": False,
    "ThreadPoolExecutor.submit, copy_context().run": True,
    "loop.run_in_executor": False,
    "loop.run_in_executor, copy_context().run": True,
}


@pytest.mark.parametrize("is_instrumented", [True, False], ids=["threading instrumented", "threading not instrumented"])
def test_work_outside_of_the_task_has_the_session_where_it_has_the_context(is_instrumented, sessions):
    disabled = "" if is_instrumented else "threading"
    collector, _, _ = serve("executors", ["/agent"], sessions, OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=disabled)
    found = defaultdict(list)
    for _, _, span in collector.spans():
        if "app.way" in span:
            found[span["app.way"]].append((expected(span["app.request"]), span.get("session.id")))
    assert found.keys() == WAYS.keys()
    suffix = ", threading instrumented" if is_instrumented else ""
    for way, keeps_context in WAYS.items():
        missing = 0 if keeps_context or is_instrumented else sessions
        assert add_row(way + suffix, f"Python {sys.version_info.major}.x", found[way]) == (0, missing), way


@pytest.mark.all
def test_an_allowed_host_gets_the_session():
    _, vendor, _ = serve("flask", ["/sync"], 1, RUM_LLMOBS_ALLOWED_HOSTS="*.vendor.example")
    assert f"session.id={session_of(1)},user.id=7" in [headers["baggage"] for _, headers, _ in vendor.requests]


@pytest.mark.all
def test_an_invalid_variable_is_named_and_the_app_runs(capfd):
    collector, _, _ = serve("flask", ["/sync"], 1, RUM_LLMOBS_ALLOWED_HOSTS="https://api.example.com")
    assert "RUM_LLMOBS_ALLOWED_HOSTS must be" in capfd.readouterr().out
    assert len(list(collector.spans())) > 0
