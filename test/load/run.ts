// npm run test:load [-- --reduced]: requests to an instrumented server. Checks the session of every span, and heap growth.
import { check, count, printCounts } from '../support/printed-checks.js'
import { loadServer } from './load-server.js'

const requests = Number(
  process.env.LOAD_REQUESTS ?? (process.argv.includes('--reduced') ? 50_000 : 1_000_000),
)

/** Highest heap growth after the first quarter. At 50,000 requests, one kept session id per request is twice that. */
const MAX_HEAP_GROWTH_BYTES = 2 ** 21

const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`

console.log(`${count(requests)} requests to an instrumented http server\n`)
const result = await loadServer(requests)
const { counts, heapStart, heapEnd, bytesPerRequest } = result
const growthAfterFirstQuarter = bytesPerRequest * requests * 0.75
console.log(
  `     ${count(result.pipelined)} pipelined, ${count(result.streamed)} streamed, ${count(result.aborted)} aborted, ` +
    `${count(result.withoutSession)} without a session; ${result.seconds.toFixed(0)} s`,
)
check(`${count(result.handled)} requests handled`, result.handled === requests && result.sent === requests)
check(
  `${count(counts.right)} spans with the right session, ${count(counts.missing)} without it`,
  counts.right === result.expectedSpans && counts.missing === 0,
  `expected ${count(result.expectedSpans)}`,
)
check(`${count(counts.wrong)} spans with a wrong session`, counts.wrong === 0)
check(
  `heap ${mebibytes(heapStart)} → ${mebibytes(heapEnd)}, slope ${bytesPerRequest.toFixed(2)} bytes per request`,
  growthAfterFirstQuarter <= MAX_HEAP_GROWTH_BYTES,
  `grows by ${mebibytes(growthAfterFirstQuarter)}`,
)
printCounts()
