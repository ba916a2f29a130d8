import { el } from './dom.js'
import { llmTraces, type Model } from './model.js'
import { figures } from './parts.js'

export function overview(model: Model): HTMLElement {
  const isEmpty = model.state.sessions.length === 0 && model.state.traces.length === 0
  return isEmpty ? emptyState(model) : summary(model)
}

function summary(model: Model): HTMLElement {
  const traces = llmTraces(model)
  const joined = traces.filter(({ sessionId }) => sessionId !== null).length
  const spans = traces.flatMap((trace) => trace.spans.filter(({ kind }) => kind !== null))
  const agents = spans.filter(({ kind }) => kind === 'agent')
  const joinedAgents = agents.filter(({ sessionId }) => sessionId !== null).length
  return el(
    'article',
    { 'data-key': 'overview', class: 'detail' },
    el(
      'h2',
      { tabindex: -1, class: 'title' },
      `${joined} of ${traces.length} LLM traces carry a RUM session`,
    ),
    figures([
      ['RUM sessions', model.state.sessions.length],
      ['LLM traces', traces.length],
      ['Joined', joined, 'joined'],
      ['Not joined', traces.length - joined, traces.length > joined ? 'unjoined' : ''],
      ['Agent spans joined', `${joinedAgents} of ${agents.length}`],
    ]),
    el(
      'p',
      {},
      'Choose a session to see what the visitor did and which agent runs it led to, or a trace to see what the agent did and whose session it belongs to.',
    ),
  )
}

function emptyState(model: Model): HTMLElement {
  const { origin } = location
  return el(
    'article',
    { 'data-key': 'empty', class: 'detail' },
    el('h2', { tabindex: -1, class: 'title' }, model.readAt === 0 ? 'Reading…' : 'Waiting for telemetry'),
    el(
      'p',
      {},
      'This page shows RUM sessions and LLM traces as they arrive, and how they belong together. Ask the demo a question, or point your own application here:',
    ),
    el(
      'dl',
      { class: 'setup' },
      el('dt', {}, 'Datadog RUM in the browser'),
      el('dd', {}, el('code', {}, `datadogRum.init({ …, proxy: '${origin}/rum' })`)),
      el('dt', {}, 'OpenTelemetry'),
      el('dd', {}, el('code', {}, `OTEL_EXPORTER_OTLP_ENDPOINT=${origin}`)),
      el('dt', {}, 'dd-trace with LLM Observability'),
      el('dd', {}, el('code', {}, `DD_TRACE_AGENT_URL=${origin}`)),
    ),
  )
}
