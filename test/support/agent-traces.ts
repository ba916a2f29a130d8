import type { ReceivedSpan } from '../../packages/viewer/src/otlp-spans.js'
import { spanKind } from '../../packages/viewer/src/span-kinds.js'

interface DdSpan {
  trace_id: number | bigint
  span_id: number | bigint
  parent_id: number | bigint
  name: string
  service: string
  meta: Record<string, string>
}

/** The spans of `PUT /v0.4/traces` that LLM Observability takes by their attributes, as it takes OpenTelemetry's. */
export function genAiSpans(body: Buffer): ReceivedSpan[] {
  const traces = decode(body) as DdSpan[][]
  return traces.flat().flatMap(({ trace_id, span_id, parent_id, name, service, meta }) => {
    const kind = spanKind(meta)
    if (!kind) return []
    const ids = { spanId: String(span_id), parentSpanId: parent_id ? String(parent_id) : null }
    const unused = { input: null, output: null, tokens: null, model: null, error: null }
    const span = { ...ids, ...unused, name, service, kind, sessionId: null, startedAt: 0, durationMs: 0 }
    return [{ traceId: String(trace_id), span: { ...span, attributes: meta } }]
  })
}

/** Decodes MessagePack: what dd-trace sends of it. https://github.com/msgpack/msgpack/blob/master/spec.md */
function decode(body: Buffer): unknown {
  let at = 0
  const uint = (bytes: number) => {
    at += bytes
    return bytes === 8 ? body.readBigUInt64BE(at - 8) : body.readUIntBE(at - bytes, bytes)
  }
  const int = (bytes: number) => {
    at += bytes
    return bytes === 8 ? body.readBigInt64BE(at - 8) : body.readIntBE(at - bytes, bytes)
  }
  const bytes = (length: number) => {
    at += length
    return body.subarray(at - length, at)
  }
  const text = (length: number) => bytes(length).toString()
  const array = (length: number): unknown[] => Array.from({ length }, value)
  const map = (length: number) => Object.fromEntries(Array.from({ length }, () => [value(), value()]))
  function value(): unknown {
    const type = Number(uint(1))
    if (type < 0x80) return type
    if (type < 0x90) return map(type & 0x0f)
    if (type < 0xa0) return array(type & 0x0f)
    if (type < 0xc0) return text(type & 0x1f)
    if (type >= 0xe0) return type - 0x100
    if (type === 0xc0) return null
    if (type === 0xc2 || type === 0xc3) return type === 0xc3
    if (type >= 0xc4 && type <= 0xc6) return bytes(Number(uint(2 ** (type - 0xc4))))
    if (type === 0xcb) return bytes(8).readDoubleBE()
    if (type >= 0xcc && type <= 0xcf) return uint(2 ** (type - 0xcc))
    if (type >= 0xd0 && type <= 0xd3) return int(2 ** (type - 0xd0))
    if (type >= 0xd9 && type <= 0xdb) return text(Number(uint(2 ** (type - 0xd9))))
    if (type === 0xdc || type === 0xdd) return array(Number(uint(2 * (type - 0xdb))))
    if (type === 0xde || type === 0xdf) return map(Number(uint(2 * (type - 0xdd))))
    throw new Error(`MessagePack type ${type} is not known here`)
  }
  return value()
}
