import assert from 'node:assert/strict'
import { replaceSession } from '../../src/dd-trace/outgoing-session.js'

const TID = '_dd.p.tid=0af7651916cd43dd'

describe('replaceSession', () => {
  it('replaces the session in x-datadog-tags and leaves the other tags', () => {
    const carrier = { 'x-datadog-tags': `_dd.p.dm=-1,_dd.p.llmobs_sid=old,${TID}` }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `_dd.p.dm=-1,_dd.p.llmobs_sid=new,${TID}`)
  })

  it('adds the session to tags that have none', () => {
    const carrier = { 'x-datadog-tags': TID }
    replaceSession(carrier, 'new')
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=new`)
  })

  it('leaves tags that would become too long for the next service', () => {
    const tags = `${TID},_dd.p.ml_app=${'x'.repeat(450)}`
    const carrier = { 'x-datadog-tags': tags }
    replaceSession(carrier, 'x'.repeat(40))
    assert.equal(carrier['x-datadog-tags'], tags)
  })

  it("replaces the session in Datadog's member of tracestate only", () => {
    const carrier = { tracestate: 'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:old;t.dm:-1,last=t.llmobs_sid:y' }
    replaceSession(carrier, 'new')
    assert.equal(
      carrier.tracestate,
      'other=t.llmobs_sid:x,dd=s:1;t.llmobs_sid:new;t.dm:-1,last=t.llmobs_sid:y',
    )
  })

  it('takes a dollar sign literally', () => {
    const carrier = { 'x-datadog-tags': `${TID},_dd.p.llmobs_sid=old`, tracestate: 'dd=t.llmobs_sid:old' }
    replaceSession(carrier, "$&$1$'")
    assert.equal(carrier['x-datadog-tags'], `${TID},_dd.p.llmobs_sid=$&$1$'`)
    assert.equal(carrier.tracestate, "dd=t.llmobs_sid:$&$1$'")
  })

  it('adds no header to a carrier without trace headers', () => {
    const carrier = {}
    replaceSession(carrier, 'new')
    assert.deepEqual(carrier, {})
  })
})
