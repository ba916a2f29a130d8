/** A backend on real telemetry, broken in one way or healthy, and what the doctor must say of it. */
export interface SetUp {
  name: string
  /** Modules that are loaded before the app. */
  imports: string[]
  /** Default: the agent on OpenTelemetry. */
  app?: 'dd-trace'
  /** Instead of both: a command of the Python environment, and its arguments. */
  python?: [command: string, ...args: string[]]
  env?: NodeJS.ProcessEnv
  /** The page's origin, where it is another one. */
  origin?: string
  /** A second service that the app calls. */
  next?: { imports: string[] }
  /** The backend runs before the doctor does. */
  isRunning?: true
  /** The checks that fail, in order; none: the doctor ends with 0. */
  expected: string[]
  /** A text that its table must hold. */
  says?: RegExp
}

const otel = (file: string) => [`./set-ups/${file}.mjs`]
const REGISTER = '@rum-llmobs/node-span-processor/register'
const DD_TRACE = 'dd-trace/initialize.mjs'
const ON_SPANS = 'session on LLM spans'

export const setUps: SetUp[] = [
  {
    name: 'healthy: processor',
    imports: otel('with-processor'),
    expected: [],
    says: /carry it in gen_ai\.conversation\.id/,
  },
  { name: 'healthy: register', imports: [REGISTER, ...otel('plain')], expected: [] },
  { name: 'healthy: register, no HTTP', imports: [REGISTER, ...otel('no-http')], expected: [] },
  {
    name: 'healthy: own conversation id',
    imports: otel('own-conversation-id'),
    env: { RUM_LLMOBS: '1' },
    expected: [],
    says: /have a conversation id of their own/,
  },
  {
    name: 'healthy: another origin',
    imports: otel('with-processor'),
    env: { CORS_HEADERS: '*' },
    origin: 'http://localhost:5173',
    expected: [],
    says: /http:\/\/localhost:5173 may send baggage/,
  },
  { name: 'healthy: dd-trace', imports: [REGISTER, DD_TRACE], app: 'dd-trace', expected: [] },
  {
    name: 'healthy: runs already',
    imports: otel('with-processor'),
    isRunning: true,
    expected: [],
  },
  {
    name: 'no HTTP instrumentation',
    imports: otel('no-http'),
    expected: [ON_SPANS, 'no-server-span'],
  },
  {
    name: 'ESM hook missing',
    imports: otel('no-hook'),
    expected: [ON_SPANS, 'no-server-span'],
  },
  {
    name: 'processor missing',
    imports: otel('plain'),
    expected: [ON_SPANS, 'session-lost'],
    says: /--import @rum-llmobs\/node-span-processor\/register/,
  },
  {
    name: 'processor missing, header captured',
    imports: otel('captured-header'),
    expected: [ON_SPANS, 'session-not-on-span'],
  },
  {
    name: 'framework with its own provider',
    imports: otel('own-provider'),
    expected: [ON_SPANS, 'session-not-on-span'],
  },
  {
    name: 'BaggageSpanProcessor alone',
    imports: otel('baggage-span-processor'),
    expected: [ON_SPANS, 'attribute-not-read'],
  },
  {
    name: 'propagator ignores baggage',
    imports: otel('baggage-span-processor'),
    env: { OTEL_PROPAGATORS: 'tracecontext' },
    expected: [ON_SPANS, 'session-lost'],
    says: /OTEL_PROPAGATORS/,
  },
  {
    name: 'own conversation id, no processor',
    imports: otel('own-conversation-id'),
    expected: [ON_SPANS, 'own-conversation-id'],
  },
  {
    name: 'session kept in a global',
    imports: otel('kept-in-a-global'),
    expected: ['request without a session'],
  },
  {
    name: 'session kept as conversation id',
    imports: otel('kept-in-a-global'),
    env: { CONVERSATION_ALONE: '1' },
    expected: ['request without a session'],
  },
  {
    name: 'next service gets no session',
    imports: [REGISTER, ...otel('plain')],
    env: { OTEL_PROPAGATORS: 'tracecontext' },
    next: { imports: [REGISTER, ...otel('plain')] },
    expected: [ON_SPANS, 'other-service'],
  },
  {
    name: 'exporter speaks gRPC',
    imports: otel('grpc'),
    expected: ['grpc', 'request without a session'],
    says: /OTEL_EXPORTER_OTLP_PROTOCOL=http\/protobuf/,
  },
  {
    name: 'CORS without baggage',
    imports: otel('with-processor'),
    env: { CORS_HEADERS: 'content-type, traceparent' },
    origin: 'http://localhost:5173',
    expected: ['preflight'],
    says: /not allowed from http:\/\/localhost:5173: baggage/,
  },
  {
    name: 'no CORS',
    imports: otel('with-processor'),
    origin: 'http://localhost:5173',
    expected: ['preflight'],
  },
  {
    name: 'dd-trace without the bridge',
    imports: [DD_TRACE],
    app: 'dd-trace',
    expected: [ON_SPANS, 'session-not-on-span'],
    says: /baggage\.session\.id/,
  },
  {
    name: 'dd-trace without its HTTP plugin',
    imports: [DD_TRACE],
    app: 'dd-trace',
    env: { DD_TRACE_DISABLED_PLUGINS: 'http' },
    expected: [ON_SPANS, 'no-server-span'],
  },
  {
    name: 'healthy: opentelemetry-instrument',
    imports: [],
    python: ['opentelemetry-instrument', 'python', 'python/otel_app.py'],
    expected: [],
    says: /carry it in gen_ai\.conversation\.id/,
  },
  {
    name: 'healthy: ddtrace for Python',
    imports: [],
    python: ['ddtrace-run', 'python', 'python/llmobs_app.py'],
    env: { BRIDGE: '1' },
    expected: [],
    says: /2 of 2 carry it in session_id/,
  },
  {
    name: 'Python without the processor',
    imports: [],
    python: ['python', 'python/otel_app.py'],
    env: { OWN_PROVIDER: '1' },
    expected: [ON_SPANS, 'session-lost'],
    says: /pip install rum-llmobs and start with opentelemetry-instrument/,
  },
  {
    name: 'ddtrace for Python, no bridge',
    imports: [],
    python: ['ddtrace-run', 'python', 'python/llmobs_app.py'],
    expected: [ON_SPANS, 'session-not-on-span'],
    says: /rum_llmobs\.ddtrace\.install\(\)/,
  },
]

/** A backend that is asked as given, without the doctor, and the reasons that the viewer must show. */
export interface WatchedSetUp {
  name: string
  imports: string[]
  /** The session of each request, and whether it goes on in the trace of the first. */
  requests: { session?: string; inFirstTrace?: true }[]
  expected: { traces: string[]; sessions: string[] }
}

export const watchedSetUps: WatchedSetUp[] = [
  {
    name: 'page sends no session',
    imports: otel('with-processor'),
    requests: [{}],
    expected: { traces: ['no-session-on-server-span'], sessions: [] },
  },
  {
    name: 'RUM reports elsewhere',
    imports: otel('with-processor'),
    requests: [{ session: 'rum-1' }],
    expected: { traces: [], sessions: ['not-in-rum'] },
  },
  {
    name: 'two sessions in one trace',
    imports: otel('with-processor'),
    requests: [{ session: 'rum-1' }, { session: 'rum-2', inFirstTrace: true }],
    expected: { traces: ['two-sessions'], sessions: ['not-in-rum'] },
  },
  {
    name: 'session of another request',
    imports: otel('kept-in-a-global'),
    requests: [{ session: 'rum-1' }, { session: 'rum-2' }],
    expected: { traces: ['other-session'], sessions: ['not-in-rum'] },
  },
]
