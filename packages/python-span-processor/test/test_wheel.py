"""What a user does: an empty virtual environment, the wheel, and the command of the README."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
from loopback import Recorder, call, free_port, otlp_environment, running, session_of
from stacks import PACKAGE

find_uv_bin = pytest.importorskip("uv", reason="needs the extra test").find_uv_bin

APP = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

from opentelemetry import trace


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        with trace.get_tracer("agent").start_as_current_span("chat", attributes={"gen_ai.operation.name": "chat"}):
            self.send_response(200)
            self.end_headers()


HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def test_the_command_of_the_readme_joins_in_an_empty_environment(tmp_path):
    uv = find_uv_bin()
    install, start = readme_commands()
    assert install[:3] == ["pip", "install", "rum-llmobs"]
    subprocess.run([uv, "build", "-q", "--wheel", "--out-dir", str(tmp_path), str(PACKAGE)], check=True)
    wheel = next(tmp_path.glob("*.whl"))
    bin_directory = tmp_path / "venv" / "bin"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(bin_directory.parent)], check=True)
    target = ["--python", str(bin_directory / "python")]
    subprocess.run([uv, "pip", "install", "-q", *target, str(wheel), *install[3:]], check=True)
    (tmp_path / "app.py").write_text(APP)
    command = [str(tmp_path / part) if part == "app.py" else str(bin_directory / part) for part in start]

    collector, port = Recorder(b""), free_port()
    with running(command, otlp_environment(collector), port):
        call(port, "/", {"baggage": f"session.id={session_of(1)}"})
    collector.close()
    ((_, _, attributes),) = collector.spans()
    assert attributes["session.id"] == attributes["gen_ai.conversation.id"] == session_of(1)


def readme_commands():
    block = re.search(r"## OpenTelemetry\n+```sh\n(.*?)```", (PACKAGE / "README.md").read_text(), re.DOTALL)
    install, start = block[1].splitlines()
    return install.split(), start.split()
