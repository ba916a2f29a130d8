import type { Evidence } from './evidence.js'

/** How a backend gives its LLM spans the session, by what made the span and in which language. */
export function joinMend({ source, span }: Evidence): string {
  return byLanguage(source === 'dd-trace' ? DD_TRACE_JOIN : JOIN, span, OTHER)
}

/** A text for each of the languages that this project has a package for. */
type Mends = Readonly<Record<'nodejs' | 'python', string>>

function byLanguage(mends: Mends, { language }: Evidence['span'], other: string): string {
  // A resource that an application wrote by hand often leaves the language out.
  if (!language) return `In Node: ${mends.nodejs} In Python: ${mends.python}`
  if (language === 'nodejs' || language === 'javascript') return mends.nodejs
  return language === 'python' ? mends.python : other
}

const OTHER =
  'Copy session.id of the request’s baggage to gen_ai.conversation.id of each LLM span, in the backend or with a rule of the Collector.'

const JOIN: Mends = {
  nodejs:
    'Start the backend with node --import @rum-llmobs/node-span-processor/register, or put new LlmObsSessionSpanProcessor() before the exporter’s processor in spanProcessors; a framework with an exporter of its own needs it there.',
  python:
    'pip install rum-llmobs and start with opentelemetry-instrument, or add rum_llmobs.LlmObsSessionSpanProcessor() to the tracer provider before the exporter’s processor.',
}

const DD_TRACE_JOIN: Mends = {
  nodejs:
    'Put --import @rum-llmobs/node-span-processor/register before dd-trace on the command line, or call bridgeDdTrace() first.',
  python: 'pip install rum-llmobs and call rum_llmobs.ddtrace.install() at the start.',
}

/** How the backend gets a server span, without which no header is read. */
export function serverSpanMend({ source, span }: Evidence): string {
  if (source === 'dd-trace') {
    return byLanguage(
      DD_TRACE_SERVER,
      span,
      'Start the tracer of Datadog before the web framework is loaded.',
    )
  }
  const framework = 'Add the instrumentation of the web framework, which reads the incoming headers.'
  return byLanguage({ nodejs: NODE_SERVER, python: framework }, span, framework)
}

const NODE_SERVER =
  'Add HttpInstrumentation, and for an ESM application its hook: register("@opentelemetry/instrumentation/hook.mjs", import.meta.url). Or start with --import @rum-llmobs/node-span-processor/register, which reads the header from Node itself.'

const DD_TRACE_SERVER: Mends = {
  nodejs: 'Load dd-trace before anything else: node --import dd-trace/initialize.mjs.',
  python: 'Start the application with ddtrace-run, which patches the web framework before it is loaded.',
}
