import { subscribe, unsubscribe } from 'node:diagnostics_channel'

// One odd message may have an odd cause; a dd-trace that is not as expected fails every time.
const FAILURES_IN_A_ROW = 3

/**
 * Subscribers of diagnostics channels that never throw: an exception in one becomes an uncaughtException of the
 * application. A subscriber that fails several times in a row is taken for a sign that the publisher has changed.
 */
export class ChannelSubscriptions {
  readonly #onBroken: () => void
  readonly #subscribed: [channel: string, subscriber: (message: unknown) => void][] = []

  constructor(onBroken: () => void) {
    this.#onBroken = onBroken
  }

  add<Message>(channel: string, subscriber: (message: Message) => void): void {
    let failures = 0
    const guarded = (message: unknown): void => {
      try {
        subscriber(message as Message)
        failures = 0
      } catch {
        failures += 1
        if (failures === FAILURES_IN_A_ROW) this.#onBroken()
      }
    }
    this.#subscribed.push([channel, guarded])
    subscribe(channel, guarded)
  }

  removeAll(): void {
    for (const [channel, subscriber] of this.#subscribed.splice(0)) unsubscribe(channel, subscriber)
  }
}
