/**
 * What `GET /info` answers, so that dd-trace takes this server for a Datadog Agent whose proxy accepts LLM
 * Observability events; without the `evp_proxy` endpoint it would send them to Datadog itself.
 * https://github.com/DataDog/dd-trace-js/blob/v5.132.0/packages/dd-trace/src/llmobs/writers/util.js
 */
export const agentInfo = {
  version: '7.70.0',
  endpoints: ['/v0.4/traces', '/v0.5/traces', '/telemetry/proxy/', '/evp_proxy/v2/'],
  client_drop_p0s: false,
}

/** Everything else that a tracer posts to its agent is accepted, and dropped unless it is an LLMObs event. */
export function isAgentPath(pathname: string): boolean {
  return /^\/(evp_proxy|telemetry|profiling|debugger|dogstatsd|tracer_flare|v0\.\d+)\//.test(pathname)
}
