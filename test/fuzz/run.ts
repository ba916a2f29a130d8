// npm run test:fuzz [-- --reduced]: random and hostile inputs for every parser and entry point.
import { check, count, printCounts } from '../support/printed-checks.js'
import { egressTargets } from './egress-targets.js'
import { fuzz } from './fuzz.js'
import { measureGrowth } from './linear-cost.js'
import { nodeTargets } from './node-targets.js'
import { webTargets } from './web-targets.js'

const inputs = Number(process.env.FUZZ_INPUTS ?? (process.argv.includes('--reduced') ? 50_000 : 1_000_000))
const seed = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31))

console.log(`${count(inputs)} inputs, seed ${seed} (FUZZ_SEED=${seed} FUZZ_INPUTS=${inputs} repeats them)\n`)
let total = 0
const start = performance.now()
for (const result of fuzz([...webTargets, ...nodeTargets, ...egressTargets], inputs, seed)) {
  const { name, seconds, failure } = result
  check(`${name}: ${count(result.inputs)} inputs, ${seconds.toFixed(1)} s`, failure === undefined, failure)
  total += result.inputs
}
check(`${count(total)} inputs in ${((performance.now() - start) / 1000).toFixed(0)} s`, total >= inputs)

console.log(
  '\nProcessor time of one 100 kB header divided by that of ten 10 kB headers; linear: 1, quadratic: 10\n',
)
const growth = measureGrowth()
for (const operation of new Set(growth.map(({ operation }) => operation))) {
  const [worst] = growth
    .filter((measured) => measured.operation === operation)
    .toSorted((a, b) => b.ratio - a.ratio)
  if (worst)
    check(`${operation}: ${worst.ratio.toFixed(2)} times (${JSON.stringify(worst.piece)})`, worst.linear)
}
printCounts()
