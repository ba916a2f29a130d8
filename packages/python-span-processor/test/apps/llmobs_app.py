"""An agent with ddtrace's LLMObs SDK, behind the web framework that the first argument names."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from contextlib import suppress

import rum_llmobs.ddtrace

if os.environ.get("INSTALL") != "late":
    rum_llmobs.ddtrace.install()

import httpx
import requests
from ddtrace.llmobs import LLMObs

if os.environ.get("INSTALL") == "late":
    rum_llmobs.ddtrace.install()
if os.environ.get("DD_LLMOBS_ENABLED") != "1":
    LLMObs.enable(ml_app="test")

VENDOR = f"http://api.vendor.example:{os.environ['VENDOR_PORT']}/"
BACKEND = f"http://127.0.0.1:{os.environ['BACKEND_PORT']}/"
PORT = int(os.environ["PORT"])

resolve = socket.getaddrinfo


def resolve_vendor(host, *args, **kwargs):
    return resolve("127.0.0.1" if host in ("api.vendor.example", b"api.vendor.example") else host, *args, **kwargs)


socket.getaddrinfo = resolve_vendor
# httpcore closes idle connections above a limit, at times one that another thread has just been given.
limits = httpx.Limits(max_connections=None, max_keepalive_connections=None, keepalive_expiry=None)
client, async_client = httpx.Client(timeout=60, limits=limits), httpx.AsyncClient(timeout=60, limits=limits)


def annotate(number):
    LLMObs.annotate(tags={"app_request": str(number)})


def answer(path, number):
    own = f"own-{number}" if path == "/own" else None
    with LLMObs.agent("agent", session_id=own):
        annotate(number)
        with LLMObs.llm(model_name="m", name="llm"):
            annotate(number)
            requests.get(f"{VENDOR}{number}")
            client.get(f"{VENDOR}{number}")
        requests.get(f"{BACKEND}{number}")
        client.get(f"{BACKEND}{number}")
    with LLMObs.tool("alone"):
        annotate(number)


async def answer_async(path, number):
    with LLMObs.agent("agent", session_id=f"own-{number}" if path == "/own" else None):
        annotate(number)
        await asyncio.sleep(0.01)
        with LLMObs.llm(model_name="m", name="llm"):
            annotate(number)
            await async_client.get(f"{VENDOR}{number}")
            await async_client.get(f"{BACKEND}{number}")
    with LLMObs.tool("alone"):
        annotate(number)


def serve_fastapi():
    import uvicorn
    from fastapi import FastAPI

    app = FastAPI()

    @app.get("/sync")
    def sync(request: int):
        answer("/sync", request)

    @app.get("/async")
    async def asynchronous(request: int):
        await answer_async("/async", request)

    @app.get("/own")
    async def own(request: int):
        await answer_async("/own", request)

    @app.get("/{number}")
    def downstream(number: int):
        with LLMObs.agent("downstream"):
            annotate(number)

    uvicorn.run(app, port=PORT)


def serve_flask():
    from flask import Flask, request

    app = Flask(__name__)

    @app.get("/<path>")
    def view(path):
        answer(f"/{path}", int(request.args["request"]))
        return "{}"

    app.run(port=PORT, threaded=True)


def serve_django():
    from django.conf import settings

    settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", DEBUG=True, MIDDLEWARE=[])
    import django
    from django.http import HttpResponse
    from django.urls import path

    django.setup()

    def view(request, name):
        answer(f"/{name}", int(request.GET["request"]))
        return HttpResponse("{}")

    global urlpatterns
    urlpatterns = [path("<str:name>", view)]
    from django.core.wsgi import get_wsgi_application
    from werkzeug.serving import run_simple

    run_simple("127.0.0.1", PORT, get_wsgi_application(), threaded=True)


def serve_aiohttp():
    from aiohttp import web

    async def view(request):
        await answer_async(request.path, int(request.query["request"]))
        return web.Response()

    app = web.Application()
    app.router.add_get("/{path}", view)
    web.run_app(app, host="127.0.0.1", port=PORT)


def serve_http_server():
    from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
    from urllib.parse import parse_qs, urlsplit

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            url = urlsplit(self.path)
            answer(url.path, int(parse_qs(url.query)["request"][0]))
            self.send_response(200)
            self.end_headers()

    class Server(ThreadingHTTPServer):
        request_queue_size = 512

    Server(("127.0.0.1", PORT), Handler).serve_forever()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        globals()[f"serve_{sys.argv[1]}"]()
    LLMObs.flush()
