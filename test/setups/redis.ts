import { execFileSync } from 'node:child_process'
import { findExecutable } from '../support/executable.js'
import { freePorts, ServiceProcess } from '../support/service-process.js'

/** A Redis of this machine that keeps nothing. As root on Debian it is installed where it is missing. */
export async function startRedis(): Promise<{ url: string; stop(): Promise<void> }> {
  if (!findExecutable(['redis-server'])) install()
  const [port] = await freePorts(1)
  const args = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
  const redis = new ServiceProcess('redis-server', args)
  await redis.ready(() => redis.output.includes('Ready to accept connections'))
  return { url: `redis://127.0.0.1:${port}`, stop: () => redis.stop() }
}

function install(): void {
  if (process.getuid?.() !== 0) throw new Error('redis-server is not installed: apt-get install redis-server')
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', 'redis-server'],
  ])
    execFileSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] })
}
