import { APP, type Case, own } from './case.js'

const INSTEAD = 'Take the URLs out of `allowedTracingUrls`'

/**
 * RUM and OpenTelemetry on the same request. The library that patches fetch last acts first. RUM patches it when its
 * module runs, not in `init`.
 */
export const rumTracingCases: readonly Case[] = [
  {
    name: 'fetch, RUM with `allowedTracingUrls` loaded before OpenTelemetry',
    action: 'fetch',
    setup: { rumTracing: 'before' },
    sent: [own('session.id=SESSION, session.id=SESSION', 2)],
    instead: INSTEAD,
  },
  {
    name: 'fetch, RUM with `allowedTracingUrls` loaded after OpenTelemetry',
    action: 'fetch',
    setup: { rumTracing: 'after' },
    sent: [own('session.id=SESSION')],
    instead: `${INSTEAD}: the \`traceparent\` is OpenTelemetry's, RUM shows another trace`,
  },
  {
    name: 'XMLHttpRequest, RUM with `allowedTracingUrls`',
    action: 'xhr',
    setup: { rumTracing: 'before' },
    sent: [own('session.id=SESSION, session.id=SESSION', 2)],
    instead: INSTEAD,
  },
  {
    name: 'XMLHttpRequest, RUM loaded after OpenTelemetry',
    action: 'xhr',
    setup: { rumTracing: 'after' },
    sent: [own('session.id=SESSION, session.id=SESSION', 2)],
  },
  {
    name: "application's `baggage` header, RUM loaded before OpenTelemetry",
    action: 'ownObject',
    setup: { rumTracing: 'before' },
    sent: [own(`session.id=SESSION,${APP}, session.id=SESSION`, 2)],
  },
  {
    name: "application's `baggage` header, RUM loaded after OpenTelemetry",
    action: 'ownObject',
    setup: { rumTracing: 'after' },
    sent: [own(`session.id=SESSION,${APP}`)],
  },
  {
    name: 'entries in the context, RUM loaded after OpenTelemetry',
    action: 'fetchEntries',
    setup: { rumTracing: 'after' },
    sent: [own('session.id=SESSION,tenant=a%20b')],
  },
  {
    name: 'RUM with `allowedTracingUrls`, the same URLs in `ignoreUrls`',
    action: 'fetch',
    setup: { rumTracing: 'before', ignores: true },
    sent: [own('session.id=SESSION')],
    instead: '',
  },
  {
    name: 'XMLHttpRequest, the same URLs in `ignoreUrls`',
    action: 'xhr',
    setup: { rumTracing: 'before', ignores: true },
    sent: [own('session.id=SESSION')],
  },
]
