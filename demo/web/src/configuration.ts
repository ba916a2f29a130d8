import type { RumInitConfiguration } from '@datadog/browser-rum'

interface Configuration {
  viewerUrl: string
  rum: Pick<RumInitConfiguration, 'applicationId' | 'clientToken' | 'site' | 'proxy'>
}

/** What the server wrote into the page. */
export const configuration: Configuration = JSON.parse(
  document.getElementById('configuration')?.textContent ?? '',
)
