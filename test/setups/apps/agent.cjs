// What each app does for a request: an agent that asks a model of a vendor, calls a tool, and goes on after its answer.
const { setTimeout: sleep } = require('node:timers/promises')

const { APP_VENDOR, APP_CONVENTION = 'gen_ai', APP_HTTP_CLIENT } = process.env
const pause = () => sleep(Math.random() * 10)

// OpenInference shows the kind of a span after its start.
const KINDS = { invoke_agent: 'AGENT', chat: 'LLM', execute_tool: 'TOOL' }

function inSpan(operation, expected, work) {
  const { trace } = require('@opentelemetry/api')
  const isGenAi = APP_CONVENTION !== 'openinference'
  const attributes = isGenAi ? { 'gen_ai.operation.name': operation, expected } : { expected }
  return trace.getTracer('app').startActiveSpan(operation, { attributes }, async (span) => {
    if (!isGenAi) span.setAttribute('openinference.span.kind', KINDS[operation])
    try {
      return await work()
    } finally {
      span.end()
    }
  })
}

function inDdTraceSpan(operation, expected, work) {
  const { llmobs } = require('dd-trace')
  return llmobs.trace({ kind: KINDS[operation].toLowerCase(), name: operation }, () => {
    llmobs.annotate({ tags: { expected } })
    return work()
  })
}

function inLangfuseObservation(operation, expected, work) {
  const { startActiveObservation } = require('@langfuse/tracing')
  const asType = { invoke_agent: 'agent', chat: 'generation', execute_tool: 'tool' }[operation]
  const observed = (observation) => {
    observation.otelSpan.setAttribute('expected', expected)
    return work()
  }
  return startActiveObservation(operation, observed, { asType })
}

const OBSERVE = {
  'dd-trace': inDdTraceSpan,
  'dd-trace and gen_ai': (operation, expected, work) =>
    inDdTraceSpan(operation, expected, () => inSpan(operation, expected, work)),
  langfuse: inLangfuseObservation,
}
exports.observe = OBSERVE[APP_CONVENTION] ?? inSpan
const { observe } = exports

/** One call by fetch, one by node:http where the app uses it, and one by the vendor's client where it is installed. */
async function askModel() {
  const body = JSON.stringify({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { 'content-type': 'application/json' }
  const url = `${APP_VENDOR}/v1/chat/completions`
  await (await fetch(url, { method: 'POST', headers, body })).json()
  if (!APP_HTTP_CLIENT) return
  await new Promise((resolve, reject) => {
    const request = require('node:http').request(url, { method: 'POST', headers }, (response) => {
      response.resume().once('end', resolve)
    })
    request.once('error', reject).end(body)
  })
}

let openai
async function askByClient() {
  try {
    const { OpenAI } = require('openai')
    openai ??= new OpenAI({ baseURL: `${APP_VENDOR}/v1`, apiKey: 'none', maxRetries: 0 })
  } catch {
    return
  }
  await openai.chat.completions.create({ model: 'gpt-5', messages: [{ role: 'user', content: 'Hello' }] })
}

/** Answers a question. `expected` is the session that the spans have to carry, or `none`. */
exports.answer = (expected) =>
  observe('invoke_agent', expected, async () => {
    await pause()
    await observe('chat', expected, askModel)
    await askByClient()
    await observe('execute_tool', expected, pause)
    const after = setTimeout(() => observe('chat', expected, pause), 20)
    after.unref()
    return 'Hello'
  })
