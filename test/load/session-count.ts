import type { Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

export interface SessionCounts {
  right: number
  /** Spans with another session, or with one although the request had none. */
  wrong: number
  /** Spans without the session of their request. */
  missing: number
}

/** Attribute with the session of the request, written by the application; `none` for a request without one. */
export const EXPECTED = 'load.expected'

/** An exporter that counts the spans with and without the expected session. Keeps no spans, so that the heap stays flat. */
export class SessionCount implements SpanExporter {
  readonly counts: SessionCounts = { right: 0, wrong: 0, missing: 0 }

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const { attributes } of spans) if (attributes[EXPECTED] !== undefined) this.#count(attributes)
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}

  #count(attributes: Attributes): void {
    const expected = attributes[EXPECTED] === 'none' ? undefined : attributes[EXPECTED]
    // A GenAI span has the session in gen_ai.conversation.id, other LLM Observability spans have it in session_id.
    const got = [attributes['session.id'], attributes['gen_ai.conversation.id'] ?? attributes.session_id]
    if (got.every((value) => value === expected)) this.counts.right++
    else if (got.some((value) => value !== undefined && value !== expected)) this.counts.wrong++
    else this.counts.missing++
  }
}
