import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { installFolder } from '../../scripts/install-folder.mjs'
import { pack } from './install.js'
import { answers, freePorts, ServiceProcess } from './service-process.js'

const ROOM = resolve(import.meta.dirname, '../quickstart')

/**
 * An npm registry on loopback that takes packages of the scope `@rum-llmobs`. All other packages come from the registry
 * that npm is configured with. Nothing is published beyond this machine.
 */
export class LoopbackRegistry {
  readonly url: string
  readonly #folder: string
  readonly #process: ServiceProcess

  private constructor(url: string, folder: string, process: ServiceProcess) {
    this.url = url
    this.#folder = folder
    this.#process = process
  }

  static async start(): Promise<LoopbackRegistry> {
    installFolder(ROOM)
    const folder = mkdtempSync(join(tmpdir(), 'rum-llmobs-registry-'))
    const uplink = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim()
    writeFileSync(join(folder, 'config.yaml'), JSON.stringify(configuration(folder, uplink)))
    const [port] = await freePorts(1)
    const url = `http://127.0.0.1:${port}/`
    // npm publishes only with a token; this registry accepts any.
    writeFileSync(join(folder, '.npmrc'), `registry=${url}\n${url.slice('http:'.length)}:_authToken=none\n`)
    const command = join(ROOM, 'node_modules/verdaccio/bin/verdaccio')
    const args = [command, '--config', join(folder, 'config.yaml'), '--listen', `127.0.0.1:${port}`]
    const service = new ServiceProcess(process.execPath, args, { cwd: folder })
    await service.ready(() => answers(`${url}-/ping`))
    return new LoopbackRegistry(url, folder, service)
  }

  /** Environment in which npm installs from this registry and may publish to it. */
  get npmEnv(): NodeJS.ProcessEnv {
    const others = Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key))
    return {
      ...Object.fromEntries(others),
      npm_config_registry: this.url,
      npm_config_userconfig: join(this.#folder, '.npmrc'),
      npm_config_loglevel: 'error',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
      npm_config_update_notifier: 'false',
    }
  }

  /** Publishes the built packages. */
  publishPacked(): void {
    for (const tarball of pack().values()) {
      execFileSync('npm', ['publish', '--provenance=false', tarball], {
        cwd: this.#folder,
        env: this.npmEnv,
        stdio: ['ignore', 'ignore', 'inherit'],
      })
    }
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

/** Configuration of verdaccio as JSON, which is valid YAML. */
function configuration(folder: string, uplink: string): object {
  return {
    storage: join(folder, 'storage'),
    uplinks: { configured: { url: uplink, maxage: '1h', timeout: '60s' } },
    packages: {
      '@rum-llmobs/*': { access: '$all', publish: '$all' },
      '**': { access: '$all', proxy: 'configured' },
    },
    max_body_size: '50mb',
    log: { type: 'stdout', level: 'error' },
  }
}
