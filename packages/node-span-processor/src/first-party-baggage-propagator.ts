import {
  context as activeContext,
  type Context,
  diag,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { hasSessionMember } from './baggage-header.js'
import { headersOf, removeRumMembers, sendsBaggage } from './carrier-baggage.js'
import { checkOptions } from './config-options.js'
import { hasSessionEntry, withoutRumEntries } from './context-baggage.js'
import { type HostRule, hostRule, warnWithheld } from './first-party-hosts.js'
import { madeByApplication } from './made-by-application.js'
import { destinationOf } from './outgoing-destination.js'
import { guardOutgoingRequests } from './outgoing-requests.js'

/** Options of {@link FirstPartyBaggagePropagator}. */
export interface FirstPartyBaggagePropagatorConfig {
  /** The propagator that writes baggage: W3CBaggagePropagator, or a composite with it. */
  propagator: TextMapPropagator
  /**
   * Public first-party hosts, in addition to the private ones. A string is a host, or `'*.example.com'`: every name below
   * example.com, but not example.com itself. A RegExp is tested against the host in lower case, without port.
   *
   * @defaultValue none
   */
  allowedHosts?: (string | RegExp)[]
  /**
   * What to do if the host of the request is unknown: without a client span, with an unsampled one, and for a gRPC target
   * of which the span shows only a part.
   *
   * @defaultValue `'strip'`
   */
  whenHostUnknown?: 'strip' | 'forward'
}

const OPTIONS = ['propagator', 'allowedHosts', 'whenHostUnknown']

const logger = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor' })

/**
 * Keeps the session inside first-party systems. Removes `session.id`, and `user.id` and `account.id` beside it, from the
 * baggage that the wrapped propagator sends to third-party hosts. All other baggage is sent. Without this class
 * OpenTelemetry sends baggage to every host, third-party LLM APIs included.
 *
 * First-party hosts are loopback, private and link-local addresses, names without a dot, names under .localhost, .local,
 * .internal, .svc and .cluster.local, and `allowedHosts`. Every host that a request names must be a first-party host:
 * those of the client span in the context, the `Host` header, and those that undici (Node's fetch included) and, since
 * Node 22.12, node:http publish of their requests. The constructor subscribes to the latter, and also removes a session
 * that the application wrote into such a request. The first host without session is reported once, through `diag` or as
 * a process warning.
 *
 * A message under a producer span keeps its session. Extract is passed through. Exceptions of the wrapped propagator and
 * of the context never reach the caller.
 *
 * @throws TypeError from the constructor for an unknown option or an invalid value. The message names the option.
 *
 * @example
 * ```ts
 * import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from '@opentelemetry/core'
 * import { NodeSDK } from '@opentelemetry/sdk-node'
 * import { FirstPartyBaggagePropagator } from '@rum-llmobs/node-span-processor'
 *
 * new NodeSDK({
 *   textMapPropagator: new FirstPartyBaggagePropagator({
 *     propagator: new CompositePropagator({
 *       propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
 *     }),
 *     allowedHosts: ['api.example.com'],
 *   }),
 * }).start()
 * ```
 */
export class FirstPartyBaggagePropagator implements TextMapPropagator {
  readonly #propagator: TextMapPropagator
  readonly #isFirstParty: HostRule
  readonly #whenHostUnknown: 'strip' | 'forward'

  constructor(config: FirstPartyBaggagePropagatorConfig) {
    checkOptions(config ?? {}, OPTIONS)
    const { propagator, allowedHosts, whenHostUnknown = 'strip' } = config ?? {}
    if (!isPropagator(propagator)) {
      throw new TypeError('propagator must be a TextMapPropagator, such as new W3CBaggagePropagator()')
    }
    if (whenHostUnknown !== 'strip' && whenHostUnknown !== 'forward') {
      throw new TypeError("whenHostUnknown must be 'strip' or 'forward'")
    }
    this.#propagator = propagator
    this.#isFirstParty = hostRule(allowedHosts)
    this.#whenHostUnknown = whenHostUnknown
    guardOutgoingRequests({
      isFirstParty: this.#isFirstParty,
      clean: (headers) => removeRumMembers(headers, hasSessionEntry(activeContext.active())),
    })
    madeByApplication.propagators += 1
  }

  /** Injects with the wrapped propagator, for a third-party host without RUM's entries. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      const names = destinationOf(context)
      // The span of a request to a forward proxy may show the proxy only. The Host header has the destination.
      const hosts = names === 'queue' ? [] : [...headersOf(carrier, 'host'), ...(names ?? [])]
      const thirdParty = hosts.find((host) => !this.#isFirstParty(host))
      const isUnknown = names === undefined && this.#whenHostUnknown === 'strip'
      if (thirdParty === undefined && !isUnknown) {
        this.#propagator.inject(context, carrier, setter)
      } else if (this.#injectWithoutRum(context, carrier, setter) && thirdParty !== undefined) {
        warnWithheld(thirdParty)
      }
    } catch {
      // The error is not logged, because its message may hold the session id.
      logger.debug('inject failed, so headers may be missing')
    }
  }

  /** Extracts with the wrapped propagator. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      return this.#propagator.extract(context, carrier, getter)
    } catch {
      logger.debug('extract failed')
      return context
    }
  }

  /** The fields of the wrapped propagator. */
  fields(): string[] {
    return this.#propagator.fields()
  }

  /** Returns whether a session was withheld. */
  #injectWithoutRum(context: Context, carrier: unknown, setter: TextMapSetter): boolean {
    const besideSession = hasSessionEntry(context) || headersOf(carrier, 'baggage').some(hasSessionMember)
    const rest = besideSession ? withoutRumEntries(context) : context
    let isCleaned = false
    try {
      this.#propagator.inject(rest, carrier, setter)
    } finally {
      isCleaned = removeRumMembers(carrier, besideSession)
    }
    return isCleaned || (rest !== context && sendsBaggage(this.fields()))
  }
}

function isPropagator(propagator: unknown): propagator is TextMapPropagator {
  const { inject, extract, fields } = (propagator ?? {}) as Partial<TextMapPropagator>
  return typeof inject === 'function' && typeof extract === 'function' && typeof fields === 'function'
}
