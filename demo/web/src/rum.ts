import { datadogRum } from '@datadog/browser-rum'
import { configuration } from './configuration.js'

/** For trying the page without a session: `?rum=sampled-out` or `?rum=no-consent`. */
const mode = new URLSearchParams(location.search).get('rum')

datadogRum.init({
  ...configuration.rum,
  service: 'fernweh-outfitters',
  env: 'demo',
  version: '1.0.0',
  sessionSampleRate: mode === 'sampled-out' ? 0 : 100,
  trackingConsent: mode === 'no-consent' ? 'not-granted' : 'granted',
  sessionReplaySampleRate: 0,
  trackUserInteractions: true,
  trackResources: true,
})
