/**
 * A piece of the answer as it arrives: the `baggage` header that the server got with the question, text to append, or
 * the tool that the assistant is using.
 */
export type AnswerPart =
  | { type: 'sent'; baggage: string }
  | { type: 'tool'; name: string }
  | { type: 'text'; text: string }

export type Ask = (question: string, signal: AbortSignal) => AsyncGenerator<AnswerPart>

/** The server's own words for why there is no answer. Whatever else a route throws means that it was not reached. */
export class Refusal extends Error {}

/** The three ways the page has of sending a question. */
export const routes: Record<string, Ask> = {
  async *stream(question, signal) {
    const response = await fetch('/api/chat', { ...jsonPost(question), signal })
    yield sent(response.headers.get(RECEIVED))
    if (!response.ok || !response.body) throw refusal(await response.text())
    let rest = ''
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const events = (rest + chunk.value).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const part = JSON.parse(event.slice('data: '.length))
        if (part.type === 'error') throw new Refusal(part.message)
        yield part
      }
    }
  },

  async *json(question, signal) {
    const response = await fetch('/api/ask', { ...jsonPost(question), signal })
    yield sent(response.headers.get(RECEIVED))
    if (!response.ok) throw refusal(await response.text())
    const { answer } = await response.json()
    yield { type: 'text', text: answer }
  },

  async *xhr(question, signal) {
    const request = new XMLHttpRequest()
    request.open('POST', '/api/classic/ask')
    request.setRequestHeader('content-type', 'application/json')
    signal.addEventListener('abort', () => request.abort(), { once: true })
    await new Promise((resolve) => {
      request.onloadend = resolve
      request.send(JSON.stringify({ question }))
    })
    signal.throwIfAborted()
    if (request.status === 0) throw new Error('no answer')
    yield sent(request.getResponseHeader(RECEIVED))
    if (request.status !== 200) throw refusal(request.responseText)
    yield { type: 'text', text: JSON.parse(request.responseText).answer }
  },
}

const RECEIVED = 'x-received-baggage'

function sent(baggage: string | null): AnswerPart {
  return { type: 'sent', baggage: baggage ?? '' }
}

function jsonPost(question: string): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  }
}

/** Something between the page and the shop may have answered instead, in a format of its own. */
function refusal(body: string): Error {
  const { error } = JSON.parse(body)
  return typeof error === 'string' ? new Refusal(error) : new Error('no answer of the shop')
}
