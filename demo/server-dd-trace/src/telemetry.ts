import tracer from 'dd-trace'

/**
 * dd-trace sends baggage and its own trace headers, the session in both, to every host. These hosts get none of them:
 * all but those of this demo.
 */
const propagationBlocklist = (url: string) => !['127.0.0.1', 'localhost'].includes(new URL(url).hostname)

tracer.use('fetch', { propagationBlocklist })
tracer.use('undici', { propagationBlocklist })
tracer.use('http', { client: { propagationBlocklist } })
