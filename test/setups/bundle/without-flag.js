import './instrumentation.mjs'
import './app.js'
