"""What an app under test talks to, all on loopback: a collector, a vendor, a backend, and the page that calls it."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import MappingProxyType
from typing import Any

APPS = Path(__file__).parent / "apps"
VENDOR = "api.vendor.example"
"""Resolves to loopback in the apps, and is a third-party host to the package."""


DATADOG_AGENT = b'{"version": "7.70.0", "endpoints": ["/v0.4/traces", "/evp_proxy/v2/", "/evp_proxy/v4/"]}'


def otlp_environment(collector: Recorder) -> dict[str, str]:
    """Sends the spans of an OpenTelemetry SDK to the collector, and nothing else."""
    return {
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://127.0.0.1:{collector.port}",
        "OTEL_METRICS_EXPORTER": "none",
        "OTEL_LOGS_EXPORTER": "none",
    }


def datadog_environment(agent: Recorder) -> dict[str, str]:
    """Sends the traces and events of a Datadog tracer to the agent, and nothing else."""
    return {
        "DD_TRACE_AGENT_URL": f"http://127.0.0.1:{agent.port}",
        "DD_LLMOBS_AGENTLESS_ENABLED": "0",
        "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "0",
        "DD_REMOTE_CONFIGURATION_ENABLED": "0",
    }


class Recorder:
    """An HTTP server that keeps what it gets: path, headers and body."""

    def __init__(self, answer: bytes = b"{}") -> None:
        self.requests: list[tuple[str, http.client.HTTPMessage, bytes]] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                is_chunked = self.headers.get("transfer-encoding") == "chunked"
                length = int(self.headers.get("content-length", 0))
                body = b"".join(self.chunks()) if is_chunked else self.rfile.read(length)
                recorder.requests.append((self.path, self.headers, body))
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            do_GET = do_PUT = do_POST

            def chunks(self) -> Iterator[bytes]:
                while size := int(self.rfile.readline(), 16):
                    yield self.rfile.read(size)
                    self.rfile.readline()
                self.rfile.readline()

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 512
            daemon_threads = True

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def spans(self) -> Iterator[tuple[bytes, str, dict[str, Any]]]:
        """Trace, name and attributes of each span that came over OTLP."""
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

        for path, _, body in list(self.requests):
            if path != "/v1/traces":
                continue
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                for span in (span for scope in resource.scope_spans for span in scope.spans):
                    values = ((entry.key, entry.value) for entry in span.attributes)
                    attributes = {key: getattr(value, value.WhichOneof("value")) for key, value in values}
                    yield span.trace_id, span.name, attributes

    def llmobs_events(self) -> Iterator[dict[str, Any]]:
        """Each event that ddtrace's LLMObs sent to its agent: by itself, or with the spans of the trace."""
        import msgpack

        for path, _, body in list(self.requests):
            if path == "/evp_proxy/v2/api/v2/llmobs":
                for payload in json.loads(body):
                    yield from payload["spans"]
            if path == "/v0.4/traces":
                for span in (span for trace in msgpack.unpackb(body, strict_map_key=False) for span in trace):
                    event = span.get("meta_struct", {}).get("_llmobs")
                    if event is not None:
                        event = msgpack.unpackb(event)
                        yield {**event, "tags": [f"{key}:{value}" for key, value in event["tags"].items()]}


def free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(command: list[str], env: dict[str, str], port: int) -> Iterator[subprocess.Popen[str]]:
    """Starts an app, waits until it listens, and ends it as a platform would, so that it flushes."""
    environment = {**os.environ, "PYTHONPATH": str(APPS), "PORT": str(port), **env}
    process = subprocess.Popen(
        command, env=environment, cwd=APPS, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        deadline = time.monotonic() + 60
        while not is_listening(port):
            assert process.poll() is None, process.communicate()[0]
            assert time.monotonic() < deadline, "the app does not listen"
            time.sleep(0.05)
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        try:
            output = process.communicate(timeout=30)[0]
        except subprocess.TimeoutExpired:
            process.kill()
            output = process.communicate()[0]
        sys.stdout.write(output)


def is_listening(port: int) -> bool:
    import socket

    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def call(port: int, path: str, headers: dict[str, str], body: str | None = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET" if body is None else "POST", path, body, headers)
        response = connection.getresponse()
        answer = response.read()
        assert response.status == 200, answer
        return answer
    finally:
        connection.close()


def session_of(number: int) -> str:
    return f"f2a1c3d4-0000-4000-8000-{number:012d}"


def call_in_sessions(port: int, path: str, count: int, extra_headers: Mapping[str, str] = MappingProxyType({})) -> None:
    """Calls the app in `count` sessions at once, as RUM 7 would; request 0 has no session."""

    def request(number: int) -> None:
        baggage = {"baggage": f"session.id={session_of(number)},user.id=7"} if number else {}
        call(port, f"{path}?request={number}", {**baggage, **extra_headers})

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(request, range(count + 1)))
