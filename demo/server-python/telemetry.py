"""Joins the events of LLM Observability, which `ddtrace-run` has started, with the RUM session of their request."""

import signal
import sys

import rum_llmobs.ddtrace

rum_llmobs.ddtrace.install()

# ddtrace sends what it still holds when the interpreter exits.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
