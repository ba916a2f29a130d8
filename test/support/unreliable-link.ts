import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { listen } from './listen.js'

/** The two sockets of one connection: to the client, and to the target. */
type Pair = readonly [Socket, Socket]

/**
 * A TCP proxy in front of `target` that can delay chunks, break connections, or refuse them. `delay` and `breakEvery`
 * apply to chunks that arrive after they are set.
 */
export class UnreliableLink {
  /** Delay of each chunk in milliseconds. */
  delay = 0
  /** Every n-th chunk is lost and ends its connection. 0 turns this off. */
  breakEvery = 0
  readonly #server: Server
  readonly #pairs = new Set<Pair>()
  /** The first bytes of each connection, up to 2,000, as Latin-1: HTTP/1 headers, or the HTTP/2 preface. */
  readonly openings: string[] = []
  url = ''
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
    link.url = await listen(link.#server)
    return link
  }

  /** Number of connections that `breakEvery` ended. */
  get broken(): number {
    return this.#broken
  }

  /** Number of connections that `cut` refused. */
  get refused(): number {
    return this.#refused
  }

  /** Ends all connections and refuses new ones until `mend`. */
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
      // Keeps chunks in order when the delay gets shorter.
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
