// Installs the bridge on dd-trace and disables it. Reports what differs from before, during and after.
const { channel } = require('node:diagnostics_channel')
const tracer = require('dd-trace').init()

const { bridgeDdTrace } = require('@rum-llmobs/node-span-processor/dd-trace')

const names = [
  'http.server.request.start',
  'dd-trace:span:extract',
  'dd-trace:span:start',
  'dd-trace:span:inject',
]
const tagger = Object.getPrototypeOf(tracer.llmobs._tagger)

function state() {
  tracer.llmobs.trace({ kind: 'task', name: 'probe' }, () => {})
  return {
    register: tagger.registerLLMObsSpan,
    inject: tracer._tracer.inject,
    own: [tagger, tracer._tracer].map((each) => Object.getOwnPropertyNames(each).sort().join()).join(),
    subscribed: names.map((name) => channel(name).hasSubscribers).join(),
    globals: Object.getOwnPropertySymbols(globalThis).length,
  }
}

const before = state()
const first = bridgeDdTrace()
const during = state()
const second = bridgeDdTrace()
second.disable()
first.disable()
const after = state()
const differences = (other) => Object.keys(before).filter((key) => before[key] !== other[key])
process.send({ port: 0, node: process.version, during: differences(during), after: differences(after) })
process.on('disconnect', () => process.exit())
