from __future__ import annotations

from collections.abc import Sequence
from re import Pattern
from typing import Literal

from opentelemetry import baggage
from opentelemetry.context import Context, get_current
from opentelemetry.propagators.textmap import (
    CarrierT,
    Getter,
    Setter,
    TextMapPropagator,
    default_getter,
    default_setter,
)

from ._baggage_header import RUM_BAGGAGE_KEYS, has_session_member
from ._carrier_baggage import headers_of, remove_rum_members
from ._first_party_hosts import host_rule, warn_withheld
from ._outgoing_destination import destination_of
from ._redirects import guard_redirects
from ._session_from_baggage import SESSION_BAGGAGE_KEY


class FirstPartyBaggagePropagator(TextMapPropagator):
    """Keeps the session inside first-party systems.

    Removes ``session.id``, and ``user.id`` and ``account.id`` beside it, from what the wrapped propagator sends to a
    third-party host. Everything else is sent. OpenTelemetry sends baggage to every host, third-party LLM APIs
    included, and RUM 7 puts all three into it::

        from opentelemetry import propagate
        from rum_llmobs import FirstPartyBaggagePropagator

        propagate.set_global_textmap(
            FirstPartyBaggagePropagator(propagate.get_global_textmap(), allowed_hosts=["api.example.com"])
        )

    First-party hosts are loopback, private and link-local addresses, names without a dot, names under .localhost,
    .local, .internal, .svc and .cluster.local, and ``allowed_hosts``. Every host that the client span in the context
    and the ``Host`` header name must be first-party. The first host without session is named in a warning of the logger
    ``rum_llmobs``. A message that a producer span sends keeps its session. The constructor wraps a method of requests,
    urllib, urllib3, httpx, httpx2 and aiohttp, so that they follow a redirect to a third-party host without the
    session. Nothing is changed on extract. Neither the wrapped propagator nor the context can make inject or extract
    raise.

    :param propagator: the one that writes baggage, alone or in a composite
    :param allowed_hosts: public first-party hosts, in addition to the private ones. A string is a host, or
        ``"*.example.com"``: every name below example.com, but not example.com itself. A compiled pattern is searched in
        the host in lower case, without port.
    :param when_host_unknown: what happens when the span does not tell where the request goes: no client span, or one
        that is not sampled
    :raises TypeError: or ``ValueError`` for an invalid option; the message names it.
    """

    def __init__(
        self,
        propagator: TextMapPropagator,
        allowed_hosts: Sequence[str | Pattern[str]] = (),
        when_host_unknown: Literal["strip", "forward"] = "strip",
    ) -> None:
        if not isinstance(propagator, TextMapPropagator):
            raise TypeError("propagator must be a TextMapPropagator, such as W3CBaggagePropagator()")
        if when_host_unknown not in ("strip", "forward"):
            raise ValueError("when_host_unknown must be 'strip' or 'forward'")
        self._is_first_party = host_rule(allowed_hosts)
        self._when_host_unknown = when_host_unknown
        # The guard of the application takes the place of that of opentelemetry-instrument.
        self._propagator: TextMapPropagator = (
            propagator._propagator if isinstance(propagator, AutomaticGuard) else propagator
        )
        guard_redirects(_remove_rum_members, self._is_first_party)

    def inject(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        setter: Setter[CarrierT] = default_setter,
    ) -> None:
        """Injects with the wrapped propagator; for a third-party host without what RUM wrote."""
        try:
            context = get_current() if context is None else context
            names = destination_of(context)
            third_party = (
                None if names == "queue" else self._third_party_of([*headers_of(carrier, "host"), *(names or [])])
            )
            is_unknown = names is None and self._when_host_unknown == "strip"
            if third_party is not None or is_unknown:
                self._inject_without_rum(carrier, context, setter, third_party)
            else:
                self._propagator.inject(carrier, context, setter)
        except Exception:
            # Nothing is logged: the error may hold the session id.
            return

    def extract(
        self,
        carrier: CarrierT,
        context: Context | None = None,
        getter: Getter[CarrierT] = default_getter,
    ) -> Context:
        """Extracts with the wrapped propagator."""
        try:
            return self._propagator.extract(carrier, context, getter)
        except Exception:
            return get_current() if context is None else context

    @property
    def fields(self) -> set[str]:
        """The fields of the wrapped propagator."""
        return self._propagator.fields

    def _third_party_of(self, names: list[str]) -> str | None:
        return next((name for name in names if not self._is_first_party(name)), None)

    def _inject_without_rum(
        self, carrier: CarrierT, context: Context, setter: Setter[CarrierT], third_party: str | None
    ) -> None:
        headers = headers_of(carrier, "baggage")
        rest, is_session_known = context, any(has_session_member(header) for header in headers)
        if is_session_known or SESSION_BAGGAGE_KEY in baggage.get_all(context):
            rest, is_session_known = _without_rum_entries(context), True
        is_cleaned = False
        try:
            self._propagator.inject(carrier, rest, setter)
        finally:
            is_cleaned = remove_rum_members(carrier, is_session_known)
        is_withheld = is_cleaned or (rest is not context and knows_baggage(self))
        if is_withheld and third_party is not None:
            warn_withheld(third_party)


def knows_baggage(propagator: TextMapPropagator) -> bool:
    """Tells whether a propagator sends baggage, in the W3C header or those of Jaeger or OpenTracing."""
    return not {"baggage", "uber-trace-id", "ot-tracer-traceid"}.isdisjoint(propagator.fields)


def _remove_rum_members(carrier: object) -> bool:
    return remove_rum_members(carrier, beside_session=False)


class AutomaticGuard(FirstPartyBaggagePropagator):
    """The guard that ``opentelemetry-instrument`` sets up."""


def _without_rum_entries(context: Context) -> Context:
    """Returns ``context`` without RUM's entries, the same object if it has none."""
    for key in RUM_BAGGAGE_KEYS:
        if key in baggage.get_all(context):
            context = baggage.remove_baggage(key, context)
    return context
