import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Returns the path of a command: the first name that a folder holds, in PATH and then in `more` folders. */
export function findExecutable(names: readonly string[], more: readonly string[] = []): string | undefined {
  return [...(process.env.PATH ?? '').split(delimiter), ...more]
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
