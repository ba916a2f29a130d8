"""The session of a request that no instrumentation extracted, on real frameworks."""

from __future__ import annotations

import asyncio
import gc
import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
from opentelemetry import context, trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind

from rum_llmobs import LlmObsSessionSpanProcessor, _request_session, _served_requests
from rum_llmobs._request_session import ServedRequest, enter_request, leave_request

SESSION = "f2a1c3d4-0000-4000-8000-00000000000a"
HEADERS = {"baggage": f"session.id={SESSION},user.id=7"}


class Spans:
    def __init__(self):
        self.exporter = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(LlmObsSessionSpanProcessor(spans="all"))
        provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.tracer = provider.get_tracer("test")

    def end(self, name="work", ctx=None, **options):
        self.tracer.start_span(name, ctx, **options).end()

    def sessions(self):
        return [span.attributes.get("session.id") for span in self.exporter.get_finished_spans()]


@pytest.fixture
def spans():
    spans = Spans()
    yield spans
    assert _request_session.current_request() is None


def test_flask(spans):
    flask = pytest.importorskip("flask")
    app = flask.Flask(__name__)

    @app.get("/")
    def view():
        spans.end()
        return "x"

    @app.get("/stream")
    def stream():
        def parts():
            spans.end()
            yield "x"

        return parts()

    for path in ("/", "/stream"):
        client = app.test_client()
        assert client.get(path, headers=HEADERS).data == b"x"
        assert client.get(path).data == b"x"
    assert spans.sessions() == [SESSION, None, SESSION, None]


def test_starlette(spans):
    pytest.importorskip("httpx")
    applications = pytest.importorskip("starlette.applications")
    from starlette.responses import StreamingResponse
    from starlette.routing import Mount, Route
    from starlette.testclient import TestClient

    async def view(request):
        spans.end()
        await asyncio.to_thread(spans.end)

        async def parts():
            spans.end()
            yield "x"

        return StreamingResponse(parts())

    mounted = applications.Starlette(routes=[Route("/", view)])
    app = applications.Starlette(routes=[Route("/", view), Mount("/mounted", mounted)])
    client = TestClient(app)
    for path in ("/", "/mounted/"):
        assert client.get(path, headers=HEADERS).text == "x"
        assert client.get(path).text == "x"
    assert spans.sessions() == [SESSION] * 3 + [None] * 3 + [SESSION] * 3 + [None] * 3


def test_starlette_leaves_no_request_behind_in_the_task_that_calls_it(spans):
    applications = pytest.importorskip("starlette.applications")

    async def nothing(*args):
        return {"type": "http.request"}

    async def run():
        scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "root_path": ""}
        headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
        await applications.Starlette()({**scope, "headers": headers}, nothing, nothing)
        spans.end()

    asyncio.run(run())
    assert spans.sessions() == [None]


def test_django(spans):
    pytest.importorskip("django")
    import django
    from django.conf import settings
    from django.http import StreamingHttpResponse
    from django.urls import path

    def view(request):
        spans.end()

        def parts():
            spans.end()
            yield "x"

        return StreamingHttpResponse(parts())

    if not settings.configured:
        settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="x", MIDDLEWARE=[])
        django.setup()
    from django.core.handlers.wsgi import WSGIHandler

    global urlpatterns
    urlpatterns = [path("", view)]
    for headers in (HEADERS, {}):
        environ = {
            **{"REQUEST_METHOD": "GET", "PATH_INFO": "/", "SERVER_NAME": "localhost", "SERVER_PORT": "80"},
            **{f"HTTP_{name.upper()}": value for name, value in headers.items()},
            "wsgi.input": BytesIO(),
        }
        body = WSGIHandler()(environ, lambda *args: None)
        assert list(body) == [b"x"]
        body.close()
    assert spans.sessions() == [SESSION, SESSION, None, None]


def test_aiohttp(spans):
    web = pytest.importorskip("aiohttp.web")
    from aiohttp.test_utils import TestClient, TestServer

    async def view(request):
        await asyncio.sleep(0)
        spans.end()
        return web.Response()

    async def run():
        app = web.Application()
        app.router.add_get("/", view)
        async with TestClient(TestServer(app)) as client:
            await client.get("/", headers=HEADERS)
            await client.get("/")

    asyncio.run(run())
    assert spans.sessions() == [SESSION, None]


def test_http_server_with_requests_on_one_connection(spans):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self):
            spans.end()
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    for headers in (HEADERS, {}, HEADERS):
        connection.request("GET", "/", headers=headers)
        connection.getresponse().read()
    connection.close()
    server.shutdown()
    server.server_close()
    assert spans.sessions() == [SESSION, None, SESSION]


class WsgiApp:
    """A WSGI application whose body is made part by part, with one span for each."""

    def __init__(self, spans):
        self.spans = spans

    def __call__(self, environ, start_response):
        for part in (b"a", b"b"):
            self.spans.end()
            yield part


def wsgi_body(spans, session=SESSION):
    served = _served_requests._wsgi(WsgiApp.__call__)
    return served(WsgiApp(spans), {"HTTP_BAGGAGE": f"session.id={session}"}, None)


def test_a_body_is_an_iterator(spans):
    body = wsgi_body(spans)
    assert iter(body) is body
    assert [next(body), next(body), next(body, None)] == [b"a", b"b", None]
    assert spans.sessions() == [SESSION, SESSION]


def test_a_body_that_is_dropped_ends_its_request(spans):
    body = wsgi_body(spans)
    next(body)
    del body
    gc.collect()
    spans.end()
    assert spans.sessions() == [SESSION, None]


def test_a_body_that_is_closed_in_another_request_leaves_that_request_alone(spans):
    body = wsgi_body(spans)
    other = wsgi_body(spans, "other")
    body.close()
    spans.end()
    other.close()
    enter_request(None)
    assert spans.sessions() == ["other"]


def test_no_request_follows_one_that_began_in_a_request_that_has_ended(spans):
    body = wsgi_body(spans)
    other = wsgi_body(spans, "other")
    body.close()
    other.close()
    assert _request_session.current_request() is None


def test_a_scope_without_headers_is_served(spans):
    async def app(scope, receive, send):
        return "served"

    served = _served_requests._asgi(lambda self, *call: app(*call))
    assert asyncio.run(served(None, {"type": "http"}, None, None)) == "served"


def test_a_request_that_somebody_else_parses_does_not_stay(spans):
    class Handler:
        headers = None

    handler = Handler()
    _served_requests._parse_request(lambda self: True)(handler)
    assert _request_session.current_request() is None


class TestRequest:
    @pytest.fixture(autouse=True)
    def _request(self):
        self.request = ServedRequest([HEADERS["baggage"]])
        before = enter_request(self.request)
        yield
        leave_request(self.request, before)

    def remote(self):
        span_context = trace.SpanContext(1, 1, is_remote=True, trace_flags=trace.TraceFlags(1))
        return trace.set_span_in_context(trace.NonRecordingSpan(span_context), context.Context())

    def test_gives_its_session_to_roots_while_it_has_no_server_span(self, spans_in_request):
        spans_in_request.end()
        spans_in_request.end()
        assert spans_in_request.sessions() == [SESSION, SESSION]

    def test_gives_its_session_to_its_server_span_and_to_no_detached_root(self, spans_in_request):
        server = spans_in_request.tracer.start_span("GET", self.remote(), kind=SpanKind.SERVER)
        spans_in_request.end(ctx=trace.set_span_in_context(server))
        spans_in_request.end(ctx=context.Context())
        assert spans_in_request.sessions() == [SESSION, None]

    def test_gives_its_session_to_every_server_span(self, spans_in_request):
        spans_in_request.end(ctx=self.remote(), kind=SpanKind.SERVER)
        spans_in_request.end(ctx=self.remote(), kind=SpanKind.SERVER)
        assert spans_in_request.sessions() == [SESSION, SESSION]

    def test_gives_its_session_to_no_message(self, spans_in_request):
        spans_in_request.end(ctx=self.remote())
        spans_in_request.end(kind=SpanKind.CONSUMER)
        assert spans_in_request.sessions() == [None, None]

    def test_gives_its_session_for_60_seconds_after_its_response(self, spans_in_request, monkeypatch):
        now = 1000.0
        monkeypatch.setattr(_request_session, "monotonic", lambda: now)
        leave_request(self.request, self.request)
        now = 1059.0
        spans_in_request.end()
        now = 1061.0
        spans_in_request.end()
        assert spans_in_request.sessions() == [SESSION, None]

    @pytest.fixture
    def spans_in_request(self):
        return Spans()


def test_a_request_keeps_no_long_value():
    assert ServedRequest([f"session.id={'a' * 256}"]).session_id == "a" * 256
    assert ServedRequest([f"session.id={'a' * 257}"]).session_id is None


def test_a_session_in_a_second_header_line_is_found():
    assert ServedRequest(["tenant=1", "session.id=a"]).session_id == "a"
