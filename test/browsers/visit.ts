import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'
import type { Browser, Page } from '../../scripts/chromium/launch-chromium.js'
import { waitUntil } from '../support/wait-until.js'
import type { Targets } from './actions.js'
import type { Case } from './case.js'
import type { PageSetup } from './page.js'
import { type Observation, observe } from './wire-checks.js'
import { startWireServer, type WireServer } from './wire-server.js'

/** Forwards requests. For a URL with `rebuild` in its query it makes a new request, without the page's headers. */
const SERVICE_WORKER = `
self.addEventListener('install', () => self.skipWaiting())
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()))
self.addEventListener('fetch', (event) => {
  const rebuild = new URL(event.request.url).searchParams.has('rebuild')
  event.respondWith(fetch(rebuild ? event.request.url : event.request))
})`

export interface Origins {
  own: WireServer
  other: WireServer
}

/** Starts the page's origin, which serves the bundled page, and another one. */
export async function startOrigins(): Promise<Origins> {
  const bundle = await build({
    entryPoints: [fileURLToPath(new URL('page.ts', import.meta.url))],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    logLevel: 'error',
  })
  const own = await startWireServer({
    '/': {
      type: 'text/html',
      body: '<!doctype html><html lang="en"><title>Page</title><link rel="icon" href="data:,"><h1>Page</h1><script src="/page.js"></script></html>',
    },
    '/page.js': { type: 'text/javascript', body: bundle.outputFiles[0]?.text ?? '' },
    '/service-worker.js': { type: 'text/javascript', body: SERVICE_WORKER },
  })
  return { own, other: await startWireServer() }
}

/** Opens the page in a new browser context and waits until RUM has a session. */
export async function openPage(browser: Browser, origins: Origins, setup: Omit<PageSetup, 'otherOrigin'>) {
  const context = await browser.createBrowserContext()
  const page = await context.newPage()
  const query = JSON.stringify({ ...setup, otherOrigin: origins.other.origin })
  await page.goto(`${origins.own.origin}/?${encodeURIComponent(query)}`)
  await page.evaluate(() => window.ready)
  await page.waitForFunction(() => window.currentSession() !== undefined)
  await page.exposeFunction('renewSession', () => renewSession(page))
  return { page, close: () => context.close() }
}

/** Ends the session. The click makes RUM start a new one in the same page. */
async function renewSession(page: Page): Promise<void> {
  await page.evaluate(() => window.stopSession())
  await page.waitForFunction(() => window.currentSession() === undefined)
  await page.click('h1')
  await page.waitForFunction(() => window.currentSession() !== undefined)
}

let cases = 0

/** Runs the action of a case in the page. Returns what the application got and the requests that arrived. */
export async function observeCase(page: Page, origins: Origins, row: Case): Promise<Observation> {
  const caseId = `${++cases}`
  const query = `case=${caseId}${row.query ?? ''}`
  const own = `${origins.own.origin}/api?${query}`
  const other = `${origins.other.origin}/api?${query}`
  const targets: Targets = {
    own,
    other,
    redirect: `${own}&to=${encodeURIComponent(other)}`,
    events: own.replace('/api?', '/events?'),
    socket: own.replace('http:', 'ws:'),
  }
  const outcome = await page.evaluate((action, targets) => window.act(action, targets), row.action, targets)
  const arrived = () =>
    (['own', 'other'] as const).flatMap((to) =>
      origins[to].requests(caseId).map((request) => ({ to, request })),
    )
  // sendBeacon returns before the request arrives.
  if (row.action === 'beacon') await waitUntil(() => arrived().length > 0, 3)
  return observe(outcome, arrived())
}
