import { ROOT_CONTEXT, SpanKind, SpanStatusCode, type Tracer, trace } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'

/** Two visitors, four agent runs of which one is joined to nobody and one failed, told through the viewer's own intakes. */
export async function sendSampleTelemetry(viewer: string, now = Date.now()): Promise<void> {
  const ada = '3f0c2c1e-8d5b-4f6a-9b64-0d9f1f6f4a11'
  const grace = 'b71d9a52-21c7-4a0e-8a43-5f2f0c9e7d30'
  await sendRum(viewer, ada, now - 96_000, [
    ['view', 0, 'Trip planner'],
    ['action', 3_100, 'Ask'],
    ['fetch', 3_140, '/api/chat'],
    ['view', 31_000, 'Booking'],
    ['action', 36_200, 'Book this hotel'],
    ['fetch', 36_250, '/api/book'],
    ['error', 41_400, 'Uncaught RangeError: Invalid currency code : EURO'],
  ])
  await sendRum(viewer, grace, now - 42_000, [
    ['view', 0, 'Trip planner'],
    ['action', 2_400, 'Ask'],
    ['xhr', 2_430, '/api/chat'],
  ])
  await agentRun(viewer, {
    session: ada,
    question: 'Three days in Lisbon with two kids?',
    startedAt: now - 92_840,
  })
  await agentRun(viewer, {
    session: ada,
    question: 'Book the second one',
    startedAt: now - 59_730,
    fails: true,
  })
  await agentRun(viewer, { session: grace, question: 'Night train Paris to Berlin', startedAt: now - 39_550 })
  await agentRun(viewer, { session: null, question: 'Is the ferry running today?', startedAt: now - 12_000 })
}

type RumLine = [kind: 'view' | 'action' | 'fetch' | 'xhr' | 'error', after: number, text: string]

async function sendRum(viewer: string, session: string, startedAt: number, lines: RumLine[]): Promise<void> {
  const common = { session: { id: session, type: 'user' }, application: { id: 'demo' } }
  let view = { id: `${session}-view`, url: 'http://localhost:8080/', name: '' }
  const events = lines.map(([kind, after, text], index) => {
    const id = `${session}-${index}`
    const date = startedAt + after
    if (kind === 'view') {
      view = { id, url: `http://localhost:8080/${text.toLowerCase().replace(/\W+/g, '-')}`, name: text }
      return { ...common, type: 'view', date, view: { ...view, time_spent: 30e9 } }
    }
    if (kind === 'action')
      return { ...common, type: 'action', date, view, action: { id, type: 'click', target: { name: text } } }
    if (kind === 'error') return { ...common, type: 'error', date, view, error: { id, message: text } }
    const resource = {
      id,
      type: kind,
      method: 'POST',
      url: `http://localhost:8080${text}`,
      status_code: 200,
      duration: 5.1e9,
    }
    return { ...common, type: 'resource', date, view, resource }
  })
  for (const file of ['app.js', 'app.css']) {
    const resource = {
      id: `${session}-${file}`,
      type: file.slice(4),
      url: `http://localhost:8080/${file}`,
      duration: 12e6,
    }
    events.push({ ...common, type: 'resource', date: startedAt + 20, view, resource } as never)
  }
  await fetch(`${viewer}/rum?ddforward=${encodeURIComponent('/api/v2/rum?ddsource=browser')}`, {
    method: 'POST',
    body: events.map((event) => JSON.stringify(event)).join('\n'),
  })
}

interface AgentRun {
  session: string | null
  question: string
  startedAt: number
  fails?: boolean
}

/** The spans of an agent with two tools, one of them a second service with a model of its own. */
async function agentRun(
  viewer: string,
  { session, question, startedAt, fails = false }: AgentRun,
): Promise<void> {
  const services = Object.fromEntries(
    ['web', 'agent', 'hotels'].map((name) => {
      const exporter = new OTLPTraceExporter({ url: `${viewer}/v1/traces` })
      return [
        name,
        new BasicTracerProvider({
          resource: resourceFromAttributes({ 'service.name': name }),
          spanProcessors: [new SimpleSpanProcessor(exporter)],
        }),
      ]
    }),
  ) as Record<'web' | 'agent' | 'hotels', BasicTracerProvider>
  const tracer = (name: keyof typeof services) => services[name].getTracer('sample')
  const carried = session
    ? { 'gen_ai.conversation.id': session, 'session.id': session, session_id: session }
    : {}
  const messages = (role: string, content: string) =>
    JSON.stringify([{ role, parts: [{ type: 'text', content }] }])

  function spanOf(
    from: Tracer,
    name: string,
    after: number,
    lasts: number,
    attributes: object,
    parent = ROOT_CONTEXT,
  ) {
    const span = from.startSpan(
      name,
      { kind: SpanKind.INTERNAL, startTime: startedAt + after, attributes: { ...attributes } },
      parent,
    )
    return { span, context: trace.setSpan(parent, span), end: () => span.end(startedAt + after + lasts) }
  }
  const genAi = (operation: string, more: object) => ({
    'gen_ai.operation.name': operation,
    'gen_ai.provider.name': 'openai',
    ...carried,
    ...more,
  })
  const chat = (input: string, output: string, tokens: [number, number]) =>
    genAi('chat', {
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.input.messages': messages('user', input),
      'gen_ai.output.messages': messages('assistant', output),
      'gen_ai.usage.input_tokens': tokens[0],
      'gen_ai.usage.output_tokens': tokens[1],
    })

  const answer =
    'Stay in Alfama: flat enough with a stroller, close to the castle, and the tram is a ride in itself.'
  const click = spanOf(tracer('web'), 'POST /api/chat', 0, 4_960, { 'http.request.method': 'POST' })
  const server = spanOf(
    tracer('agent'),
    'POST /api/chat',
    24,
    4_910,
    { 'http.route': '/api/chat' },
    click.context,
  )
  const agent = spanOf(
    tracer('agent'),
    'invoke_agent travel-agent',
    41,
    4_870,
    genAi('invoke_agent', {
      'gen_ai.agent.name': 'travel-agent',
      'gen_ai.input.messages': messages('user', question),
      'gen_ai.output.messages': messages('assistant', answer),
      'gen_ai.usage.input_tokens': 1_912,
      'gen_ai.usage.output_tokens': 271,
    }),
    server.context,
  )
  const first = spanOf(
    tracer('agent'),
    'chat gpt-4o-mini',
    52,
    980,
    chat(question, 'call weather, hotels', [412, 38]),
    agent.context,
  )
  const weather = spanOf(
    tracer('agent'),
    'execute_tool weather',
    1_044,
    310,
    genAi('execute_tool', {
      'gen_ai.tool.name': 'weather',
      'gen_ai.tool.call.arguments': '{"city":"Lisbon","days":3}',
      'gen_ai.tool.call.result': '{"days":["19° sunny","21° sunny","18° showers"]}',
    }),
    agent.context,
  )
  const hotels = spanOf(
    tracer('agent'),
    'execute_tool hotels',
    1_046,
    1_830,
    genAi('execute_tool', {
      'gen_ai.tool.name': 'hotels',
      'gen_ai.tool.call.arguments': '{"city":"Lisbon"}',
    }),
    agent.context,
  )
  const hop = spanOf(tracer('hotels'), 'POST /rank', 1_080, 1_760, { 'http.route': '/rank' }, hotels.context)
  const rank = spanOf(
    tracer('hotels'),
    'chat gpt-4o-mini',
    1_110,
    1_690,
    chat('Rank 12 hotels', '1. Alfama House', [980, 64]),
    hop.context,
  )
  const last = spanOf(
    tracer('agent'),
    'chat gpt-4o-mini',
    2_890,
    2_000,
    chat('…tool results…', answer, [520, 169]),
    agent.context,
  )
  if (fails) {
    rank.span.setStatus({ code: SpanStatusCode.ERROR, message: '429 rate limit reached for gpt-4o-mini' })
  }
  for (const { end } of [last, rank, hop, hotels, weather, first, agent, server, click]) end()
  await Promise.all(Object.values(services).map((provider) => provider.shutdown()))
}
