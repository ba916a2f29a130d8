"""Follows the HTTP requests that a web framework serves, so that a session needs no HTTP instrumentation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial, wraps
from typing import Any, Callable

from ._post_import import when_imported
from ._request_session import ServedRequest, enter_request, leave_request

# Key in a WSGI environ or an ASGI scope; a mounted app sees that of the app around it.
_KEY = "rum_llmobs.request"

_is_following = False


def follow_requests() -> None:
    """Follows what the frameworks serve from now on, whether they are imported already or later. Never raises."""
    global _is_following
    if _is_following:
        return
    _is_following = True
    when_imported("flask.app", lambda module: _wrap(module.Flask, "__call__", _wsgi))
    when_imported("django.core.handlers.wsgi", lambda module: _wrap(module.WSGIHandler, "__call__", _wsgi))
    when_imported("django.core.handlers.asgi", lambda module: _wrap(module.ASGIHandler, "__call__", _asgi))
    # FastAPI's applications are Starlette's.
    when_imported("starlette.applications", lambda module: _wrap(module.Starlette, "__call__", _asgi))
    when_imported("aiohttp.web_app", lambda module: _wrap(module.Application, "_handle", _aiohttp))
    when_imported("http.server", _follow_http_server)


def _wrap(owner: Any, name: str, wrapper: Any) -> None:
    method = getattr(owner, name)
    if not hasattr(method, "rum_llmobs"):
        wrapped: Any = wraps(method)(wrapper(method))
        wrapped.rum_llmobs = True
        setattr(owner, name, wrapped)


def _wsgi(call: Any) -> Any:
    def serve(self: Any, environ: Any, start_response: Any) -> Any:
        if not isinstance(environ, dict) or _KEY in environ:
            return call(self, environ, start_response)
        request = environ[_KEY] = _served(lambda: [str(environ.get("HTTP_BAGGAGE", ""))])
        before = enter_request(request)
        body = None
        try:
            body = call(self, environ, start_response)
        finally:
            # A list is complete, and a server recognises a file by its type.
            is_streamed = body is not None and not isinstance(body, (list, tuple, *_file_wrapper(environ)))
            if not is_streamed:
                leave_request(request, before)
        return _StreamedBody(body, request, before) if is_streamed else body

    return serve


def _file_wrapper(environ: dict[str, Any]) -> tuple[type, ...]:
    wrapper = environ.get("wsgi.file_wrapper")
    return (wrapper,) if isinstance(wrapper, type) else ()


class _StreamedBody:
    """Ends a request with its body, or when a server drops the body without closing it."""

    def __init__(self, body: Any, request: ServedRequest, before: ServedRequest | None) -> None:
        self._body = body
        self._parts: Iterator[bytes] | None = None
        self._leave: Callable[[], None] | None = partial(leave_request, request, before)
        # The instrumentation detaches its context when the view returns, so no span surrounds what is streamed.
        request.has_server_span = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            if self._parts is None:
                self._parts = iter(self._body)
            return next(self._parts)
        except BaseException:
            self._end()
            raise

    def close(self) -> None:
        try:
            close = getattr(self._body, "close", None)
            if close is not None:
                close()
        finally:
            self._end()

    def __del__(self) -> None:
        self._end()

    def _end(self) -> None:
        leave, self._leave = self._leave, None
        if leave is not None:
            leave()


def _asgi(call: Any) -> Any:
    async def serve(self: Any, scope: Any, receive: Any, send: Any) -> Any:
        if scope["type"] not in ("http", "websocket") or _KEY in scope:
            return await call(self, scope, receive, send)
        # A WebSocket outlives the page's session, so it gets none.
        request = _request_of_scope(scope) if scope["type"] == "http" else None
        scope[_KEY] = request
        before = enter_request(request)
        try:
            return await call(self, scope, receive, send)
        finally:
            leave_request(request, before)

    return serve


def _request_of_scope(scope: Any) -> ServedRequest:
    return _served(lambda: [value.decode("latin-1") for name, value in scope["headers"] if name == b"baggage"])


def _served(read: Callable[[], Iterable[str]]) -> ServedRequest:
    """A request whose headers cannot be read has no session."""
    try:
        return ServedRequest(read())
    except Exception:
        return ServedRequest([])


def _aiohttp(handle: Any) -> Any:
    async def serve(self: Any, request: Any) -> Any:
        served = _served(lambda: request.headers.getall("baggage", []))
        before = enter_request(served)
        try:
            return await handle(self, request)
        finally:
            leave_request(served, before)

    return serve


def _follow_http_server(module: Any) -> None:
    handler = module.BaseHTTPRequestHandler
    _wrap(handler, "parse_request", _parse_request)
    _wrap(handler, "handle_one_request", _handle_one_request)


def _parse_request(parse_request: Any) -> Any:
    def parse(self: Any) -> Any:
        is_parsed = parse_request(self)
        # wsgiref calls this outside of handle_one_request, which leaves the request again.
        if is_parsed and hasattr(self, "_rum_llmobs_request"):
            self._rum_llmobs_request = _served(lambda: self.headers.get_all("baggage", []))
            enter_request(self._rum_llmobs_request)
        return is_parsed

    return parse


def _handle_one_request(handle_one_request: Any) -> Any:
    def handle(self: Any) -> Any:
        self._rum_llmobs_request = None
        before = enter_request(None)
        try:
            return handle_one_request(self)
        finally:
            leave_request(self._rum_llmobs_request, before)
            del self._rum_llmobs_request

    return handle
