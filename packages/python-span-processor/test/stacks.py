"""Sets of packages that an app may have, each in a virtual environment that uv makes when it is asked for."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

PACKAGE = Path(__file__).parents[1]

_AUTO = "fastapi uvicorn opentelemetry-distro opentelemetry-exporter-otlp-proto-http"
_WEB = f"{_AUTO} opentelemetry-instrumentation-fastapi opentelemetry-instrumentation-httpx"
_LANGGRAPH = "langchain langchain-openai langgraph"
_DDTRACE = "pytest msgpack fastapi uvicorn flask django aiohttp requests httpx"

# Pinned are the packages that docs/python.md names with their version.
STACKS = {
    "sdk-1.20": "pytest opentelemetry-sdk==1.20.*",
    "sdk-1.38": "pytest opentelemetry-sdk==1.38.*",
    "ddtrace-4.16": f"{_DDTRACE} ddtrace==4.16.0",
    "ddtrace-4.0": f"{_DDTRACE} ddtrace==4.0.4",
    "ddtrace-3.19": f"{_DDTRACE} ddtrace==3.19.9",
    # It imports with no later util-genai, and wants httpx, which openai 3 does not bring.
    "openai-v2": f"{_WEB} openai httpx opentelemetry-instrumentation-openai-v2==2.4b0 opentelemetry-util-genai==0.4b0",
    "openinference-openai": f"{_WEB} openai openinference-instrumentation-openai==0.1.66",
    "openinference-langgraph": f"{_WEB} {_LANGGRAPH} openinference-instrumentation-langchain==0.1.80",
    "openinference-openai-agents": f"{_WEB} openai-agents openinference-instrumentation-openai-agents==2.6.0",
    "traceloop-openai": f"{_WEB} openai opentelemetry-instrumentation-openai==0.62.4",
    "traceloop-anthropic": f"{_WEB} anthropic opentelemetry-instrumentation-anthropic==0.62.4",
    "pydantic-ai": f"{_WEB} pydantic-ai-slim[openai]==2.68.0",
    "litellm": f"{_WEB} litellm==1.110.2",
}


@lru_cache
def _directory() -> Path:
    configured = os.environ.get("RUM_LLMOBS_STACKS")
    return Path(configured) if configured else Path(tempfile.mkdtemp(prefix="rum-llmobs-stacks-"))


@lru_cache
def python_of(stack: str) -> str:
    """The interpreter of a stack, with this package in it."""
    uv = shutil.which("uv") or str(Path(sys.executable).with_name("uv"))
    environment = _directory() / stack
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(environment)], check=True)
        requirements = [*STACKS[stack].split(), str(PACKAGE)]
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *requirements], check=True)
    return str(python)


def version_of(stack: str, package: str) -> str:
    command = [python_of(stack), "-c", f"import importlib.metadata as m; print(m.version({package!r}))"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
