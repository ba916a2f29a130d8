/** A piece of the answer as it arrives: text to append, or the tool that the assistant is using. */
export type AnswerPart = { type: 'tool'; name: string } | { type: 'text'; text: string }

export type Ask = (question: string, signal: AbortSignal) => AsyncGenerator<AnswerPart>

/** The three ways the page has of sending a question. Each throws an Error whose message can be shown. */
export const routes: Record<string, Ask> = {
  async *stream(question, signal) {
    const response = await fetch('/api/chat', { ...jsonPost(question), signal })
    if (!response.ok || !response.body) throw new Error(errorIn(await response.text()))
    let rest = ''
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
    for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
      const events = (rest + chunk.value).split('\n\n')
      rest = events.pop() ?? ''
      for (const event of events) {
        const part = JSON.parse(event.slice('data: '.length))
        if (part.type === 'error') throw new Error(part.message)
        yield part
      }
    }
  },

  async *json(question, signal) {
    const response = await fetch('/api/ask', { ...jsonPost(question), signal })
    if (!response.ok) throw new Error(errorIn(await response.text()))
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
    if (request.status !== 200) throw new Error(errorIn(request.responseText))
    yield { type: 'text', text: JSON.parse(request.responseText).answer }
  },
}

function jsonPost(question: string): RequestInit {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ question }),
  }
}

function errorIn(body: string): string {
  try {
    return JSON.parse(body).error
  } catch {
    return 'The shop cannot be reached. Please try again.'
  }
}
