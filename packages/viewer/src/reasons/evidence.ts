import { ancestors } from '../ancestors.js'
import type { ApmSpan } from '../apm-spans.js'
import { text } from '../json.js'
import type { RequestFacts } from '../request-facts.js'
import { requestIdOf } from '../request-facts.js'
import { filedBy } from '../session-mapping.js'
import type { Attributes, Span, TraceSource } from '../telemetry.js'

/** What was received about one LLM Observability span and the request that it belongs to. */
export interface Evidence {
  span: Span
  source: TraceSource
  /** Where the request or message came into the span's service: the nearest above it, or the first of the service. */
  entry: EntrySpan | null
  /** Whether the server span may still come: the topmost known span names a parent, which ends after it. */
  isEntryDue: boolean
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

interface EntrySpan {
  kind: 'server' | 'consumer'
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
    const top = this.topOf(span)
    const entry = this.entryOf(span, top)
    const shown = entry?.session ?? this.shownBeside(span)
    const sent = this.sent ? { id: this.sent.id, from: this.sent.by } : this.writtenBeside(span)
    const request = shown ?? sent
    return {
      span,
      source,
      entry,
      isEntryDue: !entry && top.parentSpanId !== null && !this.byId.has(top.parentSpanId),
      request,
      sentBy: shown || !this.sent ? null : this.sent.by,
      upstream: this.upstreamOf(entry),
      ownId: ownIdOf(span, request?.id),
      sessions: this.sessions,
    }
  }

  /** The nearest entry above a span, or the topmost span that is known; within its service. */
  private topOf(span: Span): Span {
    let top = span
    for (const above of ancestors(span, this.byId)) {
      // What is above in another service has received another request.
      if (above.service !== span.service) break
      top = above
      if (isEntry(top)) break
    }
    return top
  }

  private entryOf({ service }: Span, top: Span): EntrySpan | null {
    const entry = isEntry(top) ? top : firstEntry(this.spans, service)
    if (entry) return this.fromSpan(entry)
    const apm = firstEntry(this.apm, service)
    return apm ? this.fromApm(apm) : null
  }

  private fromSpan(entry: Span & Entry): EntrySpan {
    const parent = this.byId.get(entry.parentSpanId ?? '')
    const isUpstream =
      parent &&
      parent.language !== 'webjs' &&
      (entry.otelKind === 'consumer' || parent.service !== entry.service)
    return {
      kind: entry.otelKind,
      name: entry.name,
      service: entry.service,
      session: shownSession(entry.attributes),
      upstreamService: isUpstream ? parent.service : null,
    }
  }

  private fromApm({ otelKind, name, service, sessionId, parentId }: ApmSpan & Entry): EntrySpan {
    const parent = this.apm.find(({ spanId }) => spanId === parentId)
    return {
      kind: otelKind,
      name,
      service,
      session: sessionId ? { id: sessionId, from: 'baggage.session.id' } : null,
      upstreamService:
        parent && (otelKind === 'consumer' || parent.service !== service) ? parent.service : null,
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

  private upstreamOf(entry: EntrySpan | null): Evidence['upstream'] {
    const service = entry?.upstreamService
    if (!service) return null
    const hasSession =
      this.spans.some(
        (span) =>
          span.service === service && (span.sessionId !== null || shownSession(span.attributes) !== null),
      ) || this.apm.some((span) => span.service === service && span.sessionId !== null)
    return { service, hasSession }
  }
}

type Entry = { otelKind: EntrySpan['kind'] }

function isEntry<Any extends Pick<Span, 'otelKind'>>(span: Any): span is Any & Entry {
  return span.otelKind === 'server' || span.otelKind === 'consumer'
}

/** A server span before a consumer span, which may also read messages inside a request. */
function firstEntry<Any extends Pick<Span, 'otelKind' | 'service'>>(
  spans: readonly Any[],
  service: string,
): (Any & Entry) | undefined {
  const entries = spans.filter((span) => span.service === service).filter(isEntry)
  return entries.find(({ otelKind }) => otelKind === 'server') ?? entries[0]
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

/**
 * The processors of this project write the RUM session to two attributes; an id that stands alone is the application's.
 * A tag of the application leaves the span where its conversation id files it.
 */
function ownIdOf({ attributes, sessionFrom, sessionId }: Span, requestId?: string): Evidence['ownId'] {
  const filed = sessionId && sessionFrom !== 'session_id' ? filedBy(attributes) : null
  if (!filed) return null
  if (sessionFrom === 'tag session_id') {
    return sessionId === requestId || sessionId === attributes['session.id'] ? null : filed
  }
  const beside = filed.attribute === 'session.id' ? attributes.session_id : attributes['session.id']
  return beside === filed.id ? null : filed
}
