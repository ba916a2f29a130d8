import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { DiagLogLevel, diag } from '@opentelemetry/api'
import { buildSync } from 'esbuild'
import type * as WebPropagator from '../src/index.js'

let bundle: string | undefined

/** Loads a fresh copy of the package: the module state of a page that was just opened. */
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

/** Collects the warnings and errors of `diag` until `diag.disable()`. */
export function collectWarnings(): string[] {
  const warnings: string[] = []
  const ignore = () => {}
  const warn = (...message: unknown[]) => warnings.push(message.join(' '))
  diag.setLogger({ error: warn, warn, info: ignore, debug: ignore, verbose: ignore }, DiagLogLevel.ALL)
  return warnings
}
