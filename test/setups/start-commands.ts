export const OURS = '@rum-llmobs/node-span-processor/register'
export const AUTO = '@opentelemetry/auto-instrumentations-node'
export const WITH_INSTRUMENTATION = `node --import ${OURS} --import ./instrumentation.mjs app.js`
export const IN_COMMONJS = `node --require ${OURS} --require ./instrumentation.cjs app.js`
