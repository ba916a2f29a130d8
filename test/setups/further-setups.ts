import { ddTraceQueues, unboundQueues } from './queue-setups.js'
import { nodeSdk, type Setup } from './setups.js'
import { AUTO, IN_COMMONJS, OURS, WITH_INSTRUMENTATION } from './start-commands.js'

function servers(): Setup[] {
  const frameworks = {
    express: 'express',
    fastify: 'Fastify',
    koa: 'Koa',
    nest: 'NestJS',
    trpc: 'tRPC',
    mcp: 'MCP',
  }
  const packages: Record<string, string> = {
    nest: '@nestjs/core',
    trpc: '@trpc/server',
    mcp: '@modelcontextprotocol/sdk',
  }
  const requests: Record<string, Setup['request']> = {
    trpc: (expected) => ({ path: `/ask?input=%22${expected}%22` }),
    mcp: (expected) => ({
      path: '/',
      headers: { accept: 'application/json, text/event-stream', 'content-type': 'application/json' },
      body: JSON.stringify({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'ask', arguments: { expected } },
      }),
    }),
  }
  return Object.entries(frameworks).map(([app, name]) => ({
    name: `${name}, ESM, no loader hook`,
    fixture: 'servers',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: `${app}.mjs`,
    packages: [packages[app] ?? app],
    ...(requests[app] && { request: requests[app] }),
  }))
}

/** Work after the request, by a worker or consumer in the process that serves requests. */
function redis(): Setup[] {
  const common = { fixture: 'bullmq', node: '20' as const, usesRedis: true, answers: 2 }
  const bullmq = { ...common, app: 'bullmq.cjs', start: IN_COMMONJS }
  const consumer = { ...common, app: 'consumer.cjs', packages: ['ioredis'] }
  const name = 'consumer begun in a request'
  return [
    { ...bullmq, name: 'BullMQ', packages: ['bullmq'] },
    {
      ...bullmq,
      name: 'BullMQ with bullmq-otel',
      env: { APP_BULLMQ_OTEL: '1' },
      packages: ['bullmq', 'bullmq-otel'],
    },
    { ...consumer, name, start: WITH_INSTRUMENTATION },
    { ...consumer, name: `${name}, HTTP instrumented`, start: IN_COMMONJS },
  ]
}

/** One file, with the flag as its first import or at its start. */
function bundles(): Setup[] {
  const common = { fixture: 'bundle', node: '20' as const, app: '', packages: ['esbuild'] }
  const build = (entry: string) =>
    `./node_modules/esbuild/bin/esbuild ${entry} --bundle --platform=node --outfile=dist/bundle.cjs --external:dd-trace --external:@langfuse/tracing --external:openai`
  return [
    {
      ...common,
      name: 'bundle with the flag in it',
      build: build('main.js'),
      start: 'node bundle.cjs',
      isBundle: true,
    },
    {
      ...common,
      name: 'bundle with the flag beside it',
      build: build('without-flag.js'),
      start: `node --import ${OURS} dist/bundle.cjs`,
    },
  ]
}

/** The spans of OpenTelemetry's API are dd-trace's. */
function otelApiOnDdTrace(version: string, node: Setup['node']): Setup[] {
  const common = { fixture: `dd-trace-${version}`, node, app: 'server.mjs' }
  const start = (file: string) =>
    `node --import ${OURS} --import dd-trace/initialize.mjs --import ./${file} app.js`
  return [
    {
      ...common,
      name: "dd-trace's TracerProvider",
      start: start('provider.mjs'),
      packages: ['dd-trace', '@opentelemetry/api'],
    },
    {
      ...common,
      name: 'NodeSDK with DD_TRACE_OTEL_ENABLED',
      start: start('instrumentation.mjs'),
      env: { DD_TRACE_OTEL_ENABLED: '1' },
      packages: ['dd-trace', '@opentelemetry/sdk-node'],
    },
  ]
}

/** What `--all` runs beside. */
export const FURTHER: Setup[] = [
  ...nodeSdk('node-sdk-3', '24'),
  {
    name: 'Elastic distribution',
    fixture: 'elastic',
    node: '20',
    start: `node --import ${OURS} --import @elastic/opentelemetry-node app.js`,
    app: 'server.mjs',
    usesHttpClient: true,
    packages: ['@elastic/opentelemetry-node'],
  },
  {
    name: 'AWS distribution',
    fixture: 'aws',
    node: '20',
    start: `node --require ${OURS} --require @aws/aws-distro-opentelemetry-node-autoinstrumentation/register app.js`,
    app: 'server.cjs',
    usesHttpClient: true,
    packages: ['@aws/aws-distro-opentelemetry-node-autoinstrumentation'],
  },
  {
    name: 'Traceloop',
    fixture: 'traceloop',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'server.mjs',
    packages: ['@traceloop/node-server-sdk'],
  },
  {
    name: 'Langfuse',
    fixture: 'langfuse',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'server.mjs',
    convention: 'langfuse',
    packages: ['@langfuse/otel', '@opentelemetry/sdk-node'],
  },
  {
    name: 'Sentry beside NodeSDK',
    fixture: 'sentry',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'server.mjs',
    packages: ['@sentry/node', '@opentelemetry/sdk-node'],
  },
  {
    name: 'Next.js with @vercel/otel',
    fixture: 'next',
    node: '20',
    build: './node_modules/next/dist/bin/next build',
    start: `node --import ${OURS} ./node_modules/next/dist/bin/next start`,
    app: '',
    packages: ['next', '@vercel/otel'],
  },
  {
    name: 'Mastra with OtelBridge',
    fixture: 'mastra',
    node: '24',
    start: WITH_INSTRUMENTATION,
    app: 'mastra.mjs',
    packages: ['@mastra/core', '@mastra/otel-bridge', '@opentelemetry/sdk-node'],
  },
  ...servers(),
  {
    name: 'dd-trace 5',
    fixture: 'dd-trace-5',
    node: '20',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs app.js`,
    app: 'server.mjs',
    convention: 'dd-trace',
    packages: ['dd-trace'],
  },
  {
    name: 'dd-trace 5 beside NodeSDK',
    fixture: 'dd-trace-5',
    node: '20',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs --import ./instrumentation.mjs app.js`,
    app: 'server.mjs',
    convention: 'dd-trace and gen_ai',
    packages: ['dd-trace', '@opentelemetry/sdk-node'],
  },
  {
    name: 'dd-trace 6 beside NodeSDK',
    fixture: 'dd-trace-6',
    node: '24',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs --import ./instrumentation.mjs app.js`,
    app: 'server.mjs',
    convention: 'dd-trace and gen_ai',
    packages: ['dd-trace', '@opentelemetry/sdk-node'],
  },
  ...otelApiOnDdTrace('5', '20'),
  ...otelApiOnDdTrace('6', '24'),
  {
    name: 'node:http2',
    fixture: 'auto-0.82',
    node: '24',
    start: `node --import ${OURS} --import ${AUTO}/register app.js`,
    app: 'http2.mjs',
    usesHttpClient: true,
    isHttp2: true,
    packages: [AUTO],
  },
  {
    name: 'node:http2, dd-trace',
    fixture: 'dd-trace-5',
    node: '20',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs app.js`,
    app: 'http2.mjs',
    convention: 'dd-trace',
    isHttp2: true,
    packages: ['dd-trace'],
  },
  ...redis(),
  ...bundles(),
  ...unboundQueues(),
  ...ddTraceQueues(),
]
