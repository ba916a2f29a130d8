/** One way to start a backend, as docs/setups.md shows it. */
export interface Setup {
  name: string
  /** Folder beside this file with package.json, lock file and what a user writes to set tracing up. */
  fixture: string
  /** Major version of Node. */
  node: '20' | '24'
  /** What stands between `node` and the app. */
  flags: string
  /** File in `apps`. */
  app: 'server.cjs' | 'server.mjs' | 'hono.mjs'
  /** How the app's spans say that they are LLM Observability's. */
  convention?: 'openinference' | 'dd-trace'
  /** The app calls the vendor through node:http as well. Loading it in CommonJS would show it to instrumentations. */
  usesHttpClient?: boolean
  env?: Record<string, string>
  /** Packages whose versions the table names. */
  packages: string[]
}

const OURS = '@rum-llmobs/node-span-processor/register'
const AUTO = '@opentelemetry/auto-instrumentations-node'

function autoSetups(version: string, node: Setup['node']): Setup[] {
  const theirs = `${AUTO}/register`
  const common = { fixture: `auto-${version}`, node, packages: [AUTO], usesHttpClient: true }
  const esm = { ...common, app: 'server.mjs' } as const
  const cjs = { ...common, app: 'server.cjs' } as const
  return [
    { ...esm, name: 'zero-code, --import', flags: `--import ${OURS} --import ${theirs}` },
    { ...esm, name: 'zero-code, --import, ours last', flags: `--import ${theirs} --import ${OURS}` },
    { ...cjs, name: 'zero-code, --require', flags: `--require ${OURS} --require ${theirs}` },
    { ...cjs, name: 'zero-code, --require, ours last', flags: `--require ${theirs} --require ${OURS}` },
  ]
}

function nodeSdkSetups(): Setup[] {
  const common = { fixture: 'node-sdk', node: '20', packages: ['@opentelemetry/sdk-node'] } as const
  const esm = { ...common, app: 'server.mjs' } as const
  const cjs = { ...common, app: 'server.cjs', usesHttpClient: true } as const
  return [
    { ...esm, name: 'NodeSDK, ESM', flags: `--import ${OURS} --import ./instrumentation.mjs` },
    { ...cjs, name: 'NodeSDK, CommonJS', flags: `--require ${OURS} --require ./instrumentation.cjs` },
    { ...esm, name: 'NodeSDK with processor, ESM', flags: `--import ${OURS} --import ./with-processor.mjs` },
    {
      ...cjs,
      name: 'NodeSDK with processor, CommonJS',
      flags: `--require ${OURS} --require ./with-processor.cjs`,
    },
  ]
}

/** What runs by default. */
export const REDUCED: Setup[] = [
  ...autoSetups('0.81', '20'),
  ...autoSetups('0.82', '24'),
  ...nodeSdkSetups(),
  {
    name: 'Arize Phoenix',
    fixture: 'phoenix',
    node: '20',
    flags: `--import ${OURS} --import ./instrumentation.mjs`,
    app: 'server.mjs',
    convention: 'openinference',
    packages: ['@arizeai/phoenix-otel'],
  },
  {
    name: 'Pydantic Logfire',
    fixture: 'logfire',
    node: '20',
    flags: `--import ${OURS} --import ./instrumentation.mjs`,
    app: 'server.mjs',
    packages: ['@pydantic/logfire-node'],
  },
  {
    name: 'Hono, ESM, no loader hook',
    fixture: 'hono',
    node: '20',
    flags: `--import ${OURS} --import ./instrumentation.mjs`,
    app: 'hono.mjs',
    packages: ['hono', '@opentelemetry/sdk-node'],
  },
  {
    name: 'dd-trace',
    fixture: 'dd-trace-6',
    node: '24',
    flags: `--import ${OURS} --import dd-trace/initialize.mjs`,
    app: 'server.mjs',
    convention: 'dd-trace',
    packages: ['dd-trace'],
  },
]

/** What `--all` runs beside. */
export const FURTHER: Setup[] = []
