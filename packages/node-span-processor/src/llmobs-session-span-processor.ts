import type { Attributes, Context, Span, SpanContext, SpanKind } from '@opentelemetry/api'
import { checkOptions } from './config-options.js'
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

/** Argument of a `spans` function: the part of the SDK's ReadableSpan that is set when a span starts. */
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
// A method type is bivariant, so a function of the SDK's wider ReadableSpan is accepted too.
export type SpanPredicate = { test(span: StartedSpan): boolean }['test']

/** Options of {@link LlmObsSessionSpanProcessor}. */
export interface LlmObsSessionSpanProcessorConfig {
  /**
   * Spans that get the session: `'llmobs'`, all spans that LLM Observability shows; `'agent'`, its agent spans; `'all'`,
   * every span; or a function that returns `true` for them. The function is called when a span with a session starts, and
   * up to twice when it ends. If it throws, the span gets no session.
   *
   * @defaultValue `'llmobs'`
   */
  spans?: 'llmobs' | 'agent' | 'all' | SpanPredicate
  /**
   * When to write `gen_ai.conversation.id`, from which LLM Observability reads the session of a span. `'when-absent'`
   * keeps an id of the application or its framework, `'always'` overwrites it, `'never'` does not write the attribute.
   *
   * @defaultValue `'when-absent'`
   */
  conversationId?: 'when-absent' | 'always' | 'never'
  /**
   * Returns `true` for a valid session id. The sender of a request controls its baggage. An invalid value counts as
   * absent, and so does a value for which the function throws.
   *
   * @defaultValue 1 to 128 letters, digits, `-` and `_`
   */
  isValidSessionId?: (value: string) => boolean
}

const OPTIONS = ['spans', 'conversationId', 'isValidSessionId']
// The error is not quoted, because its message may hold the session id.
const THROWN = 'a span, its context or the spans function threw, so a span may lack its session'
const MISSING =
  'an LLM Observability span ended without a session, and no request has brought one so far: ' +
  'check that the page sends `baggage: session.id=…` to this process'
const SCOPES: readonly unknown[] = ['llmobs', 'agent', 'all']
const POLICIES: readonly unknown[] = ['when-absent', 'always', 'never'] satisfies ConversationIdPolicy[]

type SdkSpan = AttributeTarget & Partial<StartedSpan>

/**
 * Writes the session of the request's `baggage` header to LLM Observability spans. It is a SpanProcessor of the
 * OpenTelemetry SDK 2.x and 3.x that exports nothing: list it before the exporting processor.
 *
 * The session comes from the baggage of the parent context, else from the parent span, else from the HTTP request being
 * served, which needs no HTTP instrumentation. An empty `session.id` entry in the context refuses the session.
 *
 * Every span in scope gets `session.id`. A span of LLM Observability also gets `gen_ai.conversation.id`, unless it follows
 * OpenInference alone or has a session of the application. If its conversation id is another one at its end, it gets
 * `session_id`, which becomes a tag. Attributes of the application are kept. A span whose kind is set after its start gets
 * its session at its end. Exceptions of spans, contexts and configured functions never reach the application.
 *
 * @throws TypeError from the constructor for an unknown option or an invalid value. The message names the option.
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

  constructor(config: LlmObsSessionSpanProcessorConfig = {}) {
    checkOptions(config, OPTIONS)
    const { spans = 'llmobs', conversationId = 'when-absent', isValidSessionId } = config
    if (typeof spans !== 'function' && !SCOPES.includes(spans)) {
      throw new TypeError("spans must be 'llmobs', 'agent', 'all' or a function")
    }
    if (!POLICIES.includes(conversationId)) {
      throw new TypeError("conversationId must be 'when-absent', 'always' or 'never'")
    }
    this.#spans = spans
    this.#conversationId = conversationId
    this.#sessions = new SpanSession(this.#requests, sessionIdValidator(isValidSessionId))
    this.#stopRequests = this.#requests.use()
    madeByApplication.processors += 1
  }

  /** Finds the session of the span. Writes it if the attributes at the start put the span in scope. */
  onStart(span: Span, parentContext: Context): void {
    try {
      const sessionId = this.#sessions.atStart(span, parentContext)
      if (sessionId !== null) this.#write(span, sessionId, false)
    } catch {
      warnOnce(THROWN)
    }
  }

  /** Writes the session to a span whose attributes are complete now. */
  onEnding(span: Span): void {
    this.#finish(span, false)
  }

  /** Writes the session if a later processor changed the span in its onEnding, or the SDK (before 2.3) has no onEnding. */
  onEnd(span: object): void {
    this.#finish(span, true)
  }

  /** Resolves at once, because nothing is buffered. */
  async forceFlush(): Promise<void> {}

  /** Stops following requests, and resolves at once. */
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
    if (this.#sessions.hasFoundOne || this.#requests.hasSeenOne) return
    if (conventionOf(attributes) !== undefined) warnOnce(MISSING)
  }

  #write(span: SdkSpan, sessionId: string, isEnding: boolean): void {
    // dd-trace's OpenTelemetry spans have no `attributes`.
    const { attributes = {} } = span
    const convention = conventionOf(attributes)
    if (!this.#isInScope(span, attributes, convention)) return
    setSessionAttributes(span, sessionId, this.#conversationId, isEnding, convention)
  }

  #isInScope(span: SdkSpan, attributes: Attributes, convention: SpanConvention | undefined): boolean {
    const spans = this.#spans
    if (spans === 'llmobs') return convention !== undefined
    if (spans === 'agent') return isAgentSpan(attributes, convention)
    if (spans === 'all') return true
    try {
      return spans(span as StartedSpan) === true
    } catch {
      warnOnce(THROWN)
      return false
    }
  }
}
