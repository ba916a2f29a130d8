from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Sequence
from typing import Callable

from ._warn_once import warn_once

HostRule = Callable[[str], bool]

# Loopback, private use and link-local: RFC 1122 3.2.1.3, RFC 1918, RFC 3927, and RFC 4291 2.5.3, RFC 4193, RFC 4291
# 2.5.6.
_PRIVATE_ADDRESSES = [
    ipaddress.ip_network(network)
    for network in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::1", "fc00::/7", "fe80::/10"),
    )
]

# .localhost and .local are reserved by RFC 6761 and RFC 6762, .internal by ICANN for private use; .svc and
# .cluster.local are Kubernetes services.
_PRIVATE_SUFFIXES = (".localhost", ".local", ".internal", ".svc", ".cluster.local")

_AUTHORITY = re.compile(r"(?:[^@]*@)?(\[[^\[\]]*\]|[^\[\]:]*)(?::(\d{1,5}))?")
_REFUSED = re.compile(r"[\s/\\?#]|:$")
_NUMBER = re.compile(r"\d+|0[xX][\da-fA-F]*")
_NAME = re.compile(r"[^\x00-\x20\"<>^`{|}%\x7f]+")

_MAX_REMEMBERED = 256


def host_rule(allowed_hosts: object) -> HostRule:
    """Returns the rule that tells which authorities (``host``, ``host:port``) are first-party hosts.

    These are loopback, private and link-local addresses, names without a dot, names under .localhost, .local,
    .internal, .svc and .cluster.local, and ``allowed_hosts``. An authority that cannot be read is not. Remembers at
    most 256 verdicts, because judging a host takes longer than the rest of inject.

    :raises TypeError: or ``ValueError`` for an invalid entry; the message names it.
    """
    is_allowed = host_matcher(allowed_hosts)
    verdicts: dict[str, bool] = {}

    def is_first_party(authority: str) -> bool:
        known = verdicts.get(authority)
        if known is not None:
            return known
        host = host_of(authority)
        verdict = host is not None and (is_private_host(host) or is_allowed(host))
        if len(verdicts) >= _MAX_REMEMBERED:
            verdicts.clear()
        # DNS limits names to 253 characters.
        if len(authority) <= 300:
            verdicts[authority] = verdict
        return verdict

    return is_first_party


_has_warned = False


def warn_withheld(authority: str) -> None:
    """Names the first host from which the session is withheld, once per process, in case it is a first-party host."""
    global _has_warned
    if _has_warned:
        return
    _has_warned = True
    host = host_of(authority) or "a host that cannot be read"
    warn_once(
        f"The RUM session is not sent to {host}, which is not a known first-party host. If it is one, add it to "
        "allowed_hosts or RUM_LLMOBS_ALLOWED_HOSTS. Further hosts are not reported."
    )


def host_of(authority: str) -> str | None:
    """Reads the host out of ``host``, ``host:port``, ``user@host`` or an IP address in any form, such as ``127.1``.

    Returns it in lower case, without brackets; nothing for what is no authority of a URL.
    """
    address = _ipv6(authority)
    if address is not None:
        return address
    match = _AUTHORITY.fullmatch(authority)
    # A path, a query or a second URL does not belong here, and DNS allows no name over 253 characters.
    if match is None or _REFUSED.search(authority) or int(match[2] or 0) > 65535 or len(match[1]) > 255:
        return None
    host = match[1]
    if host.startswith("["):
        return _ipv6(host[1:-1])
    try:
        name = host.lower() if host.isascii() else host.encode("idna").decode().lower()
        labels = _without_root_dot(name).rsplit(".", 1)
        # A name whose last label is a number is an IPv4 address: https://url.spec.whatwg.org/#ends-in-a-number-checker
        if _NUMBER.fullmatch(labels[-1]):
            return socket.inet_ntoa(socket.inet_aton(_without_root_dot(name)))
    except (OSError, ValueError):
        return None
    return name if _NAME.fullmatch(name) else None


def is_private_host(host: str) -> bool:
    """Tells whether a host, as :func:`host_of` returns it, is private by itself."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or f".{_without_root_dot(host)}".endswith(_PRIVATE_SUFFIXES)
    address = getattr(address, "ipv4_mapped", None) or address
    return any(address in network for network in _PRIVATE_ADDRESSES)


def host_matcher(allowed_hosts: object) -> Callable[[str], bool]:
    """Turns ``allowed_hosts`` into a function that tells whether a host is one of them.

    A string is a host, or ``*.`` and a domain: every name below that domain, at any depth, and not the domain itself. A
    pattern is searched in the host in lower case, without port and without a trailing dot.

    :raises TypeError: or ``ValueError`` for an entry that is neither; the message names it.
    """
    if isinstance(allowed_hosts, (str, bytes)) or not isinstance(allowed_hosts, Sequence):
        raise TypeError("allowed_hosts must be a list or a tuple")
    matchers = [_matcher(entry, f"allowed_hosts[{index}]") for index, entry in enumerate(allowed_hosts)]

    def matches(host: str) -> bool:
        name = _without_root_dot(host)
        return any(is_match(name) for is_match in matchers)

    return matches


def _matcher(entry: object, option: str) -> Callable[[str], bool]:
    if isinstance(entry, re.Pattern) and isinstance(entry.pattern, str):
        return lambda host: entry.search(host) is not None
    invalid = (
        f"{option} must be a compiled pattern, a host ('api.example.com') or '*.' and a domain ('*.example.com'), "
        "without scheme, port and path"
    )
    if not isinstance(entry, str):
        raise TypeError(invalid)
    is_wildcard = entry.startswith("*.")
    name = entry[2:] if is_wildcard else entry
    host = host_of(name)
    if host is None or _is_more_than_host(name) or (is_wildcard and _is_address(host)):
        raise ValueError(invalid)
    allowed = _without_root_dot(host)
    if is_wildcard:
        return lambda candidate: candidate.endswith(f".{allowed}")
    return lambda candidate: candidate == allowed


def _is_more_than_host(name: str) -> bool:
    is_ipv6 = _ipv6(re.sub(r"^\[(.*)\]$", r"\1", name)) is not None
    return re.search(r"[*@%]|^\.|\.\.", name) is not None or (":" in name and not is_ipv6)


def _ipv6(text: str) -> str | None:
    # The zone of a link-local address (RFC 6874) is no part of the address.
    address = text.partition("%")[0]
    # The module takes linear time but copies what it is given into its error.
    if ":" not in address or len(address) > 45:
        return None
    try:
        return str(ipaddress.IPv6Address(address))
    except ValueError:
        return None


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _without_root_dot(host: str) -> str:
    return host[:-1] if host.endswith(".") else host
