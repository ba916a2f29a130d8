"""The work of an agent: three LLM Observability spans, a call to a vendor by each client, and one to a backend."""

from __future__ import annotations

import asyncio
import os
import socket

import httpx
import requests
from opentelemetry import trace

VENDOR = f"http://api.vendor.example:{os.environ.get('VENDOR_PORT')}/"
BACKEND = f"http://127.0.0.1:{os.environ.get('BACKEND_PORT')}/"

resolve = socket.getaddrinfo


def resolve_vendor(host, *args, **kwargs):
    return resolve("127.0.0.1" if host in ("api.vendor.example", b"api.vendor.example") else host, *args, **kwargs)


socket.getaddrinfo = resolve_vendor
# httpcore closes idle connections above a limit, at times one that another thread has just been given.
limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
client, async_client = httpx.Client(timeout=60, limits=limits), httpx.AsyncClient(timeout=60, limits=limits)
tracer = trace.get_tracer("agent")


def span(name, number, **attributes):
    return tracer.start_as_current_span(name, attributes={"app.request": number, **attributes})


def answer(number):
    with span("agent", number, **{"gen_ai.operation.name": "invoke_agent"}):
        with span("late", number) as late:
            late.set_attribute("openinference.span.kind", "LLM")
            requests.get(f"{VENDOR}{number}")
            client.get(f"{VENDOR}{number}")
        requests.get(f"{BACKEND}{number}")
        client.get(f"{BACKEND}{number}")


async def answer_async(number):
    with span("agent", number, **{"gen_ai.operation.name": "invoke_agent"}):
        await asyncio.sleep(0.01)
        with span("late", number) as late:
            late.set_attribute("openinference.span.kind", "LLM")
            await async_client.get(f"{VENDOR}{number}")
            await async_client.get(f"{BACKEND}{number}")


def stream(number):
    for part in range(3):
        with span("late", number) as late:
            late.set_attribute("openinference.span.kind", "LLM")
        yield f"{part}\n"
