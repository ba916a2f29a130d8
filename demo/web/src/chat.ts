import { routes } from './ask.js'

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
  scrollToEnd()
  setBusy(true)
  try {
    for await (const part of routes[route]?.(question, controller.signal) ?? []) {
      if (part.type === 'tool') append(steps, 'li', '', toolNames[part.name] ?? part.name)
      else answer.append(part.text)
      scrollToEnd()
    }
  } catch (error) {
    append(message, 'p', 'failure', controller.signal.aborted ? 'Stopped.' : (error as Error).message)
  } finally {
    answer.classList.remove('is-pending')
    append(message, 'p', 'route', `${labelOf(route)} · ${Math.round(performance.now() - startedAt)} ms`)
    scrollToEnd()
    setBusy(false)
  }
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
