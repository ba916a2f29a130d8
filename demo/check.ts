import { parseArgs } from 'node:util'
import type { State } from '../packages/viewer/src/telemetry.js'
import { launchChromium } from '../scripts/chromium/launch-chromium.js'
import { takeScreenshots } from './screenshots.js'
import { type Backend, backends, build, startDemo } from './start-demo.js'
import { startThirdPartyLlm, type ThirdPartyLlm } from './third-party-llm.js'
import { judge, type Row, type Verdict } from './verdict.js'
import { type Asked, visit } from './visitors.js'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'both' },
    screenshots: { type: 'boolean', default: false },
    'skip-build': { type: 'boolean', default: false },
  },
})
const chosen = backends.filter((name) => values.backend === name || values.backend === 'both')
if (chosen.length === 0) {
  console.error(`--backend must be one of ${backends.join(', ')}, both`)
  process.exit(2)
}

// The check counts what the viewer gets, and a real model answers as it likes.
for (const name of Object.keys(process.env)) {
  if (/^(OPENAI_|OTEL_|DD_|PORT$|VIEWER_PORT$)/.test(name)) delete process.env[name]
}

try {
  if (!values['skip-build']) await build()
  const verdicts: Verdict[] = []
  for (const backend of chosen) {
    const verdict = await check(backend)
    console.log(`\n${backend}\n${table(verdict.rows)}`)
    for (const problem of verdict.problems) console.log(`PROBLEM ${problem}`)
    verdicts.push(verdict)
  }
  process.exit(conclude(verdicts) ? 0 : 1)
} catch (error) {
  console.error(`The check could not finish: ${(error as Error).message}`)
  process.exit(1)
}

async function check(backend: Backend): Promise<Verdict> {
  const llm = await startThirdPartyLlm()
  const demo = await startDemo(backend, llm.setup)
  const browser = await launchChromium()
  try {
    const { asked, problems } = await Promise.race([visit(browser, demo.pageUrl), demo.failed])
    const verdict = await settledVerdict(
      () => fetchState(demo.viewerUrl),
      (state) => judge(backend, asked, state),
    )
    verdict.problems.push(...problems, ...leaks(llm, asked))
    if (values.screenshots && backend === 'otel') await takeScreenshots(browser, demo, asked)
    return verdict
  } finally {
    await browser.close()
    await demo.stop()
    llm.stop()
  }
}

function conclude(verdicts: Verdict[]): boolean {
  const sum = (count: (verdict: Verdict) => number) =>
    verdicts.reduce((total, verdict) => total + count(verdict), 0)
  const right = sum((verdict) => verdict.right)
  const expected = sum((verdict) => verdict.expected)
  const wrong = sum((verdict) => verdict.wrong)
  console.log(`\n${right} of ${expected} agent spans carry their RUM session, ${wrong} carry another`)
  return right === expected && wrong === 0 && verdicts.every(({ problems }) => problems.length === 0)
}

/** Telemetry arrives in batches: asks until nothing is missing, or for 30 seconds. */
async function settledVerdict(
  fetchState: () => Promise<State>,
  judge: (state: State) => Verdict,
): Promise<Verdict> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const verdict = judge(await fetchState())
    if (verdict.problems.length === 0 || Date.now() > deadline) return verdict
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
