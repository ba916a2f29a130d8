// The address of the repository, which stands in the root's package.json alone, and what a published package makes of it.
import { readFileSync } from 'node:fs'
import { posix, resolve } from 'node:path'

const ROOT = resolve(import.meta.dirname, '..')

/** Returns `owner/name` from `"repository": "github:owner/name"`. */
export function repositoryName() {
  const { repository } = JSON.parse(readFileSync(resolve(ROOT, 'package.json'), 'utf8'))
  const name = /^github:([\w.-]+\/[\w.-]+)$/.exec(repository)?.[1]
  if (!name) throw new Error('repository in package.json must be "github:<owner>/<name>"')
  return name
}

/** Tells whether the owner has put an address into the root's package.json. */
export function isFilledIn(name) {
  return !name.startsWith('OWNER/')
}

/** Returns the fields of package.json that hold the address. npm wants `repository.url` in this form for provenance. */
export function addressFields(name, directory) {
  return {
    repository: { type: 'git', url: `git+https://github.com/${name}.git`, directory },
    homepage: `https://github.com/${name}/tree/HEAD/${directory}#readme`,
    bugs: { url: `https://github.com/${name}/issues` },
  }
}

// Code comes first, so that what looks like a link inside it is passed over.
const CODE_OR_LINK = /```[\s\S]*?```|`[^`\n]+`|(!?)\[((?:[^[\]`]|`[^`\n]*`)*)\]\(([^)\s]+)\)/g

/** Calls `change` with each link of a Markdown text that is relative to a file, and puts its result in the place. */
export function mapRelativeLinks(markdown, change) {
  return markdown.replaceAll(CODE_OR_LINK, (whole, image, text, target) =>
    target === undefined || /^(#|[a-z][a-z\d+.-]*:)/i.test(target)
      ? whole
      : `${image}[${text}](${change(target, image !== '')})`,
  )
}

/** Makes a README's links absolute: a package page resolves none against the repository's folders. */
export function absoluteLinks(markdown, name, directory) {
  return mapRelativeLinks(markdown, (target, isImage) => {
    const path = posix.join(directory, target)
    return `https://github.com/${name}/${isImage ? 'raw' : 'blob'}/HEAD/${path}`
  })
}
