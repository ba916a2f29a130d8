import { parseArgs } from 'node:util'
import { type Backend, backends, build, startDemo } from './start-demo.js'

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'otel' },
    'skip-build': { type: 'boolean', default: false },
  },
})
const backend = backends.find((name) => name === values.backend)
if (!backend) {
  console.error(`--backend must be one of ${backends.join(', ')}`)
  process.exit(2)
}

let isInterrupted = false
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      isInterrupted = true
      resolve()
    })
  }
})

try {
  if (!values['skip-build']) {
    console.log('Building …')
    await Promise.race([build(), interrupted])
  }
  if (!isInterrupted) await runDemo(backend)
} catch (error) {
  // A terminal's Ctrl-C also reaches the services, so one may end before the demo stops it.
  if (!isInterrupted) {
    console.error(`The demo stopped: ${(error as Error).message}`)
    process.exit(1)
  }
}
process.exit(0)

async function runDemo(backend: Backend): Promise<void> {
  const demo = await startDemo(backend)
  console.log(`Chat page  ${demo.pageUrl}\nViewer     ${demo.viewerUrl}\nCtrl-C stops both.`)
  try {
    await Promise.race([interrupted, demo.failed])
  } finally {
    await demo.stop()
  }
}
