from __future__ import annotations

import re

from .._carrier_baggage import headers_of, remove_rum_members, rewrite_header
from ._internals import SESSION_TRACE_TAG

_TAGS = "x-datadog-tags"
_TAG = f"{SESSION_TRACE_TAG}="
_TRACESTATE_TAG = f"t.{SESSION_TRACE_TAG[len('_dd.p.') :]}:"

# Default of DD_TRACE_X_DATADOG_TAGS_MAX_LENGTH. A longer header is dropped as a whole, by this or the next service.
_MAX_TAGS_LENGTH = 512

# ddtrace drops the whole header when one value holds a comma, a control character or a character outside ASCII; `;`,
# `=` and `~` do not survive `tracestate`.
_FITS = re.compile(r"[!-+\--:<>-}]{1,128}")


def send_session(headers: object, session_id: str | None) -> None:
    """Writes a session, or none, into the trace headers of an outgoing request; the other trace tags stay."""
    sent = session_id if session_id is not None and _FITS.fullmatch(session_id) else None
    tags = headers_of(headers, _TAGS)
    rewrite_header(headers, _TAGS, lambda line: _with_tag(line, sent))
    if sent is not None and not tags and isinstance(headers, dict):
        headers[_TAGS] = _TAG + sent
    rewrite_header(headers, "tracestate", lambda line: _with_field(line, sent))


def withhold_session(headers: object) -> bool:
    """Removes the session, and what else RUM wrote, from an outgoing request; tells whether there was anything."""
    was_tagged = rewrite_header(headers, _TAGS, lambda line: _with_tag(line, None))
    was_tagged |= rewrite_header(headers, "tracestate", lambda line: _with_field(line, None))
    return remove_rum_members(headers, was_tagged) or was_tagged


def _with_tag(line: str, session_id: str | None) -> str:
    others = ",".join(member for member in line.split(",") if not member.strip().startswith(_TAG))
    with_session = ",".join(filter(None, [others, session_id and _TAG + session_id]))
    return with_session if len(with_session) <= _MAX_TAGS_LENGTH else others


def _with_field(line: str, session_id: str | None) -> str:
    if _TRACESTATE_TAG not in line:
        return line
    return ",".join(
        _with_dd_field(member, session_id) if member.lstrip().startswith("dd=") else member
        for member in line.split(",")
    )


def _with_dd_field(member: str, session_id: str | None) -> str:
    vendor, _, value = member.partition("=")
    fields = value.split(";")
    others = [field for field in fields if not field.strip().startswith(_TRACESTATE_TAG)]
    if session_id and len(others) < len(fields):
        others.append(_TRACESTATE_TAG + session_id)
    return f"{vendor}={';'.join(others)}"
