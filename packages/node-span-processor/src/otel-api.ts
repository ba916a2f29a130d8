/** Key of the global in which every copy of @opentelemetry/api 1.x keeps what is registered. Set anew at each registration. */
export const OTEL_API = Symbol.for('opentelemetry.js.api.1')
