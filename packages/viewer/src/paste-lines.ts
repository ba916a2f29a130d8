/** How an OpenTelemetry backend, a dd-trace backend and the page send their telemetry to the viewer at `url`. */
export function pasteLines(url: string): [name: string, line: string][] {
  // A client cannot connect to "every address" where that is what the server listens on.
  const target = url.replace(/\/\/(0\.0\.0\.0|\[::\])/, '//localhost')
  return [
    [
      'OpenTelemetry backend',
      `export OTEL_EXPORTER_OTLP_ENDPOINT=${target} OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`,
    ],
    ['dd-trace backend', `export DD_TRACE_AGENT_URL=${target} DD_LLMOBS_ENABLED=1 DD_LLMOBS_ML_APP=my-app`],
    ['RUM in the page, an option of datadogRum.init', `proxy: '${target}/rum',`],
  ]
}
