import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import puppeteer, { type Browser, type LaunchOptions } from 'puppeteer-core'

export type { Browser, BrowserContext, Page } from 'puppeteer-core'

/**
 * Starts a headless Chromium: the executable in CHROME_PATH; otherwise, on Linux x64, the one in the npm package
 * @sparticuz/chromium, which needs no download and no system packages; otherwise an installed Chrome.
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

/** Starts a headless Firefox. */
export function launchFirefox(executablePath: string): Promise<Browser> {
  return puppeteer.launch({ browser: 'firefox', executablePath, headless: true })
}

/** @sparticuz/chromium unpacks into TMPDIR. With AWS_LAMBDA_JS_RUNTIME it adds NSS, for systems without it. */
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

/** @sparticuz/chromium turns web security off by default, which would hide CORS failures. */
function isWanted(arg: string): boolean {
  return !['--disable-web-security', '--single-process', '--allow-running-insecure-content'].includes(arg)
}
