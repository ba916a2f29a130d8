import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { buildSync } from 'esbuild'
import type * as WebPropagator from '../src/index.js'

let bundle: string | undefined

/** Loads another copy of the package, with the module state of a page that has just been opened. */
export function newPage(): typeof WebPropagator {
  bundle ??= buildSync({
    entryPoints: [fileURLToPath(new URL('../src/index.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'cjs',
    target: 'es2022',
    external: ['@opentelemetry/api'],
  }).outputFiles[0]?.text as string
  const module = { exports: {} }
  new Function('module', 'require', bundle)(module, createRequire(import.meta.url))
  return module.exports as typeof WebPropagator
}

/** Collects what is said through `diag.warn` until `diag.disable()`. */
export function collectWarnings(): string[] {
  const warnings: string[] = []
  const ignore = () => {}
  const warn = (...message: unknown[]) => warnings.push(message.join(' '))
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ALL)
  return warnings
}
