import assert from 'node:assert/strict'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import protobuf from 'protobufjs'
import { otlpDefinitions } from '../src/otlp-definitions.js'

describe('otlpDefinitions', () => {
  it('has each field as the official definitions have it', () => {
    // @elastic/mockotlpserver publishes the files of open-telemetry/opentelemetry-proto.
    const folder = dirname(createRequire(import.meta.url).resolve('@elastic/mockotlpserver/package.json'))
    const official = new protobuf.Root()
    official.resolvePath = (_importer, file) => join(folder, file)
    official.loadSync('opentelemetry/proto/collector/trace/v1/trace_service.proto')
    official.resolveAll()
    otlpDefinitions.resolveAll()
    let compared = 0
    for (const message of otlpDefinitions.nestedArray as protobuf.Type[]) {
      const { fields } = official.lookupType(message.name)
      for (const field of message.fieldsArray) {
        const expected = fields[field.name]
        const type =
          expected?.resolvedType instanceof protobuf.Enum ? 'int32' : expected?.type.split('.').at(-1)
        assert.deepEqual(
          { id: field.id, type: field.type, repeated: field.repeated },
          { id: expected?.id, type, repeated: expected?.repeated },
          `${message.name}.${field.name}`,
        )
        compared++
      }
    }
    assert.ok(compared > 30, `${compared}`)
  })
})
