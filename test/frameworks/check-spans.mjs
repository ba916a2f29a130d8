import assert from 'node:assert/strict'
import {
  CONVENTION_ATTRIBUTES,
  kindOf,
  SESSION_ATTRIBUTES,
  sessionAttributeOf,
} from './llm-observability.mjs'

/**
 * Compares the LLM Observability spans of requests with a session to those of `control`, a request without one. Session
 * attributes of the control come from the application and must be kept. All others must hold the session of the request.
 *
 * @param scenario as a case exports it, see harness.mjs
 * @param runs one for each request with a session: `{ session, spans }`
 * @param keysAtStart attribute keys by span id, from onStart
 * @throws AssertionError that names the span and the attribute, never the value
 */
export function checkSpans(scenario, control, runs, keysAtStart) {
  if (scenario.mixesUp) return checkMixedUp(control, runs)
  const expected = inOrder(control)
  const kinds = new Set(expected.map(kindOf))
  for (const kind of scenario.kinds) assert.ok(kinds.has(kind), `no ${kind} span, only ${[...kinds]}`)
  if (scenario.kinds.length === 0) assert.equal(expected.length, 0, 'the framework makes spans')
  const sessions = runs.map(({ session }) => session)
  const isJoined = ({ attributes }) =>
    attributes.session_id !== undefined ||
    SESSION_ATTRIBUTES.some((key) => sessions.includes(attributes[key]))
  assert.deepEqual(expected.filter(isJoined).map(nameOf), [], 'spans with a session in a request without one')
  const result = { spans: 0, joined: 0, kept: 0, readFrom: new Set() }

  for (const { session, spans } of runs) {
    assert.deepEqual(
      inOrder(spans).map(nameOf),
      expected.map(nameOf),
      'a session changes the number or the names of the spans',
    )
    for (const [i, span] of inOrder(spans).entries()) {
      const attribute = sessionAttributeOf(span)
      result.spans++
      result.readFrom.add(attribute)
      if (scenario.bypasses) assert.ok(!hasSession(span), `${span.name} has a session: remove \`bypasses\``)
      else checkSession(span, expected[i].attributes, session, scenario)
      if (span.attributes[attribute] === session) result.joined++
      else if (expected[i].attributes[attribute] !== undefined) result.kept++
    }
  }
  if (scenario.own) assert.ok(expected.some(hasSession), 'no span shows the id of the application')
  return { ...result, readFrom: [...result.readFrom], ...markers(expected, keysAtStart) }
}

/** Equal requests whose traces hold different numbers of spans show that the framework mixes them up. */
function checkMixedUp(control, runs) {
  const sizes = runs.map(({ spans }) => spans.length)
  assert.notEqual(new Set([control.length, ...sizes]).size, 1, 'requests are not mixed up: remove `mixesUp`')
  const spans = sizes.reduce((sum, size) => sum + size)
  return { spans, joined: 0, kept: 0, readFrom: [], atStart: [], later: [] }
}

const nameOf = ({ name }) => name

const hasSession = ({ attributes }) => SESSION_ATTRIBUTES.some((key) => attributes[key] !== undefined)

function inOrder(spans) {
  return spans.toSorted((a, b) => a.name.localeCompare(b.name) || compareTimes(a.startTime, b.startTime))
}

function compareTimes([seconds, nanoseconds], [otherSeconds, otherNanoseconds]) {
  return seconds - otherSeconds || nanoseconds - otherNanoseconds
}

function checkSession({ name, attributes }, own, session, scenario) {
  // LLM Observability derives session and tag from the conversation id. A different conversation id needs the tag.
  const tag = attributes['gen_ai.conversation.id'] === session ? [] : ['session_id']
  const required = scenario.attributes ?? ['session.id', sessionAttributeOf({ attributes }), ...tag]
  for (const key of SESSION_ATTRIBUTES) {
    if (own[key] !== undefined && scenario.own === 'generated') {
      assert.notEqual(attributes[key], undefined, `${name}: ${key} lost the framework's id`)
      assert.notEqual(attributes[key], session, `${name}: ${key} lost the framework's id`)
    } else if (own[key] !== undefined) {
      assert.ok(attributes[key] === own[key], `${name}: ${key} lost the application's id`)
      assert.equal(own[key], scenario.own, `${name}: ${key} holds an unexpected id`)
    } else {
      const value = required.includes(key) ? session : undefined
      assert.ok(
        attributes[key] === value,
        `${name}: ${key} does not hold ${value ? 'the session' : 'nothing'}`,
      )
    }
  }
}

/** Attributes that show the convention or a session, by the time when they are set: at the start of a span, or later. */
function markers(spans, keysAtStart) {
  const atStart = new Set()
  const later = new Set()
  for (const span of spans) {
    const early = keysAtStart.get(span.spanContext().spanId) ?? []
    for (const key of [...CONVENTION_ATTRIBUTES, ...SESSION_ATTRIBUTES]) {
      if (span.attributes[key] !== undefined) (early.includes(key) ? atStart : later).add(key)
    }
  }
  return { atStart: [...atStart], later: [...later] }
}
