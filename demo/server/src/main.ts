import { createApp, handleError } from './app.js'
import { listen } from './listen.js'
import { pageRouter } from './page.js'
import { shopAssistant } from './shop-assistant.js'

listen('server', createApp(shopAssistant).use(pageRouter()).use(handleError))
