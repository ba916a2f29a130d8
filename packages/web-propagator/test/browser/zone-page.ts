// Runs in the browser: a page with Angular's zone.js and with fakeAsync of zone.js/testing.
import 'zone.js'
import 'zone.js/testing'
import { type Context, ROOT_CONTEXT } from '@opentelemetry/api'
import { SessionBaggagePropagator } from '../../src/index.js'

const zones = Zone as unknown as {
  __symbol__(name: string): string
  ProxyZoneSpec: new () => ZoneSpec
  [name: string]: unknown
}

function injectInto(headers: Headers, context: Context = ROOT_CONTEXT): void {
  const sessionProvider = { getSessionId: () => 'abc' }
  const propagator = new SessionBaggagePropagator({ sessionProvider, whenUrlUnknown: 'inject' })
  propagator.inject(context, headers, { set: (_, name, value) => headers.set(name, value) })
}

/** Runs `act` with or without MessageChannel. */
function withChannel<Result>(hasChannel: boolean, act: () => Result): Result {
  const { MessageChannel } = globalThis
  if (!hasChannel) Object.assign(globalThis, { MessageChannel: undefined })
  try {
    return act()
  } finally {
    Object.assign(globalThis, { MessageChannel })
  }
}

const pause = (ms: number) => Zone.root.run(() => new Promise((resolve) => setTimeout(resolve, ms)))

const actions = {
  /** Counts the tasks in the application's zone. Angular detects changes after each. */
  async tasksInZone(hasChannel: boolean) {
    let tasks = 0
    const headers = new Headers()
    const application = Zone.current.fork({
      name: 'application',
      onInvokeTask(parent, _current, target, task, applyThis, applyArgs) {
        tasks++
        return parent.invokeTask(target, task, applyThis, applyArgs)
      },
    })
    application.run(() => withChannel(hasChannel, () => injectInto(headers)))
    const lent = headers.get('baggage')
    await pause(100)
    return { lent, after: headers.get('baggage'), tasks }
  },
  /** Returns the error of Angular's fakeAsync for a test that sends a request. */
  async inFakeAsync(hasChannel: boolean) {
    const headers = new Headers()
    const { fakeAsync } = zones[zones.__symbol__('fakeAsyncTest')] as {
      fakeAsync(test: () => void, options: { flush: boolean }): () => void
    }
    let error = ''
    try {
      const test = fakeAsync(() => withChannel(hasChannel, () => injectInto(headers)), { flush: false })
      Zone.current.fork(new zones.ProxyZoneSpec()).run(test)
    } catch (reason) {
      error = String(reason)
    }
    await pause(100)
    return { error, after: headers.get('baggage') }
  },
}

export type ZoneActions = typeof actions

Object.assign(globalThis, { actions })
