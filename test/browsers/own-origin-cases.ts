import { APP, type Case, own } from './case.js'

const plain: Case[] = [
  { name: 'fetch', action: 'fetch', sent: [own('session.id=SESSION')], instead: '' },
  { name: 'fetch, POST', action: 'fetchPost', sent: [own('session.id=SESSION')] },
  { name: 'fetch of a Request', action: 'fetchRequest', sent: [own('session.id=SESSION')] },
  { name: 'fetch of a URL object', action: 'fetchUrlObject', sent: [own('session.id=SESSION')] },
  { name: 'fetch of a relative URL', action: 'fetchRelative', sent: [own('session.id=SESSION')] },
  { name: 'fetch with an abort signal', action: 'fetchAborting', sent: [own('session.id=SESSION')] },
  { name: 'XMLHttpRequest', action: 'xhr', sent: [own('session.id=SESSION')], instead: '' },
  {
    name: 'fetch with entries in the OpenTelemetry context',
    action: 'fetchEntries',
    sent: [own('session.id=SESSION,tenant=a%20b')],
    instead: '',
  },
  {
    name: 'XMLHttpRequest with entries in the context',
    action: 'xhrEntries',
    sent: [own('session.id=SESSION,tenant=a%20b')],
  },
]

const ownHeader: Case[] = [
  ...Object.entries({
    ownHeaders: 'Headers',
    ownPairs: 'pairs',
    ownRequest: 'a Request',
    ownRequestAndInit: 'a Request and init',
  }).map(([action, how]) => ({
    name: `fetch with a \`baggage\` header of its own in ${how}`,
    action,
    sent: [own(`session.id=SESSION,${APP}`)],
  })),
  {
    name: 'fetch with a `baggage` header of its own (Headers, object, pairs or Request)',
    action: 'ownObject',
    sent: [own(`session.id=SESSION,${APP}`)],
    instead: '',
  },
  {
    name: 'fetch with a `baggage` header of its own in two pairs',
    action: 'ownTwoPairs',
    sent: [own('session.id=SESSION,app=1;p=x, plan=free%20tier')],
  },
  {
    name: 'fetch with a `session.id` of its own',
    action: 'ownSession',
    sent: [own(`session.id=SESSION,${APP}`)],
    instead: 'Another key for another session',
  },
  {
    name: 'XMLHttpRequest with a `baggage` header of its own',
    action: 'ownXhr',
    sent: [own(`${APP}, session.id=SESSION`)],
    instead: '',
  },
  {
    name: 'XMLHttpRequest with a `session.id` of its own',
    action: 'ownXhrSession',
    sent: [own(`session.id=mine,${APP}, session.id=SESSION`)],
    instead:
      'Another key for another session: XMLHttpRequest shows nobody the headers that were set. OpenTelemetry reads the last',
  },
  {
    name: 'fetch with a `baggage` header of its own and entries in the context',
    action: 'ownHeaderAndEntries',
    sent: [own(`session.id=SESSION,${APP},tenant=a%20b`)],
    instead: '',
  },
  {
    name: 'XMLHttpRequest with both of its own',
    action: 'ownXhrAndEntries',
    sent: [own(`${APP}, session.id=SESSION,tenant=a%20b`)],
  },
]

const twice = [own(`session.id=SESSION,${APP}`), own(`session.id=SESSION,${APP}`)]
const renewed = [own(`session.id=SESSION,${APP}`), own(`session.id=RENEWED,${APP}`)]

const stopped = [own(`session.id=SESSION,${APP}`), own(APP)]

const reused: Case[] = [
  { name: 'fetch with an init object that is used twice', action: 'reusedInit', sent: twice, instead: '' },
  { name: 'init used twice at once', action: 'reusedInitAtOnce', sent: twice },
  { name: 'Headers used twice', action: 'reusedHeaders', sent: twice },
  { name: 'Request used twice', action: 'reusedRequest', sent: twice },
  {
    name: 'fetch with a used init object, after RUM renewed its session',
    action: 'reusedInitRenewed',
    sent: renewed,
    instead: '',
  },
  {
    name: 'fetch with a used init object, after RUM stopped',
    action: 'reusedInitStopped',
    sent: stopped,
  },
  {
    name: 'init used again by a page that set OpenTelemetry up again, after RUM stopped',
    action: 'reusedInitSetUpAgain',
    sent: stopped,
  },
  { name: 'Request used again after a renewal', action: 'reusedRequestRenewed', sent: renewed },
]

/** Requests to the page's origin that can carry headers. */
export const ownOriginCases: readonly Case[] = [...plain, ...ownHeader, ...reused]
