export type Child = Node | string | number | null | undefined | false

type AttributeValues = Readonly<Record<string, string | number | boolean | null | undefined>>

/**
 * An element. Text goes in as text, never as markup, whoever wrote it; attributes come from this page's code.
 * `true` sets an empty attribute, `false`, null and undefined none.
 */
export function el(tag: string, attributes: AttributeValues = {}, ...children: Child[]): HTMLElement {
  return fill(document.createElement(tag), attributes, children)
}

/** The same for SVG, which the bars are: the page's policy allows no style attribute, and x and width are none. */
export function svg(tag: string, attributes: AttributeValues = {}, ...children: Child[]): SVGElement {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children)
}

function fill<Node extends Element>(element: Node, attributes: AttributeValues, children: Child[]): Node {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? '' : String(value))
    }
  }
  element.append(
    ...children.filter((child) => child !== null && child !== undefined && child !== false).map(asNode),
  )
  return element
}

function asNode(child: Child): Node | string {
  return child instanceof Node ? child : String(child)
}

/**
 * Makes `current` look like `next` and keeps every element that stays, so that focus, scroll position and selected
 * text survive an update. Elements with a `data-key` are the same when the key is.
 */
export function morph(current: Element, next: Element): void {
  const focused = document.activeElement
  morphElement(current, next)
  // An element that moved has lost its focus.
  if (focused instanceof HTMLElement && focused !== document.activeElement && focused.isConnected) {
    focused.focus({ preventScroll: true })
  }
}

function morphElement(current: Element, next: Element): void {
  for (const name of current.getAttributeNames()) {
    // A <details> is opened by whoever reads it.
    if (!next.hasAttribute(name) && name !== 'open') current.removeAttribute(name)
  }
  for (const { name, value } of next.attributes) {
    if (current.getAttribute(name) !== value) current.setAttribute(name, value)
  }
  morphChildren(current, next)
}

function morphChildren(current: Element, next: Element): void {
  const keyed = new Map(
    [...current.children].flatMap((child) => (keyOf(child) ? [[keyOf(child), child]] : [])),
  )
  let at: ChildNode | null = current.firstChild
  for (const wanted of [...next.childNodes]) {
    const key = keyOf(wanted)
    const match: ChildNode | null | undefined = key ? keyed.get(key) : at && !keyOf(at) ? at : null
    if (!match || match.nodeName !== wanted.nodeName) {
      current.insertBefore(wanted, at)
      continue
    }
    if (match === at) at = at.nextSibling
    else current.insertBefore(match, at)
    if (match instanceof Element && wanted instanceof Element) morphElement(match, wanted)
    else if (match.nodeValue !== wanted.nodeValue) match.nodeValue = wanted.nodeValue
  }
  while (at) {
    const following: ChildNode | null = at.nextSibling
    at.remove()
    at = following
  }
}

function keyOf(node: Node): string | undefined {
  return node instanceof HTMLElement ? node.dataset.key : undefined
}
