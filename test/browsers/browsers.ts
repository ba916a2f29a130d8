import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, launchChromium, launchFirefox } from '../../scripts/chromium/launch-chromium.js'

const FIREFOX_FOLDERS = [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/lib/firefox-esr',
  '/usr/lib/firefox',
  '/snap/bin',
  '/Applications/Firefox.app/Contents/MacOS',
]

/** Path of an installed Firefox: FIREFOX_PATH, else `firefox` or `firefox-esr` in the usual places. */
function firefoxPath(): string | undefined {
  if (process.env.FIREFOX_PATH) return process.env.FIREFOX_PATH
  return FIREFOX_FOLDERS.flatMap((folder) => [join(folder, 'firefox'), join(folder, 'firefox-esr')]).find(
    isExecutable,
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** The browsers of the table. One that is not installed is `undefined`. */
export const browsers: Record<string, () => Promise<Browser> | undefined> = {
  Chromium: () => launchChromium(),
  Firefox() {
    const executablePath = firefoxPath()
    return executablePath === undefined ? undefined : launchFirefox(executablePath)
  },
}
