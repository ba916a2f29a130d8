import assert from 'node:assert/strict'
import { defaultTextMapGetter, defaultTextMapSetter, propagation, ROOT_CONTEXT } from '@opentelemetry/api'
import { W3CBaggagePropagator } from '@opentelemetry/core'
import {
  SESSION_BAGGAGE_KEY as BROWSER_KEY,
  SessionBaggagePropagator,
  type SessionProvider,
} from '@rum-llmobs/web-propagator'
import { LlmObsSessionSpanProcessor, SESSION_BAGGAGE_KEY } from '../src/index.js'
import { exportedAttributes, SESSION } from './exported-attributes.js'

/** Sends the header of the browser package through W3CBaggagePropagator to an agent span. */
function agentAttributes(sessionProvider: SessionProvider, entries: Record<string, { value: string }> = {}) {
  const page = propagation.setBaggage(ROOT_CONTEXT, propagation.createBaggage(entries))
  const headers: Record<string, string> = {}
  new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' }).inject(
    page,
    headers,
    defaultTextMapSetter,
  )

  const incoming = new W3CBaggagePropagator().extract(ROOT_CONTEXT, headers, defaultTextMapGetter)
  const start = { 'gen_ai.operation.name': 'invoke_agent' }
  const processors = [new LlmObsSessionSpanProcessor()]
  const attributes = exportedAttributes({ processors, context: incoming, start })
  return { headers, incoming, attributes }
}

describe('contract with @rum-llmobs/web-propagator', () => {
  it('uses the same baggage key', () => assert.equal(SESSION_BAGGAGE_KEY, BROWSER_KEY))

  it('gives the agent span the session of the page', () => {
    const { attributes } = agentAttributes({ getSessionId: () => SESSION })
    assert.equal(attributes['session.id'], SESSION)
    assert.equal(attributes['gen_ai.conversation.id'], SESSION)
  })

  it('keeps the other entries of the page', () => {
    const entries = { 'user.name': { value: 'Zoë, admin' }, 'session.id': { value: 'stale' } }
    const { attributes, incoming } = agentAttributes({ getSessionId: () => SESSION }, entries)
    assert.equal(attributes['session.id'], SESSION)
    assert.equal(propagation.getBaggage(incoming)?.getEntry('user.name')?.value, 'Zoë, admin')
  })

  it('gives the agent span no session if the page has none', () => {
    for (const id of [undefined, null, '']) {
      const { attributes, headers } = agentAttributes({ getSessionId: () => id })
      assert.equal(headers.baggage, undefined)
      assert.equal(attributes['session.id'], undefined)
    }
  })

  it('gives the agent span no session for an id that the default of the backend refuses', () => {
    const { attributes, headers } = agentAttributes({ getSessionId: () => 'a session, with=odd;characters' })
    assert.match(headers.baggage ?? '', /^session\.id=a%20session/)
    assert.equal(attributes['session.id'], undefined)
  })
})
