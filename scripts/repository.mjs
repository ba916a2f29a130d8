// The repository's URL, which only the root's package.json holds, and the fields and links that derive from it.
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

/** Tells whether the name is not the placeholder. */
export function isFilledIn(name) {
  return !name.startsWith('OWNER/')
}

/** Returns the fields of package.json that hold the URL. Provenance needs `repository.url` in this form. */
export function addressFields(name, directory) {
  return {
    repository: { type: 'git', url: `git+https://github.com/${name}.git`, directory },
    homepage: `https://github.com/${name}/tree/HEAD/${directory}#readme`,
    bugs: { url: `https://github.com/${name}/issues` },
  }
}

// Code is matched first, so that its text is not taken for a link.
const CODE_OR_LINK = /```[\s\S]*?```|`[^`\n]+`|(!?)\[((?:[^[\]`]|`[^`\n]*`)*)\]\(([^)\s]+)\)/g

/** Replaces the target of each relative link of a Markdown text with the result of `change`. */
export function mapRelativeLinks(markdown, change) {
  return markdown.replaceAll(CODE_OR_LINK, (whole, image, text, target) =>
    target === undefined || /^(#|[a-z][a-z\d+.-]*:)/i.test(target)
      ? whole
      : `${image}[${text}](${change(target, image !== '')})`,
  )
}

/** Makes the links of a README absolute, because a package page does not resolve them against the repository. */
export function absoluteLinks(markdown, name, directory) {
  return mapRelativeLinks(markdown, (target, isImage) => {
    const path = posix.join(directory, target)
    return `https://github.com/${name}/${isImage ? 'raw' : 'blob'}/HEAD/${path}`
  })
}
