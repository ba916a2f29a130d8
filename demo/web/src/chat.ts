import { Refusal, routes } from './ask.js'
import { configuration } from './configuration.js'

const main = element('main')
const log = element('#log')
const welcome = element('#welcome')
const form = element<HTMLFormElement>('#composer')
const input = element<HTMLTextAreaElement>('#question')
const send = element<HTMLButtonElement>('#send')
const stop = element<HTMLButtonElement>('#stop')

const toolNames: Record<string, string> = {
  look_up_order: 'Looked up the order',
  research: 'Asked the field team',
}

form.addEventListener('submit', (event) => {
  event.preventDefault()
  const question = input.value.trim()
  if (!question || send.hidden) return
  input.value = ''
  void ask(question)
})

input.addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
  event.preventDefault()
  form.requestSubmit()
})

element('#suggestions').addEventListener('click', ({ target }) => {
  if (target instanceof HTMLButtonElement && !send.hidden) void ask(target.textContent ?? '')
})

async function ask(question: string): Promise<void> {
  const route = new FormData(form).get('route') as string
  welcome.hidden = true
  append(log, 'p', 'message from-customer', question)
  const message = append(log, 'article', 'message from-assistant')
  const steps = append(message, 'ul', 'steps')
  const answer = append(message, 'p', 'answer is-pending')
  const controller = new AbortController()
  stop.onclick = () => controller.abort()
  const startedAt = performance.now()
  let baggage: string | undefined
  scrollToEnd()
  setBusy(true)
  try {
    for await (const part of routes[route]?.(question, controller.signal) ?? []) {
      if (part.type === 'sent') baggage = part.baggage
      else if (part.type === 'tool') append(steps, 'li', '', toolNames[part.name] ?? part.name)
      else answer.append(part.text)
      scrollToEnd()
    }
  } catch (error) {
    append(message, 'p', 'failure', controller.signal.aborted ? 'Stopped.' : reasonOf(error))
  } finally {
    answer.classList.remove('is-pending')
    append(message, 'p', 'route', `${labelOf(route)} · ${Math.round(performance.now() - startedAt)} ms`)
    if (baggage !== undefined) showWhatWasSent(message, baggage)
    scrollToEnd()
    setBusy(false)
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Refusal ? error.message : 'The shop cannot be reached. Please try again.'
}

/** The header as the server got it, and the session in it. */
function showWhatWasSent(message: HTMLElement, baggage: string): void {
  const line = append(message, 'p', 'sent', 'What was sent: ')
  const session = /(?:^|,)\s*session\.id=([^,;\s]+)/.exec(baggage)?.[1]
  append(line, 'code', '', baggage ? `baggage: ${baggage}` : 'no baggage header')
  line.append(session ? ', ' : ', no session')
  if (!session) return
  const link = append(line, 'a', '', `session ${session.slice(0, 8)}`) as HTMLAnchorElement
  link.href = `${configuration.viewerUrl}/#/sessions/${session}`
  link.target = 'viewer'
}

function labelOf(route: string): string {
  return form.querySelector(`[name=route][value=${route}] + span`)?.textContent ?? route
}

function scrollToEnd(): void {
  main.scrollTop = main.scrollHeight
}

function setBusy(isBusy: boolean): void {
  log.ariaBusy = String(isBusy)
  send.hidden = isBusy
  stop.hidden = !isBusy
  if (!isBusy) input.focus()
}

function append(parent: Element, tag: string, className: string, text = ''): HTMLElement {
  const child = document.createElement(tag)
  child.className = className
  child.textContent = text
  parent.append(child)
  return child
}

function element<E extends HTMLElement>(selector: string): E {
  const found = document.querySelector<E>(selector)
  if (!found) throw new Error(`The page has no ${selector}`)
  return found
}
