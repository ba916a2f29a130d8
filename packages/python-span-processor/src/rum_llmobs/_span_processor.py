from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Callable, Literal

from opentelemetry import baggage, trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind

from ._request_session import current_request
from ._served_requests import follow_requests
from ._session_attributes import (
    ConversationIdPolicy,
    attributes_of,
    missing_session_attributes,
    set_session_attributes,
)
from ._session_from_baggage import SESSION_BAGGAGE_KEY, session_id_validator, valid_session_id
from ._span_conventions import convention_of, is_agent_span
from ._warn_once import warn_once

# Attribute of a span object: the session that the span got at its start.
_SESSION = "_rum_llmobs_session"

_NOT_SEEN: Any = object()

# Leaves the error out, because its message may hold the session id.
_RAISED = "a span, its context or the spans function raised, so a span may lack its session"
_MISSING = (
    "an LLM Observability span ended without a session, and no request has brought one so far: "
    "check that the page sends `baggage: session.id=…` to this process"
)


class LlmObsSessionSpanProcessor(SpanProcessor):
    """Gives LLM Observability spans the session that came in the request's ``baggage`` header.

    It exports nothing and may stand anywhere among the processors of a provider::

        from opentelemetry.sdk.trace import TracerProvider
        from rum_llmobs import LlmObsSessionSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(LlmObsSessionSpanProcessor())

    The session comes from the baggage of the parent context; where that says nothing, from the parent span, and for the
    first span of a request from the request itself, which needs no HTTP instrumentation for FastAPI, Starlette, Flask,
    Django, aiohttp and ``http.server``. An application refuses the session by an empty ``session.id`` entry.

    Every span in scope gets ``session.id``. A span of LLM Observability gets ``gen_ai.conversation.id`` as well, unless
    it follows OpenInference alone or has a session of the application; where its conversation id is another one in the
    end, it gets ``session_id``, which becomes a tag. Attributes of the application stay. A span that shows its kind
    only after its start is finished at its end. Nothing that a span, a context or a function of the configuration
    raises reaches the code that starts or ends the span.

    :param spans: ``"llmobs"``, every span that LLM Observability shows, agents included; ``"agent"``, agents alone;
        ``"all"``, every span; or a function that returns ``True`` for those that get the session. The function is asked
        when a span with a session starts, and again when it ends with all its attributes.
    :param conversation_id: what happens to ``gen_ai.conversation.id``, which LLM Observability takes for the session of
        a span: ``"when_absent"`` keeps an id of the application, ``"always"`` overwrites it, ``"never"`` leaves the
        attribute alone.
    :param is_valid_session_id: returns ``True`` for a value that may be a session id. Whoever sends the request writes
        its baggage; a value that is refused counts as absent. By default 1 to 128 letters, digits, ``-`` and ``_``.
    :raises ValueError: for an unknown value, ``TypeError`` for one of a wrong type; the message names the option.
    """

    def __init__(
        self,
        spans: Literal["llmobs", "agent", "all"] | Callable[[ReadableSpan], bool] = "llmobs",
        conversation_id: ConversationIdPolicy = "when_absent",
        is_valid_session_id: Callable[[str], bool] | None = None,
    ) -> None:
        if not callable(spans) and spans not in ("llmobs", "agent", "all"):
            raise ValueError("spans must be 'llmobs', 'agent', 'all' or a function")
        if conversation_id not in ("when_absent", "always", "never"):
            raise ValueError("conversation_id must be 'when_absent', 'always' or 'never'")
        self._spans = spans
        self._takes_plain_spans = spans not in ("llmobs", "agent")
        self._conversation_id = conversation_id
        self._is_valid = session_id_validator(is_valid_session_id)
        self._last_valid: tuple[object, str | None] = (None, None)
        self._may_warn = True
        follow_requests()
        if not isinstance(self, AutomaticProcessor):
            AutomaticProcessor.stands_down = True

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Finds the session of the span and writes it, if the span is in scope already."""
        try:
            session_id = self._session_at_start(span, parent_context)
            span._rum_llmobs_session = session_id  # type: ignore[attr-defined]
            if session_id is None:
                return
            self._may_warn = False
            attributes = attributes_of(span)
            convention = self._write(span, session_id, attributes, False)
            # At its limit the SDK drops the oldest attributes, among them what the span showed at its start.
            started = {} if convention is None else dict(attributes)
            # `_on_ending` comes when the span takes no attributes any more, and `on_end` gets a read-only span.
            # https://github.com/open-telemetry/opentelemetry-python/issues/5614
            span.end = partial(self._end, span, span.end, started)  # type: ignore[method-assign]
        except Exception:
            warn_once(_RAISED)

    def on_end(self, span: ReadableSpan) -> None:
        """Warns once if LLM Observability spans end while no request has brought a session."""
        if not self._may_warn:
            return
        try:
            if convention_of(attributes_of(span)) is not None:
                self._may_warn = False
                warn_once(_MISSING)
        except Exception:
            warn_once(_RAISED)

    def _session_at_start(self, span: Span, parent_context: Context | None) -> str | None:
        request = current_request()
        is_server = has_server_span = False
        if request is not None:
            has_server_span = request.has_server_span
            is_server = span.kind is SpanKind.SERVER
            if is_server:
                request.has_server_span = True
        value = baggage.get_baggage(SESSION_BAGGAGE_KEY, parent_context)
        # An application refuses the session with an empty or invalid entry.
        if value is not None:
            return self._valid(value)
        parent = trace.get_current_span(parent_context)
        session: str | None = getattr(parent, _SESSION, _NOT_SEEN)
        if session is not _NOT_SEEN:
            return session
        if request is None or span.kind is SpanKind.CONSUMER:
            return None
        # A remote parent is that of a message, whose baggage decides. A root beside a SERVER span was detached on
        # purpose.
        if not is_server and (parent.get_span_context().is_remote or has_server_span):
            return None
        return self._valid(request.session_id)

    def _valid(self, value: object) -> str | None:
        # The spans of a request share the value.
        last, session_id = self._last_valid
        if value is last:
            return session_id
        session_id = valid_session_id(value, self._is_valid)
        if session_id is None and isinstance(value, str) and ";" in value:
            # OpenTelemetry Python leaves the properties of a member in its value.
            session_id = valid_session_id(value.partition(";")[0].rstrip(), self._is_valid)
        self._last_valid = (value, session_id)
        return session_id

    def _end(self, span: Span, end: Callable[..., None], started: dict[str, object], *args: Any, **kwargs: Any) -> None:
        # Breaks the cycle from the span to itself. A second thread may have done so already.
        try:  # noqa: SIM105, as suppress() takes longer than all the rest
            del span.end
        except AttributeError:
            pass
        try:
            session_id: str = span._rum_llmobs_session  # type: ignore[attr-defined]
            attributes = attributes_of(span)
            if started and span.dropped_attributes:
                own = {name: value for name, value in started.items() if value != session_id}
                attributes = {**own, **attributes}
            self._write(span, session_id, attributes, True)
        except Exception:
            warn_once(_RAISED)
        end(*args, **kwargs)

    def _write(self, span: Span, session_id: str, attributes: Mapping[str, object], is_ending: bool) -> str | None:
        """Writes the session to a span that is in scope, and returns the convention that the span follows."""
        convention = convention_of(attributes)
        # Most spans are neither LLM Observability's nor asked for.
        if (convention is not None or self._takes_plain_spans) and self._is_in_scope(span, attributes, convention):
            names = missing_session_attributes(attributes, session_id, self._conversation_id, convention, is_ending)
            set_session_attributes(span, names, session_id)
        return convention

    def _is_in_scope(self, span: Span, attributes: Mapping[str, object], convention: str | None) -> bool:
        spans = self._spans
        if spans == "llmobs":
            return convention is not None
        if spans == "agent":
            return is_agent_span(attributes, convention)
        return spans == "all" or self._is_chosen(span)

    def _is_chosen(self, span: Span) -> bool:
        try:
            return self._spans(span) is True  # type: ignore[operator]
        except Exception:
            warn_once(_RAISED)
            return False


class AutomaticProcessor(LlmObsSessionSpanProcessor):
    """The processor that ``opentelemetry-instrument`` sets up. One of the application takes its place."""

    stands_down = False

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Does nothing once the application made a processor."""
        if not self.stands_down:
            super().on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        """Does nothing once the application made a processor."""
        if not self.stands_down:
            super().on_end(span)
