// OpenTelemetry 3.x has no sdk-trace-base, which is where 2.x keeps the same classes.
const isOtel3 = process.env.APP_OTEL === '3'
module.exports = {
  isOtel3,
  ...require(isOtel3 ? '@opentelemetry/sdk-trace' : '@opentelemetry/sdk-trace-base'),
}
