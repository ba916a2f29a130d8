import { SESSION_BAGGAGE_KEY } from './session-provider.js'

/** What a carrier may be: Headers, a Map, or an object of headers, which has none of the methods. */
export interface Carrier {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
  [name: string]: unknown
}

/**
 * Headers that were written to for a request that goes out now. Fetch instrumentation leaves them in the page's Request
 * or init object, which may be used again for any other request, so they get back what the page had in them.
 */
export type Loan = [headers: Carrier, name: string, header: string, pageValue: string]

/**
 * Returns what the page has in place of `value`, if that is on loan. Fetch instrumentation copies the headers of a used
 * init object, and the text tells such a copy. Without a session in it, the same text may be the page's.
 */
export function pageValueOf(loans: readonly Loan[], headers: Carrier, value: string): string {
  const isSame = ([lent, , header]: Loan) =>
    header === value && (lent === headers || header.startsWith(SESSION_BAGGAGE_KEY))
  return (value && loans.find(isSame)?.[3]) ?? value
}

export function takeBack(loans: Loan[]): void {
  // The latest first: headers may be lent more than once.
  for (const [headers, name, header, pageValue] of loans.splice(0).reverse()) {
    try {
      let value = headers.get(name) as string | undefined
      // Another fetch wrapper may have added members.
      if (value === header) value = pageValue
      else value = value?.replace(header, () => pageValue).replace(/^, |, ?$/, '')
      if (value) headers.set(name, value)
      else headers.delete(name)
    } catch {
      // Headers that cannot be changed any more.
    }
  }
}

/**
 * Returns a function that has `callback` called in the next task. fetch() copies the headers at once; by then, so do
 * wrappers below the instrumentation that wait for nothing but promises.
 */
export function inNextTask(callback: () => void): () => void {
  try {
    // Background throttling, zone.js and fake timers hold a timeout back. zone.js does not patch `onmessage`.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = callback
    // In Node.js a port keeps the process alive.
    ;(port1 as { unref?(): void }).unref?.()
    return () => port2.postMessage(0)
  } catch {
    return () => setTimeout(callback)
  }
}
