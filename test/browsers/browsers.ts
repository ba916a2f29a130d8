import { type Browser, launchChromium, launchFirefox } from '../../scripts/chromium/launch-chromium.js'
import { findExecutable } from '../support/executable.js'

const FIREFOX_FOLDERS = [
  '/usr/lib/firefox-esr',
  '/usr/lib/firefox',
  '/snap/bin',
  '/Applications/Firefox.app/Contents/MacOS',
]

/** Launchers of the browsers under test. A launcher returns undefined when its browser is not installed. */
export const browsers: Record<string, () => Promise<Browser> | undefined> = {
  Chromium: () => launchChromium(),
  Firefox() {
    const path = process.env.FIREFOX_PATH || findExecutable(['firefox', 'firefox-esr'], FIREFOX_FOLDERS)
    return path ? launchFirefox(path) : undefined
  },
}
