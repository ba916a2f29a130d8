import { SESSION_BAGGAGE_KEY } from './session-provider.js'

/** Headers, a Map, or a plain object of headers, which has none of these methods. */
export interface Carrier {
  get(name: string): unknown
  set(name: string, value: string): unknown
  delete(name: string): unknown
  [name: string]: unknown
}

/**
 * Headers that inject wrote into, what it wrote, and what the page had there. Fetch instrumentation leaves these headers
 * in the page's Request or init object. The page may use that object again for any destination, so inject restores it.
 */
export type Loan = [headers: Carrier, name: string, header: string, pageValue: string]

/**
 * Returns the page's header if `value` is on loan, and `value` otherwise. The second fetch with an init object gets a copy
 * of its headers, so the object is another one. A copy is recognized by its text, if that begins with a session: the page
 * may have written any other text.
 */
export function pageValueOf(loans: readonly Loan[], headers: Carrier, value: string): string {
  const isSame = ([lent, , header]: Loan) =>
    header === value && (lent === headers || header.startsWith(SESSION_BAGGAGE_KEY))
  return (value && loans.find(isSame)?.[3]) ?? value
}

/** Restores the page's headers. Members that another fetch wrapper added stay. */
export function takeBack(loans: Loan[]): void {
  // Headers may be lent more than once: the latest loan ends first.
  for (const [headers, name, header, pageValue] of loans.splice(0).reverse()) {
    try {
      let value = headers.get(name) as string | undefined
      if (value === header) value = pageValue
      else value = value?.replace(header, () => pageValue).replace(/^, |, ?$/, '')
      if (value) headers.set(name, value)
      else headers.delete(name)
    } catch {
      // Immutable headers.
    }
  }
}

/**
 * Returns a function that calls `callback` in the next task. fetch() copies the headers synchronously. A fetch
 * wrapper between the instrumentation and the browser that only awaits resolved promises has called fetch() before.
 */
export function inNextTask(callback: () => void): () => void {
  try {
    // Not setTimeout: hidden tabs, zone.js and fake timers delay it. zone.js does not patch `onmessage`.
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = callback
    // In Node.js a port keeps the process alive.
    ;(port1 as { unref?(): void }).unref?.()
    return () => port2.postMessage(0)
  } catch {
    return () => setTimeout(callback)
  }
}
