import { readdir, readFile } from 'node:fs/promises'
import { extname } from 'node:path'

/** A file of the page as it is served. */
interface PageFile {
  contentType: string
  body: Buffer
}

/** Nothing but the page's own files runs, and nothing of it can be framed or sent elsewhere. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
}

const CONTENT_TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
}

/** Built beside this file's folder, be that `src` or `dist`. */
const folder = new URL('../dist/page/', import.meta.url)

/** The page's built files by path, read at the first call; `/` is `index.html`. */
export function pageFiles(): Promise<ReadonlyMap<string, PageFile>> {
  files ??= load()
  return files
}

let files: Promise<ReadonlyMap<string, PageFile>> | undefined

async function load(): Promise<ReadonlyMap<string, PageFile>> {
  const names = await readdir(folder)
  return new Map(
    await Promise.all(
      names.map(
        async (name) =>
          [
            name === 'index.html' ? '/' : `/${name}`,
            { contentType: CONTENT_TYPES[extname(name)] ?? '', body: await readFile(new URL(name, folder)) },
          ] as const,
      ),
    ),
  )
}
