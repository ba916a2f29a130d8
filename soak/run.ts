// npm run test:soak [-- --reduced]: hostile input at volume, then many requests through a real server.
import { egressTargets } from './egress-targets.js'
import { fuzz } from './fuzz.js'
import { measureGrowth } from './linear-cost.js'
import { nodeTargets } from './node-targets.js'
import { soak } from './soak.js'
import { webTargets } from './web-targets.js'

const reduced = process.argv.includes('--reduced')
const inputs = Number(process.env.SOAK_INPUTS ?? (reduced ? 50_000 : 1_000_000))
const requests = Number(process.env.SOAK_REQUESTS ?? (reduced ? 50_000 : 1_000_000))
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

/** What the heap may grow by after the first quarter. One kept session id per request is twice that at 50,000. */
const MAX_HEAP_GROWTH_BYTES = 2 ** 21

let passed = 0
let failed = 0

function judge(what: string, isRight: boolean, detail = ''): void {
  if (isRight) passed++
  else failed++
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}${isRight || !detail ? '' : `\n${detail}`}`)
}

const count = (value: number) => value.toLocaleString('en-US')
const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`

console.log(
  `Fuzz: ${count(inputs)} inputs, seed ${seed} (FUZZ_SEED=${seed} SOAK_INPUTS=${inputs} repeats them)\n`,
)
let total = 0
const fuzzStart = performance.now()
for (const result of fuzz([...webTargets, ...nodeTargets, ...egressTargets], inputs, seed)) {
  const { name, seconds, failure } = result
  judge(`${name}: ${count(result.inputs)} inputs, ${seconds.toFixed(1)} s`, failure === undefined, failure)
  total += result.inputs
}
judge(`${count(total)} inputs in ${((performance.now() - fuzzStart) / 1000).toFixed(0)} s`, total >= inputs)

console.log('\nHeaders of 100 kB: processor time compared with ten of 10 kB, the worst of each operation\n')
const growth = measureGrowth()
for (const operation of new Set(growth.map(({ operation }) => operation))) {
  const [worst] = growth
    .filter((measured) => measured.operation === operation)
    .toSorted((a, b) => b.ratio - a.ratio)
  if (worst)
    judge(`${operation}: ${worst.ratio.toFixed(2)} times (${JSON.stringify(worst.piece)})`, worst.linear)
}

console.log(`\nSoak: ${count(requests)} requests through an instrumented http server\n`)
const result = await soak(requests)
const { counts, heapStart, heapEnd, bytesPerRequest } = result
const growthAfterFirstQuarter = bytesPerRequest * requests * 0.75
console.log(
  `     ${count(result.pipelined)} pipelined, ${count(result.streamed)} streamed, ${count(result.aborted)} aborted, ` +
    `${count(result.withoutSession)} without a session; ${result.seconds.toFixed(0)} s`,
)
judge(`${count(result.handled)} requests handled`, result.handled === requests && result.sent === requests)
judge(
  `${count(counts.right)} spans right, ${count(counts.missing)} without their session`,
  counts.right === result.expectedSpans && counts.missing === 0,
  `expected ${count(result.expectedSpans)}`,
)
judge(`${count(counts.wrong)} wrong sessions`, counts.wrong === 0)
judge(
  `heap ${mebibytes(heapStart)} → ${mebibytes(heapEnd)}, slope ${bytesPerRequest.toFixed(2)} bytes per request`,
  growthAfterFirstQuarter <= MAX_HEAP_GROWTH_BYTES,
  `grows by ${mebibytes(growthAfterFirstQuarter)}`,
)

console.log(`\n${passed} passed, ${failed} failed`)
process.exitCode = failed ? 1 : 0
