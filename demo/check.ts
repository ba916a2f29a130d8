import { parseArgs } from 'node:util'
import type { State } from '../packages/viewer/src/telemetry.js'
import { launchChromium } from '../scripts/chromium/launch-chromium.js'
import { takeScreenshots } from './screenshots.js'
import { checkSessions, type Row, type SessionChecks } from './session-checks.js'
import { type Backend, backends, build, startDemo } from './start-demo.js'
import { startThirdPartyLlm, type ThirdPartyLlm } from './third-party-llm.js'
import { type Asked, visit } from './visitors.js'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'all' },
    screenshots: { type: 'boolean', default: false },
    'skip-build': { type: 'boolean', default: false },
  },
})
const chosen = backends.filter((name) => values.backend === name || values.backend === 'all')
if (chosen.length === 0) {
  console.error(`--backend must be one of ${backends.join(', ')}, all`)
  process.exit(2)
}

// The check counts what the viewer gets, and a real model answers as it likes.
for (const name of Object.keys(process.env)) {
  if (/^(ANTHROPIC_|OPENAI_|OTEL_|DD_|PORT$|VIEWER_PORT$)/.test(name)) delete process.env[name]
}

try {
  if (!values['skip-build']) await build()
  const results: SessionChecks[] = []
  for (const backend of chosen) {
    const result = await check(backend)
    console.log(`\n${backend}\n${table(result.rows)}`)
    for (const problem of result.problems) console.log(`PROBLEM ${problem}`)
    results.push(result)
  }
  process.exit(conclude(results) ? 0 : 1)
} catch (error) {
  console.error(`The check could not finish: ${(error as Error).message}`)
  process.exit(1)
}

async function check(backend: Backend): Promise<SessionChecks> {
  const llm = await startThirdPartyLlm()
  const demo = await startDemo(backend, llm.setup)
  const browser = await launchChromium()
  try {
    const { asked, problems } = await Promise.race([visit(browser, demo.pageUrl), demo.failed])
    const result = await settledChecks(
      () => fetchState(demo.viewerUrl),
      (state) => checkSessions(backend, asked, state),
    )
    result.problems.push(...problems, ...leaks(llm, asked))
    if (values.screenshots && backend === 'otel') await takeScreenshots(browser, demo)
    return result
  } finally {
    await browser.close()
    await demo.stop()
    llm.stop()
  }
}

function conclude(results: SessionChecks[]): boolean {
  const sum = (count: (result: SessionChecks) => number) =>
    results.reduce((total, result) => total + count(result), 0)
  const right = sum((result) => result.right)
  const expected = sum((result) => result.expected)
  const wrong = sum((result) => result.wrong)
  console.log(`\n${right} of ${expected} agent spans carry their RUM session, ${wrong} carry another`)
  return right === expected && wrong === 0 && results.every(({ problems }) => problems.length === 0)
}

/** Telemetry arrives in batches: asks until nothing is missing, or for 30 seconds. */
async function settledChecks(
  fetchState: () => Promise<State>,
  checkSessions: (state: State) => SessionChecks,
): Promise<SessionChecks> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const result = checkSessions(await fetchState())
    if (result.problems.length === 0 || Date.now() > deadline) return result
    await new Promise((resolve) => setTimeout(resolve, 500))
  }
}

async function fetchState(viewerUrl: string): Promise<State> {
  const response = await fetch(`${viewerUrl}/api/state`)
  if (!response.ok) throw new Error(`the viewer answered ${response.status}`)
  return (await response.json()) as State
}

/** The vendor must have been asked once a question, and must never have been told a session. */
function leaks({ received }: ThirdPartyLlm, asked: Asked[]): string[] {
  const sessions = asked.flatMap(({ sessionId }) => sessionId ?? [])
  const leaked = received
    .map((headers) => JSON.stringify(headers))
    .filter((headers) => {
      return headers.includes('session.id') || sessions.some((id) => headers.includes(id))
    })
  console.log(`The LLM vendor got ${received.length} requests, ${leaked.length} with a session`)
  return [
    ...(received.length === asked.length
      ? []
      : [`the LLM vendor got ${received.length} requests, not ${asked.length}`]),
    ...(leaked.length === 0
      ? []
      : [`${leaked.length} requests to the LLM vendor carried a session: ${leaked[0]}`]),
  ]
}

function table(rows: Row[]): string {
  const lines = [
    ['session', 'visitor', 'route', 'agent spans', 'joined'],
    ...rows.map((row) => [row.session, row.visitor, row.route, String(row.agentSpans), String(row.joined)]),
  ]
  return lines
    .map((cells) =>
      cells
        .map((cell) => cell.padEnd(13))
        .join('')
        .trimEnd(),
    )
    .join('\n')
}
