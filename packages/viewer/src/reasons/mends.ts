import type { Evidence } from './evidence.js'

/** How a backend gives its LLM spans the session, by what made the span and in which language. */
export function joinMend({ source, span }: Evidence): string {
  const prefix = source === 'dd-trace' ? 'dd-trace ' : ''
  // A resource that an application wrote by hand often leaves the language out.
  if (!span.language) return `In Node: ${JOIN[`${prefix}nodejs`]} In Python: ${JOIN[`${prefix}python`]}`
  const key = prefix + (span.language === 'javascript' ? 'nodejs' : span.language)
  // The language is a text that anyone may have written: constructor, say.
  return (Object.hasOwn(JOIN, key) && JOIN[key]) || OTHER
}

const OTHER =
  'Copy session.id of the request’s baggage to gen_ai.conversation.id of each LLM span, in the backend or with a rule of the Collector.'

const JOIN: Readonly<Record<string, string>> = {
  nodejs:
    'Start the backend with node --import @rum-llmobs/node-span-processor/register, or put new LlmObsSessionSpanProcessor() before the exporter’s processor in spanProcessors; a framework with an exporter of its own needs it there.',
  python:
    'pip install rum-llmobs and start with opentelemetry-instrument, or add rum_llmobs.LlmObsSessionSpanProcessor() to the tracer provider before the exporter’s processor.',
  'dd-trace nodejs':
    'Put --import @rum-llmobs/node-span-processor/register before dd-trace on the command line, or call bridgeDdTrace() first.',
  'dd-trace python': 'pip install rum-llmobs and call rum_llmobs.ddtrace.install() at the start.',
}

/** How the backend gets a server span, without which no header is read. */
export function serverSpanMend({ source, span }: Evidence): string {
  if (source === 'dd-trace')
    return 'Load dd-trace before anything else: node --import dd-trace/initialize.mjs.'
  if (span.language === 'nodejs' || !span.language) {
    return 'Add HttpInstrumentation, and for an ESM application its hook: register("@opentelemetry/instrumentation/hook.mjs", import.meta.url). Or start with --import @rum-llmobs/node-span-processor/register, which reads the header from Node itself.'
  }
  return 'Add the instrumentation of the web framework, which reads the incoming headers.'
}
