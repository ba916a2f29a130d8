import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type LaunchOptions } from 'puppeteer-core'

export type { Browser, BrowserContext, Page } from 'puppeteer-core'

/**
 * Starts a real headless Chromium. In order: the executable in CHROME_PATH; on Linux x64 the Chromium inside the
 * npm package @sparticuz/chromium, which needs neither a download nor system packages; elsewhere an installed Chrome.
 */
export async function launchChromium(options: LaunchOptions = {}): Promise<Browser> {
  const args = [...(options.args ?? []), '--no-sandbox', '--disable-background-networking', '--disable-quic']
  if (process.env.CHROME_PATH) {
    return puppeteer.launch({ ...options, args, executablePath: process.env.CHROME_PATH })
  }
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return puppeteer.launch({ ...options, args, channel: 'chrome' })
  }
  const { default: chromium, executablePath } = await packagedChromium()
  return puppeteer.launch({
    ...options,
    args: [...chromium.args.filter(isWanted), ...args],
    executablePath,
    headless: 'shell',
  })
}

/** Starts the Firefox at that path, headless. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true })
}

/** @sparticuz/chromium unpacks to TMPDIR and, where the system has no NSS, brings its own libraries for "lambda". */
async function packagedChromium() {
  const unpacked = mkdtempSync(join(tmpdir(), 'rum-llmobs-chromium-'))
  process.on('exit', () => rmSync(unpacked, { recursive: true, force: true }))
  process.env.TMPDIR = unpacked
  if (!['/usr/lib/x86_64-linux-gnu/libnss3.so', '/usr/lib64/libnss3.so'].some((file) => existsSync(file))) {
    process.env.AWS_LAMBDA_JS_RUNTIME = 'nodejs22.x'
  }
  const chromium = await import('@sparticuz/chromium')
  return { default: chromium.default, executablePath: await chromium.default.executablePath() }
}

/** Its defaults switch web security off, which would hide every CORS failure. */
function isWanted(arg: string): boolean {
  return !['--disable-web-security', '--single-process', '--allow-running-insecure-content'].includes(arg)
}
