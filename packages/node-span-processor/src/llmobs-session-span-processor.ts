import {
  type Attributes,
  type Context,
  diag,
  propagation,
  type Span,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api'
import { PendingSession, type PendingSpan } from './pending-session.js'
import { type ConversationIdPolicy, type Progress, setSessionAttributes } from './session-attributes.js'
import { type SessionIdValidator, sessionIdValidator } from './session-from-baggage.js'
import { conventionOf, isAgentSpan, mayMatch, type SpanConvention } from './span-conventions.js'

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
   * when a span starts and, while anything is left to write, once or twice again when the span ends with all its
   * attributes. One that throws says no.
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
const POLICIES: readonly unknown[] = ['when-absent', 'always', 'never'] satisfies ConversationIdPolicy[]

const logger = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor' })

type SdkSpan = Span & Partial<StartedSpan> & PendingSpan

/**
 * Gives LLM Observability spans the session that came in the request's baggage. It is a SpanProcessor of the
 * OpenTelemetry SDK 2.x and 3.x and exports nothing itself: list it before the processor that does.
 *
 * Every span in scope gets `session.id`; one that LLM Observability shows gets `session_id` as well and, unless it
 * follows OpenInference alone, `gen_ai.conversation.id`. What the application or its instrumentation set stays. A span that
 * shows only after its start what it is, is finished when it ends. Without a valid session in the parent context
 * nothing is written. Nothing that a span, a context or a function of the configuration does is thrown on to the
 * code that starts or ends the span.
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
  readonly #isValid: SessionIdValidator
  // A Baggage is immutable and shared by the spans of a request, whose session is read once for a run of them.
  #last: PendingSession | undefined
  #warned = false

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
    this.#isValid = sessionIdValidator(isValidSessionId)
  }

  /** Writes the session in the baggage of `parentContext` to the span, or keeps it until the span is in scope. */
  onStart(span: Span, parentContext: Context): void {
    try {
      const baggage = propagation.getBaggage(parentContext)
      if (baggage === undefined) return
      if (this.#last?.baggage !== baggage) this.#last = new PendingSession(baggage, this, this.#isValid)
      if (this.#attach(span as SdkSpan, this.#last) !== 'complete') this.#last.keepOn(span as SdkSpan)
    } catch {
      this.#warnOnce()
    }
  }

  /** Finishes a span that showed only after its start what it is. */
  onEnding(span: Span): void {
    try {
      const pending = PendingSession.keptOn(span as SdkSpan, this)
      if (pending === undefined || this.#attach(span as SdkSpan, pending) === 'hidden') return
      PendingSession.takeFrom(span as SdkSpan, this)
    } catch {
      this.#warnOnce()
    }
  }

  /**
   * Finishes a span that showed only in the onEnding of a processor listed later what it is, or at all where the SDK
   * never calls onEnding (before 2.3).
   */
  onEnd(span: object): void {
    try {
      const pending = PendingSession.takeFrom(span as SdkSpan, this)
      if (pending !== undefined) this.#attach(span as SdkSpan, pending)
    } catch {
      this.#warnOnce()
    }
  }

  /** Resolves at once: nothing is buffered here. */
  async forceFlush(): Promise<void> {}

  /** Resolves at once: there is nothing to release. */
  async shutdown(): Promise<void> {}

  #attach(span: SdkSpan, pending: PendingSession): Progress {
    // Most spans of a service go no further, at each of three calls.
    if (this.#spans === 'llmobs' && !mayMatch(span.attributes)) return 'hidden'
    const convention = conventionOf(span.attributes)
    if (!this.#isInScope(span, convention)) return 'hidden'
    const { sessionId } = pending
    if (sessionId === undefined) return 'complete'
    return setSessionAttributes(span, sessionId, this.#conversationId, convention)
  }

  #isInScope(span: SdkSpan, convention: SpanConvention | undefined): boolean {
    const spans = this.#spans
    if (spans === 'llmobs') return convention !== undefined
    if (spans === 'agent') return isAgentSpan(span.attributes, convention)
    return spans === 'all' || this.#isChosen(spans, span)
  }

  #isChosen(predicate: SpanPredicate, span: SdkSpan): boolean {
    try {
      return predicate(span as StartedSpan) === true
    } catch {
      this.#warnOnce()
      return false
    }
  }

  #warnOnce(): void {
    if (this.#warned) return
    this.#warned = true
    // Without the error: its message may hold the session id.
    logger.warn('A span, its context or the spans function threw, so a span may lack its session')
  }
}

function isScope(spans: unknown): boolean {
  return typeof spans === 'function' || spans === 'llmobs' || spans === 'agent' || spans === 'all'
}
