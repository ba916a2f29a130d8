from __future__ import annotations

import re
from typing import Literal

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.trace import SpanKind

_AUTHORITY = re.compile(r"[a-z][a-z\d+.-]*://([^/\\?#]*)", re.IGNORECASE)


def destination_of(context: Context) -> list[str] | Literal["queue"] | None:
    """Returns the authorities that the client span in ``context`` names; a request may go to each of them.

    ``"queue"`` is a message, whose consumer no attribute names. Returns nothing when the destination cannot be known:
    there is no span, it is not sampled (it then has neither kind nor attributes), or it is neither a client nor a
    producer span. The ``server.address`` of a server span, for one, is what the caller wrote into its Host header.
    """
    span = trace.get_current_span(context)
    kind = getattr(span, "kind", None)
    if kind is SpanKind.PRODUCER:
        return "queue"
    if kind is not SpanKind.CLIENT:
        return None
    attributes = getattr(span, "attributes", None) or {}
    names = [attributes.get("server.address"), attributes.get("net.peer.name")]
    for url in (attributes.get("url.full"), attributes.get("http.url")):
        if isinstance(url, str):
            names.append(authority_of(url))
    # An empty name is that of a URL without an authority.
    return [name for name in names if isinstance(name, str)] or None


def authority_of(url: str) -> str:
    """Returns what stands between the scheme and the path of an absolute URL, or ``""``."""
    match = _AUTHORITY.match(url)
    return match[1] if match else ""
