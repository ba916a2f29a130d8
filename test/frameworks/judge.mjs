import assert from 'node:assert/strict'
import {
  CONVENTION_ATTRIBUTES,
  kindOf,
  SESSION_ATTRIBUTES,
  sessionAttributeOf,
} from './llm-observability.mjs'

/**
 * Compares the LLM Observability spans of requests that carried a session with those of `control`, a request
 * that carried none. What the control shows is the application's own and must be kept; every other session
 * attribute must hold the session of its request.
 *
 * @param scenario as a framework file exports it, see harness.mjs
 * @param runs one per request with a session: `{ session, spans }`
 * @param keysAtStart attribute keys by span id, as they were in onStart
 * @throws AssertionError that names the span and the attribute, never the value
 */
export function judge(scenario, control, runs, keysAtStart) {
  if (scenario.mixesUp) return mixedUp(control, runs)
  const expected = inOrder(control)
  const kinds = new Set(expected.map(kindOf))
  for (const kind of scenario.kinds) assert.ok(kinds.has(kind), `no ${kind} span, only ${[...kinds]}`)
  if (scenario.kinds.length === 0) assert.equal(expected.length, 0, 'spans where none were expected')
  const sessions = runs.map(({ session }) => session)
  const isJoined = ({ attributes }) =>
    attributes.session_id !== undefined ||
    SESSION_ATTRIBUTES.some((key) => sessions.includes(attributes[key]))
  assert.deepEqual(expected.filter(isJoined).map(nameOf), [], 'a session on a request that carried none')
  const result = { spans: 0, joined: 0, kept: 0, readFrom: new Set() }

  for (const { session, spans } of runs) {
    assert.deepEqual(
      inOrder(spans).map(nameOf),
      expected.map(nameOf),
      'a session changes which spans there are',
    )
    for (const [i, span] of inOrder(spans).entries()) {
      const attribute = sessionAttributeOf(span)
      result.spans++
      result.readFrom.add(attribute)
      if (scenario.bypasses)
        assert.ok(!hasSession(span), `${span.name} carries a session: it does not bypass any more`)
      else checkSession(span, expected[i].attributes, session, scenario)
      if (span.attributes[attribute] === session) result.joined++
      else if (expected[i].attributes[attribute] !== undefined) result.kept++
    }
  }
  if (scenario.own) assert.ok(expected.some(hasSession), 'no span shows the id that the application gave it')
  return { ...result, readFrom: [...result.readFrom], ...markers(expected, keysAtStart) }
}

/** Equal requests whose traces do not hold equal spans. */
function mixedUp(control, runs) {
  const sizes = runs.map(({ spans }) => spans.length)
  assert.notEqual(new Set([control.length, ...sizes]).size, 1, 'it does not mix up requests any more')
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
  // LLM Observability makes session and tag of the conversation id; the tag is written where that is another one.
  const tag = attributes['gen_ai.conversation.id'] === session ? [] : ['session_id']
  const required = scenario.attributes ?? ['session.id', sessionAttributeOf({ attributes }), ...tag]
  for (const key of SESSION_ATTRIBUTES) {
    if (own[key] !== undefined && scenario.own === 'generated') {
      assert.notEqual(attributes[key], undefined, `${name}: ${key} lost the framework's id`)
      assert.notEqual(attributes[key], session, `${name}: ${key} lost the framework's id`)
    } else if (own[key] !== undefined) {
      assert.ok(attributes[key] === own[key], `${name}: ${key} lost the application's id`)
      assert.equal(own[key], scenario.own, `${name}: ${key} holds an id that nobody expected`)
    } else {
      const value = required.includes(key) ? session : undefined
      assert.ok(
        attributes[key] === value,
        `${name}: ${key} does not hold ${value ? 'the session' : 'nothing'}`,
      )
    }
  }
}

/** Attributes that show the convention or a session: those there when a span starts, and those that come later. */
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
