import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** A TCP connection's two ends. */
type Pair = readonly [Socket, Socket]

/**
 * A network path to `target` that can be made slow, made to break connections at random, or cut altogether.
 * Set the public fields at any time; they hold for what is sent from then on.
 */
export class UnreliableLink {
  /** How much later each chunk arrives, in milliseconds. */
  delay = 0
  /** Each chunk of this number breaks its connection, so that a part of a request or answer is lost; 0 for none. */
  breakEvery = 0
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  /** The first 2,000 bytes that came over each connection, as Latin-1: a request's headers, or HTTP/2's preface. */
  readonly openings: string[] = []
  #isCut = false
  #chunks = 0
  #broken = 0
  #refused = 0

  private constructor(target: URL) {
    this.#server = createServer((near) => {
      if (this.#isCut) {
        this.#refused++
        return void near.destroy()
      }
      near.once('data', (chunk: Buffer) => this.openings.push(chunk.toString('latin1', 0, 2000)))
      const far = connect(Number(target.port), target.hostname)
      const pair: Pair = [near, far]
      this.#pairs.add(pair)
      this.#carry(near, far, pair)
      this.#carry(far, near, pair)
    })
  }

  static async start(target: string): Promise<UnreliableLink> {
    const link = new UnreliableLink(new URL(target))
    link.#server.listen(0, '127.0.0.1')
    await once(link.#server, 'listening')
    return link
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Connections that `breakEvery` ended so far. */
  get broken(): number {
    return this.#broken
  }

  /** Connections that were attempted while it was cut. */
  get refused(): number {
    return this.#refused
  }

  /** Refuses new connections, and ends those there are, until `mend`. */
  cut(): void {
    this.#isCut = true
    for (const pair of this.#pairs) this.#drop(pair)
  }

  mend(): void {
    this.#isCut = false
  }

  async stop(): Promise<void> {
    this.cut()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #carry(from: Socket, to: Socket, pair: Pair): void {
    let due = 0
    from.on('data', (chunk) => {
      if (this.breakEvery > 0 && ++this.#chunks % this.breakEvery === 0) {
        this.#broken++
        return this.#drop(pair)
      }
      // Chunks stay in order when the delay becomes shorter.
      due = Math.max(due, performance.now() + this.delay)
      setTimeout(() => to.writable && to.write(chunk), due - performance.now())
    })
    from.on('end', () => setTimeout(() => to.end(), Math.max(0, due - performance.now())))
    from.on('error', () => this.#drop(pair))
    from.on('close', () => this.#pairs.delete(pair))
  }

  #drop(pair: Pair): void {
    this.#pairs.delete(pair)
    for (const socket of pair) socket.destroy()
  }
}
