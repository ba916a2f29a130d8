import type { Context } from 'mocha'
import { ToolAbsentError } from '../support/cached-tools.js'

/**
 * For a `before` hook: provides tools, which takes minutes the first time. Skips the suite, and prints why, when the
 * machine lacks what a tool needs.
 */
export async function provide(hook: Context, ...tools: (() => Promise<string>)[]): Promise<void> {
  hook.timeout(30 * 60_000)
  try {
    for (const tool of tools) await tool()
  } catch (error) {
    if (!(error instanceof ToolAbsentError)) throw error
    console.log(`SKIPPED ${hook.test?.parent?.title}: ${error.message}`)
    hook.skip()
  }
}
