// Compiles every TypeScript block of every README as a module, against the built packages.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'

const folder = 'temp/readme-snippets'
rmSync(folder, { recursive: true, force: true })
mkdirSync(folder, { recursive: true })

const readmes = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*README.md'],
  {
    encoding: 'utf8',
  },
)
let count = 0
for (const readme of readmes.trim().split('\n')) {
  const lines = readFileSync(readme, 'utf8').split('\n')
  for (let start = 0; start < lines.length; start++) {
    if (!/^```(ts|typescript)\b/.test(lines[start])) continue
    const end = lines.indexOf('```', start)
    if (end < 0) throw new Error(`${readme}:${start + 1}: the block is not closed`)
    const name = `${readme.replaceAll('/', '_').replace(/\.md$/, '')}-line-${start + 1}.ts`
    writeFileSync(`${folder}/${name}`, `${lines.slice(start + 1, end).join('\n')}\nexport {}\n`)
    count++
    start = end
  }
}
if (count === 0) throw new Error('no TypeScript block found in any README')

writeFileSync(
  `${folder}/tsconfig.json`,
  JSON.stringify({
    extends: '../../tsconfig.json',
    compilerOptions: { noUnusedLocals: false },
    include: ['*.ts'],
  }),
)
const { status } = spawnSync('npx', ['tsc', '-p', folder], { stdio: 'inherit' })
console.log(`${count} README blocks ${status === 0 ? 'compile' : 'were compiled, with the errors above'}`)
process.exit(status ?? 1)
