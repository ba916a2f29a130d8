/** The kinds of LLM Observability, https://docs.datadoghq.com/llm_observability/terms/#span-kinds. */
export type SpanKind = 'agent' | 'llm' | 'tool' | 'workflow' | 'embedding' | 'retrieval' | 'task'

export type Attributes = Readonly<Record<string, unknown>>

/** One for each row of the tables in `src/reasons/`. */
export type ReasonCode =
  | 'no-server-span'
  | 'no-session-on-server-span'
  | 'session-lost'
  | 'session-not-on-span'
  | 'attribute-not-read'
  | 'own-conversation-id'
  | 'other-service'
  | 'other-session'
  | 'two-sessions'
  | 'not-in-rum'
  | 'grpc'

/** Why something is not joined: what was seen, and what mends it. Both are plain text, a sentence or two. */
export interface Reason {
  code: ReasonCode
  found: string
  mend: string
}

/**
 * From where a span's session was read. `session_id` is the field of an LLM Observability SDK's event. `tag session_id`
 * marks a span that LLM Observability files under a conversation id of its own, with the RUM session as a tag beside it.
 */
export type SessionSource =
  | 'gen_ai.conversation.id'
  | 'session.id'
  | 'langfuse.session.id'
  | 'session_id'
  | 'tag session_id'

/** A piece of a span's output; `text` is what a model says beside a tool call. */
export interface OutputPart {
  label: 'thought' | 'tool call' | 'result' | 'text' | 'answer'
  /** Of the tool. */
  name?: string
  text: string
}

/** One span as the viewer keeps and serves it. Times are in milliseconds, `startedAt` since the epoch. */
export interface Span {
  spanId: string
  parentSpanId: string | null
  name: string
  service: string
  /** `telemetry.sdk.language`, or dd-trace's tag. */
  language: string | null
  /** null: the span is not LLM Observability's. */
  kind: SpanKind | null
  /** OpenTelemetry's kind of the span; null: internal, or not known. */
  otelKind: 'server' | 'client' | 'producer' | 'consumer' | null
  /** The session under which the span is found in LLM Observability: filed under it, or tagged with it. */
  sessionId: string | null
  sessionFrom: SessionSource | null
  /** Only on LLM Observability spans: why the span has no session, or another one than its request. */
  reason?: Reason
  input: string | null
  output: string | null
  /** The output in its order, where it was messages that hold more than an answer; else empty. */
  parts: OutputPart[]
  tokens: { input: number; output: number } | null
  /** In US dollars, where the span says it. */
  cost: number | null
  model: string | null
  startedAt: number
  durationMs: number
  error: string | null
  attributes: Attributes
  /** On the events of a Datadog SDK: the trace id of the APM spans around it. */
  apmTraceId?: string
}

export type TraceSource = 'otlp' | 'dd-trace'

export interface Trace {
  traceId: string
  source: TraceSource
  /** The session of the topmost span that has one; null: not joined. */
  sessionId: string | null
  sessionIds: string[]
  /** The reason of the topmost span that has one. */
  reason?: Reason
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
  /** false: known from spans alone; `reason` says what to look at. */
  isReportedByRum: boolean
  reason?: Reason
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
  /** What was noticed about a client rather than about a trace, for example one that speaks gRPC. */
  notices: Reason[]
}

/** A trace in the list, without its spans. Texts are cut to 300 characters. */
export interface TraceSummary extends Omit<Trace, 'spans'> {
  /** What the topmost LLM Observability span was asked, and what it answered. */
  question: string | null
  answer: string | null
  error: string | null
  errors: number
  llmSpans: number
  joinedSpans: number
}

/** A session in the list: how many events of each kind, and what tells it from others. */
export interface SessionSummary extends Omit<Session, 'views' | 'actions' | 'resources' | 'errors'> {
  views: number
  actions: number
  errors: number
  firstError: string | null
  /** The URL of the first view. */
  url: string | null
}

/** What changed since a revision and what was removed to make room, or, with `isComplete`, everything there is. */
export interface Overview {
  revision: number
  isComplete: boolean
  /** Ids of traces and sessions; a session that other traces still name is in `sessions` all the same. */
  removed: string[]
  sessions: SessionSummary[]
  traces: TraceSummary[]
  notices: Reason[]
}
