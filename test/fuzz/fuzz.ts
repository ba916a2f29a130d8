import fc from 'fast-check'

export interface FuzzTarget {
  name: string
  /** Weight of the target: its share of the inputs is this over the sum of all targets. */
  share: number
  property: fc.IRawProperty<unknown, false>
}

export interface FuzzResult {
  name: string
  inputs: number
  seconds: number
  /** The error, with the smallest input that fails. */
  failure?: string
}

const CHUNK = 10_000

/**
 * Runs each target on its share of `inputs`, in chunks whose seeds derive from `seed`. The same seed and number of inputs
 * give the same inputs. Yields one result for each target.
 */
export function* fuzz(targets: readonly FuzzTarget[], inputs: number, seed: number): Generator<FuzzResult> {
  const shares = targets.reduce((sum, { share }) => sum + share, 0)
  for (const target of targets) yield run(target, Math.ceil((inputs * target.share) / shares), seed)
}

function run({ name, property }: FuzzTarget, inputs: number, seed: number): FuzzResult {
  const start = performance.now()
  let done = 0
  let failure: string | undefined
  for (let chunk = 0; done < inputs && failure === undefined; chunk++) {
    const details = fc.check(property, { seed: seed + chunk, numRuns: Math.min(CHUNK, inputs - done) })
    done += details.numRuns
    if (details.failed) failure = `${details.errorInstance}\n${fc.defaultReportMessage(details)}`
  }
  const seconds = (performance.now() - start) / 1000
  return { name, inputs: done, seconds, ...(failure !== undefined && { failure }) }
}
