from __future__ import annotations

from collections.abc import MutableMapping
from email.message import Message
from typing import Any, Callable

from ._baggage_header import RUM_BAGGAGE_KEYS, has_session_member, without_rum_members
from ._session_from_baggage import SESSION_BAGGAGE_KEY

# Jaeger and OpenTracing send a header for each entry.
_PREFIXES = ("uberctx-", "ot-baggage-")


def remove_rum_members(carrier: object, beside_session: bool) -> bool:
    """Removes what RUM wrote from the baggage headers that are already in the carrier, and tells whether it did.

    A gateway that copies the headers of the request it serves brings one along, which no propagator has written. Never
    raises.

    :param beside_session: whether a ``session.id`` is known elsewhere, in the context say
    """
    prefixes = [prefix for prefix in _PREFIXES if headers_of(carrier, prefix + SESSION_BAGGAGE_KEY)]
    in_header = any(has_session_member(line) for line in headers_of(carrier, "baggage"))
    if not (beside_session or prefixes or in_header):
        return False
    changes = [rewrite_header(carrier, "baggage", without_rum_members)]
    for prefix in prefixes:
        changes += [rewrite_header(carrier, prefix + key, lambda _: "") for key in RUM_BAGGAGE_KEYS]
    return any(changes)


def rewrite_header(carrier: object, name: str, rewrite: Callable[[str], str]) -> bool:
    """Replaces each value of a header, removes the empty ones, and tells whether anything changed. Never raises.

    Knows headers that are a mapping, of any make, and those of ``http.client``; another carrier stays as it is.

    :param name: in lower case
    """
    is_changed = False
    try:
        for key in _keys_of(carrier, name):
            lines = _values(carrier, key)
            rest = [rewrite(line) for line in lines]
            if rest == lines:
                continue
            is_changed = True
            header = ",".join(line for line in rest if line)
            # A message appends what is assigned to it.
            if not header or isinstance(carrier, Message):
                del carrier[key]  # type: ignore[attr-defined]
            if header:
                carrier[key] = header  # type: ignore[index]
    except Exception:  # A carrier that cannot be written.
        return is_changed
    return is_changed


def headers_of(carrier: object, name: str) -> list[str]:
    """Returns every value that the carrier has for a header, whatever the case of its name. Never raises.

    :param name: in lower case
    """
    try:
        return [value for key in _keys_of(carrier, name) for value in _values(carrier, key)]
    except Exception:
        return []


def _keys_of(carrier: object, name: str) -> list[Any]:
    if isinstance(carrier, Message):
        return [name] if name in carrier else []
    if not isinstance(carrier, MutableMapping):
        return []
    # A multidict lists a name once for each value.
    return list(dict.fromkeys(key for key in carrier if _text(key).lower() == name))


def _values(carrier: Any, key: Any) -> list[str]:
    get_all = getattr(carrier, "get_all" if isinstance(carrier, Message) else "getall", None)
    values = get_all(key) if callable(get_all) else [carrier[key]]
    return [_text(value) for value in values]


def _text(value: object) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)
