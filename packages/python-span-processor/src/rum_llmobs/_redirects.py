"""Keeps the session from a foreign host that a host of the user's redirects to, for clients that copy the headers."""

from __future__ import annotations

from functools import wraps
from typing import Any, Callable

from ._first_party_hosts import HostRule, warn_withheld
from ._outgoing_destination import authority_of
from ._post_import import when_imported

Withhold = Callable[[object], bool]

_rules: dict[Withhold, HostRule] = {}


def guard_redirects(withhold: Withhold, is_first_party: HostRule) -> None:
    """Calls ``withhold`` with the headers of a redirected request to a foreign host; a later rule replaces the first.

    Follows requests, urllib, httpx and httpx2, imported already or later. Never raises.
    """
    if not _rules:
        when_imported("requests.sessions", _follow_requests)
        when_imported("urllib.request", _follow_urllib)
        when_imported("httpx._client", _follow_httpx)
        when_imported("httpx2._client", _follow_httpx)
    _rules[withhold] = is_first_party


def _follow_requests(module: Any) -> None:
    # requests itself takes `Authorization` away here.
    rebuild_auth = module.SessionRedirectMixin.rebuild_auth

    @wraps(rebuild_auth)
    def rebuild(self: Any, prepared_request: Any, response: Any) -> None:
        rebuild_auth(self, prepared_request, response)
        _clean(prepared_request.headers, prepared_request.url)

    module.SessionRedirectMixin.rebuild_auth = rebuild


def _follow_urllib(module: Any) -> None:
    redirect_request = module.HTTPRedirectHandler.redirect_request

    @wraps(redirect_request)
    def redirect(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = redirect_request(self, *args, **kwargs)
        if request is not None:
            _clean(request.headers, request.full_url)
        return request

    module.HTTPRedirectHandler.redirect_request = redirect


def _follow_httpx(module: Any) -> None:
    build_redirect_request = module.BaseClient._build_redirect_request

    @wraps(build_redirect_request)
    def build(self: Any, *args: Any, **kwargs: Any) -> Any:
        request = build_redirect_request(self, *args, **kwargs)
        _clean(request.headers, str(request.url))
        return request

    module.BaseClient._build_redirect_request = build


def _clean(headers: object, url: str) -> None:
    authority = authority_of(url)
    for withhold, is_first_party in list(_rules.items()):
        if not is_first_party(authority) and withhold(headers):
            warn_withheld(authority)
