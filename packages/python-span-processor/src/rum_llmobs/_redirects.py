"""Keeps the session from a third-party host that a first-party host redirects to, for clients that copy the headers."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable

from ._first_party_hosts import HostRule, warn_withheld
from ._outgoing_destination import authority_of
from ._post_import import when_imported

Withhold = Callable[[object], bool]

_MAX_RULES = 16

_rules: dict[Withhold, list[HostRule]] = {}


def guard_redirects(withhold: Withhold, is_first_party: HostRule) -> None:
    """Calls ``withhold`` with the headers of a redirected request to a host that no rule of it calls first-party.

    Follows requests, urllib, urllib3, httpx, httpx2 and aiohttp, imported already or later. Never raises.
    """
    if not _rules:
        when_imported("requests.sessions", _follow_requests)
        when_imported("urllib.request", _follow_urllib)
        when_imported("urllib3.poolmanager", _follow_urllib3)
        when_imported("httpx._client", _follow_httpx)
        when_imported("httpx2._client", _follow_httpx)
        when_imported("aiohttp.client", _follow_aiohttp)
    rules = _rules.setdefault(withhold, [])
    rules.append(is_first_party)
    del rules[:-_MAX_RULES]


def _follow_requests(module: Any) -> None:
    # Not rebuild_auth, which applications override to keep `Authorization`.
    rebuild_proxies = module.SessionRedirectMixin.rebuild_proxies

    @wraps(rebuild_proxies)
    def rebuild(self: Any, prepared_request: Any, proxies: Any) -> Any:
        _clean(prepared_request.headers, prepared_request.url)
        return rebuild_proxies(self, prepared_request, proxies)

    module.SessionRedirectMixin.rebuild_proxies = rebuild


def _follow_urllib(module: Any) -> None:
    redirect_request = module.HTTPRedirectHandler.redirect_request

    @wraps(redirect_request)
    def redirect(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = redirect_request(self, *args, **kwargs)
        if request is not None:
            _clean(request.headers, request.full_url)
        return request

    module.HTTPRedirectHandler.redirect_request = redirect


def _follow_urllib3(module: Any) -> None:
    urlopen = module.PoolManager.urlopen

    @wraps(urlopen)
    def follow(self: Any, method: str, url: str, *args: Any, **kwargs: Any) -> Any:
        # The pool manager calls itself again for a redirect, with the retry that counted it.
        history = getattr(kwargs.get("retries"), "history", ())
        headers: Any = kwargs.get("headers")
        if history and history[-1].redirect_location and hasattr(headers, "copy"):
            kwargs["headers"] = headers.copy()
            _clean(kwargs["headers"], url)
        return urlopen(self, method, url, *args, **kwargs)

    module.PoolManager.urlopen = follow


def _follow_httpx(module: Any) -> None:
    build_redirect_request = module.BaseClient._build_redirect_request

    @wraps(build_redirect_request)
    def build(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = build_redirect_request(self, *args, **kwargs)
        _clean(request.headers, str(request.url))
        return request

    module.BaseClient._build_redirect_request = build


def _follow_aiohttp(module: Any) -> None:
    init = module.ClientSession.__init__

    async def clean(session: Any, context: Any, redirected: Any) -> None:
        url, headers = redirected.response.url, redirected.response.headers
        try:
            target = url.join(type(url)(headers.get("location") or headers.get("uri") or ""))
        except ValueError:
            return  # aiohttp does not follow what it cannot parse.
        # The next request is made with these headers.
        _clean(redirected.headers, str(target))

    trace_config = module.TraceConfig()
    trace_config.on_request_redirect.append(clean)

    @wraps(init)
    def init_traced(self: Any, *args: Any, **kwargs: Any) -> None:
        trace_configs = [*(kwargs.pop("trace_configs", None) or ()), trace_config]
        init(self, *args, trace_configs=trace_configs, **kwargs)

    module.ClientSession.__init__ = init_traced


def _clean(headers: object, url: str) -> None:
    authority = authority_of(url)
    for withhold, rules in list(_rules.items()):
        if not any(is_first_party(authority) for is_first_party in list(rules)) and withhold(headers):
            warn_withheld(authority)
