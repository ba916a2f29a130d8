/** One way to start a backend, as docs/setups.md shows it. */
export interface Setup {
  name: string
  /** Folder beside this file with package.json, lock file and what a user writes to set tracing up. */
  fixture: string
  /** Major version of Node. */
  node: '20' | '24'
  /** What a user types before, arguments of Node. */
  build?: string
  /** What a user types to start the app. */
  start: string
  /** File in `apps` that stands for `app.js`. */
  app: string
  /** Value of NODE_OPTIONS, with `/app` for the folder of the fixture. The command runs in another folder. */
  nodeOptions?: string
  /** How the app's spans say that they are LLM Observability's: the name of a convention, GenAI's by default. */
  convention?: 'openinference' | 'langfuse' | 'dd-trace' | 'dd-trace and gen_ai'
  /** The request for a session, where `GET /<session>` is not it. */
  request?: (expected: string) => { path: string; headers?: Record<string, string>; body?: string }
  /** The app calls the vendor through node:http as well. Loading it in CommonJS would show it to instrumentations. */
  usesHttpClient?: boolean
  env?: Record<string, string>
  /** Packages whose versions the table names. */
  packages: string[]
  /** The docs show it as words beside another one. */
  isVariant?: boolean
}

const OURS = '@rum-llmobs/node-span-processor/register'
const AUTO = '@opentelemetry/auto-instrumentations-node'
const WITH_INSTRUMENTATION = `node --import ${OURS} --import ./instrumentation.mjs app.js`

function zeroCode(version: string, node: Setup['node']): Setup[] {
  const theirs = `${AUTO}/register`
  const common = { fixture: `auto-${version}`, node, packages: [AUTO], usesHttpClient: true }
  const esm = { ...common, app: 'server.mjs' }
  const cjs = { ...common, app: 'server.cjs' }
  return [
    { ...esm, name: 'zero-code, --import', start: `node --import ${OURS} --import ${theirs} app.js` },
    {
      ...esm,
      name: 'zero-code, --import, last',
      start: `node --import ${theirs} --import ${OURS} app.js`,
      isVariant: true,
    },
    { ...cjs, name: 'zero-code, --require', start: `node --require ${OURS} --require ${theirs} app.js` },
    {
      ...cjs,
      name: 'zero-code, --require, last',
      start: `node --require ${theirs} --require ${OURS} app.js`,
      isVariant: true,
    },
  ]
}

function nodeSdk(): Setup[] {
  const common = { fixture: 'node-sdk', node: '20' as const, packages: ['@opentelemetry/sdk-node'] }
  const esm = { ...common, app: 'server.mjs' }
  const cjs = { ...common, app: 'server.cjs', usesHttpClient: true }
  return [
    { ...esm, name: 'NodeSDK, ESM', start: WITH_INSTRUMENTATION },
    {
      ...cjs,
      name: 'NodeSDK, CommonJS',
      start: `node --require ${OURS} --require ./instrumentation.cjs app.js`,
    },
    {
      ...esm,
      name: 'NodeSDK with the processor, ESM',
      start: `node --import ${OURS} --import ./with-processor.mjs app.js`,
    },
    {
      ...cjs,
      name: 'NodeSDK with the processor, CommonJS',
      start: `node --require ${OURS} --require ./with-processor.cjs app.js`,
    },
  ]
}

/** What runs by default. */
export const REDUCED: Setup[] = [
  ...zeroCode('0.81', '20'),
  ...zeroCode('0.82', '24'),
  ...nodeSdk(),
  {
    name: 'NODE_OPTIONS, npm start elsewhere',
    fixture: 'node-sdk',
    node: '20',
    nodeOptions: '--import /app/node_modules/@rum-llmobs/node-span-processor/dist/esm/register.js',
    start: 'npm start --prefix /app',
    app: '',
    packages: ['@opentelemetry/sdk-node'],
  },
  {
    name: 'Arize Phoenix',
    fixture: 'phoenix',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'server.mjs',
    convention: 'openinference',
    packages: ['@arizeai/phoenix-otel'],
  },
  {
    name: 'Pydantic Logfire',
    fixture: 'logfire',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'server.mjs',
    packages: ['@pydantic/logfire-node'],
  },
  {
    name: 'Hono, ESM, no loader hook',
    fixture: 'hono',
    node: '20',
    start: WITH_INSTRUMENTATION,
    app: 'hono.mjs',
    packages: ['hono', '@opentelemetry/sdk-node'],
  },
  {
    name: 'dd-trace',
    fixture: 'dd-trace-6',
    node: '24',
    start: `node --import ${OURS} --import dd-trace/initialize.mjs app.js`,
    app: 'server.mjs',
    convention: 'dd-trace',
    packages: ['dd-trace'],
  },
]

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

/** What `--all` runs beside. */
export const FURTHER: Setup[] = [
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
]
