// Compiles every TypeScript block of every README and of docs as a module of its own, against the built packages, with
// both ways in which TypeScript resolves packages.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const folder = 'temp/readme-snippets'
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const documents = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*README.md', ':(glob)docs/*.md'],
  { encoding: 'utf8' },
)
let count = 0
for (const document of documents.trim().split('\n')) {
  const lines = readFileSync(document, 'utf8').split('\n')
  for (let start = 0; start < lines.length; start++) {
    if (!/^```(ts|typescript)\b/.test(lines[start])) continue
    const end = lines.indexOf('```', start)
    if (end < 0) throw new Error(`${document}:${start + 1}: the block is not closed`)
    const name = `${document.replaceAll('/', '_').replace(/\.md$/, '')}-line-${start + 1}.ts`
    writeFileSync(`${folder}/${name}`, `${lines.slice(start + 1, end).join('\n')}\nexport {}\n`)
    count++
    start = end
  }
}
if (count === 0) throw new Error('no TypeScript block found in any document')

let failed = 0
for (const [module, moduleResolution] of [
  ['node16', 'node16'],
  ['preserve', 'bundler'],
]) {
  writeFileSync(
    `${folder}/tsconfig.json`,
    JSON.stringify({
      extends: '../../tsconfig.json',
      compilerOptions: { noUnusedLocals: false, module, moduleResolution },
      include: ['*.ts'],
    }),
  )
  const { status } = spawnSync('npx', ['tsc', '-p', folder], { stdio: 'inherit' })
  const result = status === 0 ? 'compile' : 'were compiled, with the errors above'
  console.log(`${count} blocks of the documents ${result}, resolved as by ${moduleResolution}`)
  if (status !== 0) failed++
}
process.exit(failed ? 1 : 0)
