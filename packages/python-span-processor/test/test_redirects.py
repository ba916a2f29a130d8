"""A first-party host redirects to a third-party one; the clients, and their instrumentations, are the real ones."""

from __future__ import annotations

import asyncio
import socket
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from urllib.parse import unquote
from urllib.request import Request, urlopen

import pytest
from loopback import VENDOR, Recorder
from opentelemetry import baggage, context, propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.sdk.trace import TracerProvider

from rum_llmobs import FirstPartyBaggagePropagator, _redirects
from rum_llmobs._first_party_hosts import host_rule
from rum_llmobs._post_import import _apply
from rum_llmobs._redirects import _follow_httpx, guard_redirects
from rum_llmobs.ddtrace._trace_headers import withhold_session

HEADERS = {"baggage": "session.id=secret-session,user.id=7,tenant=1"}


@pytest.fixture
def redirects(monkeypatch):
    """A URL that redirects to a host, and what that host gets."""
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    # Without the rules of guards that other tests made.
    monkeypatch.setattr(_redirects, "_rules", {lambda headers: False: []})
    resolve = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda host, *rest, **options: resolve("127.0.0.1", *rest, **options))
    target = Recorder()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("location", f"http://{unquote(self.path[1:])}:{target.port}/")
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield lambda host: f"http://127.0.0.1:{server.server_port}/{host}", target.requests
    server.shutdown()
    server.server_close()
    target.close()


def get_with_requests(url, headers):
    pytest.importorskip("requests").get(url, headers=headers)


def get_with_urllib(url, headers):
    urlopen(Request(url, headers=headers)).read()


def get_with_httpx(url, headers):
    pytest.importorskip("httpx").get(url, headers=headers, follow_redirects=True)


def get_with_httpx2(url, headers):
    pytest.importorskip("httpx2").get(url, headers=headers, follow_redirects=True)


def get_with_urllib3(url, headers):
    pytest.importorskip("urllib3").PoolManager().request("GET", url, headers=headers)


def get_with_urllib3_and_headers_of_the_pool(url, headers):
    pytest.importorskip("urllib3").PoolManager(headers=headers).request("GET", url)


def get_with_aiohttp(url, headers):
    aiohttp = pytest.importorskip("aiohttp")

    async def get():
        # Its resolver does not ask socket.getaddrinfo where aiodns is installed.
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector) as session, session.get(url, headers=headers) as response:
            await response.read()

    asyncio.run(get())


CLIENTS = [
    get_with_requests,
    get_with_urllib,
    get_with_urllib3,
    get_with_urllib3_and_headers_of_the_pool,
    get_with_httpx,
    get_with_httpx2,
    get_with_aiohttp,
]


@pytest.mark.parametrize("get", CLIENTS)
def test_a_third_party_host_gets_the_rest_of_the_header(get, redirects, warnings):
    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    get(url_to(VENDOR), HEADERS)
    assert received[0][1]["baggage"] == "tenant=1"
    assert len(warnings) == 1
    assert VENDOR in warnings[0]
    assert "secret-session" not in warnings[0]


@pytest.mark.parametrize("get", CLIENTS)
def test_a_third_party_host_gets_no_session_in_the_headers_of_jaeger_and_opentracing(get, redirects):
    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    names = [f"{prefix}-{key}" for prefix in ("uberctx", "ot-baggage") for key in ("session.id", "user.id", "tenant")]
    get(url_to(VENDOR), dict.fromkeys(names, "secret-session"))
    left = [name for name in names if received[0][1][name] is not None]
    assert left == ["uberctx-tenant", "ot-baggage-tenant"]


def test_a_session_of_requests_that_keeps_authorization_keeps_no_rum_session(redirects):
    requests = pytest.importorskip("requests")

    class KeepsAuthorization(requests.Session):
        def rebuild_auth(self, prepared_request, response):
            pass

    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    KeepsAuthorization().get(url_to(VENDOR), headers=HEADERS)
    assert received[0][1]["baggage"] == "tenant=1"


def test_a_guard_that_is_made_later_takes_no_allowed_host_away(redirects):
    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator(), allowed_hosts=["api.example.org"])
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    get_with_requests(url_to("api.example.org"), HEADERS)
    assert received[0][1]["baggage"] == HEADERS["baggage"]


@pytest.mark.parametrize("get", CLIENTS)
def test_a_first_party_host_gets_the_session(get, redirects):
    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator(), allowed_hosts=["*.example.org"])
    get(url_to("api.example.org"), HEADERS)
    get(url_to("backend.internal"), HEADERS)
    assert [headers["baggage"] for _, headers, _ in received] == [HEADERS["baggage"]] * 2


@pytest.mark.parametrize("get", CLIENTS)
def test_a_third_party_host_gets_no_session_in_the_headers_of_ddtrace(get, redirects):
    url_to, received = redirects
    guard_redirects(withhold_session, host_rule([]))
    get(url_to(VENDOR), {"x-datadog-tags": "_dd.p.dm=-0,_dd.p.llmobs_sid=secret-session", **HEADERS})
    assert received[0][1]["x-datadog-tags"] == "_dd.p.dm=-0"
    assert "secret-session" not in str(received[0][1])


@pytest.mark.parametrize(
    ("module", "name", "get"),
    [
        ("requests", "RequestsInstrumentor", get_with_requests),
        ("urllib", "URLLibInstrumentor", get_with_urllib),
        ("urllib3", "URLLib3Instrumentor", get_with_urllib3),
        ("httpx", "HTTPXClientInstrumentor", get_with_httpx),
        ("aiohttp_client", "AioHttpClientInstrumentor", get_with_aiohttp),
    ],
)
def test_a_third_party_host_gets_no_session_that_an_instrumentation_injected(module, name, get, redirects):
    library = pytest.importorskip(f"opentelemetry.instrumentation.{module}", reason="needs the extra test")
    url_to, received = redirects
    before = propagate.get_global_textmap()
    propagate.set_global_textmap(FirstPartyBaggagePropagator(W3CBaggagePropagator()))
    instrumentor = getattr(library, name)()
    instrumentor.instrument(tracer_provider=TracerProvider())
    token = context.attach(baggage.set_baggage("session.id", "secret-session"))
    try:
        get(url_to(VENDOR), {})
        get(url_to("backend.internal"), {})
    finally:
        context.detach(token)
        instrumentor.uninstrument()
        propagate.set_global_textmap(before)
    assert [headers["baggage"] for _, headers, _ in received] == [None, "session.id=secret-session"]


def test_aiohttp_itself_refuses_a_location_that_is_no_url(redirects):
    aiohttp = pytest.importorskip("aiohttp")
    url_to, _ = redirects
    with pytest.raises(aiohttp.InvalidURL):
        get_with_aiohttp(url_to("["), HEADERS)


def test_aiohttp_keeps_the_trace_configs_of_the_application(redirects):
    aiohttp = pytest.importorskip("aiohttp")
    url_to, _ = redirects
    hops = []

    async def get():
        trace_config = aiohttp.TraceConfig()
        trace_config.on_request_redirect.append(lambda *args: note(args))
        connector = aiohttp.TCPConnector(resolver=aiohttp.ThreadedResolver())
        async with aiohttp.ClientSession(connector=connector, trace_configs=[trace_config]) as session:
            await (await session.get(url_to("backend.internal"))).read()

    async def note(args):
        hops.append(args)

    asyncio.run(get())
    assert len(hops) == 1


def test_urllib3_leaves_the_headers_of_the_application_as_they_are(redirects):
    url_to, received = redirects
    FirstPartyBaggagePropagator(W3CBaggagePropagator())
    headers = dict(HEADERS)
    get_with_urllib3(url_to(VENDOR), headers)
    assert headers == HEADERS
    assert received[0][1]["baggage"] == "tenant=1"


def test_a_client_of_an_unknown_make_is_left_alone(warnings):
    _apply(_follow_httpx, SimpleNamespace(__name__="httpx._client"))
    assert len(warnings) == 1
