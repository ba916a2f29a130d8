import { parseArgs } from 'node:util'
import { type Backend, backends, build, startDemo } from './start-demo.js'

const { values } = parseArgs({ options: { backend: { type: 'string', default: 'otel' } } })
const backend = backends.find((name) => name === values.backend)
if (!backend) {
  console.error(`--backend must be one of ${backends.join(', ')}`)
  process.exit(2)
}

try {
  await runDemo(backend)
  process.exit(0)
} catch (error) {
  console.error(`The demo stopped: ${(error as Error).message}`)
  process.exit(1)
}

/** Resolves after Ctrl-C or SIGTERM, when every process has ended. */
async function runDemo(backend: Backend): Promise<void> {
  const interrupted = new Promise<void>((resolve) => {
    process.on('SIGINT', resolve).on('SIGTERM', resolve)
  })
  console.log('Building …')
  await Promise.race([build(), interrupted])
  const demo = await startDemo(backend)
  console.log(`Chat page  ${demo.pageUrl}\nViewer     ${demo.viewerUrl}\nCtrl-C stops both.`)
  try {
    await Promise.race([interrupted, demo.failed])
  } finally {
    await demo.stop()
  }
}
