import { datadogRum } from '@datadog/browser-rum'
import { configuration } from './configuration.js'

const link = document.querySelector<HTMLAnchorElement>('#session')

/** Shows which RUM session the page is in and links to it in the viewer. RUM announces no change of session. */
function showSession(): void {
  const id = datadogRum.getInternalContext()?.session_id
  if (!link) return
  link.textContent = id ? `Session ${id.slice(0, 8)} ↗` : 'No RUM session'
  link.title = id
    ? `Open RUM session ${id} in the viewer`
    : 'RUM has no session on this page. Open the viewer.'
  link.href = id ? `${configuration.viewerUrl}/#/sessions/${id}` : configuration.viewerUrl
}

showSession()
setInterval(showSession, 500)
