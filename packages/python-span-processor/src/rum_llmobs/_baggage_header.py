from __future__ import annotations

from urllib.parse import unquote_to_bytes

from ._session_from_baggage import SESSION_BAGGAGE_KEY

RUM_BAGGAGE_KEYS = (SESSION_BAGGAGE_KEY, "user.id", "account.id")
"""Keys that RUM writes. Without a ``session.id``, ``user.id`` and ``account.id`` are the application's."""


def baggage_member(header: str, key: str) -> str | None:
    """Reads one member of a W3C ``baggage`` header: its percent-decoded value, without properties.

    Of several members of the same name the last one counts that has a value. Linear time, never raises.
    https://www.w3.org/TR/baggage/#header-content
    """
    found = None
    for member in header.split(","):
        if _member_key(member) == key:
            found = _decoded(member.partition("=")[2].partition(";")[0].strip()) or found
    return found


def has_session_member(header: str) -> bool:
    """Tells whether a ``baggage`` header has a member ``session.id``, valid or not."""
    return any(_member_key(member) == SESSION_BAGGAGE_KEY for member in header.split(","))


def without_rum_members(header: str) -> str:
    """Returns a ``baggage`` header without what RUM wrote; the other members stay byte for byte."""
    members = header.split(",")
    rest = [member for member in members if _member_key(member) not in RUM_BAGGAGE_KEYS]
    if len(rest) == len(members):
        return header
    if not any(member.strip() for member in rest):
        return ""
    text = ",".join(rest)
    # A header may not begin or end with the blank that stood at a comma.
    start = text if rest[0] is members[0] else text.lstrip()
    return start if rest[-1] is members[-1] else start.rstrip()


def _member_key(member: str) -> str:
    """Key of a list-member, decoded: ``session%2Eid`` is ``session.id`` to a receiver. Empty if there is none."""
    key, equals, _ = member.partition("=")
    key = key.strip() if equals else ""
    decoded = _decoded(key)
    return key if decoded is None else decoded


def _decoded(text: str) -> str | None:
    if "%" not in text:
        return text
    try:
        return unquote_to_bytes(text).decode()
    except UnicodeError:
        return None
