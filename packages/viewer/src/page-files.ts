import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A file of the page as it is served. */
export interface PageFile {
  contentType: string
  body: string
}

/** Nothing but the page's own files runs, and nothing of it can be framed or sent elsewhere. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

/** The page's files by path. They are read, and the script is bundled, at the first call. */
export function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  files ??= load()
  return files
}

let files: Promise<ReadonlyMap<string, PageFile>> | undefined

async function load(): Promise<ReadonlyMap<string, PageFile>> {
  const [html, css, icon, script] = await Promise.all([
    pageFile('index.html'),
    pageFile('viewer.css'),
    pageFile('icon.svg'),
    bundle(),
  ])
  return new Map([
    ['/', { contentType: 'text/html; charset=utf-8', body: html }],
    ['/viewer.css', { contentType: 'text/css', body: css }],
    ['/icon.svg', { contentType: 'image/svg+xml', body: icon }],
    ['/viewer.js', { contentType: 'text/javascript', body: script }],
  ])
}

function pageFile(name: string): Promise<string> {
  return readFile(new URL(`../page/${name}`, import.meta.url), 'utf8')
}

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('./page/app.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    logLevel: 'silent',
  })
  return outputFiles[0]?.text ?? ''
}
