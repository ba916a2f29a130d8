import type { Attributes, Context, Span, SpanContext, SpanKind } from '@opentelemetry/api'
import { madeByApplication } from './made-by-application.js'
import { RequestSession } from './request-session.js'
import {
  type AttributeTarget,
  type ConversationIdPolicy,
  setSessionAttributes,
} from './session-attributes.js'
import { sessionIdValidator } from './session-from-baggage.js'
import { conventionOf, isAgentSpan, type SpanConvention } from './span-conventions.js'
import { SpanSession, sessionOf } from './span-session.js'
import { warnOnce } from './warn-once.js'

/** What a `spans` function may look at: the part of the SDK's ReadableSpan that is there from the start. */
export interface StartedSpan {
  readonly name: string
  readonly kind: SpanKind
  readonly attributes: Attributes
  readonly instrumentationScope: { readonly name: string; readonly version?: string }
  readonly parentSpanContext?: SpanContext
  spanContext(): SpanContext
}

/**
 * Returns `true` for a span that gets the session.
 *
 * @example
 * ```ts
 * import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
 *
 * new LlmObsSessionSpanProcessor({ spans: (span) => span.instrumentationScope.name === 'checkout-agent' })
 * ```
 */
// A method's type, so that a function written for the SDK's own, wider ReadableSpan is accepted as well.
export type SpanPredicate = { test(span: StartedSpan): boolean }['test']

/** Options of {@link LlmObsSessionSpanProcessor}. */
export interface LlmObsSessionSpanProcessorConfig {
  /**
   * Spans that get the session: `'llmobs'`, every span that LLM Observability shows, agents included; `'agent'`,
   * agents alone; `'all'`, every span; or a function that returns `true` for those that do. The function is asked
   * when a span with a session starts, and up to twice when it ends with all its attributes. One that throws says no.
   *
   * @defaultValue `'llmobs'`
   */
  spans?: 'llmobs' | 'agent' | 'all' | SpanPredicate
  /**
   * What happens to `gen_ai.conversation.id`, which LLM Observability takes for the session of a span:
   * `'when-absent'` keeps an id that the application or its framework set, `'always'` overwrites it, `'never'`
   * leaves the attribute alone.
   *
   * @defaultValue `'when-absent'`
   */
  conversationId?: 'when-absent' | 'always' | 'never'
  /**
   * Returns `true` for a value that may be a session id. Whoever sends the request writes its baggage; a value that
   * is refused counts as absent. One that throws refuses.
   *
   * @defaultValue 1 to 128 letters, digits, `-` and `_`
   */
  isValidSessionId?: (value: string) => boolean
}

const OPTIONS = ['spans', 'conversationId', 'isValidSessionId']
// Without the error: its message may hold the session id.
const THROWN = 'a span, its context or the spans function threw, so a span may lack its session'
const MISSING =
  'an LLM Observability span ended without a session, and no request has brought one so far: ' +
  'check that the page sends `baggage: session.id=…` to this process'
const POLICIES: readonly unknown[] = ['when-absent', 'always', 'never'] satisfies ConversationIdPolicy[]

type SdkSpan = AttributeTarget & Partial<StartedSpan>

/**
 * Gives LLM Observability spans the session that came in the request's `baggage` header. It is a SpanProcessor of the
 * OpenTelemetry SDK 2.x and 3.x and exports nothing itself: list it before the processor that does.
 *
 * The session comes from the baggage of the parent context; where that says nothing, from the parent span, and for the
 * first span of a request from the request itself, which needs no HTTP instrumentation. An application refuses the
 * session by an empty `session.id` entry.
 *
 * Every span in scope gets `session.id`. A span of LLM Observability gets `gen_ai.conversation.id` as well, unless it
 * follows OpenInference alone or has a session of the application; where its conversation id is another one in the end,
 * it gets `session_id`, which becomes a tag. Attributes of the application stay. A span that shows its kind only after
 * its start is finished at its end. Nothing that a span, a context or a function of the configuration throws reaches
 * the code that starts or ends the span.
 *
 * @throws TypeError from the constructor for an unknown option or value; the message names the option.
 *
 * @example
 * ```ts
 * import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
 * import { NodeSDK } from '@opentelemetry/sdk-node'
 * import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-node'
 * import { LlmObsSessionSpanProcessor } from '@rum-llmobs/node-span-processor'
 *
 * new NodeSDK({
 *   spanProcessors: [new LlmObsSessionSpanProcessor(), new BatchSpanProcessor(new OTLPTraceExporter())],
 * }).start()
 * ```
 */
export class LlmObsSessionSpanProcessor {
  readonly #spans: NonNullable<LlmObsSessionSpanProcessorConfig['spans']>
  readonly #conversationId: ConversationIdPolicy
  readonly #requests = RequestSession.ofProcess()
  readonly #sessions: SpanSession
  readonly #stopRequests: () => void
  #hasWarned = false

  constructor(config: LlmObsSessionSpanProcessorConfig = {}) {
    if (typeof config !== 'object' || config === null) throw new TypeError('config must be an object')
    for (const option of Object.keys(config)) {
      if (!OPTIONS.includes(option))
        throw new TypeError(`${option} is not an option: use ${OPTIONS.join(', ')}`)
    }
    const { spans = 'llmobs', conversationId = 'when-absent', isValidSessionId } = config
    if (!isScope(spans)) throw new TypeError("spans must be 'llmobs', 'agent', 'all' or a function")
    if (!POLICIES.includes(conversationId)) {
      throw new TypeError("conversationId must be 'when-absent', 'always' or 'never'")
    }
    this.#spans = spans
    this.#conversationId = conversationId
    this.#sessions = new SpanSession(this.#requests, sessionIdValidator(isValidSessionId))
    this.#stopRequests = this.#requests.use()
    madeByApplication.processors += 1
  }

  /** Finds the session of the span and writes it, if the span is in scope already. */
  onStart(span: Span, parentContext: Context): void {
    try {
      const sessionId = this.#sessions.atStart(span, parentContext)
      if (sessionId !== null) this.#write(span, sessionId, false)
    } catch {
      warnOnce(THROWN)
    }
  }

  /** Finishes a span, which by now shows its kind. */
  onEnding(span: Span): void {
    this.#finish(span, false)
  }

  /**
   * Finishes a span that a processor listed later changed in its onEnding, and every span where the SDK never calls
   * onEnding (before 2.3).
   */
  onEnd(span: object): void {
    this.#finish(span, true)
  }

  /** Resolves at once: the processor buffers nothing. */
  async forceFlush(): Promise<void> {}

  /** Resolves at once. Requests are not followed any more. */
  async shutdown(): Promise<void> {
    this.#stopRequests()
  }

  #finish(span: object, isLast: boolean): void {
    try {
      const sessionId = sessionOf(span)
      if (sessionId) this.#write(span as SdkSpan, sessionId, true)
      else if (isLast && sessionId === null) this.#warnIfMissing(span as SdkSpan)
    } catch {
      warnOnce(THROWN)
    }
  }

  #warnIfMissing({ attributes = {} }: SdkSpan): void {
    if (this.#hasWarned || this.#sessions.hasFoundOne || this.#requests.hasSeenOne) return
    if (conventionOf(attributes) === undefined) return
    this.#hasWarned = true
    warnOnce(MISSING)
  }

  #write(span: SdkSpan, sessionId: string, isEnding: boolean): void {
    // The spans of dd-trace have no attributes that can be read.
    const { attributes = {} } = span
    const convention = conventionOf(attributes)
    if (!this.#isInScope(span, attributes, convention)) return
    setSessionAttributes(span, sessionId, this.#conversationId, isEnding, convention)
  }

  #isInScope(span: SdkSpan, attributes: Attributes, convention: SpanConvention | undefined): boolean {
    const spans = this.#spans
    if (spans === 'llmobs') return convention !== undefined
    if (spans === 'agent') return isAgentSpan(attributes, convention)
    return spans === 'all' || this.#isChosen(spans, span)
  }

  #isChosen(predicate: SpanPredicate, span: SdkSpan): boolean {
    try {
      return predicate(span as StartedSpan) === true
    } catch {
      warnOnce(THROWN)
      return false
    }
  }
}

function isScope(spans: unknown): boolean {
  return typeof spans === 'function' || spans === 'llmobs' || spans === 'agent' || spans === 'all'
}
