import { text } from '../json.js'
import { filedBy } from '../session-mapping.js'
import type { Reason, ReasonCode } from '../telemetry.js'
import type { Evidence } from './evidence.js'
import { joinMend, serverSpanMend } from './mends.js'

interface SpanRule {
  code: ReasonCode
  when: (evidence: Evidence) => unknown
  found: (evidence: Evidence) => string
  mend: (evidence: Evidence) => string
}

/** Why a span has another session than its request. */
const OTHER_SESSION: readonly SpanRule[] = [
  {
    code: 'own-conversation-id',
    when: ({ ownId, request }) => ownId && request && request.id !== ownId.id,
    found: ({ ownId, request }) =>
      `${ownId?.attribute} is ${cut(ownId?.id)}, which the application or its framework set. It wins: LLM Observability files the span under it and not under the session ${cut(request?.id)} (${cut(request?.from)}).`,
    mend: (evidence) =>
      `Keep it, and let the RUM session stand beside it in session_id; conversationId: 'always' replaces it. ${joinMend(evidence)}`,
  },
  {
    code: 'two-sessions',
    when: ({ span, sessions, request }) =>
      sessions.size > 1 && span.sessionId !== (request?.id ?? [...sessions.keys()][0]),
    found: ({ sessions }) =>
      `One trace holds ${sessions.size} sessions, by the number of spans: ${listed([...sessions], ([id, spans]) => `${cut(id)} on ${spans}`)}.`,
    mend: () =>
      'Start a new trace for each request that a queue or a batch serves, or bind the job to its request with context.bind.',
  },
  {
    code: 'other-session',
    when: ({ span, request }) => request && span.sessionId !== request.id,
    found: ({ span, request }) =>
      `The span carries ${cut(span.sessionId)}, and its request carries ${cut(request?.id)} (${cut(request?.from)}).`,
    mend: () => 'Look for work that runs in the context of another request: a queue, a pool, a batch timer.',
  },
]

/** Why a span has no session. The first that applies is the reason; the last one always does. */
const NO_SESSION: readonly SpanRule[] = [
  {
    code: 'attribute-not-read',
    when: ({ span, request }) => request && notRead(span, request.id),
    found: ({ span, request }) =>
      `The session stands on the span in ${notRead(span, request?.id)}, from which LLM Observability reads no session on a span of this kind.`,
    mend: (evidence) =>
      `Write gen_ai.conversation.id, as LlmObsSessionSpanProcessor does; BaggageSpanProcessor writes session.id alone. ${joinMend(evidence)}`,
  },
  {
    code: 'session-not-on-span',
    when: ({ request, sentBy, entry }) => request && !sentBy && entry?.session,
    found: ({ entry, request, source }) =>
      `The ${entry?.kind} span ${cut(entry?.name)} shows the session (${cut(request?.from)}), and this span has none: ${source === 'dd-trace' ? 'LLM Observability takes none from baggage by itself.' : 'the processor is missing, stands after the exporter, or the framework passes by the span processors.'}`,
    mend: joinMend,
  },
  {
    code: 'other-service',
    when: ({ entry, upstream }) =>
      entry?.kind === 'consumer' && !entry.session && (upstream?.hasSession ?? true),
    found: ({ entry, upstream }) =>
      `The consumer span ${cut(entry?.name)} shows no session${upstream ? `, and ${cut(upstream.service)}, which sent the message, has one` : ''}: the message came without baggage, or nothing took it from there.`,
    mend: () =>
      'Inject the context into the message where it is sent and extract it where it is read, as the instrumentations of queues do, with OTEL_PROPAGATORS=tracecontext,baggage in both.',
  },
  {
    code: 'other-service',
    when: ({ upstream }) => upstream?.hasSession,
    found: ({ upstream, span }) =>
      `${cut(upstream?.service)} has the session and called ${cut(span.service)} without it.`,
    mend: ({ upstream, span }) =>
      `In ${cut(upstream?.service)}: the propagator must know baggage (OTEL_PROPAGATORS=tracecontext,baggage), and the host of ${cut(span.service)} must be in allowedHosts or RUM_LLMOBS_ALLOWED_HOSTS where its name is public.`,
  },
  {
    code: 'no-server-span',
    when: ({ entry }) => !entry,
    found: ({ span, isEntryDue }) => {
      const service = cut(span.service) || 'this service'
      const hook = mayBeNode(span) ? ', in an ESM application its hook may be missing' : ''
      const cause = `HTTP is not instrumented${hook}, or the work was not started by a request.`
      return isEntryDue
        ? `The server span of ${service} has not come: it is sent when the answer has ended. If it has ended: ${cause}`
        : `The trace has no server span of ${service}: ${cause}`
    },
    mend: serverSpanMend,
  },
  {
    code: 'session-lost',
    when: ({ sentBy }) => sentBy,
    found: ({ sentBy, span, entry }) =>
      `${sentBy} knows that the request carried a session. The ${entry?.kind} span ${cut(entry?.name)} is there, and no span of ${cut(span.service) || 'the service'} shows it: the processor is missing, or the propagator ignores baggage.`,
    mend: (evidence) => `${joinMend(evidence)} OTEL_PROPAGATORS, where it is set, must name baggage.`,
  },
  {
    code: 'no-session-on-server-span',
    when: () => true,
    found: ({ entry }) =>
      `The ${entry?.kind} span ${cut(entry?.name)} shows no session. The page sent none (sampled out, no consent, another origin that is not allowed, or CORS without the header baggage), or nothing in the backend takes it from the header.`,
    mend: () =>
      'In the page: SessionBaggagePropagator, with the backend’s URL in allowedUrls where it is another origin, and baggage in the preflight’s allowed headers. The doctor of this package tells page from backend.',
  },
]

/** Why this span is not found under the session of its request; undefined: it is, as far as can be seen. */
export function spanReason(evidence: Evidence): Reason | undefined {
  const { span, request } = evidence
  // A tag of the application beside the session of the request.
  if (span.sessionFrom === 'tag session_id' && filedBy(span.attributes)?.id === request?.id) return undefined
  const rules = span.sessionId ? OTHER_SESSION : NO_SESSION
  const rule = rules.find(({ when }) => when(evidence))
  if (!rule) return undefined
  const { code } = rule
  const note = rules === NO_SESSION && code !== 'attribute-not-read' ? idOfApplication(evidence) : ''
  return { code, found: rule.found(evidence) + note, mend: rule.mend(evidence) }
}

const NOT_READ = ['session.id', 'session_id', 'langfuse.session.id']

function notRead({ attributes }: Evidence['span'], session: string | undefined): string | undefined {
  return NOT_READ.find((key) => attributes[key] === session)
}

/** Nothing shows that an id on the span is the session of its request. */
function idOfApplication({ span: { attributes } }: Evidence): string {
  const key = NOT_READ.find((key) => text(attributes[key]))
  return key
    ? ` Its ${key}, ${cut(text(attributes[key]))}, is an id of the application, and LLM Observability reads no session from it.`
    : ''
}

function mayBeNode({ language }: Evidence['span']): boolean {
  return !language || language === 'nodejs' || language === 'javascript'
}

const TEXT_LENGTH = 64
const LISTED = 5

/** A trace has a reason on each span, so a long text that its sender wrote would be kept and sent hundreds of times. */
function cut(text: string | null | undefined): string {
  return text && text.length > TEXT_LENGTH ? `${text.slice(0, TEXT_LENGTH)}…` : (text ?? '')
}

function listed<Item>(items: readonly Item[], shown: (item: Item) => string): string {
  const more = items.length - LISTED
  return items.slice(0, LISTED).map(shown).join(', ') + (more > 0 ? ` and ${more} more` : '')
}
