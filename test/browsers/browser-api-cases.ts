import { APP, type Case, other, own } from './case.js'

const serviceWorker = { serviceWorker: true }

/** Requests whose headers the browser decides: fetch modes, APIs without headers, service workers. */
export const browserApiCases: readonly Case[] = [
  { name: 'fetch with `keepalive`', action: 'keepalive', sent: [own('session.id=SESSION')], instead: '' },
  {
    name: 'fetch with `mode: no-cors`',
    action: 'noCors',
    sent: [own('', 0)],
    instead: 'The browser drops both headers: leave the mode out',
  },
  {
    name: '`navigator.sendBeacon`',
    action: 'beacon',
    sent: [own('', 0)],
    instead: '`fetch` with `keepalive: true`',
  },
  {
    name: '`EventSource`',
    action: 'eventSource',
    sent: [own('', 0)],
    instead: '`fetch`, and read the events from its streamed body',
  },
  {
    name: '`WebSocket`',
    action: 'webSocket',
    sent: [own('', 0)],
    instead:
      'Send the session id in the first message, and work in a context with it as baggage entry on the server',
  },
  {
    name: 'Page under a service worker that passes requests on',
    action: 'fetch',
    setup: serviceWorker,
    sent: [own('session.id=SESSION')],
    instead: '',
  },
  {
    name: 'XMLHttpRequest under a service worker',
    action: 'xhr',
    setup: serviceWorker,
    sent: [own('session.id=SESSION')],
  },
  {
    name: "application's `baggage` header under a service worker",
    action: 'ownRequest',
    setup: serviceWorker,
    sent: [own(`session.id=SESSION,${APP}`)],
  },
  {
    name: 'other origin under a service worker',
    action: 'fetchElsewhere',
    setup: serviceWorker,
    sent: [other('', 0)],
  },
  {
    name: 'Page under a service worker that makes its own request from the address',
    action: 'fetch',
    setup: serviceWorker,
    query: '&rebuild=1',
    sent: [own('', 0)],
    instead: '`fetch(event.request)` in the service worker',
  },
]
