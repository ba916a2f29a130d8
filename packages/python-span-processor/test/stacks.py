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
_DDTRACE = "pytest msgpack fastapi uvicorn flask django aiohttp requests httpx"

STACKS = {
    "sdk-1.20": "pytest opentelemetry-sdk==1.20.*",
    "sdk-1.38": "pytest opentelemetry-sdk==1.38.*",
    "ddtrace-4.16": f"{_DDTRACE} ddtrace==4.16.*",
    "ddtrace-4.0": f"{_DDTRACE} ddtrace==4.0.*",
    "ddtrace-3.19": f"{_DDTRACE} ddtrace==3.19.*",
    # It imports with no later util-genai, and wants httpx, which openai 3 does not bring.
    "openai-v2": f"{_WEB} openai httpx opentelemetry-instrumentation-openai-v2 opentelemetry-util-genai==0.4b0",
    "openinference-openai": f"{_WEB} openai openinference-instrumentation-openai",
    "openinference-langgraph": f"{_WEB} openinference-instrumentation-langchain langchain-openai langgraph langchain",
    "openinference-openai-agents": f"{_WEB} openai-agents openinference-instrumentation-openai-agents",
    "traceloop-openai": f"{_WEB} openai opentelemetry-instrumentation-openai",
    "traceloop-anthropic": f"{_WEB} anthropic opentelemetry-instrumentation-anthropic",
    "pydantic-ai": f"{_WEB} pydantic-ai-slim[openai]",
    "litellm": f"{_WEB} litellm",
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
