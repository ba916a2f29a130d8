from __future__ import annotations

import os

from ._first_party_hosts import host_matcher

_VARIABLE = "RUM_LLMOBS_ALLOWED_HOSTS"


def allowed_hosts_of_environment() -> list[str]:
    """Returns the hosts in ``RUM_LLMOBS_ALLOWED_HOSTS``, a comma-separated list.

    :raises ValueError: for an invalid one
    """
    hosts = [host.strip() for host in os.environ.get(_VARIABLE, "").split(",") if host.strip()]
    try:
        host_matcher(hosts)
    except ValueError as error:
        raise ValueError(f"{_VARIABLE} must be a comma-separated list of hosts: {error}") from None
    return hosts
