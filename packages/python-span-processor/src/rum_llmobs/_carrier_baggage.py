from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from ._baggage_header import has_session_member, without_rum_members


def remove_rum_members(carrier: object, beside_session: bool) -> bool:
    """Removes what RUM wrote from a ``baggage`` header that is already in the carrier, and tells whether it did.

    A gateway that copies the headers of the request it serves brings one along, which no propagator has written. Knows
    headers that are a mapping, of any make; another carrier stays as it is. Never raises.

    :param beside_session: whether a ``session.id`` is known elsewhere, in the context say
    """
    is_removed = False
    try:
        for name in _names_in(carrier, "baggage"):
            lines = _values(carrier, name)
            beside = beside_session or any(has_session_member(line) for line in lines)
            rest = [without_rum_members(line, beside) for line in lines]
            if rest == lines:
                continue
            is_removed = True
            header = ",".join(line for line in rest if line)
            if header:
                carrier[name] = header  # type: ignore[index]
            else:
                del carrier[name]  # type: ignore[attr-defined]
    except Exception:  # A carrier that cannot be written: nothing can be removed.
        pass
    return is_removed


def headers_of(carrier: object, name: str) -> list[str]:
    """Returns every value that the carrier has for a header, whatever the case of its name. Never raises.

    :param name: in lower case
    """
    try:
        return [value for key in _names_in(carrier, name) for value in _values(carrier, key)]
    except Exception:
        return []


def _names_in(carrier: object, name: str) -> list[str]:
    if not isinstance(carrier, MutableMapping):
        return []
    # A multidict lists a name once for each value.
    return list(dict.fromkeys(key for key in carrier if isinstance(key, str) and key.lower() == name))


def _values(carrier: Any, name: str) -> list[str]:
    get_all = getattr(carrier, "getall", None)
    values = get_all(name) if callable(get_all) else [carrier[name]]
    return [value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values]
