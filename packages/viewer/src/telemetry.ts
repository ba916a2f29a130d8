/** The kinds of LLM Observability, https://docs.datadoghq.com/llm_observability/terms/#span-kinds. */
export type SpanKind = 'agent' | 'llm' | 'tool' | 'workflow' | 'embedding' | 'retrieval' | 'task'

export type Attributes = Readonly<Record<string, unknown>>

/** One span as the viewer keeps and serves it. Times are in milliseconds, `startedAt` since the epoch. */
export interface Span {
  spanId: string
  parentSpanId: string | null
  name: string
  service: string
  /** null: the span is not LLM Observability's. */
  kind: SpanKind | null
  /** The session that LLM Observability would file the span under. */
  sessionId: string | null
  input: string | null
  output: string | null
  tokens: { input: number; output: number } | null
  model: string | null
  startedAt: number
  durationMs: number
  error: string | null
  attributes: Attributes
}

export type TraceSource = 'otlp' | 'dd-trace'

export interface Trace {
  traceId: string
  source: TraceSource
  /** The session of the topmost span that has one; null: not joined. */
  sessionId: string | null
  sessionIds: string[]
  startedAt: number
  durationMs: number
  services: string[]
  /** The topmost LLM Observability span's name, or the root span's where there is none. */
  rootName: string
  spans: Span[]
}

export interface RumView {
  id: string
  name: string
  url: string
  startedAt: number
  timeSpentMs: number
}

export interface RumAction {
  id: string
  name: string
  type: string
  at: number
  viewId: string
}

export interface RumResource {
  id: string
  type: string
  method: string
  url: string
  status: number | null
  durationMs: number
  at: number
  viewId: string
  /** Present when RUM itself traced the request. */
  traceId?: string
}

export interface RumError {
  id: string
  message: string
  at: number
  viewId: string
}

export interface Session {
  id: string
  startedAt: number
  lastSeenAt: number
  views: RumView[]
  actions: RumAction[]
  resources: RumResource[]
  errors: RumError[]
  /** Traces in which LLM Observability files a span under this session. */
  traceIds: string[]
}

export interface State {
  sessions: Session[]
  traces: Trace[]
}
