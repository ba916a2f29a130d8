/**
 * Where a Datadog site's pages are, from the name that `DD_SITE` has. Most sites add `app.`; those that are already
 * a subdomain do not. https://docs.datadoghq.com/getting_started/site/#access-the-datadog-site
 *
 * @example
 * datadogAppUrl('datadoghq.eu') // 'https://app.datadoghq.eu'
 * datadogAppUrl('us5.datadoghq.com') // 'https://us5.datadoghq.com'
 * @throws {TypeError} when it is not a host name
 */
export function datadogAppUrl(site: string): string {
  if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/i.test(site)) throw new TypeError(`DD_SITE is not a host name: ${site}`)
  return `https://${site.split('.').length === 2 ? `app.${site}` : site}`
}
