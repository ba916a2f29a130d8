import assert from 'node:assert/strict'
import { datadogAppUrl } from '../src/datadog-links.js'

describe('datadogAppUrl', () => {
  for (const [site, url] of [
    ['datadoghq.com', 'https://app.datadoghq.com'],
    ['datadoghq.eu', 'https://app.datadoghq.eu'],
    ['us3.datadoghq.com', 'https://us3.datadoghq.com'],
    ['ap1.datadoghq.com', 'https://ap1.datadoghq.com'],
    ['ddog-gov.com', 'https://app.ddog-gov.com'],
  ] as const) {
    it(`finds the app of ${site}`, () => assert.equal(datadogAppUrl(site), url))
  }

  for (const site of ['', 'datadoghq', 'datadoghq.com/x', 'evil.example:80', 'javascript:alert(1)']) {
    it(`refuses ${JSON.stringify(site)}`, () => assert.throws(() => datadogAppUrl(site), TypeError))
  }
})
