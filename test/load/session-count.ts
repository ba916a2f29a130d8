import type { Attributes } from '@opentelemetry/api'
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base'

export interface SessionCounts {
  spans: number
  right: number
  /** Spans with another request's session, or with one where the request had none. */
  wrong: number
  missing: number
}

/** Attribute in which the application notes the session that its request was sent with; `none` for none. */
export const EXPECTED = 'load.expected'

/** Compares, in the process itself and without keeping anything, each span's session with the one it must have. */
export class SessionCount implements SpanExporter {
  readonly counts: SessionCounts = { spans: 0, right: 0, wrong: 0, missing: 0 }

  export(spans: ReadableSpan[], done: (result: { code: number }) => void): void {
    for (const { attributes } of spans) if (attributes[EXPECTED] !== undefined) this.#count(attributes)
    done({ code: 0 })
  }

  async shutdown(): Promise<void> {}

  #count(attributes: Attributes): void {
    const expected = attributes[EXPECTED] === 'none' ? undefined : attributes[EXPECTED]
    // A GenAI span has the session in its conversation id, another LLM Observability span in the tag.
    const got = [attributes['session.id'], attributes['gen_ai.conversation.id'] ?? attributes.session_id]
    this.counts.spans++
    if (got.every((value) => value === expected)) this.counts.right++
    else if (got.some((value) => value !== undefined && value !== expected)) this.counts.wrong++
    else this.counts.missing++
  }
}
