// Prints the size of the root's node_modules. Fails above the budget.
import { execFileSync } from 'node:child_process'

const BUDGET_MB = 400

const megabytes = Number(execFileSync('du', ['-sm', 'node_modules'], { encoding: 'utf8' }).split('\t')[0])
console.log(`node_modules: ${megabytes} MB of at most ${BUDGET_MB} MB`)
if (megabytes > BUDGET_MB) {
  console.error(
    'Install a tool that one folder needs from a lock file in that folder (scripts/install-folder.mjs).',
  )
  process.exit(1)
}
