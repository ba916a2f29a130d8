import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import express, { type Router } from 'express'

const built = fileURLToPath(new URL('../../web/dist/', import.meta.url))

/** The built chat page, with its configuration from the environment written into it. */
export function pageRouter(): Router {
  const configuration = JSON.stringify(pageConfiguration()).replaceAll('<', '\\u003c')
  const html = readFileSync(`${built}index.html`, 'utf8').replace(
    /(<script id="configuration"[^>]*>)[^<]*/,
    (_match, tag) => tag + configuration,
  )
  const router = express.Router()
  router.get('/', (_request, response) => {
    response.type('html').set('cache-control', 'no-store').send(html)
  })
  router.use(express.static(built, { index: false }))
  return router
}

/** Without an application in Datadog, RUM gets made-up ids and sends what it collects to the viewer. */
function pageConfiguration() {
  const { DD_RUM_APPLICATION_ID, DD_RUM_CLIENT_TOKEN, DD_SITE, VIEWER_URL } = process.env
  const isReal = DD_RUM_APPLICATION_ID && DD_RUM_CLIENT_TOKEN
  return {
    viewerUrl: VIEWER_URL,
    rum: isReal
      ? {
          applicationId: DD_RUM_APPLICATION_ID,
          clientToken: DD_RUM_CLIENT_TOKEN,
          site: DD_SITE ?? 'datadoghq.com',
        }
      : {
          applicationId: '00000000-0000-4000-8000-000000000000',
          clientToken: 'demo',
          proxy: `${VIEWER_URL}/rum`,
        },
  }
}
