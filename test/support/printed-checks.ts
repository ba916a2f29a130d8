let passed = 0
let failed = 0

/** Prints and counts one check. Prints `detail` when it fails. */
export function check(what: string, isRight: boolean, detail = ''): void {
  if (isRight) passed++
  else failed++
  console.log(`${isRight ? 'ok  ' : 'FAIL'} ${what}${isRight || !detail ? '' : `\n${detail}`}`)
}

/** Prints the counts of all checks, and sets the exit code. */
export function printCounts(skipped = 0): void {
  console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exitCode = failed || !passed ? 1 : 0
}

export const count = (value: number) => value.toLocaleString('en-US')
