// OpenTelemetry 3.x has sdk-trace in place of 2.x's sdk-trace-base, and processors that take options.
const isOtel3 = process.env.APP_OTEL === '3'
const sdk = require(isOtel3 ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base')
const exportTo = (exporter) => new sdk.SimpleSpanProcessor(isOtel3 ? { exporter } : exporter)
module.exports = { ...sdk, isOtel3, exportTo }
