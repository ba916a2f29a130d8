import './rum.js'
import './telemetry.js'
import './session-link.js'
import './chat.js'
