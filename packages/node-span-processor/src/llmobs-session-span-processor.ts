import {
  type Attributes,
  type Baggage,
  type Context,
  diag,
  propagation,
  type Span,
  type SpanContext,
  type SpanKind,
} from '@opentelemetry/api'
import { type ConversationIdPolicy, setSessionAttributes } from './session-attributes.js'
import { type SessionIdValidator, sessionFromBaggage, sessionIdValidator } from './session-from-baggage.js'
import { isAgentSpan, isLlmObsSpan } from './span-conventions.js'

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
   * when a span starts and, unless it said yes, again when the span ends with all its attributes. One that throws
   * says no.
   *
   * @defaultValue `'llmobs'`
   */
  spans?: 'llmobs' | 'agent' | 'all' | SpanPredicate
  /**
   * What happens to `gen_ai.conversation.id`, which LLM Observability takes for the session of a GenAI span:
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

type SdkSpan = Span & Partial<StartedSpan> & { [pending: symbol]: Baggage | string | undefined }

/**
 * Gives LLM Observability spans the session that came in the request's baggage. It is a SpanProcessor of the
 * OpenTelemetry SDK 2.x and 3.x and exports nothing itself: list it before the processor that does.
 *
 * Every span in scope gets `session.id`; one that LLM Observability shows gets `session_id` as well and, in the
 * GenAI convention, `gen_ai.conversation.id`. What the application or its instrumentation set stays. A span that
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
  // A property of the span: a WeakMap costs ten times as much. Not shared, so that two processors can coexist.
  readonly #pending = Symbol('rum-llmobs.session')
  // A Baggage is immutable and shared by all spans of a request, and its getEntry copies the entry.
  #lastBaggage: Baggage | undefined
  #lastSessionId: string | undefined
  #warned = false

  constructor(config: LlmObsSessionSpanProcessorConfig = {}) {
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
      const sdkSpan = span as SdkSpan
      if (!this.#isInScope(sdkSpan)) {
        sdkSpan[this.#pending] = baggage
        return
      }
      const sessionId = this.#sessionOf(baggage)
      if (sessionId === undefined) return
      const isUnfinished = setSessionAttributes(sdkSpan, sessionId, this.#conversationId)
      if (isUnfinished) sdkSpan[this.#pending] = sessionId
    } catch {
      this.#warnOnce()
    }
  }

  /** Finishes a span that showed only after its start what it is. */
  onEnding(span: Span): void {
    this.#finish(span as SdkSpan)
  }

  /** Does what onEnding did not do: SDKs before 2.3 never call it. */
  onEnd(span: object): void {
    this.#finish(span as SdkSpan)
  }

  /** Resolves at once: nothing is buffered here. */
  async forceFlush(): Promise<void> {}

  /** Resolves at once: there is nothing to release. */
  async shutdown(): Promise<void> {}

  #finish(span: SdkSpan): void {
    try {
      const pending = span[this.#pending]
      if (pending === undefined) return
      span[this.#pending] = undefined
      if (typeof pending !== 'string' && !this.#isInScope(span)) return
      const sessionId = typeof pending === 'string' ? pending : this.#sessionOf(pending)
      if (sessionId !== undefined) setSessionAttributes(span, sessionId, this.#conversationId)
    } catch {
      this.#warnOnce()
    }
  }

  #sessionOf(baggage: Baggage): string | undefined {
    if (baggage !== this.#lastBaggage) {
      this.#lastSessionId = sessionFromBaggage(baggage, this.#isValid)
      this.#lastBaggage = baggage
    }
    return this.#lastSessionId
  }

  #isInScope(span: SdkSpan): boolean {
    const spans = this.#spans
    if (spans === 'all') return true
    if (typeof spans === 'function') return this.#isChosen(spans, span)
    // dd-trace's OpenTelemetry spans have no readable attributes: what they are, only its bridge can see.
    if (span.attributes === undefined) return false
    return spans === 'agent' ? isAgentSpan(span.attributes) : isLlmObsSpan(span.attributes)
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
