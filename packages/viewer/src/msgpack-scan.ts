import { MAX_CONTAINERS } from './limits.js'

/**
 * Walks the headers of msgpack without decoding it. A decoder makes room for what a header promises before it has read
 * any of it, so five bytes would cost 16 million places.
 * https://github.com/msgpack/msgpack/blob/master/spec.md
 *
 * @returns how many arrays and maps it holds
 * @throws {RangeError} where it promises more values than it has bytes, or holds too many arrays and maps
 */
export function scanMsgpack(body: Uint8Array, maxContainers = MAX_CONTAINERS): number {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  let owed = 1
  let containers = 0
  for (let at = 0; owed > 0; ) {
    const { bytes, values, isContainer } = headerAt(view, at)
    at += bytes
    owed += values - 1
    if (isContainer) containers++
    // Each value takes at least one byte.
    if (owed > view.byteLength - at) throw new RangeError('more values than bytes')
    if (containers > maxContainers) throw new RangeError('too many arrays and maps')
  }
  return containers
}

interface Header {
  /** Up to the next header: of text and the like, with the content. */
  bytes: number
  /** How many values follow that belong to it. */
  values: number
  isContainer: boolean
}

const scalar = (bytes: number): Header => ({ bytes, values: 0, isContainer: false })
const container = (bytes: number, values: number): Header => ({ bytes, values, isContainer: true })

function headerAt(view: DataView, at: number): Header {
  const code = view.getUint8(at)
  if (code < 0x80 || code >= 0xe0) return scalar(1)
  if (code < 0x90) return container(1, 2 * (code & 0x0f))
  if (code < 0xa0) return container(1, code & 0x0f)
  if (code < 0xc0) return scalar(1 + (code & 0x1f))
  if (code < 0xc4) return scalar(1)
  // Binary, extensions with one byte for their type, and text, of 8, 16 and 32 bits of length.
  if (code < 0xc7) return scalar(lengthAfter(view, at, code - 0xc4))
  if (code < 0xca) return scalar(lengthAfter(view, at, code - 0xc7) + 1)
  if (code < 0xcc) return scalar(code === 0xca ? 5 : 9)
  if (code < 0xd4) return scalar(1 + 2 ** (code & 0x03))
  if (code < 0xd9) return scalar(2 + 2 ** (code - 0xd4))
  if (code < 0xdc) return scalar(lengthAfter(view, at, code - 0xd9))
  const isShort = code === 0xdc || code === 0xde
  const count = isShort ? view.getUint16(at + 1) : view.getUint32(at + 1)
  return container(isShort ? 3 : 5, code < 0xde ? count : 2 * count)
}

/** Of a header whose length has 2 ** `power` bytes, and of its content. */
function lengthAfter(view: DataView, at: number, power: number): number {
  if (power === 0) return 2 + view.getUint8(at + 1)
  return power === 1 ? 3 + view.getUint16(at + 1) : 5 + view.getUint32(at + 1)
}
