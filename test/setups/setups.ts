import { boundQueues } from './queue-setups.js'
import { AUTO, IN_COMMONJS, OURS, WITH_INSTRUMENTATION } from './start-commands.js'

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
  /** How often the app answers for a request, once by default: jobs and tasks of queues count. */
  answers?: number
  /** The app speaks HTTP/2. */
  isHttp2?: boolean
  /** The app finds a Redis of this machine in APP_REDIS. */
  usesRedis?: boolean
  /** Only the folder `dist` of the fixture is there when the app starts. */
  isBundle?: boolean
  /** What the docs name as a limit: spans get the session of another request. */
  isLimit?: boolean
  /** The docs show it as words beside another one. */
  isVariant?: boolean
}

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
    {
      ...esm,
      name: 'zero-code, --import, loader hook',
      start: `node --import ${OURS} --import ./hook.mjs --import ${theirs} app.js`,
      app: 'openai.mjs',
      packages: [AUTO, 'openai'],
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

export function nodeSdk(fixture: string, node: Setup['node']): Setup[] {
  const common = { fixture, node, packages: ['@opentelemetry/sdk-node'] }
  const esm = { ...common, app: 'server.mjs' }
  const cjs = { ...common, app: 'server.cjs', usesHttpClient: true }
  return [
    { ...esm, name: 'NodeSDK, ESM', start: WITH_INSTRUMENTATION },
    {
      ...cjs,
      name: 'NodeSDK, CommonJS',
      start: IN_COMMONJS,
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
  ...nodeSdk('node-sdk', '20'),
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
  ...boundQueues(),
]
