// npm run test:load [-- --reduced]: many requests through an instrumented server, every span checked, heap growth measured.
import { check, count, printCounts } from '../support/printed-checks.js'
import { loadServer } from './load-server.js'

const requests = Number(
  process.env.LOAD_REQUESTS ?? (process.argv.includes('--reduced') ? 50_000 : 1_000_000),
)

/** What the heap may grow by after the first quarter. One kept session id per request is twice that at 50,000. */
const MAX_HEAP_GROWTH_BYTES = 2 ** 21

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`

console.log(`${count(requests)} requests through an instrumented http server\n`)
const result = await loadServer(requests)
const { counts, heapStart, heapEnd, bytesPerRequest } = result
const growthAfterFirstQuarter = bytesPerRequest * requests * 0.75
console.log(
  `     ${count(result.pipelined)} pipelined, ${count(result.streamed)} streamed, ${count(result.aborted)} aborted, ` +
    `${count(result.withoutSession)} without a session; ${result.seconds.toFixed(0)} s`,
)
check(`${count(result.handled)} requests handled`, result.handled === requests && result.sent === requests)
check(
  `${count(counts.right)} spans right, ${count(counts.missing)} without their session`,
  counts.right === result.expectedSpans && counts.missing === 0,
  `expected ${count(result.expectedSpans)}`,
)
check(`${count(counts.wrong)} wrong sessions`, counts.wrong === 0)
check(
  `heap ${mebibytes(heapStart)} → ${mebibytes(heapEnd)}, slope ${bytesPerRequest.toFixed(2)} bytes per request`,
  growthAfterFirstQuarter <= MAX_HEAP_GROWTH_BYTES,
  `grows by ${mebibytes(growthAfterFirstQuarter)}`,
)
printCounts()
