import { createApp, handleError } from '../../server/src/app.js'
import { listen } from '../../server/src/listen.js'
import { pageRouter } from '../../server/src/page.js'
import { shopAssistant } from './shop-assistant.js'

listen('server', createApp(shopAssistant).use(pageRouter()).use(handleError))
