"""`rum_llmobs.ddtrace.install()` on real apps; a fake agent records what LLMObs sends."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest
from loopback import DATADOG_AGENT, Recorder, call_in_sessions, datadog_environment, free_port, running, session_of
from support_table import add_row

try:
    VERSION = tuple(int(part) for part in version("ddtrace").split(".")[:2])
except PackageNotFoundError:
    pytest.skip("needs the extra test", allow_module_level=True)

DDTRACE_RUN = str(Path(sys.executable).with_name("ddtrace-run"))


def serve(framework, paths, sessions, *, run=True, extra_headers=None, **env):
    """Calls each path of an app in that many sessions; returns what the agent, the vendor and the backend got."""
    agent, vendor, backend = Recorder(DATADOG_AGENT), Recorder(), Recorder()
    port = free_port()
    environment = {
        **datadog_environment(agent),
        "VENDOR_PORT": str(vendor.port),
        "BACKEND_PORT": str(backend.port),
        **({"DD_LLMOBS_ENABLED": "1", "DD_LLMOBS_ML_APP": "test"} if run else {}),
        **env,
    }
    command = [*([DDTRACE_RUN] if run else []), sys.executable, "llmobs_app.py", framework]
    try:
        with running(command, environment, port):
            for path in paths:
                call_in_sessions(port, path, sessions, extra_headers or {})
    finally:
        for recorder in (agent, vendor, backend):
            recorder.close()
    return agent, vendor, backend


def check_events(agent, count, own=False):
    events = list(agent.llmobs_events())
    assert len(events) == count
    for event in events:
        number = number_of(event)
        session = session_of(number) if number else None
        if own and event["name"] != "alone":
            session = f"own-{number}"
        elif own and VERSION >= (4, 13):
            # The first session of a trace is the default of those after it.
            session = event.get("session_id") if event.get("session_id") == f"own-{number}" else session
        tags = [tag for tag in event["tags"] if tag.startswith("session_id:")]
        assert event.get("session_id") == session, event
        assert tags == ([f"session_id:{session}"] if session else []), event
    return events


def number_of(event):
    return next(int(tag.split(":")[1]) for tag in event["tags"] if tag.startswith("app_request:"))


def check_vendor(vendor):
    for _, headers, _ in vendor.requests:
        assert "llmobs_sid" not in str(headers)
        assert "f2a1c3d4" not in str(headers)
        assert "own-" not in str(headers)
        assert "x-datadog-trace-id" in headers


def check_backend(backend, own=False):
    """Every call brings the session on whose host is known."""
    for path, headers, _ in backend.requests:
        number = int(path[1:])
        session = f"own-{number}" if own else session_of(number) if number else None
        # In 4.0 a request shows its host in its headers alone, which requests does not write there.
        if not has_events() and "httpx" not in headers["user-agent"]:
            session = None
        tags = [tag for tag in headers["x-datadog-tags"].split(",") if "llmobs_sid" in tag]
        assert tags == ([f"_dd.p.llmobs_sid={session}"] if session else [])


def has_events():
    try:
        return find_spec("ddtrace.contrib._events.http_client") is not None
    except ModuleNotFoundError:
        return False


FRAMEWORKS = {"fastapi": ["/sync", "/async"], "flask": ["/sync"], "django": ["/sync"], "aiohttp": ["/async"]}
FRAMEWORKS["http_server"] = ["/sync"]
ALL = pytest.mark.all


@pytest.mark.parametrize(
    "framework", ["fastapi", "http_server", *(pytest.param(name, marks=ALL) for name in ("flask", "django", "aiohttp"))]
)
def test_every_event_has_the_session_and_no_vendor_gets_it(framework, sessions, capfd):
    paths = FRAMEWORKS[framework]
    agent, vendor, backend = serve(framework, paths, sessions)
    events = check_events(agent, 3 * len(paths) * (sessions + 1))
    pairs = [(session_of(number_of(event)) if number_of(event) else None, event.get("session_id")) for event in events]
    assert add_row(f"ddtrace, {framework}", version("ddtrace"), pairs) == (0, 0)
    check_vendor(vendor)
    assert len(vendor.requests) == len(backend.requests) > sessions
    check_backend(backend)
    assert session_of(1) not in capfd.readouterr().out


@pytest.mark.parametrize("framework", ["fastapi", pytest.param("http_server", marks=ALL)])
def test_the_applications_session_wins(framework, sessions):
    agent, vendor, backend = serve(framework, ["/own"], sessions)
    check_events(agent, 3 * (sessions + 1), own=True)
    check_vendor(vendor)
    check_backend(backend, own=True)


@ALL
@pytest.mark.parametrize("install", ["early", "late"])
@pytest.mark.parametrize("run", [True, False], ids=["ddtrace-run", "LLMObs.enable"])
def test_the_order_does_not_matter(install, run):
    agent, _, _ = serve("http_server", ["/sync"], 3, run=run, INSTALL=install)
    check_events(agent, 12)


@ALL
@pytest.mark.parametrize(("upstream", "session"), [("up-1", "up-1"), ("a%20b", session_of(1))])
def test_a_session_of_an_upstream_service_wins_if_it_is_valid(upstream, session):
    headers = {
        "x-datadog-trace-id": "1",
        "x-datadog-parent-id": "2",
        "x-datadog-tags": f"_dd.p.llmobs_sid={upstream},_dd.p.llmobs_parent_id=3,_dd.p.llmobs_ml_app=up",
    }
    agent, _, _ = serve("fastapi", ["/sync"], 1, extra_headers=headers)
    sessions = {event.get("session_id") for event in agent.llmobs_events() if "app_request:1" in event["tags"]}
    assert sessions == {session}
