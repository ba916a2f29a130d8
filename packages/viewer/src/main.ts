#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { parseCommand, UsageError } from './command-line.js'
import { doctor } from './doctor/doctor.js'
import { serve } from './serve.js'
import { HELP } from './usage.js'

const USAGE_EXIT_CODE = 2

try {
  const command = parseCommand(process.argv.slice(2), process.env)
  if (command.name === 'help') console.log(HELP)
  if (command.name === 'version') console.log(version())
  if (command.name === 'serve') await serve(command)
  if (command.name === 'doctor') process.exitCode = await doctor(command)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = error instanceof UsageError ? USAGE_EXIT_CODE : 1
}

function version(): string {
  return JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')).version
}
