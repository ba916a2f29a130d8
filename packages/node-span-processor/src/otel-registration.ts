import {
  type ContextManager,
  ROOT_CONTEXT,
  type Span,
  type TextMapPropagator,
  type Tracer,
  type TracerProvider,
  trace,
} from '@opentelemetry/api'
import { allowedHosts } from './allowed-hosts.js'
import { sendsBaggage } from './carrier-baggage.js'
import { FirstPartyBaggagePropagator } from './first-party-baggage-propagator.js'
import { LlmObsSessionSpanProcessor } from './llmobs-session-span-processor.js'
import { madeByApplication } from './made-by-application.js'
import { onSet } from './on-set.js'
import { OTEL_API } from './otel-api.js'
import { processState } from './process-state.js'
import { warnOnce } from './warn-once.js'

const NEXT_OTEL_API = Symbol.for('opentelemetry.js.api.2')

const UNKNOWN_API = 'version 2 of @opentelemetry/api is not known: its spans get no session'
const UNKNOWN_SDK = 'this OpenTelemetry SDK is not known: some of its spans get no session'
const NO_BAGGAGE =
  'the OpenTelemetry propagator does not know `baggage`, so the session reaches no other service: ' +
  'add W3CBaggagePropagator to it, or `baggage` to OTEL_PROPAGATORS'

interface Registered {
  trace?: TracerProvider
  propagation?: TextMapPropagator
  context?: ContextManager
}

/** The global object of a realm. */
interface Realm {
  [OTEL_API]?: Registered | undefined
  [NEXT_OTEL_API]?: unknown
  _ddtrace?: unknown
}

type Proxied = TracerProvider & {
  getDelegate?(): TracerProvider
  setDelegate?(provider: TracerProvider): void
}

/**
 * Gives the session to the spans of every OpenTelemetry SDK that registers itself, before or after, and wraps its
 * propagator in a guard. Does nothing for a part that the application constructs. One instance serves the process.
 */
export class OtelRegistration {
  static ofProcess(): OtelRegistration {
    return processState('otel-registration', () => new OtelRegistration())
  }

  readonly #watched = new WeakSet<object>()
  #processor: LlmObsSessionSpanProcessor | undefined
  #allowedHosts: string[] = []

  /**
   * Watches the registrations in the realm of a global object. A second call changes nothing.
   *
   * @throws TypeError for an invalid entry of `RUM_LLMOBS_ALLOWED_HOSTS`
   */
  serve(globalObject: object): void {
    const realm: Realm = globalObject
    this.#allowedHosts = allowedHosts()
    onSet(realm, OTEL_API, (api) => {
      onSet(api, 'trace', (provider) => orWarn(provider, () => this.#watchProvider(provider, realm)))
      onSet(api, 'propagation', (propagator) => orWarn(propagator, () => this.#guarded(propagator)))
      return api
    })
    onSet(realm, NEXT_OTEL_API, (api) => {
      warnOnce(UNKNOWN_API)
      return api
    })
  }

  #watchProvider(provider: Proxied, realm: Realm): TracerProvider {
    // Constructed at registration, so that it follows requests before the first span.
    if (!this.#processor && madeByApplication.processors === 0) {
      this.#processor = new LlmObsSessionSpanProcessor()
      madeByApplication.processors -= 1
    }
    const { setDelegate } = provider
    this.#watchTracers(provider.getDelegate?.() ?? provider, realm)
    if (setDelegate && this.#isNew(provider)) {
      provider.setDelegate = (delegate) => {
        setDelegate.call(
          provider,
          orWarn(delegate, () => this.#watchTracers(delegate, realm)),
        )
      }
    }
    return provider
  }

  #watchTracers(provider: TracerProvider, realm: Realm): TracerProvider {
    const tracer = provider.getTracer('@rum-llmobs/node-span-processor')
    if (this.#watchTracer(tracer, realm) === tracer && this.#isNew(provider)) {
      // Each tracer has its method startSpan, so there is no prototype to watch.
      const { getTracer } = provider
      provider.getTracer = (...args) => {
        const made = getTracer.apply(provider, args)
        return orWarn(made, () => this.#watchTracer(made, realm) && made)
      }
    }
    return provider
  }

  /** Watches `startSpan` on the object that defines it, the prototype for a class. Returns that object. */
  #watchTracer(tracer: Tracer, realm: Realm): Tracer {
    const owner = ownerOf(tracer, 'startSpan')
    if (!this.#isNew(owner)) return owner
    const registration = this
    const { startSpan } = owner
    owner.startSpan = function (this: Tracer, ...args) {
      const span = startSpan.apply(this, args)
      try {
        registration.#started(span, args, realm)
      } catch {
        warnOnce(UNKNOWN_SDK)
      }
      return span
    }
    return owner
  }

  #started(span: Span, [, options, context]: Parameters<Tracer['startSpan']>, realm: Realm): void {
    const processor = this.#processor
    if (!processor || madeByApplication.processors > 0) return
    if ('attributes' in span) {
      this.#watchEnd(Object.getPrototypeOf(span), processor)
      // context.active() of a newer API copy than the registered one returns the root context.
      const parent = context ?? realm[OTEL_API]?.context?.active() ?? ROOT_CONTEXT
      processor.onStart(span, options?.root ? trace.deleteSpan(parent) : parent)
    } else if (span.isRecording() && realm._ddtrace === undefined) {
      // Not an unsampled span, and not a span of dd-trace, which the bridge serves.
      warnOnce(UNKNOWN_SDK)
    }
  }

  #watchEnd(prototype: Span, processor: LlmObsSessionSpanProcessor): void {
    if (!this.#isNew(prototype)) return
    const owner = ownerOf(prototype, 'end')
    if (owner !== prototype && !this.#isNew(owner)) return
    const { end } = owner
    owner.end = function (this: Span, ...time) {
      processor.onEnding(this)
      end.apply(this, time)
      processor.onEnd(this)
    }
  }

  #guarded(propagator: TextMapPropagator): TextMapPropagator {
    if (madeByApplication.propagators > 0 || this.#watched.has(propagator)) return propagator
    const fields = propagator.fields()
    if (!fields.includes('baggage')) warnOnce(NO_BAGGAGE)
    if (!sendsBaggage(fields)) return propagator
    const guard = new FirstPartyBaggagePropagator({ propagator, allowedHosts: this.#allowedHosts })
    madeByApplication.propagators -= 1
    this.#watched.add(guard)
    return guard
  }

  #isNew(object: object): boolean {
    if (this.#watched.has(object)) return false
    this.#watched.add(object)
    return true
  }
}

/** Returns the result of `attempt`. Warns and returns `fallback` if it throws. */
function orWarn<Value>(fallback: Value, attempt: () => Value): Value {
  try {
    return attempt()
  } catch {
    warnOnce(UNKNOWN_SDK)
    return fallback
  }
}

function ownerOf<Owner extends object>(target: Owner, method: keyof Owner): Owner {
  return Object.hasOwn(target, method) ? target : ownerOf(Object.getPrototypeOf(target), method)
}
