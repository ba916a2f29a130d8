import type { ApmSpan } from '../apm-traces.js'
import { text } from '../json.js'
import type { RequestFacts } from '../request-facts.js'
import { requestIdOf } from '../request-facts.js'
import type { Attributes, Span, TraceSource } from '../telemetry.js'

/** What was received about one LLM Observability span and the request that it belongs to. */
export interface Evidence {
  span: Span
  source: TraceSource
  /** The server span of the span's service: the nearest one above it, or the first of the service in the trace. */
  server: ServerSpan | null
  /** The session of the request, as far as anything shows it. */
  request: { id: string; from: string } | null
  /** Who knows that the request was sent with a session, though the service's spans show none. */
  sentBy: 'RUM' | 'doctor' | null
  /** The service that called this one within the trace, and whether its spans show a session. */
  upstream: { service: string; hasSession: boolean } | null
  /** A conversation or session id on the span that the application set, and its attribute. */
  ownId: { attribute: string; id: string } | null
  /** How many spans of the trace carry which session. */
  sessions: ReadonlyMap<string, number>
}

interface ServerSpan {
  name: string
  service: string
  /** The session that it shows, and where. */
  session: { id: string; from: string } | null
  upstreamService: string | null
}

/** Gathers {@link Evidence} for the spans of one trace. */
export class TraceEvidence {
  private readonly byId: ReadonlyMap<string, Span>
  private readonly sessions = new Map<string, number>()
  private readonly apm: readonly ApmSpan[]
  private readonly sent: ReturnType<RequestFacts['sessionOf']>

  constructor(
    traceId: string,
    private readonly spans: readonly Span[],
    facts: RequestFacts,
  ) {
    this.byId = new Map(spans.map((span) => [span.spanId, span]))
    const requestIds = new Set(
      [traceId, ...spans.flatMap(({ apmTraceId }) => apmTraceId ?? [])].map(requestIdOf),
    )
    this.apm = [...requestIds].flatMap((id) => facts.apmSpansOf(id))
    this.sent = [...requestIds].map((id) => facts.sessionOf(id)).find(Boolean)
    for (const { kind, sessionId } of spans) {
      if (kind !== null && sessionId) this.sessions.set(sessionId, (this.sessions.get(sessionId) ?? 0) + 1)
    }
  }

  of(span: Span): Evidence {
    const source = span.sessionFrom === 'session_id' || span.apmTraceId !== undefined ? 'dd-trace' : 'otlp'
    const server = this.serverOf(span)
    const shown = server?.session ?? this.shownBeside(span)
    return {
      span,
      source,
      server,
      request: shown ?? (this.sent ? { id: this.sent.id, from: this.sent.by } : this.writtenBeside(span)),
      sentBy: shown || !this.sent ? null : this.sent.by,
      upstream: this.upstreamOf(server),
      ownId: ownIdOf(span),
      sessions: this.sessions,
    }
  }

  private serverOf(span: Span): ServerSpan | null {
    const seen = new Set<string>()
    for (
      let at: Span | undefined = span;
      at && !seen.has(at.spanId);
      at = this.byId.get(at.parentSpanId ?? '')
    ) {
      seen.add(at.spanId)
      if (at.otelKind === 'server') return this.fromSpan(at)
    }
    const ofService = this.spans.find(
      ({ otelKind, service }) => otelKind === 'server' && service === span.service,
    )
    if (ofService) return this.fromSpan(ofService)
    const apm = this.apm.find(({ otelKind, service }) => otelKind === 'server' && service === span.service)
    return apm ? this.fromApm(apm) : null
  }

  private fromSpan(server: Span): ServerSpan {
    const parent = this.byId.get(server.parentSpanId ?? '')
    const isOther = parent && parent.service !== server.service && parent.language !== 'webjs'
    return {
      name: server.name,
      service: server.service,
      session: shownSession(server.attributes),
      upstreamService: isOther ? parent.service : null,
    }
  }

  private fromApm({ name, service, sessionId, parentId }: ApmSpan): ServerSpan {
    const parent = this.apm.find(({ spanId }) => spanId === parentId)
    return {
      name,
      service,
      session: sessionId ? { id: sessionId, from: 'baggage.session.id' } : null,
      upstreamService: parent && parent.service !== service ? parent.service : null,
    }
  }

  /** A session on another span of the service that LLM Observability does not read. */
  private shownBeside({ service }: Span): Evidence['request'] {
    for (const span of this.spans) {
      if (span.kind === null && span.service === service) {
        const session = shownSession(span.attributes)
        if (session) return session
      }
    }
    return null
  }

  /** A session that this project wrote to another LLM span of the service. */
  private writtenBeside({ service, spanId }: Span): Evidence['request'] {
    const other = this.spans.find(
      (span) => span.spanId !== spanId && span.service === service && span.sessionId && !ownIdOf(span),
    )
    return other?.sessionId ? { id: other.sessionId, from: other.name } : null
  }

  private upstreamOf(server: ServerSpan | null): Evidence['upstream'] {
    const service = server?.upstreamService
    if (!service) return null
    const hasSession =
      this.spans.some(
        (span) =>
          span.service === service && (span.sessionId !== null || shownSession(span.attributes) !== null),
      ) || this.apm.some((span) => span.service === service && span.sessionId !== null)
    return { service, hasSession }
  }
}

const SHOWING = ['session.id', 'baggage.session.id', 'session_id']
const HEADERS = ['http.request.header.baggage', 'http.request.header.Baggage']
const MAX_HEADER = 8192

/** The session that a span shows in whichever attribute, LLM Observability's or not. */
export function shownSession(attributes: Attributes): { id: string; from: string } | null {
  for (const from of SHOWING) {
    const id = text(attributes[from])
    if (id) return { id, from }
  }
  for (const from of HEADERS) {
    const header = [attributes[from]].flat().join(',').slice(0, MAX_HEADER)
    for (const member of header.split(',')) {
      const [key = '', value = ''] = (member.split(';')[0] ?? '').split('=', 2)
      if (key.trim() === 'session.id' && value.trim()) return { id: value.trim(), from }
    }
  }
  return null
}

/** The processors of this project write the RUM session to two attributes; an id that stands alone is the application's. */
function ownIdOf({ attributes, sessionFrom, sessionId }: Span): Evidence['ownId'] {
  if (!sessionId || !sessionFrom || sessionFrom === 'session_id' || sessionFrom === 'tag session_id')
    return null
  const beside = sessionFrom === 'session.id' ? attributes.session_id : attributes['session.id']
  const id = text(attributes[sessionFrom])
  return id && beside !== id ? { attribute: sessionFrom, id } : null
}
