import { connect, type Socket } from 'node:net'

/** A TCP connection that can pipeline requests. */
export class Connection {
  readonly #socket: Socket
  #received = ''
  #waiting: { marks: string[]; resolve: () => void; reject: (error: Error) => void } | undefined

  constructor(port: number) {
    this.#socket = connect(port, '127.0.0.1')
    this.#socket.setNoDelay(true).setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#read(text))
    this.#socket.on('error', (error) => this.#waiting?.reject(error))
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')))
  }

  /** Sends all requests at once. Resolves when all responses arrived, rejects when they are out of order. */
  send(requests: readonly string[], marks: string[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting = { marks, resolve, reject }
      this.#socket.write(requests.join(''))
    })
  }

  /** Sends one request, and closes the connection when its response begins. */
  abort(request: string): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = undefined
      this.#socket.removeAllListeners('data').on('data', () => this.#socket.destroy())
      this.#socket.removeAllListeners('close').on('close', () => resolve())
      this.#socket.write(request)
    })
  }

  close(): void {
    this.#waiting = undefined
    this.#socket.destroy()
  }

  #read(text: string): void {
    const waiting = this.#waiting
    if (!waiting) return
    this.#received += text
    for (let end = this.#received.indexOf('>'); end >= 0; end = this.#received.indexOf('>')) {
      const mark = this.#received.slice(this.#received.indexOf('<') + 1, end)
      this.#received = this.#received.slice(end + 1)
      if (mark !== waiting.marks.shift()) waiting.reject(new Error('a response is out of order'))
    }
    if (waiting.marks.length === 0) {
      this.#received = ''
      waiting.resolve()
    }
  }
}
