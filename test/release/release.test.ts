import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import { absoluteLinks, mapRelativeLinks } from '../../scripts/repository.mjs'

const ROOT = resolve(import.meta.dirname, '../..')
const PACKAGES = readdirSync(join(ROOT, 'packages')).filter((name) =>
  existsSync(join(ROOT, 'packages', name, 'package.json')),
)
const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

describe('release scripts', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'rum-llmobs-release-test-'))
    for (const path of ['package.json', 'scripts', '.github', 'LICENSE'])
      cpSync(join(ROOT, path), join(root, path), {
        recursive: true,
        filter: (source) => basename(source) !== 'node_modules',
      })
    for (const name of PACKAGES) {
      mkdirSync(join(root, 'packages', name), { recursive: true })
      for (const file of ['package.json', 'README.md', 'CHANGELOG.md'])
        cpSync(join(ROOT, 'packages', name, file), join(root, 'packages', name, file))
    }
    setRepository('OWNER/REPO')
  })

  afterEach(() => rmSync(root, { recursive: true }))

  function setRepository(name: string): void {
    const manifest = JSON.parse(read(root, 'package.json'))
    writeFileSync(join(root, 'package.json'), JSON.stringify({ ...manifest, repository: `github:${name}` }))
  }

  function run(command: string, cwd = root, env: NodeJS.ProcessEnv = {}) {
    const others = Object.entries(process.env).filter(([key]) => !/^(npm_|GITHUB_)/i.test(key))
    const options = {
      cwd,
      shell: true,
      encoding: 'utf8',
      env: { ...Object.fromEntries(others), ...env },
    } as const
    const { status, stderr } = spawnSync(command, options)
    return { status, stderr }
  }

  describe('release workflow', () => {
    const commands = [...read(ROOT, '.github/workflows/release.yml').matchAll(/^ +- run: (.+)$/gm)].map(
      ([, command]) => command ?? '',
    )

    it('fails at its first command while the repository and the owner are placeholders', () => {
      const { status, stderr } = run(commands[0] ?? '')
      assert.equal(status, 1)
      assert.match(stderr, /package\.json: repository is still github:OWNER\/REPO/)
      assert.match(stderr, /CODEOWNERS: the owner is still @OWNER/)
    })

    it('fails in a repository that is not the one of package.json', () => {
      setRepository('acme/rum-llmobs')
      const { status, stderr } = run(commands[0] ?? '', root, { GITHUB_REPOSITORY: 'fork/rum-llmobs' })
      assert.equal(status, 1)
      assert.match(stderr, /repository is acme\/rum-llmobs, and this is fork\/rum-llmobs/)
    })

    it('fails for a version without a dated heading in the changelog', () => {
      writeFileSync(join(root, 'packages/web-propagator/CHANGELOG.md'), '# Changelog\n\n## Unreleased\n')
      const { stderr } = run(commands[0] ?? '')
      assert.match(stderr, /packages\/web-propagator\/CHANGELOG\.md: no heading "## \d+\.\d+\.\d+ - <date>"/)
    })

    it('passes its first command when the repository and the owner are filled in', () => {
      setRepository('acme/rum-llmobs')
      writeFileSync(join(root, '.github/CODEOWNERS'), '* @acme\n')
      assert.deepEqual(run(commands[0] ?? '', root, { GITHUB_REPOSITORY: 'acme/rum-llmobs' }), {
        status: 0,
        stderr: '',
      })
    })

    it('publishes with provenance in its last command', () => {
      assert.equal(commands.at(-1), 'npx lerna publish from-package --yes')
      assert.match(read(ROOT, '.github/workflows/release.yml'), /^ +NPM_CONFIG_PROVENANCE: 'true'$/m)
      assert.match(read(ROOT, '.github/workflows/release.yml'), /^ +id-token: write\b/m)
    })
  })

  for (const name of PACKAGES) {
    describe(`packages/${name}`, () => {
      const directory = `packages/${name}`
      const { scripts, publishConfig } = JSON.parse(read(ROOT, directory, 'package.json'))

      it('fails prepublishOnly while the repository is a placeholder', () => {
        const before = read(root, directory, 'package.json')
        const { status, stderr } = run(scripts.prepublishOnly, join(root, directory))
        assert.equal(status, 1)
        assert.match(stderr, /still github:OWNER\/REPO/)
        assert.equal(read(root, directory, 'package.json'), before)
      })

      it('gets the repository of the root package.json, and absolute links in the README', () => {
        setRepository('acme/rum-llmobs')
        assert.deepEqual(run(scripts.prepublishOnly, join(root, directory)), { status: 0, stderr: '' })
        const { repository, homepage, bugs } = JSON.parse(read(root, directory, 'package.json'))
        assert.deepEqual(
          { repository, homepage, bugs },
          {
            repository: { type: 'git', url: 'git+https://github.com/acme/rum-llmobs.git', directory },
            homepage: `https://github.com/acme/rum-llmobs/tree/HEAD/${directory}#readme`,
            bugs: { url: 'https://github.com/acme/rum-llmobs/issues' },
          },
        )
        mapRelativeLinks(read(root, directory, 'README.md'), (target: string) =>
          assert.fail(`relative: ${target}`),
        )
      })

      it('has a README whose relative links and anchors exist', () => {
        const readme = read(ROOT, directory, 'README.md')
        mapRelativeLinks(readme, (target: string) => {
          assert.ok(existsSync(join(ROOT, directory, target.replace(/#.*/, ''))), target)
          return target
        })
        const headings = [...readme.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
          heading
            .toLowerCase()
            .replace(/[^\p{L}\p{N} _-]/gu, '')
            .replaceAll(' ', '-'),
        )
        for (const [, anchor = ''] of readme.matchAll(/\]\(#([^)]+)\)/g))
          assert.ok(headings.includes(anchor), anchor)
      })

      it('has the licence of the repository, and a publishConfig without provenance', () => {
        assert.equal(read(ROOT, directory, 'LICENSE'), read(ROOT, 'LICENSE'))
        assert.deepEqual(publishConfig, { access: 'public' })
      })
    })
  }
})

describe('absoluteLinks', () => {
  for (const [markdown, expected] of [
    ['[a](../../docs/b.md#c)', '[a](https://github.com/o/r/blob/HEAD/docs/b.md#c)'],
    ['[`a[0]`](src/b.ts)', '[`a[0]`](https://github.com/o/r/blob/HEAD/packages/p/src/b.ts)'],
    ['![a](../../b.png)', '![a](https://github.com/o/r/raw/HEAD/b.png)'],
    [
      '[a](#b) [c](https://example.com/d) [e](mailto:f@example.com)',
      '[a](#b) [c](https://example.com/d) [e](mailto:f@example.com)',
    ],
    ['`handlers[0](event)`', '`handlers[0](event)`'],
    ['```js\nhandlers[0](event)\n```', '```js\nhandlers[0](event)\n```'],
  ] as const) {
    it(`turns ${JSON.stringify(markdown)} into ${JSON.stringify(expected)}`, () => {
      assert.equal(absoluteLinks(markdown, 'o/r', 'packages/p'), expected)
    })
  }
})
