import {
  context as activeContext,
  type Context,
  diag,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
} from '@opentelemetry/api'
import { hasSessionMember } from './baggage-header.js'
import { headersOf, removeRumMembers } from './carrier-baggage.js'
import { hasSessionEntry, withoutRumEntries } from './context-baggage.js'
import { type HostRule, hostRule, warnWithheld } from './first-party-hosts.js'
import { madeByApplication } from './made-by-application.js'
import { destinationOf } from './outgoing-destination.js'
import { guardOutgoingRequests } from './outgoing-requests.js'

/** Options of {@link FirstPartyBaggagePropagator}. */
export interface FirstPartyBaggagePropagatorConfig {
  /** The propagator that writes baggage: W3CBaggagePropagator, or a composite that contains it. */
  propagator: TextMapPropagator
  /**
   * Public hosts of yours, in addition to the private ones. A string is a host, or `'*.example.com'`: every name below
   * example.com, but not example.com itself. A RegExp sees the host in lower case, without port.
   *
   * @defaultValue none
   */
  allowedHosts?: (string | RegExp)[]
  /**
   * What happens when the span does not tell where the request goes: no client span, one that is not sampled, or a
   * gRPC target of which it shows a part.
   *
   * @defaultValue `'strip'`
   */
  whenHostUnknown?: 'strip' | 'forward'
}

const OPTIONS = ['propagator', 'allowedHosts', 'whenHostUnknown']

const logger = diag.createComponentLogger({ namespace: '@rum-llmobs/node-span-processor' })

/**
 * Keeps the session inside your own systems: removes `session.id`, and `user.id` and `account.id` beside it, from what
 * the wrapped propagator sends to a host that is not yours. Everything else is sent. OpenTelemetry sends baggage to
 * every host, third-party LLM APIs included, and RUM 7 puts all three into it.
 *
 * Yours are loopback, private and link-local addresses, names without a dot, names under .localhost, .local,
 * .internal, .svc and .cluster.local, and `allowedHosts`. Every host that the request names must be yours: those of
 * the client span in the context, the `Host` header, and those that undici (Node's fetch included) and, from Node
 * 22.12 on, node:http publish of their requests. From the constructor on, a session that the application wrote into such a
 * request is removed too. The first host without session is named once, through `diag` or as a process warning.
 *
 * A message that a producer span sends keeps its session. Nothing is changed on extract. Neither the wrapped
 * propagator nor the context can make inject or extract throw.
 *
 * @throws TypeError from the constructor for an unknown option or value; the message names the option.
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
    for (const option of Object.keys(config ?? {})) {
      if (!OPTIONS.includes(option))
        throw new TypeError(`${option} is not an option: use ${OPTIONS.join(', ')}`)
    }
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

  /** Injects with the wrapped propagator; for a host that is not yours, without what RUM wrote. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    try {
      const names = destinationOf(context)
      // A forward proxy passes the request on to the host in this header, of which the span need not know.
      const foreign =
        names === 'queue' ? undefined : this.#foreign([...headersOf(carrier, 'host'), ...(names ?? [])])
      const isUnknown = names === undefined && this.#whenHostUnknown === 'strip'
      if (foreign !== undefined || isUnknown) this.#injectWithoutRum(context, carrier, setter, foreign)
      else this.#propagator.inject(context, carrier, setter)
    } catch {
      // Without the error: its message may hold the session id.
      logger.debug('The context could not be injected as a whole')
    }
  }

  /** Extracts with the wrapped propagator. */
  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    try {
      return this.#propagator.extract(context, carrier, getter)
    } catch {
      logger.debug('The context could not be extracted')
      return context
    }
  }

  /** The fields of the wrapped propagator. */
  fields(): string[] {
    return this.#propagator.fields()
  }

  #foreign(names: readonly string[]): string | undefined {
    return names.find((name) => !this.#isFirstParty(name))
  }

  #injectWithoutRum(
    context: Context,
    carrier: unknown,
    setter: TextMapSetter,
    foreign: string | undefined,
  ): void {
    const besideSession = hasSessionEntry(context) || headersOf(carrier, 'baggage').some(hasSessionMember)
    const rest = besideSession ? withoutRumEntries(context) : context
    let isCleaned = false
    try {
      this.#propagator.inject(rest, carrier, setter)
    } finally {
      isCleaned = removeRumMembers(carrier, besideSession)
    }
    const isWithheld = isCleaned || (rest !== context && this.fields().includes('baggage'))
    if (isWithheld && foreign !== undefined) warnWithheld(foreign)
  }
}

function isPropagator(propagator: unknown): propagator is TextMapPropagator {
  const { inject, extract, fields } = (propagator ?? {}) as Partial<TextMapPropagator>
  return typeof inject === 'function' && typeof extract === 'function' && typeof fields === 'function'
}
