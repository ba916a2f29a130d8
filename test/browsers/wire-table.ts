import type { Case, Sent } from './case.js'

/** The table of docs/browser.md: one row for each case with `instead`. */
export function wireTable(cases: readonly Case[]): string {
  const rows = cases.flatMap((row) =>
    row.instead === undefined ? [] : [`| ${row.name} | ${wire(row)} | ${row.instead} |`],
  )
  return ['| Request | On the wire | Do instead |', '| --- | --- | --- |', ...rows].join('\n')
}

function wire({ sent, result }: Case): string {
  const requests = sent.map((request, index) => `${ordinal(index, sent)}${headers(request)}`)
  if (result === 'TypeError') requests.push('the browser fails the request')
  return requests.join('; ')
}

function ordinal(index: number, sent: readonly Sent[]): string {
  if (sent.length === 1) return ''
  const origin = sent.some(({ to }) => to !== sent[0]?.to) ? ` (${sent[index]?.to} origin)` : ''
  return `${index + 1}.${origin} `
}

function headers({ traceparents, baggage }: Sent): string {
  if (traceparents === 0 && baggage === '') return 'neither header'
  const value = baggage.replaceAll('SESSION', '…').replaceAll('RENEWED', '(new)')
  return [
    traceparents > 1 ? `\`traceparent\` ×${traceparents}` : '`traceparent`',
    ...(value ? [`\`baggage: ${value}\``] : []),
  ].join(', ')
}
