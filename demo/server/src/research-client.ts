/** Asks the research service, which runs a model of its own. Rejects when it does not answer with success. */
export async function askResearch(topic: string, signal: AbortSignal | undefined): Promise<string> {
  const response = await fetch(new URL('/research', process.env.RESEARCH_URL), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ topic }),
    ...(signal && { signal }),
  })
  if (!response.ok) throw new Error(`research service answered ${response.status}`)
  const { summary } = (await response.json()) as { summary: string }
  return summary
}
