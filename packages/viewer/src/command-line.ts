import { parseArgs } from 'node:util'
import { tcpPortOf } from './url-parts.js'

/** The command line is not one of this program's; the message is for its user. */
export class UsageError extends Error {}

export interface ServeCommand {
  name: 'serve'
  port: number
  host: string
  datadogSite: string | undefined
}

export interface DoctorCommand {
  name: 'doctor'
  url: URL
  origin: string
  method: string
  body: string
  headers: [name: string, value: string][]
  /** undefined: the default port, or a free one where the backend is started here. */
  port: number | undefined
  timeoutMs: number
  /** The program and arguments that start the backend; empty: it runs already. */
  command: string[]
}

type Command = ServeCommand | DoctorCommand | { name: 'help' } | { name: 'version' }

const DEFAULT_BODY = '{"messages":[{"role":"user","content":"Hello"}]}'
const DEFAULT_TIMEOUT_S = '30'

const ANYWHERE = { help: { type: 'boolean', short: 'h' }, version: { type: 'boolean' } } as const
const SERVE_OPTIONS = { port: { type: 'string' }, host: { type: 'string' }, ...ANYWHERE } as const
const DOCTOR_OPTIONS = {
  url: { type: 'string' },
  origin: { type: 'string' },
  method: { type: 'string' },
  body: { type: 'string' },
  header: { type: 'string', multiple: true },
  port: { type: 'string' },
  timeout: { type: 'string' },
  ...ANYWHERE,
} as const

/**
 * Reads the command line, and the environment for what it leaves out.
 *
 * @throws {UsageError}
 */
export function parseCommand(args: readonly string[], env: NodeJS.ProcessEnv): Command {
  if (args[0] === 'doctor') return parseDoctor(args.slice(1))
  const { values, positionals } = parse(args, SERVE_OPTIONS)
  if (values.help) return { name: 'help' }
  if (values.version) return { name: 'version' }
  if (positionals[0] !== undefined)
    throw new UsageError(`${positionals[0]} is not a command: use doctor, or none`)
  return {
    name: 'serve',
    port: portOf(values.port ?? env.PORT) ?? DEFAULT_PORT,
    host: values.host ?? '127.0.0.1',
    datadogSite: env.DD_SITE || undefined,
  }
}

/** Where OTLP over HTTP goes by default. */
export const DEFAULT_PORT = 4318

function parseDoctor(args: readonly string[]): Command {
  const end = args.indexOf('--')
  const { values, positionals } = parse(end < 0 ? args : args.slice(0, end), DOCTOR_OPTIONS)
  if (values.help) return { name: 'help' }
  if (values.version) return { name: 'version' }
  if (positionals[0] !== undefined) {
    throw new UsageError(
      `${positionals[0]} is not an option: put -- before the command that starts the backend`,
    )
  }
  if (values.url === undefined) throw new UsageError('--url is missing: name the agent endpoint')
  const url = httpUrl('--url', values.url)
  // PORT in the environment is the backend's.
  const port = portOf(values.port)
  const command = end < 0 ? [] : args.slice(end + 1)
  const viewerPort = port ?? (command.length > 0 ? 0 : DEFAULT_PORT)
  if (tcpPortOf(url) === viewerPort) {
    throw new UsageError(`--url has port ${viewerPort}, where telemetry comes in: name another with --port`)
  }
  return {
    name: 'doctor',
    url,
    origin: values.origin === undefined ? url.origin : httpUrl('--origin', values.origin).origin,
    method: (values.method ?? 'POST').toUpperCase(),
    body: values.body ?? DEFAULT_BODY,
    headers: (values.header ?? []).map(headerOf),
    port,
    timeoutMs: secondsOf(values.timeout ?? DEFAULT_TIMEOUT_S) * 1000,
    command,
  }
}

function parse<Options extends NonNullable<Parameters<typeof parseArgs>[0]>['options']>(
  args: readonly string[],
  options: Options & {},
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: true })
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    const [, option] = /'(-[^' ]+)/.exec(message) ?? []
    if (code === 'ERR_PARSE_ARGS_UNKNOWN_OPTION') {
      const known = Object.keys(options).map((name) => `--${name}`)
      throw new UsageError(`${option} is not an option: use ${known.join(', ')}`)
    }
    throw new UsageError(message.split('\n')[0])
  }
}

function portOf(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined
  const port = Number(value)
  if (!/^\d{1,5}$/.test(value) || port > 65_535) {
    throw new UsageError(`the port must be a number from 0 to 65535: ${value}`)
  }
  return port
}

function secondsOf(value: string): number {
  if (!/^\d{1,4}(\.\d+)?$/.test(value) || Number(value) === 0)
    throw new UsageError(`--timeout must be a number of seconds above 0: ${value}`)
  return Number(value)
}

function httpUrl(option: string, value: string): URL {
  const url = URL.canParse(value) ? new URL(value) : null
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:') {
    throw new UsageError(`${option} must be an http or https URL: ${value}`)
  }
  return url
}

function headerOf(value: string): [string, string] {
  const [, name, content] = /^([!#$%&'*+.^_`|~\w-]+):\s*([^\r\n]*)$/.exec(value) ?? []
  if (name === undefined || content === undefined)
    throw new UsageError(`--header must be NAME:VALUE: ${value}`)
  return [name.toLowerCase(), content]
}
