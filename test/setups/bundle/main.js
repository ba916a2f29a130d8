import '@rum-llmobs/node-span-processor/register'
import './instrumentation.mjs'
import './app.js'
